"""How long documents are kept, and how they were checked."""

from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from accounts import retention
from accounts.retention import RecordClass
from kyc.evidence.agency_models import AgencyRuling
from kyc.evidence.confirmation_models import (
    Confirmation,
    ConfirmationCode,
    DomainChallenge,
    OutsideCheck,
    OutsideMessage,
)
from kyc.evidence.item_models import DocumentReview, EvidenceItem, Mismatch
from kyc.evidence.models import AttributeProof, AuthorityProof, Document, ExclusionRuling, Invitation, StatusProof
from kyc.evidence.read_models import Reading
from kyc.rules.retention import rule

CONFIRMED: dict[type[Model], str] = {
    Confirmation: "confirmed_at",
    ConfirmationCode: "asked_at",
    DomainChallenge: "asked_at",
    OutsideCheck: "started_at",
    OutsideMessage: "received_at",
    Reading: "asked_at",
}

retention.register(
    RecordClass(
        code="evidence",
        label=_("Documents and how they were checked"),
        models=(
            Document,
            StatusProof,
            AuthorityProof,
            AttributeProof,
            ExclusionRuling,
            AgencyRuling,
            Invitation,
            *CONFIRMED,
            EvidenceItem,
            Mismatch,
            DocumentReview,
        ),
        rules=(rule("cip-descriptions"), rule("cdd-file"), rule("iaas-identity")),
        made={
            Document: "uploaded_at",
            StatusProof: "proved_at",
            AuthorityProof: "proved_at",
            AttributeProof: "proved_at",
            ExclusionRuling: "ruled_at",
            AgencyRuling: "ruled_at",
            Invitation: "invited_at",
            **CONFIRMED,
            EvidenceItem: "recorded_at",
            Mismatch: "opened_at",
            DocumentReview: "reviewed_at",
        },
        told=_("The documents you and your people sent, and how we checked them"),
    )
)
