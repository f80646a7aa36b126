"""What a worker has read from a document, field by field."""

import json
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from accounts.models import Organisation
from accounts.vault import RowNumber, SealedField, Subject, Unreadable
from config import jobs
from config.jobs import Claimable
from kyc.evidence.models import Document
from kyc.evidence.reading.quality import Fault
from kyc.evidence.taking.kinds import PDF

IDENTITY = (Document.Kind.PASSPORT, Document.Kind.IDENTITY_CARD, Document.Kind.RESIDENCE)
ADVICE: dict[str, Promise] = {
    Fault.TOO_SMALL: _("The picture is too small. Take it from nearer, so that the document fills it."),
    Fault.TOO_DARK: _("The picture is too dark. Take it in daylight or under a lamp."),
    Fault.BLURRED: _("The picture is blurred. Hold the telephone still, and wait until it has focused."),
    Fault.GLARE: _("Light shines back from the document. Tilt it a little, and take it without a flash."),
    Fault.CUT_OFF: _("Part of the document is outside the picture. Take it with all four corners."),
}
SCAN_ADVICE: dict[str, Promise] = {
    Fault.TOO_SMALL: _("The page is too small or too coarse. Scan it anew at 300 dpi."),
    Fault.TOO_DARK: _("The scan is too dark. Scan it anew, brighter."),
    Fault.BLURRED: _("The scan is blurred. Scan it anew at 300 dpi, or send the PDF as it was issued."),
    Fault.GLARE: _("Part of the page is burnt out. Scan it anew, darker."),
    Fault.CUT_OFF: _("Part of the document is outside the page. Scan it whole, with all four edges."),
}
ZONE_ADVICE = _(
    "The lines of letters and “<” could not be read. Send the page or side that has them, flat, whole and in good light."
)
TEXT_ADVICE = _("No words could be read on it. Send a scan or a sharp picture of the whole page.")


@tracked(exclude=["told"])
class Reading(Claimable):
    """A document as a machine reads it, once: the row is the queue. What it says stays in the vault; in clear are only how it
    went, what was wrong with the picture, and what speaks against the document, by kinds (kyc/evidence/reading/signs.py)."""

    class State(models.TextChoices):
        WAITING = "waiting", _("To be read")
        DONE = "done", _("Looked at")
        FAILED = "failed", _("Could not be looked at")

    class Outcome(models.TextChoices):
        READ = "read", _("Read")
        UNREADABLE = "unreadable", _("Could not be read")
        NOT_HERE = "not_here", _("Cannot be read here")

    id = RowNumber(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    document = models.OneToOneField(Document, models.PROTECT, related_name="reading")
    state = models.CharField(max_length=20, choices=State.choices, default=State.WAITING)
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)
    # zone, barcode or text; and which kind of it.
    source = models.CharField(max_length=20, blank=True)
    form = models.CharField(max_length=20, blank=True)
    # Fields as kyc.evidence.reading.documents writes them.
    told = SealedField(blank=True)
    faults = models.JSONField(default=list, blank=True)
    signs = models.JSONField(default=dict, blank=True)
    asked_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = jobs.indexes("reading", "waiting")
        constraints = [
            models.CheckConstraint(
                name="reading_done_has_an_outcome",
                condition=Q(state="done", read_at__isnull=False) & ~Q(outcome="")
                | ~Q(state="done") & Q(read_at__isnull=True, outcome="", source="", told=""),
            ),
            models.CheckConstraint(name="what_is_told_was_read", condition=Q(told="") | Q(outcome="read") & ~Q(source="")),
        ]

    @property
    def sealed_for(self) -> Subject:
        return self.document.sealed_for

    @property
    def fields(self) -> list[dict[str, Any]]:
        """Empty where nothing was read, or nothing can be read any more."""
        if not self.told or isinstance(self.told, Unreadable):
            return []
        found: list[dict[str, Any]] = json.loads(self.told)
        return found

    @property
    def advice(self) -> list[Promise]:
        """What the customer should do better; nothing where the document was read, or the picture is not to blame."""
        if self.outcome != self.Outcome.UNREADABLE:
            return []
        advice = SCAN_ADVICE if self.document.content_type == PDF else ADVICE
        return [advice[fault] for fault in self.faults] or [ZONE_ADVICE if self.document.kind in IDENTITY else TEXT_ADVICE]
