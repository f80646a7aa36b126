"""What people do with their organisation: make it, and act in it."""

import re
import unicodedata

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit, scope
from accounts.models import Membership, Organisation, Project, User
from accounts.permissions import NotPermitted
from accounts.refused import Refused


class NameMissing(Refused):
    """An organisation goes by a name."""

    field = "name"


class AccountClosed(Refused):
    """Nothing of a closed account is changed any more."""


class ActsForAnother(Refused):
    """Who signs in acts for one organisation."""

    def __init__(self) -> None:
        super().__init__(
            _("You act for an organisation already, and with one sign-in for one only. Sign up with another address for it.")
        )


class NameLeadsElsewhere(Refused):
    """A name that is a link would be one in every mail that bears it."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


def organisation_of(user: User) -> Organisation | None:
    """The organisation in which `user` acts: the one he joined first."""
    return Organisation.objects.filter(membership__user=user).order_by("membership__since", "pk").first()


def membership_required(user: User, organisation: Organisation) -> None:
    """Raises NotPermitted unless `user` is a member of `organisation`."""
    if not Membership.objects.filter(organisation=organisation, user=user).exists():
        raise NotPermitted(_("Only a member of the organisation can do this."))


def is_owner(user: User, organisation: Organisation) -> bool:
    return Membership.objects.filter(organisation=organisation, user=user, role=Membership.Role.OWNER).exists()


def is_member(user: User) -> bool:
    """Of any organisation, whoever asks."""
    with scope.everything():
        return Membership.objects.filter(user=user).exists()


def locked(organisation: Organisation, *, by: User) -> Organisation:
    """As `held`, for a member, who changes something of it. Raises AccountClosed."""
    membership_required(by, organisation)
    found = held(organisation.pk)
    refuse_closed(found)
    return found


def refuse_closed(organisation: Organisation) -> None:
    if organisation.is_closed:
        raise AccountClosed(_("The account is closed, and nothing of it is changed any more."))


def held(organisation: int) -> Organisation:
    """The row, held to the end of the transaction, so that two people change one structure one after the other. Whoever holds
    a case, a party or a key of it too holds this first: one order everywhere, so that no two wait for each other. Fast, so that
    meanwhile no row comes that names it: whoever draws on a limit, or writes such a row, waits."""
    return Organisation.objects.select_for_update().get(pk=organisation)


# Letters and marks of which nothing is seen, though they count as such.
BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")


def printable(text: str) -> str:
    """One line: whitespace of any kind is a space, what can't be seen is left out."""
    words = ("".join(filter(str.isprintable, BLANK.sub("", word))) for word in text.split())
    return " ".join(filter(None, words))


def is_link(name: str) -> bool:
    """Whether mail programs would make a link of it. People and companies have odd names, so nothing else is refused."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return "://" in text or "www." in text


def named(name: str, *, limit: int, field: str = "name") -> str:
    """As it will be read, on one line. Raises NameLeadsElsewhere."""
    if is_link(name):
        raise NameLeadsElsewhere(_("Write a name here and no address of a page."), field)
    return printable(name)[:limit]


@transaction.atomic
def create(*, name: str, by: User) -> Organisation:
    """A customer account owned by `by`, with a first project. The same name sent twice is one organisation. Raises NotPermitted,
    NameLeadsElsewhere, NameMissing."""
    if by.is_staff:
        raise NotPermitted(_("Staff examine customers and cannot be one."))
    if not (name := named(name, limit=300)):
        raise NameMissing(_("Say what your organisation is called."))
    # Who makes it is in the business of none yet.
    with scope.everything():
        User.objects.select_for_update().get(pk=by.pk)
        if existing := Organisation.objects.filter(name=name, membership__user=by).first():
            return existing
        organisation = Organisation.objects.create(name=name)
        Membership.objects.create(organisation=organisation, user=by, role=Membership.Role.OWNER)
        Project.objects.create(organisation=organisation, name="Default")
        audit.record("organisation.created", target=organisation, by=by, name=name)
        return organisation


def bear(organisation: Organisation, name: str) -> dict[str, str]:
    """Goes by the legal name from now on, in the transaction that declares it; what its record says of the name before."""
    before, organisation.name = organisation.name, name
    if before == name:
        return {}
    organisation.save(update_fields=["name"])
    return {"account_before": before}


@transaction.atomic
def rename_member(user: User, *, name: str, by: User) -> User:
    """A person's own name, as others will read it."""
    if user.pk != by.pk:
        raise NotPermitted(_("People name themselves."))
    user.name = named(name, limit=200, field="your_name")
    user.save(update_fields=["name"])
    audit.record("user.renamed", target=user, by=by)
    return user
