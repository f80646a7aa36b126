"""What falls when a document is taken back: each verification that rests on it, with its own line in the record."""

from django.utils import timezone

from accounts import audit
from accounts.models import User
from kyc.evidence.models import AttributeProof, AuthorityProof, Document, StatusProof


def told(document: Document, *, by: User) -> None:
    """Records what rests on the document and is relied on today. Before it is taken back, in the same transaction; the proofs
    themselves stay as they were made."""
    statuses = StatusProof.objects.good(timezone.localdate()).filter(document=document)
    for proof in statuses.select_related("status__party", "proved_by").order_by("pk"):
        audit.record(
            "status.verification_fell",
            target=proof,
            by=by,
            name=proof.status.party.name,
            axis=proof.status.axis,
            verified_by=str(proof.proved_by),
            document=document.name,
        )
    authorities = AuthorityProof.objects.good().filter(document=document)
    for authority in authorities.select_related("role__party", "proved_by").order_by("pk"):
        audit.record(
            "authority.verification_fell",
            target=authority,
            by=by,
            name=authority.role.party.name,
            verified_by=str(authority.proved_by),
            document=document.name,
        )
    attributes = AttributeProof.objects.good().filter(document=document, attribute__valid_to__isnull=True)
    for attribute in attributes.select_related("attribute__party", "proved_by").order_by("pk"):
        audit.record(
            "attribute.verification_fell",
            target=attribute,
            by=by,
            name=attribute.attribute.party.name,
            what=attribute.attribute.what,
            verified_by=str(attribute.proved_by),
            document=document.name,
        )
