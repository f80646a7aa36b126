"""What officers of the demo make of the passports that its people have sent."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from kyc.cases import evidencing
from kyc.cases.models import Case
from kyc.evidence import actions as evidence
from kyc.evidence.models import Document
from kyc.parties import countries
from kyc.parties.models import Party


def by_passport(case: Case, party: Party, passport: Document, *, by: User) -> None:
    """Opened, accepted, recorded as evidence, found good, and compared with the face."""
    evidence.look_at(passport, by=by)
    evidencing.review(case, passport, ruling="accepted", by=by)
    item = evidencing.record(
        case,
        party,
        document=passport,
        kind="passport",
        issuer=countries.name(party.country, "en"),
        issuing_country=party.country,
        number=f"{party.country}{party.pk:07}",
        expires_on=timezone.localdate() + timedelta(days=1200 + party.pk),
        shown={"name": party.name},
        by=by,
    )
    item = evidencing.validate(case, item, method="inspected", result="passed", by=by)
    evidencing.verify(case, item, method="compared", result="passed", note="By eye, in a call.", by=by)
