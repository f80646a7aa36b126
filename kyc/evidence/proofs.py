"""Person statuses verified: by which document, until when (IAAS-01, IAAS-18)."""

from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from accounts.permissions import Permission, require
from accounts.refused import Refused
from kyc.evidence.models import Document, StatusProof
from kyc.parties.models import Party, PersonStatus
from kyc.rules import packs


class NotAProof(Refused):
    """The document is another's, has been taken back, or the status has been declared anew."""


@transaction.atomic
def verify(status: PersonStatus, *, document: Document, note: str = "", by: User) -> StatusProof:
    """An officer has seen what proves the status. Raises NotAProof."""
    require(by, Permission.EVIDENCE_JUDGE)
    status = PersonStatus.objects.select_for_update().get(pk=status.pk)
    if status.valid_to:
        raise NotAProof(_("The status has been declared anew meanwhile; look again."))
    if document.organisation_id != status.organisation_id or document.removed_at:
        raise NotAProof(_("Choose a document that this customer has sent."))
    proof = StatusProof.objects.create(
        organisation=status.organisation,
        status=status,
        document=document,
        note=note.strip(),
        proved_by=by,
        valid_until=timezone.localdate() + timedelta(days=packs.current().status_proof_days),
    )
    audit.record(
        "status.verified",
        target=proof,
        by=by,
        reason=proof.note,
        name=status.party.name,
        axis=status.axis,
        standing=status.standing,
    )
    return proof


def verified_us(parties: QuerySet[Party]) -> QuerySet[Party]:
    """Those verified, as of today, to be US persons (15 CFR 7.301, proposed)."""
    proofs = StatusProof.objects.filter(
        valid_until__gte=timezone.localdate(),
        document__removed_at__isnull=True,
        status__axis=PersonStatus.Axis.IAAS,
        status__standing=PersonStatus.Standing.US,
        status__valid_to__isnull=True,
    )
    return parties.filter(pk__in=proofs.values("status__party"))
