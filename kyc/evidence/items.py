"""What officers make of evidence: recorded, validated, verified to be the party's, withdrawn (IDA-01). What it counts for, the
rules of assurance say, and strength follows from how it was validated (IDA-03)."""

from collections.abc import Mapping
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, signals
from accounts.models import Organisation, Signal, User
from accounts.permissions import Permission, require
from accounts.refused import ReasonMissing, Refused, is_said
from accounts.vault import searching
from config import jobs
from kyc.evidence import mismatches, sharing
from kyc.evidence.item_models import EvidenceItem
from kyc.evidence.models import Document
from kyc.evidence.proofs import NotAProof, current, may_prove
from kyc.parties import countries
from kyc.parties.actions import customer, own
from kyc.parties.models import Party
from kyc.parties.wording import BadText, checked
from kyc.rules import assurance
from kyc.rules.assurance import Kind

R = EvidenceItem.Result
# What a state has issued to a person is told from another by its number and by who issued it (FIN-12).
NUMBERED = ("passport", "identity_card", "driving_licence", "residence_permit")
OLDEST = date(1900, 1, 1)


class BadEvidence(Refused):
    """No such kind of evidence of that party, or none that is validated or verified in that way."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class Withdrawn(Refused):
    """It counts no more, so nothing is made of it."""


def about(party: Party) -> str:
    return assurance.PERSON if party.is_person else assurance.ENTITY


def kind_of(code: str, party: Party) -> Kind:
    """Raises BadEvidence."""
    kind = assurance.load().kinds.get(code)
    if kind is None or not kind.fits(about(party)):
        raise BadEvidence("kind", _("Choose what it is from the list."))
    return kind


def fingerprint(kind: str, country: str, number: str) -> str:
    """Empty where too little is left to tell two apart."""
    plain = searching.characters(number)
    return searching.fingerprint(f"{kind} {country} {plain}", purpose="evidence") if len(plain) >= searching.SHORTEST else ""


@transaction.atomic
def record(
    party: Party,
    *,
    kind: str,
    document: Document | None = None,
    issuer: str = "",
    issuing_country: str = "",
    number: str = "",
    issued_on: date | None = None,
    expires_on: date | None = None,
    note: str = "",
    shown: Mapping[str, str] | None = None,
    by: User,
) -> EvidenceItem:
    """A piece of evidence of a party, on a document that is about it or on none. `shown` is what it says of what was declared,
    by Mismatch.What: where the two differ, a mismatch is open. The organisation's row is held, as in `proofs.verify`. Raises
    BadEvidence, NotAProof, BadText."""
    require(by, Permission.EVIDENCE_JUDGE)
    organisation = Organisation.objects.select_for_update().get(pk=party.organisation_id)
    party = own(party, organisation)
    kind_of(kind, party)
    document = document and resting_on(document, party, kind)
    if issuing_country and not countries.is_country(issuing_country):
        raise BadEvidence("issuing_country", _("Choose a country from the list."))
    refuse_days(issued_on, expires_on)
    number = checked("number", number, limit=100)
    refuse_undescribed(kind, number, issuing_country)
    item = EvidenceItem.objects.create(
        organisation=organisation,
        party=party,
        document=document,
        kind=kind,
        issuer=checked("issuer", issuer, limit=200),
        issuing_country=issuing_country,
        number=number,
        fingerprint=fingerprint(kind, issuing_country, number),
        issued_on=issued_on,
        expires_on=expires_on,
        note=checked("note", note, limit=2000, lines=True),
        guideline=assurance.CURRENT,
        recorded_by=by,
    )
    if number:
        signals.leave(organisation.pk, {Signal.Type.DOCUMENT: sharing.known_by(issuing_country, number)})
    audit.record("evidence.recorded", target=item, by=by, **named(item))
    mismatches.compare(item, shown or {}, by=by)
    return item


def resting_on(document: Document, party: Party, kind: str) -> Document:
    """Raises NotAProof."""
    document = current(document, party.organisation)
    if not may_prove(document, party, customer(party.organisation)):
        raise NotAProof(_("This document is not about %(name)s.") % {"name": party.name})
    if document.kind not in assurance.load().kinds[kind].documents:
        raise NotAProof(_("A document of this kind is no evidence of that kind."))
    return document


def refuse_undescribed(kind: str, number: str, issuing_country: str) -> None:
    """Raises BadEvidence."""
    if kind in NUMBERED and not number:
        raise BadEvidence("number", _("Write its number: without it nobody can tell it from another."))
    if kind in NUMBERED and not issuing_country:
        raise BadEvidence("issuing_country", _("Say which country issued it."))


def refuse_days(issued_on: date | None, expires_on: date | None) -> None:
    if issued_on and not OLDEST <= issued_on <= timezone.localdate():
        raise BadText("issued_on", _("The day of issue lies in the past."))
    if issued_on and expires_on and expires_on < issued_on:
        raise BadText("expires_on", _("It expires after the day of issue."))


@transaction.atomic
def validate(item: EvidenceItem, *, method: str, result: str = R.PASSED, note: str = "", by: User) -> EvidenceItem:
    """How it was checked that it is genuine, and what came of it; the last word counts. Strength follows from it. What is not
    found good any more is not verified either. Raises BadEvidence, Withdrawn."""
    item = locked(item, by=by)
    kind = kind_of(item.kind, item.party)
    if method not in kind.scores:
        raise BadEvidence("validation", _("Evidence of this kind is not validated in this way."))
    if result not in R.values:
        raise BadEvidence("validation_result", _("Say what came of it."))
    refuse_unsaid(result, note, "validation_note")
    if (item.validation, item.validation_result, item.validation_note) == (method, result, note.strip()):
        return item
    item.validation, item.validation_result = method, result
    item.validation_note = checked("validation_note", note, limit=2000, lines=True)
    item.validated_at, item.validated_by, item.guideline = timezone.now(), by, assurance.CURRENT
    item.strength = kind.strength(method) if result == R.PASSED else ""
    if result == R.FAILED:
        item.verification = item.verification_result = item.verification_note = ""
        item.verified_at = item.verified_by = None
    item.save()
    audit.record("evidence.validated", target=item, by=by, how=method, result=result, **named(item))
    jobs.woke("evidence.validated")
    return item


@transaction.atomic
def verify(item: EvidenceItem, *, method: str, result: str = R.PASSED, note: str = "", by: User) -> EvidenceItem:
    """How it was made sure that the party is whom it is about. Only of what was found good. Raises BadEvidence, Withdrawn."""
    item = locked(item, by=by)
    kind = kind_of(item.kind, item.party)
    if item.validation_result != R.PASSED:
        raise BadEvidence("verification", _("Validate it first: of what is not found good nobody is the owner."))
    if method not in kind.verified:
        raise BadEvidence("verification", _("Evidence of this kind is not verified in this way."))
    if result not in R.values:
        raise BadEvidence("verification_result", _("Say what came of it."))
    refuse_unsaid(result, note, "verification_note")
    if (item.verification, item.verification_result, item.verification_note) == (method, result, note.strip()):
        return item
    item.verification, item.verification_result = method, result
    item.verification_note = checked("verification_note", note, limit=2000, lines=True)
    item.verified_at, item.verified_by = timezone.now(), by
    item.save()
    audit.record("evidence.verified", target=item, by=by, how=method, result=result, **named(item))
    return item


def refuse_unsaid(result: str, note: str, field: str) -> None:
    if result == R.FAILED and not is_said(note):
        raise BadText(field, _("Write what was wrong with it."))


@transaction.atomic
def withdraw(item: EvidenceItem, *, reason: str, by: User) -> EvidenceItem:
    """It counts no more; it is kept as it was. Repeated, it is silence. Raises ReasonMissing."""
    require(by, Permission.EVIDENCE_JUDGE)
    Organisation.objects.select_for_update().get(pk=item.organisation_id)
    item = EvidenceItem.objects.select_related("party").get(pk=item.pk)
    if item.withdrawn_at:
        return item
    if not is_said(reason):
        raise ReasonMissing(_("Say why it counts no more."))
    item.withdrawn_at, item.withdrawn_by = timezone.now(), by
    item.withdrawn_because = checked("reason", reason, limit=2000, lines=True)
    item.save()
    audit.record("evidence.withdrawn", target=item, by=by, reason=item.withdrawn_because, **named(item))
    jobs.woke("evidence.validated")
    return item


def locked(item: EvidenceItem, *, by: User) -> EvidenceItem:
    require(by, Permission.EVIDENCE_JUDGE)
    Organisation.objects.select_for_update().get(pk=item.organisation_id)
    item = EvidenceItem.objects.select_related("party", "document").get(pk=item.pk)
    if item.withdrawn_at or (item.document and item.document.removed_at) or item.party.removed_on:
        raise Withdrawn(_("It has been withdrawn meanwhile; look again."))
    return item


def named(item: EvidenceItem) -> dict[str, str]:
    return {"name": item.party.name, "kind": item.kind}
