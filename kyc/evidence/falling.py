"""What falls when a document is taken back or rejected: each verification that rests on it, with its own line in the record."""

from django.utils import timezone

from accounts import audit
from accounts.models import User
from kyc.evidence.item_models import EvidenceItem
from kyc.evidence.models import AttributeProof, AuthorityProof, Document, ExclusionRuling, StatusProof
from kyc.parties import exclusions
from kyc.parties.models import Party


def told(document: Document, *, by: User) -> None:
    """Records what rests on the document and is relied on today. Before it is taken back or rejected, in the same transaction;
    the proofs themselves stay as they were made."""
    statuses = StatusProof.objects.good(timezone.localdate()).filter(document=document)
    for status in statuses.select_related("status__party", "proved_by").order_by("pk"):
        said = rests_on(document, status, status.status.party)
        audit.record("status.verification_fell", target=status, by=by, axis=status.status.axis, **said)
    authorities = AuthorityProof.objects.good().filter(document=document)
    for authority in authorities.select_related("role__party", "proved_by").order_by("pk"):
        audit.record(
            "authority.verification_fell", target=authority, by=by, **rests_on(document, authority, authority.role.party)
        )
    attributes = AttributeProof.objects.good().filter(document=document, attribute__valid_to__isnull=True)
    for attribute in attributes.select_related("attribute__party", "proved_by").order_by("pk"):
        said = rests_on(document, attribute, attribute.attribute.party)
        audit.record("attribute.verification_fell", target=attribute, by=by, what=attribute.attribute.what, **said)
    rulings = ExclusionRuling.objects.good(timezone.localdate()).filter(document=document)
    for ruling in rulings.select_related("exclusion__party", "ruled_by").order_by("pk"):
        claim = ruling.exclusion
        said = {"name": claim.party.name, "verified_by": str(ruling.ruled_by), "document": document.name}
        audit.record("exclusion.verification_fell", target=ruling, by=by, ground=exclusions.titled(claim), **said)
    items = EvidenceItem.objects.good(timezone.localdate()).filter(document=document)
    for item in items.select_related("party", "validated_by").order_by("pk"):
        said = {"name": item.party.name, "verified_by": str(item.validated_by), "document": document.name}
        audit.record("evidence.fell", target=item, by=by, kind=item.kind, **said)


def rests_on(document: Document, proof: StatusProof | AuthorityProof | AttributeProof, party: Party) -> dict[str, str]:
    return {"name": party.name, "verified_by": str(proof.proved_by), "document": document.name}
