"""Directives: orders that close some or all models to a population of keys, and what became of each. They name several customers
at once, so only to whose business everything is they are shown; a customer reads his own restriction (kyc/keys/appeal_models.py).
"""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.history import CurrentIncarnation, CurrentTransaction, TransactionIdField, tracked
from accounts.models import Organisation, Proposal, User
from accounts.permissions import Permission
from config import jobs
from config.jobs import Claimable
from kyc.keys.appeal_models import Appeal, Restriction
from kyc.keys.standing_models import StandingHold
from kyc.networks.controller_models import taken_by_another


class DirectiveQuerySet(models.QuerySet["Directive"]):
    def visible_to(self, user: User) -> "DirectiveQuerySet":
        return self if user.can(Permission.DIRECTIVE_VIEW) else self.none()

    def open(self) -> "DirectiveQuerySet":
        """Proposed, or in force or coming to be."""
        return self.filter(state__in=["proposed", "taken"])

    def in_force(self) -> "DirectiveQuerySet":
        """Taken and not over by the clock, whether or not its time has come."""
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=Now()), state="taken")


@tracked()
class Directive(Claimable):
    """An order from outside as one officer entered it, with what it would touch; another takes it, and with that it is in force
    from its time on. `work` says whether there is something to do for it, and is the queue."""

    of_the_house = True
    personal = ("issuer", "why", "end_reason")

    class Kind(models.TextChoices):
        ORDER = "order", _("Order")
        MEASURE = "measure", _("Special measure")

    class Population(models.TextChoices):
        FOREIGN = "foreign", _("All foreign persons")
        COUNTRIES = "countries", _("By country")
        CONCERN = "concern", _("Entities of concern")
        NAMED = "named", _("Customers named in it")
        LISTED = "listed", _("Customers whose owners are listed")
        RULE = "rule", _("By a rule from facts")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        TAKEN = "taken", _("Taken")
        DECLINED = "declined", _("Declined")
        LIFTED = "lifted", _("Lifted")
        UNDONE = "undone", _("Undone")

    class Work(models.TextChoices):
        IDLE = "idle", _("Nothing to do")
        WAITING = "waiting", _("To be done")
        FAILED = "failed", _("Could not be done")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    issuer = models.CharField(max_length=200)
    authority = models.CharField(max_length=200)
    reference = models.CharField(max_length=100)
    received_at = models.DateTimeField()
    # Of a special measure (IAAS-31): the day of the determination, and between which days of it the rule pack lets it apply.
    determined_on = models.DateField(null=True, blank=True)
    not_before = models.DateField(null=True, blank=True)
    not_after = models.DateField(null=True, blank=True)
    # Codes of the catalogue, none for every one; and of those that follow later, when: {"frontier": "2026-12-01T08:00:00+00:00"}.
    tiers = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    later = models.JSONField(default=dict, blank=True)
    population = models.CharField(max_length=10, choices=Population.choices)
    # kyc.directives.population says of which kind which.
    parameters = models.JSONField(default=dict, blank=True)
    why = models.TextField()
    effective_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    # What it would touch, as was shown to whoever proposed it.
    preview = models.JSONField(default=dict)
    standing = models.OneToOneField(StandingHold, models.PROTECT, related_name="directive")
    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    proposed_at = models.DateTimeField(auto_now_add=True)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    end_reason = models.TextField(blank=True)
    work = models.CharField(max_length=10, choices=Work.choices, default=Work.IDLE)
    work_since = models.DateTimeField(auto_now_add=True)

    objects = DirectiveQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(name="directive_waiting", fields=["id"], condition=Q(work="waiting")),
            models.Index(name="directive_failed", fields=["id"], condition=Q(work="failed")),
        ]
        constraints = [
            models.CheckConstraint(
                name="directive_says_by_whom_and_why",
                condition=~Q(issuer="") & ~Q(authority="") & ~Q(reference="") & ~Q(why=""),
            ),
            models.CheckConstraint(
                name="directive_known_words",
                condition=Q(kind__in=["order", "measure"], state__in=["proposed", "taken", "declined", "lifted", "undone"])
                & Q(population__in=["foreign", "countries", "concern", "named", "listed", "rule"]),
            ),
            models.CheckConstraint(
                name="directive_expires_after_it_begins",
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("effective_at")),
            ),
            models.CheckConstraint(
                name="measure_applies_between_its_days",
                condition=Q(kind="order", determined_on__isnull=True, not_before__isnull=True, not_after__isnull=True)
                | Q(
                    kind="measure", determined_on__isnull=False, not_before__gte=F("determined_on"),
                    effective_at__date__gte=F("not_before"), expires_at__isnull=False, expires_at__date__lte=F("not_after"),
                ),
            ),
            models.CheckConstraint(
                name="directive_ended_at_and_by_and_why",
                condition=~Q(state__in=["lifted", "undone"]) & Q(ended_at__isnull=True, ended_by__isnull=True, end_reason="")
                | Q(state__in=["lifted", "undone"], ended_at__isnull=False, ended_by__isnull=False) & ~Q(end_reason=""),
            ),
        ]  # fmt: skip
        triggers = [
            pgtrigger.Trigger(
                name="directive_taken_by_two",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'a directive is never deleted' USING ERRCODE = 'check_violation';
                    END IF;
                    {taken_by_another("taken", "directive")}
                    IF TG_OP = 'UPDATE' AND (OLD.state IN ('declined', 'lifted', 'undone') AND NEW.state <> OLD.state
                        OR NEW.state IN ('lifted', 'undone') AND OLD.state <> NEW.state AND OLD.state <> 'taken'
                        OR NEW.state IN ('proposed', 'declined') AND OLD.state NOT IN ('proposed', NEW.state)
                        OR NEW.state IN ('lifted', 'undone') AND OLD.state = 'taken' AND OLD.expires_at <= clock_timestamp()
                        OR ROW(NEW.id, NEW.kind, NEW.issuer, NEW.authority, NEW.reference, NEW.received_at, NEW.determined_on,
                            NEW.not_before, NEW.tiers, NEW.later, NEW.population, NEW.parameters, NEW.why,
                            NEW.effective_at, NEW.standing_id, NEW.proposal_id, NEW.proposed_by_id)
                        IS DISTINCT FROM ROW(OLD.id, OLD.kind, OLD.issuer, OLD.authority, OLD.reference, OLD.received_at,
                            OLD.determined_on, OLD.not_before, OLD.tiers, OLD.later, OLD.population,
                            OLD.parameters, OLD.why, OLD.effective_at, OLD.standing_id, OLD.proposal_id,
                            OLD.proposed_by_id)
                        OR OLD.state <> 'proposed' AND NEW.preview <> OLD.preview) THEN
                        RAISE EXCEPTION 'what was proposed does not change, and ended it stays ended'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    IF TG_OP = 'UPDATE' AND ROW(NEW.expires_at, NEW.not_after) IS DISTINCT FROM ROW(OLD.expires_at, OLD.not_after)
                        AND NOT (OLD.state = 'taken' AND NEW.state = 'taken' AND OLD.expires_at > clock_timestamp()
                            AND NEW.expires_at > OLD.expires_at AND EXISTS (
                                SELECT 1 FROM kyc_directiveextension x
                                WHERE x.directive_id = NEW.id AND x.state = 'taken' AND x.until = NEW.expires_at)) THEN
                        RAISE EXCEPTION 'only an extension that a second person took moves its end'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608  # nosec B608  # words of ours
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"D-{self.proposed_at:%Y}-{self.pk:04d}"

    @property
    def is_proposed(self) -> bool:
        return self.state == self.State.PROPOSED

    @property
    def is_taken(self) -> bool:
        return self.state == self.State.TAKEN

    @property
    def is_expired(self) -> bool:
        """Whether it was in force, and is over by the clock."""
        return self.is_taken and self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def stands(self) -> str | Promise:
        return _("Expired") if self.is_expired else self.get_state_display()


@tracked()
class DirectiveExtension(models.Model):
    """That a directive ends later than it said, as one officer entered it and another took it."""

    of_the_house = True
    personal = ("reason",)

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        TAKEN = "taken", _("Extended")
        DECLINED = "declined", _("Not extended")

    directive = models.ForeignKey(Directive, models.PROTECT, related_name="extensions")
    until = models.DateTimeField()
    # Whose word it is, and where that is found.
    reason = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(auto_now_add=True)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    extended_at = models.DateTimeField(null=True, blank=True)
    extended_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_extension_is_proposed", fields=["directive"], condition=Q(state="proposed")),
            models.CheckConstraint(name="extension_says_why", condition=~Q(reason="")),
            models.CheckConstraint(name="extension_known_words", condition=Q(state__in=["proposed", "taken", "declined"])),
            models.CheckConstraint(
                name="extended_at_and_by_where_taken",
                condition=Q(state="taken", extended_at__isnull=False, extended_by__isnull=False)
                | ~Q(state="taken") & Q(extended_at__isnull=True, extended_by__isnull=True),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="extension_taken_by_two",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'an extension is never deleted' USING ERRCODE = 'check_violation';
                    END IF;
                    {taken_by_another("taken", "directive.extension")}
                    IF TG_OP = 'UPDATE' AND (OLD.state <> 'proposed' AND NEW.state <> OLD.state
                        OR OLD.state <> 'proposed' AND ROW(NEW.extended_at, NEW.extended_by_id)
                            IS DISTINCT FROM ROW(OLD.extended_at, OLD.extended_by_id)
                        OR ROW(NEW.id, NEW.directive_id, NEW.until, NEW.reason, NEW.proposal_id, NEW.proposed_at,
                            NEW.proposed_by_id)
                        IS DISTINCT FROM ROW(OLD.id, OLD.directive_id, OLD.until, OLD.reason, OLD.proposal_id, OLD.proposed_at,
                            OLD.proposed_by_id)) THEN
                        RAISE EXCEPTION 'what was proposed does not change' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]


@tracked()
class DirectiveException(models.Model):
    """An organisation that a directive leaves out, on which ground: proposed with it and taken with it, or because an appeal was
    won. It reaches all that the organisation holds, also keys to come."""

    personal = ("ground",)

    directive = models.ForeignKey(Directive, models.PROTECT, related_name="exceptions")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    ground = models.TextField()
    appeal = models.OneToOneField(Appeal, models.PROTECT, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="excepted_once", fields=["directive", "organisation"]),
            models.CheckConstraint(name="exception_has_a_ground", condition=~Q(ground="")),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="exception_seen_by_two",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func="""
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'an exception is never deleted' USING ERRCODE = 'check_violation';
                    END IF;
                    IF TG_OP = 'UPDATE' AND ROW(NEW.id, NEW.directive_id, NEW.organisation_id, NEW.appeal_id)
                        IS DISTINCT FROM ROW(OLD.id, OLD.directive_id, OLD.organisation_id, OLD.appeal_id) THEN
                        RAISE EXCEPTION 'who is left out does not change' USING ERRCODE = 'check_violation';
                    END IF;
                    IF TG_OP = 'INSERT' AND NEW.appeal_id IS NULL AND EXISTS (
                        SELECT 1 FROM kyc_directive d WHERE d.id = NEW.directive_id AND d.state <> 'proposed'
                    ) THEN
                        RAISE EXCEPTION 'a second person has seen who is left out' USING ERRCODE = 'check_violation';
                    END IF;
                    IF TG_OP = 'INSERT' AND NEW.appeal_id IS NOT NULL AND NOT EXISTS (
                        SELECT 1 FROM kyc_appeal a JOIN kyc_directivenotice n ON n.restriction_id = a.restriction_id
                        WHERE a.id = NEW.appeal_id AND a.outcome = 'overturned'
                          AND a.organisation_id = NEW.organisation_id AND n.directive_id = NEW.directive_id
                    ) THEN
                        RAISE EXCEPTION 'only a won appeal leaves out' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]


@tracked()
class DirectiveNotice(Claimable):
    """That an organisation is to be told of a directive whose keys it reaches, or that it reaches them no more; the row is the
    queue."""

    class State(models.TextChoices):
        WAITING = "waiting", _("To be told")
        TOLD = "told", _("Told")
        ENDING = "ending", _("To be told that it has ended")
        ENDED = "ended", _("Over")
        FAILED = "failed", _("Could not be told")

    directive = models.ForeignKey(Directive, models.PROTECT, related_name="notices")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    restriction = models.OneToOneField(Restriction, models.PROTECT, null=True, blank=True, related_name="+")
    found_at = models.DateTimeField(auto_now_add=True)
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = jobs.indexes("directivenotice", "waiting")
        constraints = [
            models.UniqueConstraint(
                name="told_once_of_a_directive", fields=["directive", "organisation"], condition=~Q(state="ended")
            ),
            models.CheckConstraint(
                name="told_has_its_restriction",
                condition=Q(told_at__isnull=True, restriction__isnull=True) | Q(told_at__isnull=False, restriction__isnull=False),
            ),
        ]


class DirectiveMinute(models.Model):
    """How far a directive had come in one minute: keys by where they stood to it, and how many of those inside were refused."""

    append_only = True
    of_the_house = True

    directive = models.ForeignKey(Directive, models.PROTECT, related_name="minutes")
    minute = models.DateTimeField()
    keys = models.PositiveIntegerField()
    outside = models.PositiveIntegerField()
    inside = models.PositiveIntegerField()
    unproven = models.PositiveIntegerField()
    unchecked = models.PositiveIntegerField()
    # Of all but those outside: whom a gateway is told no, and of those outside whom it is told so for this reason alone.
    refused = models.PositiveIntegerField()
    refused_outside = models.PositiveIntegerField()
    # Keys that were issued elsewhere, of which nobody knows what they reach, and how many of them are refused.
    imported = models.PositiveIntegerField(default=0)
    imported_refused = models.PositiveIntegerField(default=0)
    # By which a report tells what was known of it then.
    xid = TransactionIdField(db_default=CurrentTransaction(), editable=False)
    incarnation = models.IntegerField(db_default=CurrentIncarnation(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_minute_of_a_directive", fields=["directive", "minute"])]


class DirectivePreview(Claimable):
    """What an order would touch, counted by a worker before anything is done; the row is the job, and gone after some days.
    `asked` is all that it depends on and `digest` its hash, so that whoever asks the same again finds it."""

    of_the_house = True

    class State(models.TextChoices):
        WAITING = "waiting", _("Being counted")
        DONE = "done", _("Counted")
        FAILED = "failed", _("Could not be counted")

    digest = models.CharField(max_length=64)
    asked = models.JSONField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    asked_at = models.DateTimeField(auto_now_add=True)
    # Keys, and how many of them were looked at.
    whole = models.PositiveIntegerField(default=0)
    looked = models.PositiveIntegerField(default=0)
    told = models.JSONField(default=dict)
    # From when the facts are that it was judged by, and when that was done.
    facts_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [*jobs.indexes("directivepreview", "waiting"), models.Index(name="directivepreview_of", fields=["digest"])]
        constraints = [
            models.UniqueConstraint(name="counted_once_at_a_time", fields=["digest"], condition=Q(state="waiting")),
            models.CheckConstraint(
                name="counted_says_of_when",
                condition=~Q(state="done") | Q(facts_at__isnull=False, done_at__isnull=False) & ~Q(told={}),
            ),
        ]

    @property
    def percent(self) -> int:
        return 100 * self.looked // self.whole if self.whole else 0
