"""What is done to the accounts of a controller, which ones are left out, in which stages, and how far it has come. All of it is
confined (accounts/compartment.py, FIN-17); a customer and other officers see the restrictions that it places, and the sentence
that goes with them (kyc/keys/appeal_models.py)."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.eraser import YIELDS
from accounts.history import tracked
from accounts.models import Organisation, Proposal, User
from config import jobs
from config.jobs import Claimable
from kyc.cases.models import Case
from kyc.keys.appeal_models import Appeal, Restriction
from kyc.keys.pool_models import LimitPool, Period, PoolMember, Unit
from kyc.networks.controller_models import Controller, taken_by_another
from kyc.networks.models import append_only


@tracked()
class Measure(models.Model):
    """Proposed by one officer with what it would touch, taken by another, and undone by lifting what it placed itself."""

    confined = True
    personal = ("why", "undo_reason")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        TAKEN = "taken", _("In force")
        DECLINED = "declined", _("Declined")
        UNDONE = "undone", _("Undone")

    controller = models.ForeignKey(Controller, models.PROTECT, related_name="measures")
    kind = models.CharField(max_length=20, choices=Restriction.Kind.choices)
    told = models.CharField(max_length=20, choices=Restriction.Told.choices)
    why = models.TextField()
    # Of a limit.
    unit = models.CharField(max_length=20, choices=Unit.choices, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    period = models.CharField(max_length=20, choices=Period.choices, blank=True)
    limit = models.BigIntegerField(null=True, blank=True)
    # How much of it each account may use, which is all that it is told of it; all of them together no more than the limit.
    share = models.BigIntegerField(null=True, blank=True)
    pool = models.OneToOneField(LimitPool, models.PROTECT, null=True, blank=True, related_name="+")
    # Of a verification: codes of kyc.cases.items.
    items = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    # What it would touch, as was shown to whoever proposed it.
    radius = models.JSONField(default=dict)
    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    proposed_at = models.DateTimeField(auto_now_add=True)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    # Not before; and when the rest follows the first part, or by whom it was let follow.
    starts_at = models.DateTimeField()
    rest_at = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    undo_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="measure_needs_why", condition=~Q(why="")),
            models.CheckConstraint(
                name="measure_known_words",
                condition=Q(kind__in=["hold", "limit", "verification"], told__in=["account", "terms", "details"])
                & Q(state__in=["proposed", "taken", "declined", "undone"]),
            ),
            models.CheckConstraint(
                name="measure_says_which_limit",
                condition=Q(kind="limit", limit__gt=0, share__gt=0, share__lte=F("limit")) & ~Q(unit="") & ~Q(period="")
                | ~Q(kind="limit")
                & Q(limit__isnull=True, share__isnull=True, unit="", period="", currency="", pool__isnull=True),
            ),
            models.CheckConstraint(
                name="measure_says_what_is_verified",
                condition=Q(kind="verification") & ~Q(items=[]) | ~Q(kind="verification") & Q(items=[]),
            ),
            models.CheckConstraint(
                name="measure_rest_after_start", condition=Q(rest_at__isnull=True) | Q(rest_at__gte=F("starts_at"))
            ),
            models.CheckConstraint(
                name="measure_released_at_and_by",
                condition=Q(released_at__isnull=True, released_by__isnull=True)
                | Q(released_at__isnull=False, released_by__isnull=False),
            ),
            models.CheckConstraint(
                name="measure_undone_at_and_by_and_why",
                condition=~Q(state="undone") & Q(undone_at__isnull=True, undone_by__isnull=True, undo_reason="")
                | Q(state="undone", undone_at__isnull=False, undone_by__isnull=False) & ~Q(undo_reason=""),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="measure_taken_by_two",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    {YIELDS}
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'a measure is never deleted' USING ERRCODE = 'check_violation';
                    END IF;
                    {taken_by_another("taken", "network.measure")}
                    IF TG_OP = 'UPDATE' AND NEW.state = 'taken' AND OLD.state = 'proposed' AND NEW.share * (
                        SELECT count(*) FROM kyc_measuremember a WHERE a.measure_id = NEW.id AND a.stage > 0
                    ) > NEW."limit" THEN
                        RAISE EXCEPTION 'the parts of a limit are together no more than the whole'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    IF TG_OP = 'UPDATE' AND (OLD.state IN ('declined', 'undone')
                        OR NEW.state = 'undone' AND OLD.state <> 'taken' OR NEW.state = 'proposed' AND OLD.state <> 'proposed'
                        OR ROW(NEW.id, NEW.controller_id, NEW.kind, NEW.told, NEW.why, NEW.unit, NEW.currency, NEW.period,
                            NEW."limit", NEW.share, NEW.items, NEW.radius, NEW.proposal_id, NEW.proposed_by_id, NEW.starts_at,
                            NEW.rest_at)
                        IS DISTINCT FROM ROW(OLD.id, OLD.controller_id, OLD.kind, OLD.told, OLD.why, OLD.unit, OLD.currency,
                            OLD.period, OLD."limit", OLD.share, OLD.items, OLD.radius, OLD.proposal_id, OLD.proposed_by_id,
                            OLD.starts_at, OLD.rest_at)) THEN
                        RAISE EXCEPTION 'what was proposed does not change, and undone it stays undone'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608  # nosec B608  # words of ours
            )
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"M-{self.proposed_at:%Y}-{self.pk:04d}"

    @property
    def is_proposed(self) -> bool:
        return self.state == self.State.PROPOSED

    @property
    def is_in_force(self) -> bool:
        return self.state == self.State.TAKEN


@tracked()
class MeasureMember(Claimable):
    """One account of a measure, and what was placed on it; the row is the queue. One that is left out says by whom it was and
    why: whoever proposed it."""

    confined = True
    personal = ("left_out_because", "spare_reason")

    class State(models.TextChoices):
        PLANNED = "planned", _("Not yet")
        WAITING = "waiting", _("To be done")
        PLACED = "placed", _("Done")
        UNDOING = "undoing", _("To be undone")
        UNDONE = "undone", _("Undone")
        OVERTURNED = "overturned", _("Ended by an appeal")
        # An officer ended what was placed, on the customer's case.
        LIFTED = "lifted", _("Lifted on the case")
        LEFT_OUT = "left_out", _("Left out")
        # It is of the controller no more, or has been closed.
        SPARED = "spared", _("Nothing to do any more")
        FAILED = "failed", _("Could not be done")
        STUCK = "stuck", _("Could not be undone")

    measure = models.ForeignKey(Measure, models.PROTECT, related_name="members")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    # 1 is the first part, 2 the rest, 0 who is left out.
    stage = models.PositiveSmallIntegerField()
    left_out_because = models.TextField(blank=True)
    # Why nothing is done to it, or no more; by whom it was lifted of it alone.
    spare_reason = models.TextField(blank=True)
    spared_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    # Families of signals in the edges that brought it in: the rule that fired, of which an overturned appeal is counted.
    families = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    types = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    state = models.CharField(max_length=20, choices=State.choices, default=State.PLANNED)
    restriction = models.OneToOneField(Restriction, models.PROTECT, null=True, blank=True, related_name="+")
    pool_member = models.OneToOneField(PoolMember, models.PROTECT, null=True, blank=True, related_name="+")
    case = models.ForeignKey(Case, models.PROTECT, null=True, blank=True, related_name="+")
    planned_at = models.DateTimeField(auto_now_add=True)
    placed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            *jobs.indexes("measuremember", "waiting"),
            models.Index(name="measuremember_undoing", fields=["id"], condition=Q(state="undoing")),
            models.Index(name="measuremember_planned", fields=["measure"], condition=Q(state="planned")),
        ]
        constraints = [
            models.UniqueConstraint(name="measured_once", fields=["measure", "organisation"]),
            models.CheckConstraint(
                name="measuremember_known_words",
                condition=Q(
                    state__in=[
                        "planned",
                        "waiting",
                        "placed",
                        "undoing",
                        "undone",
                        "overturned",
                        "lifted",
                        "left_out",
                        "spared",
                        "failed",
                        "stuck",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="spared_says_why", condition=Q(spared_by__isnull=True) & ~Q(state="spared") | ~Q(spare_reason="")
            ),
            models.CheckConstraint(
                name="left_out_says_why",
                condition=Q(stage=0, state="left_out") & ~Q(left_out_because="")
                | Q(stage__in=[1, 2], left_out_because="") & ~Q(state="left_out"),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="measuremember_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    {YIELDS}
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'an account of a measure is never deleted' USING ERRCODE = 'check_violation';
                    ELSIF TG_OP = 'INSERT' THEN
                        IF EXISTS (SELECT 1 FROM kyc_measure m WHERE m.id = NEW.measure_id AND m.state <> 'proposed') THEN
                            RAISE EXCEPTION 'a measure is over those whom the second person was shown'
                                USING ERRCODE = 'check_violation';
                        END IF;
                    ELSIF ROW(
                        NEW.id, NEW.measure_id, NEW.organisation_id, NEW.stage, NEW.left_out_because, NEW.families, NEW.types,
                        NEW.planned_at
                    ) IS DISTINCT FROM ROW(
                        OLD.id, OLD.measure_id, OLD.organisation_id, OLD.stage, OLD.left_out_because, OLD.families, OLD.types,
                        OLD.planned_at
                    ) THEN
                        RAISE EXCEPTION 'whom a measure is over does not change' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608  # nosec B608  # words of ours
            ),
            # At the end of the transaction: a job first says that it is done, which fences others off, and does it then.
            pgtrigger.Trigger(
                name="placed_has_its_restriction",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                timing=pgtrigger.Deferred,
                func="""
                    IF EXISTS (
                        SELECT 1 FROM kyc_measuremember m
                        WHERE m.id = NEW.id AND m.state = 'placed' AND (m.restriction_id IS NULL OR m.placed_at IS NULL)
                    ) THEN
                        RAISE EXCEPTION 'what was placed on an account is named' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]


class RuleMiss(models.Model):
    """That an account was brought in by these families and types of signals, and an appeal found it wrong."""

    confined = True
    append_only = True

    appeal = models.OneToOneField(Appeal, models.PROTECT, related_name="+")
    member = models.ForeignKey(MeasureMember, models.PROTECT, related_name="+")
    families = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    types = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    counted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        triggers = [append_only()]
