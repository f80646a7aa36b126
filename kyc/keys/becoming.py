"""A customer says what it is: who is verified, or holds keys, does not become somebody else meanwhile."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import organisations
from accounts.models import Organisation, User
from accounts.refused import Refused
from kyc.cases.models import Entity
from kyc.evidence import leaving
from kyc.keys.models import Key
from kyc.parties import actions as parties
from kyc.parties import profiles
from kyc.parties.models import Party, Profile


class StaysVerified(Refused):
    """Who is verified, or holds keys, does not become somebody else."""

    field = "customer_class"


class StartsOver(Refused):
    """Everybody who was named leaves when the customer becomes another kind of party."""

    field = "customer_class"


@transaction.atomic
def become(
    organisation: Organisation,
    *,
    customer_class: str,
    programme: str,
    programme_run_by: str = "",
    start_over: bool = False,
    by: User,
) -> Profile:
    """As profiles.choose. Where that is another kind of party than before, it is refused while verified or holding keys, and
    unless `start_over` says that everybody may leave; what was sent for them leaves too. Raises StaysVerified, StartsOver,
    BadText."""
    organisation = organisations.locked(organisation, by=by)
    known = parties.customer(organisation)
    is_another = known is not None and known.kind != profiles.KINDS.get(customer_class, known.kind)
    if known and is_another:
        refuse_another(organisation, known, is_confirmed=start_over)
    told = {"customer_class": customer_class, "programme": programme, "programme_run_by": programme_run_by}
    profile = profiles.choose(organisation, **told, by=by)
    if is_another:
        leaving.leave(organisation, by=by)
    return profile


def refuse_another(organisation: Organisation, known: Party, *, is_confirmed: bool) -> None:
    entity = Entity.objects.live().filter(organisation=organisation).first()
    if entity:
        raise StaysVerified(
            _("You are verified as %(name)s, and cannot become something else meanwhile. Begin with another account.")
            % {"name": entity.name}
        )
    if Key.objects.filter(organisation=organisation).exclude(state=Key.State.REVOKED).exists():
        raise StaysVerified(_("Your keys answer to people you have named. Revoke the keys first, then come back."))
    if not is_confirmed:
        raise StartsOver(
            _("%(name)s and everybody you have named leave with this, and all that you have sent: it belongs to what you were.")
            % {"name": known.name}
        )
