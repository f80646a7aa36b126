"""Reports that are asked for by the calendar."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from accounts.models import Organisation, User


class ReportScheduleQuerySet(models.QuerySet["ReportSchedule"]):
    def live(self) -> "ReportScheduleQuerySet":
        return self.filter(ended_at__isnull=True)


@tracked()
class ReportSchedule(models.Model):
    """That a kind of report is asked for in a rhythm, of one organisation or of all, as the officer who set it up. `next_on` is
    the next day on which it is due, and every one is so many months after `first_on`; of `reminded_for` the officer was
    reminded."""

    class Rhythm(models.TextChoices):
        MONTH = "month", _("Each month")
        QUARTER = "quarter", _("Each quarter")
        YEAR = "year", _("Each year")

    class End(models.TextChoices):
        STOPPED = "stopped", _("Stopped")
        # Who set it up may ask for no reports any more.
        LEFT = "left", _("Ended, since who set it up may no longer ask for reports")

    kind = models.CharField(max_length=10)
    # None is of every customer.
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True)
    profile = models.CharField(max_length=20, blank=True)
    paper = models.CharField(max_length=10, blank=True)
    rhythm = models.CharField(max_length=20, choices=Rhythm.choices)
    first_on = models.DateField()
    next_on = models.DateField()
    reminded_for = models.DateField(null=True, blank=True)
    set_up_at = models.DateTimeField(auto_now_add=True)
    set_up_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    end = models.CharField(max_length=20, choices=End.choices, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = ReportScheduleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="report_schedule_ended_at_and_by",
                condition=Q(end="", ended_at__isnull=True, ended_by__isnull=True)
                | Q(end="left", ended_at__isnull=False, ended_by__isnull=True)
                | Q(end="stopped", ended_at__isnull=False, ended_by__isnull=False),
            ),
            models.UniqueConstraint(
                name="one_live_schedule_of_a_report",
                fields=["kind", "organisation", "profile", "rhythm"],
                condition=Q(ended_at__isnull=True),
                nulls_distinct=False,
            ),
        ]
