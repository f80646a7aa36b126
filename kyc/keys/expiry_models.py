"""What is to be done about evidence by its day of expiry."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from accounts.models import Organisation
from config import jobs
from config.jobs import Claimable
from kyc.evidence.item_models import EvidenceItem
from kyc.keys.models import Hold


@tracked()
class Expiry(Claimable):
    """One act on an item that expires: a reminder so many `days` before, the hold on the day after, or that the keys are let go
    again; the row is the queue."""

    class What(models.TextChoices):
        TELL = "tell", _("Tell that it expires")
        HOLD = "hold", _("Hold the keys")
        RELEASE = "release", _("Let the keys go")

    class State(models.TextChoices):
        WAITING = "waiting", _("To be done")
        DONE = "done", _("Done")
        FAILED = "failed", _("Could not be done")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    item = models.ForeignKey(EvidenceItem, models.PROTECT)
    what = models.CharField(max_length=20, choices=What.choices)
    days = models.PositiveSmallIntegerField(default=0)
    # That it placed.
    hold = models.ForeignKey(Hold, models.PROTECT, null=True, blank=True)
    state = models.CharField(max_length=20, choices=State.choices, default=State.WAITING)
    found_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = jobs.indexes("expiry", "waiting")
        constraints = [models.UniqueConstraint(name="one_expiry_of_a_kind", fields=["item", "what", "days"])]
