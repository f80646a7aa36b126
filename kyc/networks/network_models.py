"""Networks: accounts that look like one hand, as each building found them, with what speaks for it. All of it is confined
(accounts/compartment.py, FIN-17).

A network is ours and permanent: its number stays while its members come and go. Versions are kept: a membership and an edge are
true from, until, and ended they stay ended; whatever becomes of a network is a change with its reason in words.
"""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.eraser import FORGETS, MARKED, YIELDS
from accounts.history import tracked
from accounts.models import Organisation, User
from accounts.permissions import Permission
from config import jobs
from config.jobs import Claimable
from kyc.networks.models import append_only

# From so many accounts on a network is an alert.
ALERT_SIZE = 10
A_SHARE = {"gte": 0, "lte": 1}


def between_none_and_all(field: str) -> Q:
    return Q(**{f"{field}__{end}": value for end, value in A_SHARE.items()})


def stays(name: str, fixed: tuple[str, ...], ended: str, what: str, eraser: str = YIELDS) -> pgtrigger.Trigger:
    """A row begins live, its columns `fixed` don't change, it stays ended once `ended` is filled, and is never deleted, but as
    `eraser` yields."""
    new, old = (", ".join(f"{side}.{column}" for column in ("id", *fixed)) for side in ("NEW", "OLD"))
    func = f"""
        {eraser}
        IF TG_OP = 'DELETE' THEN
            RAISE EXCEPTION '{what} is never deleted' USING ERRCODE = 'check_violation';
        ELSIF TG_OP = 'INSERT' THEN
            IF NEW.{ended} IS NOT NULL THEN
                RAISE EXCEPTION '{what} starts live' USING ERRCODE = 'check_violation';
            END IF;
        ELSIF OLD.{ended} IS NOT NULL THEN
            RAISE EXCEPTION '{what} that has ended stays ended' USING ERRCODE = 'check_violation';
        ELSIF ROW({new}) IS DISTINCT FROM ROW({old}) THEN
            RAISE EXCEPTION 'whom {what} names, and since when, does not change' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """
    every = pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete
    return pgtrigger.Trigger(name=name, when=pgtrigger.Before, operation=every, func=func)


@tracked()
class NetworkRun(Claimable):
    """One building of all networks from the signals that stand then; the row is the queue. `asked_by` is nobody where the clock
    asked. `input_sha256` is of all that went in, `found_sha256` of what came out: the same in gives the same out."""

    confined = True

    class State(models.TextChoices):
        WAITING = "waiting", _("To be built")
        DONE = "done", _("Built")
        FAILED = "failed", _("Could not be built")

    class Step(models.TextChoices):
        READING = "reading", _("Reading signals")
        FINDING = "finding", _("Finding networks")
        KEEPING = "keeping", _("Comparing with what stood before")

    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    asked_at = models.DateTimeField(auto_now_add=True)
    asked_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    begun_at = models.DateTimeField(null=True, blank=True)
    # Where the work stands that was begun.
    step = models.CharField(max_length=10, choices=Step.choices, blank=True)
    step_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    accounts = models.PositiveIntegerField(default=0)
    signals = models.PositiveBigIntegerField(default=0)
    networks = models.PositiveIntegerField(default=0)
    parameters = models.JSONField(default=dict)
    # What it took: seconds by step, and the most memory in bytes.
    cost = models.JSONField(default=dict)
    input_sha256 = models.CharField(max_length=64, blank=True)
    found_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = jobs.indexes("networkrun", "waiting")
        constraints = [
            models.UniqueConstraint(name="one_network_run_at_a_time", fields=["state"], condition=Q(state="waiting")),
            models.CheckConstraint(
                name="network_run_done_says_of_what",
                condition=~Q(state="done") | Q(ended_at__isnull=False) & ~Q(input_sha256="") & ~Q(found_sha256=""),
            ),
        ]


class NetworkQuerySet(models.QuerySet["Network"]):
    def visible_to(self, user: User) -> "NetworkQuerySet":
        return self if user.can(Permission.NETWORK_VIEW) else self.none()

    def live(self) -> "NetworkQuerySet":
        return self.filter(ended_at__isnull=True)

    def alerts(self) -> "NetworkQuerySet":
        return self.live().filter(is_alert=True)


