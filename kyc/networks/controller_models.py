"""Controllers: the hand behind several accounts, once two officers have ruled so. All of it is confined (accounts/compartment.py,
FIN-17)."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.eraser import YIELDS
from accounts.history import tracked
from accounts.models import Organisation, Proposal, User
from accounts.permissions import Permission
from kyc.networks.models import Incident, append_only
from kyc.networks.network_models import Network


def taken_by_another(state: str, kind: str) -> str:
    """Trigger body: a row leaves the state "proposed" for `state` only by a proposal of that kind that a second person took."""
    return f"""
        IF NEW.state <> 'proposed' AND TG_OP = 'INSERT' THEN
            RAISE EXCEPTION 'it begins as a proposal' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.state = '{state}' AND OLD.state = 'proposed' AND NOT EXISTS (
            SELECT 1 FROM accounts_proposal p WHERE p.id = NEW.proposal_id AND p.kind = '{kind}' AND p.outcome = 'taken'
              AND p.outcome_by_id <> p.proposed_by_id
        ) THEN
            RAISE EXCEPTION 'a second person takes it' USING ERRCODE = 'check_violation';
        END IF;
    """  # noqa: S608  # nosec B608  # words of ours


class ControllerQuerySet(models.QuerySet["Controller"]):
    def visible_to(self, user: User) -> "ControllerQuerySet":
        return self if user.can(Permission.NETWORK_VIEW) else self.none()


@tracked()
class Controller(models.Model):
    """That accounts are one hand, as one officer proposed and another ruled."""

    confined = True
    personal = ("name", "why", "end_reason")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        RULED = "ruled", _("Ruled")
        DECLINED = "declined", _("Not ruled")
        ENDED = "ended", _("Ended")

    name = models.CharField(max_length=200)
    why = models.TextField()
    network = models.ForeignKey(Network, models.PROTECT, null=True, blank=True, related_name="controllers")
    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    opened_at = models.DateTimeField(auto_now_add=True)
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    end_reason = models.TextField(blank=True)

    objects = ControllerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="controller_needs_name_and_why", condition=~Q(name="") & ~Q(why="")),
            models.CheckConstraint(
                name="controller_known_words", condition=Q(state__in=["proposed", "ruled", "declined", "ended"])
            ),
            models.CheckConstraint(
                name="controller_ended_at_and_by_and_why",
                condition=~Q(state="ended") & Q(ended_at__isnull=True, ended_by__isnull=True, end_reason="")
                | Q(state="ended", ended_at__isnull=False, ended_by__isnull=False) & ~Q(end_reason=""),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="controller_ruled_by_two",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    {YIELDS}
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'a controller is never deleted' USING ERRCODE = 'check_violation';
                    END IF;
                    {taken_by_another("ruled", "network.controller")}
                    IF TG_OP = 'UPDATE' AND (OLD.state IN ('declined', 'ended')
                        OR NEW.state = 'ended' AND OLD.state <> 'ruled' OR NEW.state = 'proposed' AND OLD.state <> 'proposed'
                        OR ROW(NEW.id, NEW.network_id, NEW.proposal_id, NEW.opened_at, NEW.opened_by_id)
                        IS DISTINCT FROM ROW(OLD.id, OLD.network_id, OLD.proposal_id, OLD.opened_at, OLD.opened_by_id)) THEN
                        RAISE EXCEPTION 'what was ruled does not change, and ended it stays ended'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        # Cases are called C.
        return f"CT-{self.opened_at:%Y}-{self.pk:04d}"

    @property
    def is_ruled(self) -> bool:
        return self.state == self.State.RULED


class ControllerMemberQuerySet(models.QuerySet["ControllerMember"]):
    def live(self) -> "ControllerMemberQuerySet":
        return self.filter(Q(proposal__isnull=True) | Q(proposal__outcome="taken"), ended_at__isnull=True)

    def proposed(self) -> "ControllerMemberQuerySet":
        """Those that somebody wants to come to what was ruled, on whom nobody has ruled yet."""
        return self.filter(proposal__outcome="", ended_at__isnull=True)


@tracked()
class ControllerMember(models.Model):
    """That an account is of a controller, from, to, because. Of one that is only proposed it is proposed too."""

    confined = True
    personal = ("why", "end_reason")

    controller = models.ForeignKey(Controller, models.PROTECT, related_name="members")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    # Of one that came to what was ruled already.
    proposal = models.ForeignKey(Proposal, models.PROTECT, null=True, blank=True, related_name="+")
    why = models.TextField()
    added_at = models.DateTimeField(auto_now_add=True)
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    end_reason = models.TextField(blank=True)

    objects = ControllerMemberQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="member_of_a_controller_once",
                fields=["controller", "organisation"],
                condition=Q(ended_at__isnull=True),
            ),
            models.CheckConstraint(name="controllermember_needs_why", condition=~Q(why="")),
            models.CheckConstraint(
                name="controllermember_ended_at_and_by_and_why",
                condition=Q(ended_at__isnull=True, ended_by__isnull=True, end_reason="")
                | Q(ended_at__isnull=False, ended_by__isnull=False, ended_at__gte=F("added_at")) & ~Q(end_reason=""),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="controllermember_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    {YIELDS}
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'a member is never deleted' USING ERRCODE = 'check_violation';
                    ELSIF TG_OP = 'INSERT' THEN
                        IF NOT EXISTS (
                            SELECT 1 FROM kyc_controller c LEFT JOIN accounts_proposal p ON p.id = NEW.proposal_id
                            WHERE c.id = NEW.controller_id AND (c.state = 'proposed' AND NEW.proposal_id IS NULL
                                OR c.state = 'ruled' AND p.kind = 'network.controller_members' AND p.outcome = '')
                        ) THEN
                            RAISE EXCEPTION 'on who comes to what was ruled two rule again' USING ERRCODE = 'check_violation';
                        END IF;
                    ELSIF OLD.ended_at IS NOT NULL OR ROW(
                        NEW.id, NEW.controller_id, NEW.organisation_id, NEW.proposal_id, NEW.added_at, NEW.added_by_id
                    ) IS DISTINCT FROM ROW(
                        OLD.id, OLD.controller_id, OLD.organisation_id, OLD.proposal_id, OLD.added_at, OLD.added_by_id
                    ) THEN
                        RAISE EXCEPTION 'who was of it does not change, and ended it stays ended'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608  # nosec B608  # words of ours
            )
        ]

    @property
    def is_ruled(self) -> bool:
        """Also one that has ended; not who was only proposed to come to it."""
        return self.proposal is None or self.proposal.outcome == Proposal.Outcome.TAKEN


class ControllerNote(models.Model):
    """What somebody has noted of a controller, as he wrote it."""

    confined = True
    append_only = True
    personal = ("text",)

    controller = models.ForeignKey(Controller, models.PROTECT, related_name="notes")
    text = models.TextField()
    written_at = models.DateTimeField(auto_now_add=True)
    written_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(name="controller_note_says_something", condition=~Q(text=""))]
        triggers = [append_only()]


class KeptEvidence(models.Model):
    """What spoke for a controller at a moment, as it was: the members, the edges between them with their ledgers, as canonical
    JSON (RFC 8785) under its own digest. Kept with the incident that was opened from it."""

    confined = True
    append_only = True
    personal = ("content",)

    controller = models.ForeignKey(Controller, models.PROTECT, related_name="kept")
    incident = models.ForeignKey(Incident, models.PROTECT, null=True, blank=True, related_name="kept")
    content = models.TextField()
    sha256 = models.CharField(max_length=64)
    kept_at = models.DateTimeField(auto_now_add=True)
    kept_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        triggers = [
            append_only(),
            # No CHECK, since what is erased is overwritten.
            pgtrigger.Trigger(
                name="evidence_under_its_digest",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NEW.sha256 <> encode(sha256(convert_to(NEW.content, 'UTF8')), 'hex') THEN
                        RAISE EXCEPTION 'evidence stands under its own digest' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]
