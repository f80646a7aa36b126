"""Incidents: what was found to be wrong, whom it concerns, and to whom it was referred.

All of it is confined (accounts/compartment.py, FIN-17): whoever does not investigate is not shown that any of it exists, and
nothing that others see or that a customer is told depends on it.
"""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.eraser import YIELDS
from accounts.history import tracked
from accounts.models import Organisation, User
from accounts.permissions import Permission
from kyc.keys.models import Key, stray
from kyc.parties.models import Party

# The six that FIN-15 wants answered of every incident, in the order of a narrative.
BLOCKS = ("who", "what", "when", "where", "why", "how")


def append_only(eraser: str = YIELDS) -> pgtrigger.Trigger:
    func = f"{eraser} RAISE EXCEPTION 'append_only: what was noted stays as it was' USING ERRCODE = 'check_violation';"
    return pgtrigger.Trigger(name="append_only", when=pgtrigger.Before, operation=pgtrigger.Update | pgtrigger.Delete, func=func)


class IncidentQuerySet(models.QuerySet["Incident"]):
    def visible_to(self, user: User) -> "IncidentQuerySet":
        return self if user.can(Permission.NETWORK_VIEW) else self.none()

    def open(self) -> "IncidentQuerySet":
        return self.filter(state=Incident.State.OPEN)


