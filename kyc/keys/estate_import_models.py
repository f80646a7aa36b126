"""A file of keys that were issued elsewhere, on its way in."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from config import jobs
from config.jobs import Claimable


class EstateImport(Claimable):
    """A file that somebody has sent: the row is the job. A worker first tries it and says what would come of it, then waits for
    a word, and takes it over in parts, each in one transaction with how far it has come. What came of it stands in the accounts
    and in the audit; the file goes with the end of the job."""

    of_the_house = True

    class State(models.TextChoices):
        WAITING = "waiting", _("Being read")
        HELD = "held", _("Waits for your word")
        DONE = "done", _("Taken over")
        DISCARDED = "discarded", _("Discarded")
        FAILED = "failed", _("Could not be read")

    name = models.CharField(max_length=200)
    # Sealed (accounts/vault/lent.py); empty when it is over.
    content = models.TextField(blank=True)
    state = models.CharField(max_length=20, choices=State.choices, default=State.WAITING)
    rows = models.PositiveIntegerField()
    # Of them so many have been gone through, in the order of their names; of `accounts` in all.
    at = models.PositiveIntegerField(default=0)
    accounts = models.PositiveIntegerField(default=0)
    # Of keys: as kyc.keys.importing.Imported.
    keys = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    # Lines with their sentence, which repeats nothing of the line; the first so many of the refused ones.
    faults = models.JSONField(default=list, blank=True)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    # When somebody said that it shall be written; until then it was only tried.
    begun_at = models.DateTimeField(null=True, blank=True)
    begun_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = jobs.indexes("estateimport", "waiting")
        constraints = [
            models.CheckConstraint(
                name="estateimport_begun_at_and_by",
                condition=Q(begun_at__isnull=True, begun_by__isnull=True) | Q(begun_at__isnull=False, begun_by__isnull=False),
            ),
            models.CheckConstraint(name="estateimport_done_was_begun", condition=~Q(state="done") | Q(begun_at__isnull=False)),
            models.CheckConstraint(
                name="estateimport_over_keeps_no_file", condition=~Q(state__in=["done", "discarded"]) | Q(content="")
            ),
            models.CheckConstraint(name="estateimport_at_within", condition=Q(at__lte=models.F("accounts"))),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def per_cent(self) -> int:
        return 100 * self.at // self.accounts if self.accounts else 0
