"""What falls when a document is taken back or rejected, or turns out infected: each verification that rests on it, with its own
line in the record."""

from django.utils import timezone

from accounts import audit
from accounts.models import User
from config import jobs
from kyc.evidence.confirmation_models import Confirmation
from kyc.evidence.fall_models import Fall
from kyc.evidence.item_models import EvidenceItem
from kyc.evidence.models import AttributeProof, AuthorityProof, Document, ExclusionRuling, StatusProof
from kyc.parties import exclusions
from kyc.parties.models import Party


def told(document: Document, *, by: User | None) -> int:
    """Records what rests on the document and is relied on today. Before it is taken back, rejected or shut, in the same
    transaction; the proofs themselves stay as they were made. How many fall."""
    statuses = StatusProof.objects.good(timezone.localdate()).filter(document=document)
    statuses = statuses.select_related("status__party", "proved_by").order_by("pk")
    for status in statuses:
        said = rests_on(document, status, status.status.party)
        audit.record("status.verification_fell", target=status, by=by, axis=status.status.axis, **said)
    authorities = AuthorityProof.objects.good().filter(document=document)
    authorities = authorities.select_related("role__party", "proved_by").order_by("pk")
    for authority in authorities:
        audit.record(
            "authority.verification_fell", target=authority, by=by, **rests_on(document, authority, authority.role.party)
        )
    attributes = AttributeProof.objects.good().filter(document=document, attribute__valid_to__isnull=True)
    attributes = attributes.select_related("attribute__party", "proved_by").order_by("pk")
    for attribute in attributes:
        said = rests_on(document, attribute, attribute.attribute.party)
        audit.record("attribute.verification_fell", target=attribute, by=by, what=attribute.attribute.what, **said)
    rulings = ExclusionRuling.objects.good(timezone.localdate()).filter(document=document)
    rulings = rulings.select_related("exclusion__party", "ruled_by").order_by("pk")
    for ruling in rulings:
        claim = ruling.exclusion
        said = {"name": claim.party.name, "verified_by": str(ruling.ruled_by), "document": document.name}
        audit.record("exclusion.verification_fell", target=ruling, by=by, ground=exclusions.titled(claim), **said)
    items = EvidenceItem.objects.good(timezone.localdate()).filter(document=document)
    items = items.select_related("party", "validated_by").order_by("pk")
    for item in items:
        said = {"name": item.party.name, "verified_by": str(item.validated_by), "document": document.name}
        audit.record("evidence.fell", target=item, by=by, kind=item.kind, **said)
    rows = Confirmation.objects.good(timezone.localdate()).filter(document=document)
    rows = rows.select_related("party", "confirmed_by").order_by("pk")
    for row in rows:
        said = {"name": row.party.name, "verified_by": str(row.confirmed_by), "document": document.name}
        audit.record("confirmation.fell", target=row, by=by, what=row.what, how=row.how, **said)
    count = sum(map(len, (statuses, authorities, attributes, rulings, items, rows)))
    if count:
        waiting = {"document": document, "state": Fall.State.WAITING}
        Fall.objects.get_or_create(**waiting, defaults={"organisation_id": document.organisation_id, "verifications": count})
        jobs.woke("evidence.fell")
    return count


def rests_on(document: Document, proof: StatusProof | AuthorityProof | AttributeProof, party: Party) -> dict[str, str]:
    return {"name": party.name, "verified_by": str(proof.proved_by), "document": document.name}
