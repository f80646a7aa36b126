"""WHAT WE TELL: a report is a function of (valid at, known at, parameters, rule pack, template)."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.eraser import YIELDS
from accounts.history import tracked
from accounts.models import Organisation, Proposal, Snapshot, User
from accounts.permissions import Permission, require
from accounts.vault import RowNumber, SealedField, Subject, VaultFileField
from accounts.vault.models import SubjectKey
from config import jobs
from config.jobs import Claimable
from kyc.directives.models import Directive
from kyc.parties.models import Party
from reports.link_models import ReportLink as ReportLink
from reports.pack_models import ReportPack as ReportPack
from reports.schedule_models import ReportSchedule as ReportSchedule

# What of an issued report still changes, and into what.
MOVES = ("state", "superseded_at", "superseded_by_id", "withdrawn_at", "withdrawn_by_id", "withdrawn_because")
# What a kind asks of its reader besides: it tells what stands behind that permission.
BESIDES = {"R-07": Permission.TRAINING_VIEW, "R-10": Permission.DIRECTIVE_VIEW, "R-20": Permission.BLOCKED_VIEW}


def require_kind(kind: str, *, by: User) -> None:
    """Raises NotPermitted where `by` may not read what reports of that kind tell."""
    if kind in BESIDES:
        require(by, BESIDES[kind])


class ReportQuerySet(models.QuerySet["Report"]):
    def visible_to(self, user: User) -> "ReportQuerySet":
        """Of the kinds that somebody who reads reports may read; the others are not there for him."""
        return self.exclude(kind__in=[kind for kind, permission in BESIDES.items() if not user.can(permission)])


@tracked(exclude=["progress", "stage", "facts", "changes"])
class Report(Claimable):
    """One report asked for, built and issued. `facts` is report.json, `envelope` who asked and when it was made; one that two
    people issue has a `proposal`, which its asker made and another takes. One that `restates` another tells the same as known
    later, and `changes` what that changed (reports/restating.py). `parameters` narrow
    what it tells: `profile`, minimised or full; of a period `from`, an instant, and `key`, the id of the one key asked about. One
    of the house is of no organisation: about a `directive`, whose id its parameters have too, or all blocked property."""

    personal = ("envelope", "withdrawn_because")
    own_key = SubjectKey.Kind.REPORT

    class Kind(models.TextChoices):
        DOSSIER = "R-03", _("Customer identification and verification dossier")
        CONTROL = "R-04", _("Beneficial ownership and control structure report")
        ATTRIBUTION = "R-06", _("API key attribution report")
        TRAINING = "R-07", _("Large AI model training report")
        COMPLIANCE = "R-10", _("Access directive compliance report")
        SUBJECT = "R-17", _("Answer to a person about his own data")
        BLOCKED = "R-20", _("OFAC blocked or rejected report")

    class State(models.TextChoices):
        REQUESTED = "requested", _("Requested")
        AWAITING = "awaiting", _("Awaiting approval")
        ISSUED = "issued", _("Issued")
        SUPERSEDED = "superseded", _("Superseded")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        DECLINED = "declined", _("Not approved")
        FAILED = "failed", _("Could not be built")

    # Those that were issued at some time, and are registered for good.
    REGISTERED = (State.ISSUED, State.SUPERSEDED, State.WITHDRAWN)

    id = RowNumber(primary_key=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True)
    directive = models.ForeignKey(Directive, models.PROTECT, null=True, blank=True, related_name="+")
    valid_at = models.DateTimeField()
    known_at = models.DateTimeField()
    snapshot = models.ForeignKey(Snapshot, models.PROTECT)
    parameters = models.JSONField(default=dict, blank=True)
    rule_pack = models.CharField(max_length=20)
    template = models.CharField(max_length=20)
    state = models.CharField(max_length=20, choices=State.choices, default=State.REQUESTED)
    progress = models.PositiveSmallIntegerField(default=0)
    stage = models.CharField(max_length=100, blank=True)
    requested_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    proposal = models.OneToOneField(Proposal, models.PROTECT, null=True, blank=True, related_name="+")
    restates = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    superseded_at = models.DateTimeField(null=True, blank=True)
    superseded_by = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_because = models.CharField(max_length=1000, blank=True)
    facts = SealedField(blank=True)
    # What a restatement lists, as JSON; sealed as the facts are, of which it tells.
    changes = SealedField(blank=True)
    envelope = models.JSONField(default=dict)
    sha256 = models.CharField(max_length=64, blank=True)
    file = VaultFileField(blank=True)
    # Of the signed PDF, by which whoever holds it finds out what it is.
    file_sha256 = models.CharField(max_length=64, blank=True)

    objects = ReportQuerySet.as_manager()

    class Meta:
        indexes = [
            *jobs.indexes("report", "requested"),
            models.Index(fields=["file_sha256"], name="report_by_file"),
            models.Index(fields=["sha256"], name="report_by_facts"),
        ]
        constraints = [
            models.CheckConstraint(
                name="built_report_is_complete",
                condition=~Q(state__in=["awaiting", "issued", "superseded", "withdrawn"])
                | ~Q(sha256="") & ~Q(file="") & ~Q(facts=""),
            ),
            models.CheckConstraint(
                name="report_superseded_at_and_by",
                condition=Q(superseded_at__isnull=True, superseded_by__isnull=True) & ~Q(state="superseded")
                | Q(superseded_at__isnull=False, superseded_by__isnull=False, state__in=["superseded", "withdrawn"]),
            ),
            models.CheckConstraint(
                name="report_withdrawn_at_and_by_and_why",
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True, withdrawn_because="") & ~Q(state="withdrawn")
                | Q(state="withdrawn", withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawn_because=""),
            ),
            models.CheckConstraint(
                name="report_is_about_what_its_kind_tells_of",
                condition=Q(kind="R-10", organisation__isnull=True, directive__isnull=False)
                | Q(kind="R-20", directive__isnull=True)
                | ~Q(kind__in=["R-10", "R-20"]) & Q(organisation__isnull=False, directive__isnull=True),
            ),
            # What leaves the house for an authority, or holds people's data in full, is issued by two.
            models.CheckConstraint(
                name="report_for_others_takes_two",
                condition=Q(proposal__isnull=False)
                | ~Q(kind__in=["R-06", "R-07", "R-10", "R-20"]) & ~Q(parameters__contains={"profile": "full"}),
            ),
            models.UniqueConstraint(
                name="one_restatement_of_a_report",
                fields=["restates"],
                condition=Q(state__in=["issued", "superseded", "withdrawn"]),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="issued_report_is_fixed",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state__in=["issued", "superseded", "withdrawn", "declined"]),
                func=f"""
                    {YIELDS}
                    IF (to_jsonb(NEW) - '{{{",".join(MOVES)}}}'::text[]) = (to_jsonb(OLD) - '{{{",".join(MOVES)}}}'::text[])
                       AND (OLD.state = 'issued' AND NEW.state = 'superseded' AND NEW.withdrawn_at IS NULL
                            OR OLD.state IN ('issued', 'superseded') AND NEW.state = 'withdrawn'
                               AND NEW.superseded_at IS NOT DISTINCT FROM OLD.superseded_at
                               AND NEW.superseded_by_id IS NOT DISTINCT FROM OLD.superseded_by_id) THEN
                        RETURN NEW;
                    END IF;
                    RAISE EXCEPTION 'issued_report_is_fixed: it does not change' USING ERRCODE = 'check_violation';
                """,
            ),
            # What the second person has read is what is issued.
            pgtrigger.Trigger(
                name="built_report_keeps_its_facts",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.sha256 <> '' AND OLD.state IN ('awaiting', 'requested', 'failed')"),
                func=f"""
                    {YIELDS}
                    IF ROW(NEW.kind, NEW.organisation_id, NEW.directive_id, NEW.valid_at, NEW.known_at, NEW.parameters,
                           NEW.rule_pack, NEW.template, NEW.requested_by_id, NEW.proposal_id, NEW.facts, NEW.sha256, NEW.changes,
                           NEW.restates_id)
                       IS DISTINCT FROM
                       ROW(OLD.kind, OLD.organisation_id, OLD.directive_id, OLD.valid_at, OLD.known_at, OLD.parameters,
                           OLD.rule_pack, OLD.template, OLD.requested_by_id, OLD.proposal_id, OLD.facts, OLD.sha256, OLD.changes,
                           OLD.restates_id) THEN
                        RAISE EXCEPTION 'built_report_keeps_its_facts' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="report_is_issued_by_two",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Q(new__state__in=["issued", "superseded", "withdrawn"], new__proposal__isnull=False),
                func=f"""
                    {YIELDS}
                    IF NOT EXISTS (SELECT 1 FROM accounts_proposal p WHERE p.id = NEW.proposal_id AND p.kind = 'report'
                                   AND p.outcome = 'taken' AND p.proposed_by_id = NEW.requested_by_id
                                   AND p.outcome_by_id <> NEW.requested_by_id) THEN
                        RAISE EXCEPTION 'report_is_issued_by_two: another has to approve it' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608  # nosec B608  # words of our own
            ),
            # Of one instant what is known last stands alone; who is first of two that are issued at once, the lock says.
            pgtrigger.Trigger(
                name="one_knowledge_stands",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Condition("NEW.state = 'issued' AND NEW.kind <> 'R-17'"),
                func=f"""
                    {YIELDS}
                    PERFORM pg_advisory_xact_lock(hashtext('kh_reports'), coalesce(NEW.organisation_id, 0)::int);
                    IF EXISTS (SELECT 1 FROM reports_report r
                               WHERE r.organisation_id IS NOT DISTINCT FROM NEW.organisation_id
                                 AND r.id <> NEW.id AND r.state = 'issued'
                                 AND r.kind = NEW.kind AND r.valid_at = NEW.valid_at AND r.parameters = NEW.parameters
                                 AND r.known_at <> NEW.known_at) THEN
                        RAISE EXCEPTION 'one_knowledge_stands: one of the same instant known at another does'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608  # nosec B608  # words of our own
            ),
            pgtrigger.Protect(name="report_is_kept", operation=pgtrigger.Delete),
        ]

    @property
    def sealed_for(self) -> Subject:
        """An issued report is a record of its own, kept for as long as its class is."""
        return Subject.report(self.pk, self.organisation_id)

    @property
    def about(self) -> str:
        """Whom or what it tells of, as lists have it."""
        if self.directive is not None:
            return f"{self.directive.number} {self.directive.reference}"
        return self.organisation.numbered if self.organisation else str(_("All customers"))

    @property
    def is_of_house(self) -> bool:
        """Whether it tells of several customers at once, and so to nobody but who may read of them all."""
        return self.organisation_id is None

    @property
    def number(self) -> str:
        return f"{self.kind}-{self.requested_at:%Y}-{self.pk:05d}"

    @property
    def standing(self) -> str:
        """Its state in words; requested and in a worker's hands is being built."""
        is_at_work = self.state == self.State.REQUESTED and bool(self.stage)
        return str(_("Being built")) if is_at_work else str(self.get_state_display())

    @property
    def is_registered(self) -> bool:
        """Whether it has been issued, whatever became of it since."""
        return self.state in self.REGISTERED

    @property
    def is_for_subject(self) -> bool:
        """Whether it answers a person about himself: then it holds his data in full."""
        return self.kind == self.Kind.SUBJECT


