"""What an officer verifies of the people of a case, while the case may still go either way."""

from collections.abc import Iterable

from django.db import transaction

from accounts.models import User
from kyc.cases.actions import locked
from kyc.cases.meanwhile import refuse_unsent
from kyc.cases.models import Case
from kyc.evidence import proofs
from kyc.evidence.models import AuthorityProof, Document, StatusProof
from kyc.parties.models import PersonStatus, Role

S = Case.State
# A case that is decided stays as it was decided.
JUDGED = tuple(state for state in S if state not in {S.APPROVED, S.REFUSED})


@transaction.atomic
def verify(
    case: Case,
    *,
    document: Document,
    statuses: Iterable[PersonStatus] = (),
    authority: Role | None = None,
    note: str = "",
    by: User,
) -> list[StatusProof | AuthorityProof]:
    """What one document proves: each of these statuses, and that a signatory may sign; all of it or nothing. What somebody has
    verified by it already stays as it was. Raises NotNow, NotSent, NotAProof."""
    refuse_unsent(locked(case, *JUDGED, by=by))
    made: list[StatusProof | AuthorityProof] = [proofs.verify(status, document=document, note=note, by=by) for status in statuses]
    if authority:
        made.append(proofs.verify_authority(authority, document=document, note=note, by=by))
    return made