# At the end of the transaction, so that change and end may be written in either order.
TOLD_OF = """
    IF NEW.ended_at IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM kyc_networkchange e
        WHERE e.network_id = NEW.id AND e.kind = NEW.end_reason AND e.other_id IS NOT DISTINCT FROM NEW.merged_into_id
    ) THEN
        RAISE EXCEPTION 'a network ends with a change that says why' USING ERRCODE = 'check_violation';
    ELSIF TG_OP = 'INSERT' AND NOT EXISTS (
        SELECT 1 FROM kyc_networkchange e WHERE e.network_id = NEW.id AND e.kind IN ('found', 'split')
    ) THEN
        RAISE EXCEPTION 'a network begins with a change that says why' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
"""


@tracked()
class Network(models.Model):
    """Accounts that look like one hand. `size` is how many are in it now, or were at its end."""

    confined = True

    class EndReason(models.TextChoices):
        MERGED = "merged", _("Merged into another")
        SPLIT = "split", _("Split into others")
        DISSOLVED = "dissolved", _("Dissolved")

    found_in = models.ForeignKey(NetworkRun, models.PROTECT, related_name="found")
    found_at = models.DateTimeField()
    confidence = models.FloatField()
    size = models.PositiveIntegerField()
    is_alert = models.BooleanField()
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=10, choices=EndReason.choices, blank=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged")

    objects = NetworkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="network_confidence_is_a_share", condition=between_none_and_all("confidence")),
            models.CheckConstraint(
                name="network_alert_from_its_size_on",
                condition=Q(is_alert=True, size__gte=ALERT_SIZE) | Q(is_alert=False, size__lt=ALERT_SIZE),
            ),
            models.CheckConstraint(
                name="network_ended_at_and_why",
                condition=Q(ended_at__isnull=True, end_reason="", merged_into__isnull=True)
                | Q(ended_at__isnull=False, end_reason__in=["split", "dissolved"], merged_into__isnull=True)
                | Q(ended_at__isnull=False, end_reason="merged", merged_into__isnull=False) & ~Q(merged_into=F("id")),
            ),
        ]
        triggers = [
            stays("network_stays", ("found_in_id", "found_at"), "ended_at", "a network"),
            pgtrigger.Trigger(
                name="network_told_of",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                timing=pgtrigger.Deferred,
                func=TOLD_OF,
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"N-{self.found_at:%Y}-{self.pk:04d}"


class NetworkMembershipQuerySet(models.QuerySet["NetworkMembership"]):
    def live(self) -> "NetworkMembershipQuerySet":
        return self.filter(until__isnull=True)


@tracked()
class NetworkMembership(models.Model):
    """That an account is in a network, from, until. `via` are the families of signals that agree; they and the confidence may
    change while it lives."""

    confined = True

    class How(models.TextChoices):
        RUN = "run", _("Found by a building")
        ATTACHED = "attached", _("Attached between two buildings")
        RULED = "ruled", _("Ruled by an officer")

    network = models.ForeignKey(Network, models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    via = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    confidence = models.FloatField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    how = models.CharField(max_length=10, choices=How.choices)
    # That began it; none where it was attached between two.
    run = models.ForeignKey(NetworkRun, models.PROTECT, null=True, blank=True, related_name="+")

    objects = NetworkMembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="in_one_network_at_a_time", fields=["organisation"], condition=Q(until__isnull=True)),
            models.CheckConstraint(name="network_membership_confidence_is_a_share", condition=between_none_and_all("confidence")),
            models.CheckConstraint(name="network_membership_known_words", condition=Q(how__in=["run", "attached", "ruled"])),
            models.CheckConstraint(
                name="network_membership_until_after_since", condition=Q(until__isnull=True) | Q(until__gte=F("since"))
            ),
            models.CheckConstraint(name="network_membership_of_a_run", condition=~Q(how="run") | Q(run__isnull=False)),
        ]
        triggers = [
            stays(
                "network_membership_stays", ("network_id", "organisation_id", "since", "how", "run_id"), "until", "a membership"
            )
        ]


class EdgeQuerySet(models.QuerySet["Edge"]):
    def live(self) -> "EdgeQuerySet":
        return self.filter(until__isnull=True)


class Edge(models.Model):
    """That two accounts of a network share what independent families agree on, from, until. `evidence` lists all they share, also
    what was not counted: {type, value, family, bits, first_seen, last_seen, counted, why}, seen since both have had it until
    either was last seen with it. It is brought up to date while the edge lives, and anew where other values count: then this one
    ends and the next begins."""

    confined = True

    network = models.ForeignKey(Network, models.PROTECT, related_name="edges")
    a = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    b = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    bits = models.FloatField()
    families = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    evidence = models.JSONField(default=list)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    # That found it first; none where it was found between two.
    run = models.ForeignKey(NetworkRun, models.PROTECT, null=True, blank=True, related_name="+")

    objects = EdgeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_live_edge_a_pair", fields=["a", "b"], condition=Q(until__isnull=True)),
            models.CheckConstraint(name="edge_names_the_smaller_number_first", condition=Q(a__lt=F("b"))),
            models.CheckConstraint(name="edge_until_after_since", condition=Q(until__isnull=True) | Q(until__gte=F("since"))),
        ]
        # What has ended, and goes one night.
        indexes = [models.Index(name="edge_that_ended", fields=["until"], condition=Q(until__isnull=False))]
        triggers = [stays("edge_stays", ("network_id", "a_id", "b_id", "since", "run_id"), "until", "an edge", FORGETS)]