class SubjectRequestQuerySet(models.QuerySet["SubjectRequest"]):
    def open(self) -> "SubjectRequestQuerySet":
        return self.filter(outcome="")


@tracked()
class SubjectRequest(models.Model):
    """What a person asked about his own data: to be told them, or to have them erased (GDPR 12, 15, 17). He is a member of the
    organisation, a party of it, or both; which party a member is, an officer has to find out first."""

    personal = ("identity", "extended_because", "outcome_note", "decision")

    class Kind(models.TextChoices):
        ACCESS = "access", _("A copy of the data")
        ERASURE = "erasure", _("Erasure")

    class Channel(models.TextChoices):
        ACCOUNT = "account", _("From the account")
        MAIL = "mail", _("By e-mail")
        LETTER = "letter", _("By letter")
        OTHER = "other", _("In another way")

    class Outcome(models.TextChoices):
        ANSWERED = "answered", _("Answered")
        WITHDRAWN = "withdrawn", _("Withdrawn by the person")
        UNIDENTIFIED = "unidentified", _("The person could not be identified")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    user = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    party = models.ForeignKey(Party, models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    channel = models.CharField(max_length=20, choices=Channel.choices)
    received_on = models.DateField()
    due_on = models.DateField()
    # Why it takes up to three months, which the person is told within the first.
    extended_because = models.CharField(max_length=1000, blank=True)
    recorded_at = models.DateTimeField(auto_now_add=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    # How we know that it was he who asked.
    identity = models.CharField(max_length=500, blank=True)
    identified_at = models.DateTimeField(null=True, blank=True)
    identified_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)
    outcome_note = models.CharField(max_length=1000, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    # What was decided of each record class, and why: see reports/subjects.py.
    decision = models.JSONField(default=dict, blank=True)
    answer = models.OneToOneField(Report, models.PROTECT, null=True, blank=True, related_name="+")

    objects = SubjectRequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="subject_is_somebody", condition=Q(user__isnull=False) | Q(party__isnull=False)),
            models.CheckConstraint(name="subject_request_is_due_later", condition=Q(due_on__gt=F("received_on"))),
            models.CheckConstraint(
                name="subject_identified_at_and_by_and_how",
                condition=Q(identified_at__isnull=True, identified_by__isnull=True, identity="")
                | Q(identified_at__isnull=False, identified_by__isnull=False) & ~Q(identity=""),
            ),
            models.CheckConstraint(
                name="subject_request_outcome_complete",
                condition=Q(outcome="", ended_at__isnull=True, ended_by__isnull=True, answer__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False) & ~Q(outcome=""),
            ),
            # Nobody's data are handed to whoever only says that he is that person (GDPR 12(6)).
            models.CheckConstraint(
                name="subject_is_identified_before_the_answer",
                condition=~Q(outcome="answered") | Q(identified_at__isnull=False),
            ),
            models.CheckConstraint(name="only_what_is_answered_has_an_answer", condition=Q(answer=None) | Q(outcome="answered")),
            models.UniqueConstraint(
                name="one_open_request_of_a_member", fields=["user", "organisation", "kind"], condition=Q(outcome="")
            ),
            models.UniqueConstraint(name="one_open_request_of_a_party", fields=["party", "kind"], condition=Q(outcome="")),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="ended_subject_request_is_fixed",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    {YIELDS}
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'a request is never deleted' USING ERRCODE = 'check_violation';
                    ELSIF OLD.outcome = '' THEN
                        RETURN NEW;
                    ELSIF (OLD.answer_id IS NULL
                           OR EXISTS (SELECT 1 FROM reports_report r WHERE r.id = OLD.answer_id AND r.state = 'failed'))
                       AND (to_jsonb(NEW) - 'answer_id') = (to_jsonb(OLD) - 'answer_id') THEN
                        RETURN NEW;
                    END IF;
                    RAISE EXCEPTION 'an ended request does not change' USING ERRCODE = 'check_violation';
                """,  # noqa: S608  # nosec B608  # words of our own
            )
        ]

    @property
    def number(self) -> str:
        return f"SR-{self.recorded_at:%Y}-{self.pk:05d}"

    @property
    def person(self) -> str:
        return str(self.party or self.user)

    @property
    def is_identified(self) -> bool:
        return self.identified_at is not None
