"""Packs of reports that take too long for a page, while a worker puts them together and for a day after."""

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.vault import RowNumber, Subject, VaultFileField
from config import jobs
from config.jobs import Claimable

KEPT = timedelta(days=1)


class ReportPack(Claimable):
    """A ZIP that an officer has asked for: the row is the job. It is the evidence pack of one report, or the PDFs of several;
    `reports` are their ids. Its file is sealed under a key of its own, with which it goes a day after it was ready; who asked for
    what and took it stands in the audit."""

    of_the_house = True

    class State(models.TextChoices):
        WAITING = "waiting", _("Being put together")
        READY = "ready", _("Ready")
        ERASED = "erased", _("Erased")
        FAILED = "failed", _("Could not be put together")

    # Of these an officer has one at a time.
    LIVE = (State.WAITING, State.READY)

    id = RowNumber(primary_key=True)
    reports = ArrayField(models.BigIntegerField())
    is_evidence = models.BooleanField()
    # The ids of those that went into it.
    documents = ArrayField(models.BigIntegerField(), default=list, blank=True)
    state = models.CharField(max_length=20, choices=State.choices, default=State.WAITING)
    # Per cent of the bytes that go into it.
    progress = models.PositiveSmallIntegerField(default=0)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    ready_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    file = VaultFileField(blank=True)

    class Meta:
        indexes = jobs.indexes("reportpack", "waiting")
        constraints = [
            models.CheckConstraint(
                name="pack_holds_reports_and_evidence_is_of_one",
                condition=Q(is_evidence=True, reports__len=1) | Q(is_evidence=False, reports__len__gt=0),
            ),
            models.CheckConstraint(
                name="pack_is_complete_and_lasts_a_day",
                condition=~Q(state="ready")
                | Q(ready_at__isnull=False, expires_at__gt=F("ready_at"), expires_at__lte=F("ready_at") + KEPT) & ~Q(file=""),
            ),
            models.UniqueConstraint(
                name="one_pack_of_the_same_at_a_time",
                fields=["asked_by", "reports", "is_evidence"],
                condition=Q(state__in=["waiting", "ready"]),
            ),
        ]

    @property
    def sealed_for(self) -> Subject:
        return Subject.pack(self.pk)
