"""What people do with their organisation: make it, and act in it."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Membership, Organisation, Project, User
from accounts.permissions import NotPermitted
from accounts.refused import Refused


class NameMissing(Refused):
    """An organisation goes by a name."""

    field = "name"


def membership_required(user: User, organisation: Organisation) -> None:
    """Raises NotPermitted unless `user` is a member of `organisation`."""
    if not Membership.objects.filter(organisation=organisation, user=user).exists():
        raise NotPermitted(_("Only a member of the organisation can do this."))


def locked(organisation: Organisation, *, by: User) -> Organisation:
    """As `held`, for a member."""
    membership_required(by, organisation)
    return held(organisation.pk)


def held(organisation: int) -> Organisation:
    """The row, held to the end of the transaction, so that two people change one structure one after the other. Whoever holds
    a case, a party or a key of it too holds this first: one order everywhere, so that no two wait for each other."""
    return Organisation.objects.select_for_update().get(pk=organisation)


def printable(text: str) -> str:
    """One line: whitespace of any kind is a space, what can't be seen is left out."""
    words = ("".join(filter(str.isprintable, word)) for word in text.split())
    return " ".join(filter(None, words))


@transaction.atomic
def create(*, name: str, by: User) -> Organisation:
    """A customer account owned by `by`, with a first project. The same name sent twice is one organisation."""
    if by.is_staff:
        raise NotPermitted(_("Staff examine customers and cannot be one."))
    if not (name := printable(name)[:300]):
        raise NameMissing(_("Say what your organisation is called."))
    User.objects.select_for_update().get(pk=by.pk)
    if existing := Organisation.objects.filter(name=name, membership__user=by).first():
        return existing
    organisation = Organisation.objects.create(name=name)
    Membership.objects.create(organisation=organisation, user=by, role=Membership.Role.OWNER)
    Project.objects.create(organisation=organisation, name="Default")
    audit.record("organisation.created", target=organisation, by=by, name=name)
    return organisation


@transaction.atomic
def rename_member(user: User, *, name: str, by: User) -> User:
    """A person's own name, as others will read it."""
    if user.pk != by.pk:
        raise NotPermitted(_("People name themselves."))
    user.name = printable(name)[:200]
    user.save(update_fields=["name"])
    audit.record("user.renamed", target=user, by=by)
    return user
