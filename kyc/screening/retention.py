"""How long what was asked of the lists beside any case is kept (SAN-01): of no organisation, each goes by its own day."""

from datetime import date, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import eraser, retention
from accounts.models import LegalHold
from accounts.retention import RecordClass
from accounts.vault import shredding
from accounts.vault.models import SubjectKey
from kyc.rules import packs
from kyc.rules.retention import rule
from kyc.screening.models import Inquiry, InquiryPart

# Registered nowhere, since no organisation has any.
INQUIRIES = RecordClass(
    code="inquiries",
    label=_("What was asked of the lists beside any case"),
    models=(Inquiry, InquiryPart),
    rules=(rule("inquiries"),),
    made={Inquiry: "asked_at"},
    each=True,
)


def due(on: date) -> QuerySet[Inquiry]:
    """Inquiries of which something is left and that may go: past their last day, never begun, or erased because that was asked.
    None while a legal hold keeps everything."""
    if LegalHold.objects.live().filter(organisation=None).exists():
        return Inquiry.objects.none()
    kind = SubjectKey.Kind.INQUIRY
    is_open = Exists(shredding.live(kind, ref=OuterRef("pk")))
    is_old = Q(asked_at__lt=retention.first_told(INQUIRIES, on))
    is_forgotten = Q(begun_at=None, asked_at__lt=timezone.now() - timedelta(days=packs.current().unbegun_days))
    return Inquiry.objects.filter(is_open & (is_old | is_forgotten) | ~is_open & eraser.has_words(Inquiry)).order_by("pk")
