"""Which customers sell access on, under which agreement and whose identification programme, and what assessments found of that
(15 CFR 7.303, proposed)."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.eraser import YIELDS
from accounts.history import tracked
from accounts.models import Organisation, Proposal, User
from kyc.evidence.models import Document
from kyc.keys.models import Hold


class ResellerQuerySet(models.QuerySet["Reseller"]):
    def live(self) -> "ResellerQuerySet":
        return self.filter(ended_on__isnull=True)


@tracked()
class Reseller(models.Model):
    """That a customer sells access on. One row for each customer; what stood in it before stands in its history."""

    personal = ("ended_because",)

    class Place(models.TextChoices):
        DOMESTIC = "domestic", _("Domestic")
        FOREIGN = "foreign", _("Foreign")

    class Programme(models.TextChoices):
        OURS = "ours", _("Follows our programme by agreement")
        OWN = "own", _("Has a programme of its own")
        NONE = "none", _("None shown yet")

    organisation = models.OneToOneField(Organisation, models.PROTECT, related_name="+")
    place = models.CharField(max_length=10, choices=Place.choices)
    agreement = models.ForeignKey(Document, models.PROTECT, null=True, blank=True, related_name="+")
    agreed_from = models.DateField(null=True, blank=True)
    agreed_to = models.DateField(null=True, blank=True)
    # How it finds out who its own customers are.
    programme = models.CharField(max_length=10, choices=Programme.choices)
    programme_copy = models.ForeignKey(Document, models.PROTECT, null=True, blank=True, related_name="+")
    programme_version = models.CharField(max_length=100, blank=True)
    programme_received_on = models.DateField(null=True, blank=True)
    # Its own customers, as it says: of each country [how many, how many of them verified].
    downstream = models.JSONField(default=dict, blank=True)
    downstream_on = models.DateField(null=True, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    ended_on = models.DateField(null=True, blank=True)
    ended_because = models.TextField(blank=True)

    objects = ResellerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="reseller_known_words",
                condition=Q(place__in=["domestic", "foreign"], programme__in=["ours", "own", "none"]),
            ),
            models.CheckConstraint(
                name="reseller_own_programme_has_a_version",
                condition=~Q(programme="own") & Q(programme_version="", programme_received_on__isnull=True)
                | Q(programme="own", programme_received_on__isnull=False) & ~Q(programme_version=""),
            ),
            models.CheckConstraint(
                name="reseller_agreement_ends_later",
                condition=Q(agreed_to__isnull=True) | Q(agreed_from__isnull=False, agreed_to__gt=F("agreed_from")),
            ),
            models.CheckConstraint(
                name="reseller_ended_on_and_why",
                condition=Q(ended_on__isnull=True, ended_because="") | Q(ended_on__isnull=False) & ~Q(ended_because=""),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="reseller_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    {YIELDS}
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'that it sells access on is never deleted' USING ERRCODE = 'check_violation';
                    ELSIF ROW(NEW.id, NEW.organisation_id, NEW.made_at, NEW.made_by_id)
                        IS DISTINCT FROM ROW(OLD.id, OLD.organisation_id, OLD.made_at, OLD.made_by_id) THEN
                        RAISE EXCEPTION 'it stays of whom it is' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"RS-{self.made_at:%Y}-{self.pk:04d}"

    @property
    def customers(self) -> int:
        return sum(count for count, _verified in self.downstream.values())

    @property
    def verified(self) -> int:
        return sum(verified for _count, verified in self.downstream.values())

    @property
    def lacks_agreement(self) -> bool:
        """Whether none covers today."""
        today = timezone.localdate()
        begun = self.agreed_from is not None and self.agreed_from <= today
        return not begun or (self.agreed_to is not None and self.agreed_to < today)


class ResellerAssessmentQuerySet(models.QuerySet["ResellerAssessment"]):
    def running(self) -> "ResellerAssessmentQuerySet":
        """Whose clock runs, by their day."""
        return self.filter(state="open").order_by("due_on", "pk")

    def standing(self) -> "ResellerAssessmentQuerySet":
        """Non-compliance that two people have not resolved."""
        return self.filter(state__in=["open", "held"])


@tracked()
class ResellerAssessment(models.Model):
    """What an officer found of a reseller. One that does not comply has a clock from the day on which that was known; when it is
    over, the customer is held, until two officers have resolved it."""

    personal = ("findings", "resolution")

    class State(models.TextChoices):
        COMPLIES = "complies", _("Complies")
        OPEN = "open", _("Does not comply: the clock runs")
        HELD = "held", _("Not resolved in time: held")
        RESOLVED = "resolved", _("Resolved")

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="assessments")
    assessed_on = models.DateField()
    findings = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices)
    # Of one that does not comply: since when that is known, and the last day before access ends.
    known_on = models.DateField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)
    rule_pack = models.CharField(max_length=20)
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    reminded_at = models.DateTimeField(null=True, blank=True)
    # That it is resolved, as one officer says and another confirms.
    proposal = models.OneToOneField(Proposal, models.PROTECT, null=True, blank=True, related_name="+")
    resolution = models.TextField(blank=True)
    hold = models.ForeignKey(Hold, models.PROTECT, null=True, blank=True, related_name="+")

    objects = ResellerAssessmentQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(name="reseller_clocks", fields=["due_on"], condition=Q(state="open"))]
        constraints = [
            models.CheckConstraint(
                name="assessment_that_fails_has_a_clock",
                condition=Q(state="complies", known_on__isnull=True, due_on__isnull=True, hold__isnull=True, resolution="")
                | Q(state__in=["open", "held", "resolved"], known_on__isnull=False, due_on__gt=F("known_on")),
            ),
            models.CheckConstraint(name="assessment_says_what_it_found", condition=~Q(findings="")),
            models.CheckConstraint(
                name="assessment_held_has_its_hold",
                condition=Q(state="held", hold__isnull=False)
                | Q(state="resolved")
                | Q(state__in=["complies", "open"], hold__isnull=True),
            ),
            models.CheckConstraint(
                name="assessment_resolution_is_proposed",
                condition=Q(proposal__isnull=True, resolution="") | Q(proposal__isnull=False) & ~Q(resolution=""),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="assessment_keeps_its_clock",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    {YIELDS}
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'an assessment is never deleted' USING ERRCODE = 'check_violation';
                    ELSIF TG_OP = 'INSERT' THEN
                        IF NEW.state NOT IN ('complies', 'open') THEN
                            RAISE EXCEPTION 'it begins with its clock' USING ERRCODE = 'check_violation';
                        END IF;
                        RETURN NEW;
                    ELSIF ROW(NEW.id, NEW.organisation_id, NEW.reseller_id, NEW.assessed_on, NEW.findings, NEW.known_on,
                        NEW.due_on, NEW.rule_pack, NEW.made_at, NEW.made_by_id)
                        IS DISTINCT FROM ROW(OLD.id, OLD.organisation_id, OLD.reseller_id, OLD.assessed_on, OLD.findings,
                        OLD.known_on, OLD.due_on, OLD.rule_pack, OLD.made_at, OLD.made_by_id) THEN
                        RAISE EXCEPTION 'what was found, and since when, does not change' USING ERRCODE = 'check_violation';
                    ELSIF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
                        ('open', 'held'), ('open', 'resolved'), ('held', 'resolved')) THEN
                        RAISE EXCEPTION 'it ends once' USING ERRCODE = 'check_violation';
                    ELSIF NEW.state = 'resolved' AND OLD.state <> 'resolved' AND NOT EXISTS (
                        SELECT 1 FROM accounts_proposal p WHERE p.id = NEW.proposal_id AND p.kind = 'reseller.resolve'
                          AND p.organisation_id = NEW.organisation_id AND p.outcome = 'taken'
                          AND p.outcome_by_id <> p.proposed_by_id
                    ) THEN
                        RAISE EXCEPTION 'two people resolve it' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608  # nosec B608  # words of ours
            )
        ]

    @property
    def is_late(self) -> bool:
        return self.state == self.State.OPEN and self.due_on is not None and self.due_on < timezone.localdate()

    @property
    def waits(self) -> bool:
        """Whether one officer says that it is resolved, and another has to confirm it."""
        return self.proposal_id is not None and self.state in (self.State.OPEN, self.State.HELD)