@tracked()
class Incident(models.Model):
    """One occurrence that somebody may have to be told of. Its six blocks are filled in step by step, until it is closed. Once
    erased (kyc/networks/disposal.py) it says when, how much of it, and until when backups have it."""

    confined = True
    personal = ("title", *BLOCKS, "close_reason")
    certificate = ("erased_at", "erased_rows", "backups_until")

    class Kind(models.TextChoices):
        EXTRACTION = "extraction", _("Model extraction or distillation")
        SANCTIONS = "sanctions", _("Sanctions evasion")
        CREDENTIALS = "credentials", _("Credential misuse")
        RESALE = "resale", _("Undeclared resale")
        OTHER = "other", _("Other")

    class Confidence(models.TextChoices):
        LOW = "low", _("Low")
        MEDIUM = "medium", _("Medium")
        HIGH = "high", _("High")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    class Outcome(models.TextChoices):
        REFERRED = "referred", _("Referred")
        MEASURES = "measures", _("Measures taken")
        UNFOUNDED = "unfounded", _("Unfounded")

    kind = models.CharField(max_length=20, choices=Kind.choices)
    title = models.CharField(max_length=200)
    confidence = models.CharField(max_length=10, choices=Confidence.choices)
    detected_on = models.DateField()
    first_seen_on = models.DateField(null=True, blank=True)
    last_seen_on = models.DateField(null=True, blank=True)
    who = models.TextField(blank=True)
    what = models.TextField(blank=True)
    when = models.TextField(blank=True)
    where = models.TextField(blank=True)
    why = models.TextField(blank=True)
    how = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField(auto_now_add=True)
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)
    close_reason = models.TextField(blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    erased_at = models.DateTimeField(null=True, blank=True)
    # As in a certificate of disposal.
    erased_rows = models.JSONField(default=dict)
    backups_until = models.DateField(null=True, blank=True)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="incident_needs_title", condition=~Q(title="")),
            models.CheckConstraint(
                name="incident_closed_at_and_by_and_why",
                condition=Q(state="open", closed_at__isnull=True, closed_by__isnull=True, outcome="", close_reason="")
                | Q(state="closed", closed_at__isnull=False, closed_by__isnull=False)
                & Q(outcome__in=["referred", "measures", "unfounded"])
                & ~Q(close_reason=""),
            ),
            models.CheckConstraint(
                name="incident_known_words",
                condition=Q(
                    kind__in=["extraction", "sanctions", "credentials", "resale", "other"],
                    confidence__in=["low", "medium", "high"],
                ),
            ),
            models.CheckConstraint(
                name="incident_last_seen_after_first",
                condition=Q(last_seen_on__isnull=True) | Q(first_seen_on__isnull=False, last_seen_on__gte=F("first_seen_on")),
            ),
            models.CheckConstraint(
                name="incident_erased_once_closed",
                condition=Q(erased_at__isnull=True, backups_until__isnull=True)
                | Q(state="closed", erased_at__isnull=False, backups_until__isnull=False),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="incident_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    {YIELDS}
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'an incident is never deleted' USING ERRCODE = 'check_violation';
                    ELSIF TG_OP = 'INSERT' THEN
                        IF NEW.state <> 'open' THEN
                            RAISE EXCEPTION 'an incident starts open' USING ERRCODE = 'check_violation';
                        END IF;
                    ELSIF OLD.state = 'closed' THEN
                        RAISE EXCEPTION 'a closed incident does not change' USING ERRCODE = 'check_violation';
                    ELSIF ROW(NEW.id, NEW.opened_at, NEW.opened_by_id)
                        IS DISTINCT FROM ROW(OLD.id, OLD.opened_at, OLD.opened_by_id) THEN
                        RAISE EXCEPTION 'who opened an incident, and when, does not change' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"I-{self.opened_at:%Y}-{self.pk:04d}"

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def certificate_number(self) -> str:
        return f"IC-{self.opened_at:%Y}-{self.pk:04d}"

    @property
    def empty_blocks(self) -> list[str]:
        """What is still to be told."""
        return [block for block in BLOCKS if not getattr(self, block).strip()]


class InvolvementQuerySet(models.QuerySet["Involvement"]):
    def live(self) -> "InvolvementQuerySet":
        return self.filter(ended_at__isnull=True)


@tracked()
class Involvement(models.Model):
    """That an incident concerns an organisation, or one key or party of it, from, to, because. It ends and is never deleted."""

    personal = ("why", "end_reason")

    confined = True

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="involvements")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    key = models.ForeignKey(Key, models.PROTECT, null=True, blank=True, related_name="+")
    party = models.ForeignKey(Party, models.PROTECT, null=True, blank=True, related_name="+")
    why = models.TextField()
    added_at = models.DateTimeField(auto_now_add=True)
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    end_reason = models.TextField(blank=True)

    objects = InvolvementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="involved_once",
                fields=["incident", "organisation", "key", "party"],
                condition=Q(ended_at__isnull=True),
                nulls_distinct=False,
            ),
            models.CheckConstraint(name="involvement_needs_why", condition=~Q(why="")),
            models.CheckConstraint(
                name="involvement_ended_at_and_by_and_why",
                condition=Q(ended_at__isnull=True, ended_by__isnull=True, end_reason="")
                | Q(ended_at__isnull=False, ended_by__isnull=False) & ~Q(end_reason=""),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="involvement_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    {YIELDS}
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'an involvement is never deleted' USING ERRCODE = 'check_violation';
                    END IF;
                    {stray("key_id", "kyc_key")}
                    {stray("party_id", "kyc_party")}
                    IF TG_OP = 'UPDATE' AND (OLD.ended_at IS NOT NULL OR ROW(
                        NEW.id, NEW.incident_id, NEW.organisation_id, NEW.key_id, NEW.party_id, NEW.added_at, NEW.added_by_id
                    ) IS DISTINCT FROM ROW(
                        OLD.id, OLD.incident_id, OLD.organisation_id, OLD.key_id, OLD.party_id, OLD.added_at, OLD.added_by_id
                    )) THEN
                        RAISE EXCEPTION 'whom an involvement names does not change, and ended it stays ended'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    @property
    def subject(self) -> Key | Party | None:
        """What of the organisation it is about; nothing is all of it."""
        return self.key or self.party


class IncidentNote(models.Model):
    """What somebody has noted, as he wrote it; also on a closed incident."""

    confined = True
    append_only = True
    personal = ("text",)

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="notes")
    text = models.TextField()
    written_at = models.DateTimeField(auto_now_add=True)
    written_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(name="incident_note_says_something", condition=~Q(text=""))]
        triggers = [append_only()]


class Referral(models.Model):
    """That an incident was referred: to whom, on which day, and under which reference. What was sent, R-08 will hold."""

    confined = True
    append_only = True
    personal = ("recipient", "reference")

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="referrals")
    recipient = models.CharField(max_length=200)
    made_on = models.DateField()
    reference = models.CharField(max_length=100, blank=True)
    recorded_at = models.DateTimeField(auto_now_add=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(name="referral_needs_recipient", condition=~Q(recipient=""))]
        triggers = [append_only()]
