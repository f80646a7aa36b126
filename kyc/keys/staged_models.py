"""What keys that were issued elsewhere have used, of which the campaign allows so many requests a day."""

from django.db import models
from django.db.models import Q

from accounts.models import Organisation
from kyc.keys.estate_models import ImportedKey


class StagedDay(models.Model):
    """The requests of one such key on one day (UTC): as reservations were settled, and as usage told. As of `Spending`, whichever
    is more counts. It is counted before the key is limited too, so that the day on which that begins is whole."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    key = models.ForeignKey(ImportedKey, models.PROTECT, related_name="+")
    day = models.DateField()
    settled = models.BigIntegerField(default=0)
    used = models.BigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(name="staged_days_over", fields=["day"])]
        constraints = [
            models.UniqueConstraint(name="one_staged_day", fields=["key", "day"]),
            models.CheckConstraint(name="staged_day_is_never_negative", condition=Q(settled__gte=0, used__gte=0)),
        ]
