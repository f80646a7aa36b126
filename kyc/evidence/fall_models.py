"""That what was verified by a document fell: a task for whoever asks for it anew (kyc.cases.fallen)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from accounts.models import Organisation
from config import jobs
from config.jobs import Claimable
from kyc.evidence.models import Document


@tracked()
class Fall(Claimable):
    """Of one document, taken back, rejected or found infected, how many verifications rested on it then; the row is the queue."""

    class State(models.TextChoices):
        WAITING = "waiting", _("To be asked for anew")
        DONE = "done", _("Seen to")
        FAILED = "failed", _("Could not be asked for")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    document = models.ForeignKey(Document, models.PROTECT)
    verifications = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=20, choices=State.choices, default=State.WAITING)
    fell_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = jobs.indexes("fall", "waiting")
        constraints = [
            models.UniqueConstraint(name="one_waiting_fall_a_document", fields=["document"], condition=Q(state="waiting")),
            models.CheckConstraint(name="something_fell", condition=Q(verifications__gt=0)),
        ]
