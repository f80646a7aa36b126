"""WHAT WE TELL: a report is a function of (valid at, known at, parameters, rule pack, template)."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.eraser import YIELDS
from accounts.history import tracked
from accounts.models import Organisation, Snapshot, User
from accounts.vault import RowNumber, SealedField, Subject, VaultFileField
from accounts.vault.models import SubjectKey
from config import jobs
from config.jobs import Claimable


@tracked(exclude=["progress", "stage", "facts"])
class Report(Claimable):
    """One report asked for and built. `facts` is report.json, `envelope` who asked and when it was made; `parameters` narrow
    what it tells: of a period `from`, an instant, and `key`, the id of the one key asked about."""

    personal = ("envelope",)
    own_key = SubjectKey.Kind.REPORT

    class Kind(models.TextChoices):
        DOSSIER = "R-03", _("Customer identification and verification dossier")
        ATTRIBUTION = "R-06", _("API key attribution report")

    class State(models.TextChoices):
        REQUESTED = "requested", _("Being built")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Could not be built")

    id = RowNumber(primary_key=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    valid_at = models.DateTimeField()
    known_at = models.DateTimeField()
    snapshot = models.ForeignKey(Snapshot, models.PROTECT)
    parameters = models.JSONField(default=dict, blank=True)
    rule_pack = models.CharField(max_length=20)
    template = models.CharField(max_length=20)
    state = models.CharField(max_length=20, choices=State.choices, default=State.REQUESTED)
    progress = models.PositiveSmallIntegerField(default=0)
    stage = models.CharField(max_length=100, blank=True)
    requested_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    facts = SealedField(blank=True)
    envelope = models.JSONField(default=dict)
    sha256 = models.CharField(max_length=64, blank=True)
    file = VaultFileField(blank=True)

    class Meta:
        indexes = jobs.indexes("report", "requested")
        constraints = [
            models.CheckConstraint(
                name="ready_report_is_complete", condition=~Q(state="ready") | ~Q(sha256="") & ~Q(file="") & ~Q(facts="")
            )
        ]
        triggers = [
            pgtrigger.Trigger(
                name="ready_report_is_fixed",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state="ready"),
                func=f"{YIELDS} RAISE EXCEPTION 'ready_report_is_fixed: it does not change' USING ERRCODE = 'check_violation';",
            ),
            pgtrigger.Protect(name="report_is_kept", operation=pgtrigger.Delete),
        ]

    @property
    def sealed_for(self) -> Subject:
        """An issued report is a record of its own, kept for as long as its class is."""
        return Subject.report(self.pk, self.organisation_id)

    @property
    def number(self) -> str:
        return f"{self.kind}-{self.requested_at:%Y}-{self.pk:05d}"
