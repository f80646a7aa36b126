"""What an officer verifies of the people of a case, while the case may still go either way."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from accounts.permissions import Permission, require
from accounts.refused import Refused, is_said
from kyc.cases import exposed
from kyc.cases.actions import locked
from kyc.cases.meanwhile import NotNow, refuse_unsent
from kyc.cases.models import Case, Requirement
from kyc.evidence import exclusions, looks, proofs
from kyc.evidence.models import AttributeProof, AuthorityProof, Document, ExclusionRuling, StatusProof
from kyc.parties.models import Attribute, Exclusion, PersonStatus, Role

S = Case.State
# A case that is decided stays as it was decided.
JUDGED = tuple(state for state in S if state not in {S.APPROVED, S.REFUSED})


class NotOpened(proofs.NotAProof):
    """Nobody says what a document proves that he has not opened."""


class Unexplained(Refused):
    """What a document shows is said in words."""

    field = "note"


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


@transaction.atomic
def accept(case: Case, requirement: Requirement, *, document: Document | None, note: str, by: User) -> Requirement:
    """What is asked for by rule is met: an officer has read what shows it, and says what it shows. Repeated, it is silence.
    Raises NotNow, NotSent, NotAProof, NotOpened, Unexplained."""
    require(by, Permission.EVIDENCE_JUDGE)
    refuse_unsent(locked(case, *JUDGED, by=by))
    row = Requirement.objects.by_rule().select_related("party").get(pk=requirement.pk, case=case)
    if row.accepted_at:
        return row
    if row.withdrawn_at:
        raise NotNow(_("This is not asked for any more."))
    if not is_said(note):
        raise Unexplained(_("Write what the document shows: where the wealth comes from."))
    if document is None or not exposed.papers([row]).filter(pk=document.pk).exists():
        raise proofs.NotAProof(_("Choose a proof of the source of wealth that was sent about whom it is asked of."))
    refuse_unopened(document, by=by)
    document = proofs.current(document, case.organisation)
    row.document, row.note, row.accepted_by, row.accepted_at = document, note.strip(), by, timezone.now()
    row.met_at = row.accepted_at
    row.save(update_fields=["document", "note", "accepted_by", "accepted_at", "met_at"])
    told = {"name": str(row.party), "document": document.name}
    audit.record("requirement.accepted", target=row, by=by, reason=row.note, **told)
    return row
