"""Runs that train a large model for a foreign customer, as far as we know of them, each with what has to be told to the authority
of it and by when (IAAS-40 to IAAS-45; 15 CFR 7.308, proposed). For the house alone: no customer is shown a row."""

from datetime import date

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.eraser import YIELDS
from accounts.history import tracked
from accounts.models import Organisation, Proposal, User
from accounts.permissions import Permission
from kyc.directives.resellers.models import Reseller
from kyc.keys.models import stray
from kyc.networks.controller_models import taken_by_another


def written(operations: float | None) -> str:
    """As a power of ten, such as 1.8e26; empty where they are not known."""
    return "" if operations is None else f"{operations:.3g}".replace("e+", "e")


class TrainingRunQuerySet(models.QuerySet["TrainingRun"]):
    def visible_to(self, user: User) -> "TrainingRunQuerySet":
        return self if user.can(Permission.TRAINING_VIEW) else self.none()


@tracked()
class TrainingRun(models.Model):
    """What is known of one run. When it became known never changes: from it the first clock runs (IAAS-40). What is not known yet
    is empty, and is corrected as it comes to be known."""

    of_the_house = True
    personal = ("end_customer", "basis", "deal", "method", "practices", "security", "incidents")

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    # Where the customer sells on, and the run is one of a customer of his (IAAS-44).
    reseller = models.ForeignKey(Reseller, models.PROTECT, null=True, blank=True, related_name="+")
    end_customer = models.CharField(max_length=300, blank=True)
    known_on = models.DateField()
    basis = models.TextField()
    deal = models.TextField()
    # In whole operations as powers of ten are written, such as 1e26, and how that was estimated.
    operations = models.FloatField(null=True, blank=True)
    method = models.TextField(blank=True)
    begins_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    accelerators = models.CharField(max_length=300, blank=True)
    location = models.CharField(max_length=300, blank=True)
    practices = models.TextField(blank=True)
    security = models.TextField(blank=True)
    incidents = models.TextField(blank=True)
    rule_pack = models.CharField(max_length=20)
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects = TrainingRunQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="training_says_how_it_is_known", condition=~Q(basis="") & ~Q(deal="")),
            models.CheckConstraint(
                name="training_operations_are_some", condition=Q(operations__isnull=True) | Q(operations__gt=0)
            ),
            models.CheckConstraint(
                name="training_ends_after_it_begins",
                condition=Q(begins_on__isnull=True) | Q(ends_on__isnull=True) | Q(ends_on__gte=F("begins_on")),
            ),
            models.CheckConstraint(
                name="training_of_a_resellers_customer",
                condition=Q(reseller__isnull=True, end_customer="") | Q(reseller__isnull=False) & ~Q(end_customer=""),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="training_is_known_from_its_day",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    {YIELDS}
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'what was known is never deleted' USING ERRCODE = 'check_violation';
                    END IF;
                    {stray("reseller_id", "kyc_reseller")}
                    IF TG_OP = 'INSERT' AND NEW.known_on > (NEW.made_at AT TIME ZONE 'UTC')::date THEN
                        RAISE EXCEPTION 'nothing is known before its day' USING ERRCODE = 'check_violation';
                    END IF;
                    IF TG_OP = 'UPDATE' AND
                        ROW(NEW.id, NEW.organisation_id, NEW.known_on, NEW.rule_pack, NEW.made_at, NEW.made_by_id)
                        IS DISTINCT FROM
                        ROW(OLD.id, OLD.organisation_id, OLD.known_on, OLD.rule_pack, OLD.made_at, OLD.made_by_id) THEN
                        RAISE EXCEPTION 'since when it is known does not change' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"T-{self.made_at:%Y}-{self.pk:04d}"

    @property
    def written(self) -> str:
        return written(self.operations)


class TrainingDutyQuerySet(models.QuerySet["TrainingDuty"]):
    def running(self) -> "TrainingDutyQuerySet":
        return self.filter(state="open")


@tracked()
class TrainingDuty(models.Model):
    """One thing to be told to the authority of a run, by a day: that there is one, what it asked besides, or what has turned out
    otherwise. It ends once two officers have filed it, or found that nothing is to be reported."""

    of_the_house = True
    personal = ("what",)

    class Kind(models.TextChoices):
        INITIAL = "initial", _("First report")
        FOLLOW_UP = "follow_up", _("Answer to the authority")
        CORRECTION = "correction", _("Correction")

    class State(models.TextChoices):
        OPEN = "open", _("To be reported")
        FILED = "filed", _("Filed")
        NOTHING = "nothing", _("Nothing to report")

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    run = models.ForeignKey(TrainingRun, models.PROTECT, related_name="duties")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    # What the authority asked, or what has turned out otherwise.
    what = models.TextField(blank=True)
    since = models.DateField()
    due_on = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    reminded_at = models.DateTimeField(null=True, blank=True)

    objects = TrainingDutyQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(name="training_duty_open", fields=["due_on"], condition=Q(state="open"))]
        constraints = [
            models.CheckConstraint(
                name="training_known_duties",
                condition=Q(kind__in=["initial", "follow_up", "correction"], state__in=["open", "filed", "nothing"]),
            ),
            models.CheckConstraint(name="training_duty_is_due_later", condition=Q(due_on__gt=F("since"))),
            models.CheckConstraint(name="training_duty_says_what", condition=Q(kind="initial") | ~Q(what="")),
            models.UniqueConstraint(name="one_first_report_of_a_run", fields=["run"], condition=Q(kind="initial")),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="training_duty_keeps_its_clock",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    {YIELDS}
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'what is to be told is never deleted' USING ERRCODE = 'check_violation';
                    END IF;
                    {stray("run_id", "kyc_trainingrun")}
                    IF TG_OP = 'INSERT' AND NEW.state <> 'open' THEN
                        RAISE EXCEPTION 'it begins with its clock' USING ERRCODE = 'check_violation';
                    ELSIF TG_OP = 'UPDATE' AND (
                        ROW(NEW.id, NEW.organisation_id, NEW.run_id, NEW.kind, NEW.what, NEW.since, NEW.due_on, NEW.made_at,
                            NEW.made_by_id)
                        IS DISTINCT FROM
                        ROW(OLD.id, OLD.organisation_id, OLD.run_id, OLD.kind, OLD.what, OLD.since, OLD.due_on, OLD.made_at,
                            OLD.made_by_id)
                        OR OLD.state <> 'open' AND NEW.state <> OLD.state
                    ) THEN
                        RAISE EXCEPTION 'it keeps its clock, and ends once' USING ERRCODE = 'check_violation';
                    ELSIF TG_OP = 'UPDATE' AND NEW.state <> OLD.state AND NOT EXISTS (
                        SELECT 1 FROM kyc_trainingfiling f WHERE f.duty_id = NEW.id AND f.state = 'taken'
                          AND f.is_nothing = (NEW.state = 'nothing')
                    ) THEN
                        RAISE EXCEPTION 'it is reported by two' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608  # nosec B608  # words of ours
            )
        ]

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    def is_late(self, on: date | None = None) -> bool:
        return self.is_open and self.due_on < (on or timezone.localdate())


