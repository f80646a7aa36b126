"""Links by which a reader outside takes one report."""

from datetime import timedelta

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.history import tracked
from accounts.models import Organisation, User

LONGEST = timedelta(days=7)


class ReportLinkQuerySet(models.QuerySet["ReportLink"]):
    def live(self) -> "ReportLinkQuerySet":
        """Neither revoked nor expired, by the database's clock, and to a report that was issued and stands."""
        return self.filter(ended_at__isnull=True, expires_at__gt=Now(), report__state="issued")


@tracked(exclude=["digest"])
class ReportLink(models.Model):
    """That whoever holds an address may take one report, for at most a week, as its maker might. The address itself is kept
    nowhere. `reader` is whom it was made for, in the maker's words."""

    personal = ("reader",)

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    report = models.ForeignKey("reports.Report", models.PROTECT, related_name="links")
    reader = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = ReportLinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="report_link_lasts_a_week_at_most",
                condition=Q(expires_at__gt=F("made_at"), expires_at__lte=F("made_at") + LONGEST),
            ),
            models.CheckConstraint(
                name="report_link_ended_at_and_by",
                condition=Q(ended_at__isnull=True, ended_by__isnull=True) | Q(ended_at__isnull=False, ended_by__isnull=False),
            ),
        ]
        triggers = [
            # People's data in full leave the house by no address that anybody may pass on.
            pgtrigger.Trigger(
                name="report_link_tells_nobody_in_full",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NOT EXISTS (SELECT 1 FROM reports_report r WHERE r.id = NEW.report_id
                                   AND r.organisation_id = NEW.organisation_id AND r.kind <> 'R-17'
                                   AND r.parameters ->> 'profile' IS DISTINCT FROM 'full') THEN
                        RAISE EXCEPTION 'report_link_tells_nobody_in_full' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]