class NetworkChange(models.Model):
    """What became of a network, and why, in words. `organisations` are the numbers of the accounts it is about."""

    confined = True
    append_only = True
    personal = ("reason",)

    class Kind(models.TextChoices):
        FOUND = "found", _("Found")
        ATTACHED = "attached", _("Accounts attached")
        LEFT = "left", _("Accounts left")
        MERGED = "merged", _("Merged")
        SPLIT = "split", _("Split")
        DISSOLVED = "dissolved", _("Dissolved")
        PROPOSED = "proposed", _("Account proposed")
        RULED = "ruled", _("Ruled on")

    network = models.ForeignKey(Network, models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    at = models.DateTimeField()
    reason = models.TextField()
    # With which it merged, from which it was split or which was split from it.
    other = models.ForeignKey(Network, models.PROTECT, null=True, blank=True, related_name="+")
    organisations = ArrayField(models.BigIntegerField(), default=list, blank=True)
    run = models.ForeignKey(NetworkRun, models.PROTECT, null=True, blank=True, related_name="+")
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(name="network_change_says_why", condition=~Q(reason="")),
            models.CheckConstraint(
                name="network_change_known_words",
                condition=Q(
                    kind__in=["found", "attached", "left", "merged", "split", "dissolved", "proposed", "ruled"],
                ),
            ),
            models.CheckConstraint(name="a_merge_names_the_other", condition=~Q(kind="merged") | Q(other__isnull=False)),
        ]
        # What may be due one night: what is overwritten has left it.
        indexes = [models.Index(name="network_change_with_words", fields=["at"], condition=~Q(reason__regex=MARKED))]
        triggers = [append_only()]


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def open(self) -> "AttachmentQuerySet":
        return self.filter(outcome="")


@tracked()
class Attachment(models.Model):
    """A proposal that an account is of a network, made between two buildings where too little speaks for attaching it at once. An
    officer answers it, or the next building overtakes it; `outcome_by` is nobody then. `evidence` is as an edge's."""

    confined = True
    personal = ("outcome_note", "evidence")

    class Outcome(models.TextChoices):
        ATTACHED = "attached", _("Attached")
        DECLINED = "declined", _("Declined")
        OVERTAKEN = "overtaken", _("Overtaken by a building")

    network = models.ForeignKey(Network, models.PROTECT, related_name="attachments")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    bits = models.FloatField()
    families = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    evidence = models.JSONField(default=list)
    proposed_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    outcome_at = models.DateTimeField(null=True, blank=True)
    outcome_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    outcome_note = models.TextField(blank=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="proposed_once", fields=["network", "organisation"], condition=Q(outcome="")),
            models.CheckConstraint(
                name="attachment_outcome_complete",
                condition=Q(outcome="", outcome_at__isnull=True, outcome_by__isnull=True)
                | Q(outcome="overtaken", outcome_at__isnull=False, outcome_by__isnull=True)
                | Q(outcome__in=["attached", "declined"], outcome_at__isnull=False, outcome_by__isnull=False)
                & ~Q(outcome_note=""),
            ),
        ]
        triggers = [
            stays(
                "attachment_stays",
                ("network_id", "organisation_id", "bits", "families", "evidence", "proposed_at"),
                "outcome_at",
                "a proposal of attachment",
            )
        ]