class TrainingFilingQuerySet(models.QuerySet["TrainingFiling"]):
    def waiting(self) -> "TrainingFilingQuerySet":
        return self.filter(state="proposed")


@tracked()
class TrainingFiling(models.Model):
    """What one officer prepared to be told of a run, with what was known then, which another checks and files; or that nothing is
    to be told."""

    of_the_house = True
    personal = ("told", "note", "declined_because")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Waits for a second officer")
        TAKEN = "taken", _("Done")
        DECLINED = "declined", _("Sent back")

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    duty = models.ForeignKey(TrainingDuty, models.PROTECT, related_name="filings")
    is_nothing = models.BooleanField(default=False)
    # Of the run, as it stood when it was prepared; empty where nothing is told.
    told = models.JSONField(default=dict, blank=True)
    note = models.TextField(blank=True)
    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    proposed_at = models.DateTimeField(auto_now_add=True)
    filed_on = models.DateField(null=True, blank=True)
    reference = models.CharField(max_length=100, blank=True)
    declined_because = models.TextField(blank=True)

    objects = TrainingFilingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="training_filing_says_when_and_where",
                condition=Q(state="taken", is_nothing=False, filed_on__isnull=False) & ~Q(reference="")
                | Q(state="taken", is_nothing=True, filed_on__isnull=True, reference="")
                | ~Q(state="taken") & Q(filed_on__isnull=True, reference=""),
            ),
            models.CheckConstraint(name="training_nothing_says_why", condition=Q(is_nothing=False) | ~Q(note="")),
            models.CheckConstraint(
                name="training_sent_back_says_why",
                condition=Q(state="declined") & ~Q(declined_because="") | ~Q(state="declined") & Q(declined_because=""),
            ),
            models.UniqueConstraint(
                name="one_training_filing_a_duty", fields=["duty"], condition=Q(state__in=["proposed", "taken"])
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="training_filing_by_two",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    {YIELDS}
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'a filing is never deleted' USING ERRCODE = 'check_violation';
                    END IF;
                    {stray("duty_id", "kyc_trainingduty")}
                    {taken_by_another("taken", "training.filing")}
                    IF TG_OP = 'UPDATE' AND (OLD.state <> 'proposed' AND NEW IS DISTINCT FROM OLD
                        OR ROW(NEW.id, NEW.organisation_id, NEW.duty_id, NEW.is_nothing, NEW.told, NEW.note, NEW.proposal_id)
                        IS DISTINCT FROM
                        ROW(OLD.id, OLD.organisation_id, OLD.duty_id, OLD.is_nothing, OLD.told, OLD.note, OLD.proposal_id))
                    THEN
                        RAISE EXCEPTION 'what was prepared does not change' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    @property
    def waits(self) -> bool:
        return self.state == self.State.PROPOSED
