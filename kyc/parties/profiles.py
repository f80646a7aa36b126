"""What an organisation says it is, which decides what it is asked (PRV-01), and through which programme it comes."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, organisations
from accounts.models import Organisation, User
from kyc.parties.actions import customer
from kyc.parties.models import Party, Profile, Role
from kyc.parties.wording import BadText, checked

C = Profile.CustomerClass
KINDS: dict[str, str] = {
    C.COMPANY: Party.Kind.COMPANY,
    C.RESEARCH: Party.Kind.COMPANY,
    C.INDIVIDUAL: Party.Kind.PERSON,
    C.TRUST: Party.Kind.TRUST,
    C.STATE_BODY: Party.Kind.STATE,
}


def of(organisation: Organisation) -> Profile | None:
    return Profile.objects.filter(organisation=organisation).first()


def customer_class(organisation: Organisation) -> str:
    """The class it chose; a company until it has chosen."""
    found = of(organisation)
    return found.customer_class if found else C.COMPANY


@transaction.atomic
def choose(organisation: Organisation, *, customer_class: str, programme: str, programme_run_by: str = "", by: User) -> Profile:
    """Says, or says anew, what the organisation is; repeated, it is silence. Where that is another kind of party than before,
    who was named until then leaves. Raises BadText."""
    organisation = organisations.locked(organisation, by=by)
    if customer_class not in C.values:
        raise BadText("customer_class", _("Choose what you are."))
    if programme not in Profile.Programme.values:
        raise BadText("programme", _("Choose one, or “None of these”."))
    is_none = programme == Profile.Programme.NONE
    run_by = "" if is_none else checked("programme_run_by", programme_run_by, limit=300, required=True)
    profile = of(organisation) or Profile(organisation=organisation)
    if (profile.customer_class, profile.programme, profile.programme_run_by) == (customer_class, programme, run_by):
        return profile
    profile.customer_class, profile.programme, profile.programme_run_by = customer_class, programme, run_by
    profile.save()
    known = customer(organisation)
    if known and known.kind != KINDS[customer_class]:
        start_over(organisation)
    audit.record("party.profile_chosen", target=profile, by=by, customer_class=customer_class, programme=programme)
    return profile


def start_over(organisation: Organisation) -> None:
    """Everybody who was named leaves today."""
    today = timezone.localdate()
    Role.objects.live().filter(organisation=organisation).update(valid_to=today)
    for party in Party.objects.current().filter(organisation=organisation):
        party.interests.filter(valid_to__isnull=True).update(valid_to=today)
        party.removed_on = today
        party.save(update_fields=["removed_on"])
