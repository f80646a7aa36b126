"""Evidence and documents as an officer judges them in a case, while it may still go either way."""

from typing import Any

from django.db import transaction

from accounts.models import User
from kyc.cases.actions import locked
from kyc.cases.judging import JUDGED, refuse_unopened
from kyc.cases.meanwhile import refuse_unsent
from kyc.cases.models import Case
from kyc.evidence import agencies, confirmations, items, lei_checks, mismatches, proofed, reviews
from kyc.evidence.agency_models import AgencyRuling
from kyc.evidence.confirmation_models import Confirmation
from kyc.evidence.item_models import DocumentReview, EvidenceItem, Mismatch
from kyc.evidence.models import Document
from kyc.parties.agency_models import Agency
from kyc.parties.models import Party, PaymentMeans


def judged(case: Case, *, by: User) -> None:
    """Under the lock of the case, so that no approval is taken past what is being judged. Raises NotNow, NotSent."""
    refuse_unsent(locked(case, *JUDGED, by=by))


@transaction.atomic
def record(case: Case, party: Party, *, document: Document | None = None, by: User, **told: Any) -> EvidenceItem:
    """As `items.record`, by who has opened the document. Raises NotNow, NotSent, NotOpened besides."""
    judged(case, by=by)
    if document is not None:
        refuse_unopened(document, by=by)
    return items.record(party, document=document, by=by, **told)


@transaction.atomic
def validate(case: Case, item: EvidenceItem, *, method: str, result: str, note: str = "", by: User) -> EvidenceItem:
    """As `items.validate`, by who has opened the document that it rests on; the person is told once he is proofed. Raises NotNow,
    NotSent, NotOpened besides."""
    judged(case, by=by)
    if item.document is not None:
        refuse_unopened(item.document, by=by)
    made = items.validate(item, method=method, result=result, note=note, by=by)
    proofed.tell(made.party)
    return made


@transaction.atomic
def verify(case: Case, item: EvidenceItem, *, method: str, result: str, note: str = "", by: User) -> EvidenceItem:
    """As `items.verify`, by who has opened the document that it rests on; the person is told once he is proofed. Raises NotNow,
    NotSent, NotOpened besides."""
    judged(case, by=by)
    if item.document is not None:
        refuse_unopened(item.document, by=by)
    made = items.verify(item, method=method, result=result, note=note, by=by)
    proofed.tell(made.party)
    return made


@transaction.atomic
def withdraw(case: Case, item: EvidenceItem, *, reason: str, by: User) -> EvidenceItem:
    judged(case, by=by)
    return items.withdraw(item, reason=reason, by=by)


@transaction.atomic
def resolve(case: Case, mismatch: Mismatch, *, resolution: str, reason: str, by: User) -> Mismatch:
    judged(case, by=by)
    return mismatches.resolve(mismatch, resolution=resolution, reason=reason, by=by)


@transaction.atomic
def review(
    case: Case, document: Document, *, ruling: str, reason: str = "", shown: str | None = None, by: User
) -> DocumentReview:
    """As `reviews.review`, by who has opened the document. Raises NotNow, NotSent, NotOpened besides."""
    judged(case, by=by)
    refuse_unopened(document, by=by)
    return reviews.review(document, ruling=ruling, reason=reason, shown=shown, by=by)


@transaction.atomic
def confirm_by_paper(case: Case, party: Party, *, document: Document, by: User, **told: Any) -> Confirmation:
    """As `confirmations.by_paper`, by who has opened the paper. Raises NotNow, NotSent, NotOpened besides."""
    judged(case, by=by)
    refuse_unopened(document, by=by)
    return confirmations.by_paper(party, document=document, by=by, **told)


@transaction.atomic
def confirm_lei(case: Case, party: Party, *, by: User) -> Confirmation:
    judged(case, by=by)
    return lei_checks.confirm(party, by=by)


@transaction.atomic
def confirm_payment(case: Case, means: PaymentMeans, *, reason: str = "", by: User) -> Confirmation:
    judged(case, by=by)
    return confirmations.by_payment(means, reason=reason, by=by)


@transaction.atomic
def end_confirmation(case: Case, confirmation: Confirmation, *, reason: str, by: User) -> Confirmation:
    judged(case, by=by)
    return confirmations.end(confirmation, reason=reason, by=by)


@transaction.atomic
def rule_on_agency(agency: Agency, *, document: Document | None = None, by: User, **told: Any) -> AgencyRuling:
    """As `agencies.rule`, by who has opened the document that shows it. Raises NotOpened besides."""
    if document is not None:
        refuse_unopened(document, by=by)
    return agencies.rule(agency, document=document, by=by, **told)
