"""What an officer verifies of the people of a case, while the case may still go either way."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from kyc.cases.actions import locked
from kyc.cases.meanwhile import refuse_unsent
from kyc.cases.models import Case
from kyc.evidence import exclusions, looks, proofs
from kyc.evidence.models import AttributeProof, AuthorityProof, Document, ExclusionRuling, StatusProof
from kyc.parties.models import Attribute, Exclusion, PersonStatus, Role

S = Case.State
# A case that is decided stays as it was decided.
JUDGED = tuple(state for state in S if state not in {S.APPROVED, S.REFUSED})


class NotOpened(proofs.NotAProof):
    """Nobody says what a document proves that he has not opened."""


@transaction.atomic
def verify(
    case: Case,
    *,
    document: Document,
    statuses: Iterable[PersonStatus] = (),
    authority: Role | None = None,
    attributes: Iterable[Attribute] = (),
    note: str = "",
    by: User,
) -> list[StatusProof | AuthorityProof | AttributeProof]:
    """What one document proves: each of these statuses and attributes, and that a signatory may sign; all of it or nothing. What
    somebody has verified by it already stays as it was. Whoever verifies has opened the document himself. Raises NotNow, NotSent,
    NotAProof, NotOpened."""
    refuse_unsent(locked(case, *JUDGED, by=by))
    refuse_unopened(document, by=by)
    made: list[StatusProof | AuthorityProof | AttributeProof] = []
    made += [proofs.verify(status, document=document, note=note, by=by) for status in statuses]
    made += [proofs.verify_attribute(attribute, document=document, note=note, by=by) for attribute in attributes]
    if authority:
        made.append(proofs.verify_authority(authority, document=document, note=note, by=by))
    return made


def refuse_unopened(document: Document, *, by: User) -> None:
    if document.pk not in looks.opened([document], by=by):
        sentence = _("You have not opened “%(name)s” yet. Open it under “Documents” and read it, then say what it proves.")
        raise NotOpened(sentence % {"name": document.name})


@transaction.atomic
def rule_exclusion(
    case: Case,
    exclusion: Exclusion,
    *,
    ruling: str,
    reason: str,
    document: Document | None = None,
    valid_until: date | None = None,
    by: User,
) -> ExclusionRuling:
    """As `exclusions.rule`, while the case may go either way. Raises NotNow, NotSent, NotOpened besides."""
    refuse_unsent(locked(case, *JUDGED, by=by))
    if document is not None and ruling == ExclusionRuling.Ruling.VERIFIED:
        refuse_unopened(document, by=by)
    return exclusions.rule(exclusion, ruling=ruling, reason=reason, document=document, valid_until=valid_until, by=by)
