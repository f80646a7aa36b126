"""One examination of an organisation, from submission to decision; and the entity a good one makes."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from accounts.models import Organisation, Proposal, User, of_open_organisation
from config import jobs
from config.jobs import Claimable
from kyc.evidence.models import Document, ExclusionRuling
from kyc.parties.models import Party, Questionnaire
from kyc.screening.models import Hit

# Robots decide the sandboxes of integrators, people everything else. Of a decision d and its proposal p.
DECIDED_BY_WHO_MAY = """
    NOT EXISTS (
        SELECT 1 FROM accounts_user u, accounts_organisation o
        WHERE u.id IN (p.proposed_by_id, p.outcome_by_id) AND u.is_robot AND o.id = d.organisation_id AND o.sandbox = '')
"""
# A senior approver takes the approval of whoever has somebody politically exposed in it, or close to one. Of the same; an entry
# of an integrator's sandbox is nobody.
APPROVED_BY_A_SENIOR = """
    (EXISTS (SELECT 1 FROM accounts_user u WHERE u.id = p.outcome_by_id AND u.staff_role = 'senior')
    OR EXISTS (SELECT 1 FROM accounts_organisation o WHERE o.id = d.organisation_id AND o.sandbox <> '')
    OR NOT EXISTS (
        SELECT 1 FROM kyc_hit h JOIN kyc_party y ON y.id = h.party_id
        WHERE h.organisation_id = d.organisation_id AND h.is_match AND h.ruling = 'true' AND h.topics @> '["pep"]'
          AND y.removed_on IS NULL AND NOT EXISTS (SELECT 1 FROM kyc_hit l WHERE l.before_id = h.id)))
"""


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, user: User) -> "CaseQuerySet":
        return self.filter(organisation__in=Organisation.objects.visible_to(user))

    def real(self) -> "CaseQuerySet":
        """Those of customers, without the sandboxes of integrators."""
        return self.filter(organisation__in=Organisation.objects.real())

    def sent(self) -> "CaseQuerySet":
        """What a customer is still filling in for the first time is nobody else's to see."""
        return self.filter(submitted_at__isnull=False)

    def shown_to(self, user: User) -> "CaseQuerySet":
        """Those of which an officer can open the page: no draft, nor what ended before anything of it was sent."""
        unsent = Q(state=Case.State.CLOSED, submitted_at=None, reviews=None, matched=None, lapses=None)
        return self.visible_to(user).exclude(Q(state=Case.State.DRAFT) | unsent)

    def open(self) -> "CaseQuerySet":
        return self.exclude(state__in=Case.ENDED)

    def counting(self) -> "CaseQuerySet":
        """By which a customer stands: one that was taken back leaves him as the one before did."""
        return self.exclude(state=Case.State.WITHDRAWN)


@tracked()
class Case(models.Model):
    """One examination of an organisation. `draft` while the customer fills it in, `waiting` when it is his turn again."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Being filled in")
        SUBMITTED = "submitted", _("Being examined")
        REVIEW = "review", _("To review")
        PROPOSED = "proposed", _("To approve")
        WAITING = "waiting", _("Waiting for customer")
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Refused")
        # Nobody decided: the account was closed meanwhile.
        CLOSED = "closed", _("Account closed")
        # Nor here: whoever had begun it took it back before anything was changed or sent.
        WITHDRAWN = "withdrawn", _("Taken back")

    ENDED = (State.APPROVED, State.REFUSED, State.CLOSED, State.WITHDRAWN)

    class Trigger(models.TextChoices):
        """Why who owns and runs the customer is looked at (FIN-08, IAAS-15)."""

        OPENING = "opening", _("First verification")
        CHANGE = "change", _("The customer told of a change")
        CONFIRMATION = "confirmation", _("Periodic confirmation that nothing has changed")
        DOUBT = "doubt", _("An answer that must be asked about")
        LIST = "list", _("A list may name one of its parties")
        EXPIRY = "expiry", _("What was verified of one of its parties expires")
        ASKED = "asked", _("We asked to verify again")
        FALL = "fall", _("What it was verified by counts no more")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    state = models.CharField(max_length=20, choices=State.choices, default=State.DRAFT)
    owner = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    trigger = models.CharField(max_length=20, choices=Trigger.choices, default=Trigger.OPENING)
    opened_at = models.DateTimeField(auto_now_add=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    in_state_since = models.DateTimeField()
    due_on = models.DateField(null=True, blank=True)
    # FIN-13: the identification notice that was shown before anything was asked.
    notice_version = models.CharField(max_length=20, blank=True)
    notice_shown_at = models.DateTimeField(null=True, blank=True)
    notice_locale = models.CharField(max_length=10, blank=True)
    declared_true_at = models.DateTimeField(null=True, blank=True)
    declared_true_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    # The signed answers for which the product opened it. Nothing was sent or declared true then but these answers themselves.
    reviews = models.ForeignKey(Questionnaire, models.PROTECT, null=True, blank=True, related_name="+")
    # Or the possible match for which it did.
    matched = models.ForeignKey(Hit, models.PROTECT, null=True, blank=True, related_name="+")
    # Or the word that an exclusion is verified, which expires.
    lapses = models.ForeignKey(ExclusionRuling, models.PROTECT, null=True, blank=True, related_name="+")

    objects = CaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_open_case_an_organisation",
                fields=["organisation"],
                condition=~Q(state__in=["approved", "refused", "closed", "withdrawn"]),
            ),
            models.CheckConstraint(
                name="case_submitted_at_and_by",
                condition=Q(submitted_at__isnull=True, submitted_by__isnull=True)
                | Q(submitted_at__isnull=False, submitted_by__isnull=False),
            ),
            models.CheckConstraint(
                name="case_declared_true_at_and_by",
                condition=Q(declared_true_at__isnull=True, declared_true_by__isnull=True)
                | Q(declared_true_at__isnull=False, declared_true_by__isnull=False),
            ),
            models.CheckConstraint(
                name="case_submitted_only_declared_true",
                condition=Q(state__in=["draft", "closed"])
                | Q(declared_true_at__isnull=False, submitted_at__isnull=False)
                | Q(reviews__isnull=False, declared_true_at__isnull=True, submitted_at__isnull=True)
                | Q(matched__isnull=False, declared_true_at__isnull=True, submitted_at__isnull=True)
                | Q(lapses__isnull=False, declared_true_at__isnull=True, submitted_at__isnull=True)
                # It is the customer's turn: what has changed he says himself, and what was asked for he gives, and sends it then.
                | Q(
                    state="waiting",
                    trigger__in=["change", "asked", "fall"],
                    declared_true_at__isnull=True,
                    submitted_at__isnull=True,
                )
                | Q(
                    state="withdrawn",
                    trigger__in=["change", "asked"],
                    declared_true_at__isnull=True,
                    submitted_at__isnull=True,
                ),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="case_decided_by_two",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=f"""
                    IF TG_OP = 'UPDATE' AND OLD.state IN ('approved', 'refused', 'closed', 'withdrawn')
                        AND NEW.state <> OLD.state THEN
                        RAISE EXCEPTION 'a decided case stays decided' USING ERRCODE = 'check_violation';
                    END IF;
                    IF NEW.state = 'closed' AND (TG_OP = 'INSERT' OR OLD.state <> NEW.state) AND NOT EXISTS (
                        SELECT 1 FROM accounts_organisation o WHERE o.id = NEW.organisation_id AND o.closed_at IS NOT NULL
                    ) THEN
                        RAISE EXCEPTION 'a case ends undecided only with its organisation' USING ERRCODE = 'check_violation';
                    END IF;
                    IF NEW.state = 'withdrawn' AND (
                        TG_OP = 'INSERT' OR OLD.state NOT IN ('waiting', 'withdrawn')
                        OR NEW.submitted_at IS NOT NULL OR NEW.trigger NOT IN ('change', 'asked')
                        OR OLD.submitted_at IS NOT NULL OR OLD.trigger NOT IN ('change', 'asked')
                    ) THEN
                        RAISE EXCEPTION 'only what was asked for or begun, and not sent, is taken back'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    IF TG_OP = 'UPDATE' AND (NEW.id <> OLD.id OR NEW.organisation_id <> OLD.organisation_id) THEN
                        RAISE EXCEPTION 'a case never changes hands' USING ERRCODE = 'check_violation';
                    END IF;
                    IF NEW.state IN ('approved', 'refused') AND (TG_OP = 'INSERT' OR OLD.state <> NEW.state) AND NOT EXISTS (
                        SELECT 1 FROM kyc_decision d JOIN accounts_proposal p ON p.id = d.proposal_id
                        WHERE d.case_id = NEW.id AND p.kind = 'case.decision'
                          AND p.outcome = 'taken' AND p.outcome_by_id <> p.proposed_by_id
                          AND p.choice = CASE NEW.state WHEN 'approved' THEN 'approve' ELSE 'refuse' END
                          AND {DECIDED_BY_WHO_MAY}
                    ) THEN
                        RAISE EXCEPTION 'a case is decided by a proposal that a second person has taken'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    IF NEW.state = 'approved' AND (TG_OP = 'INSERT' OR OLD.state <> NEW.state) AND NOT EXISTS (
                        SELECT 1 FROM kyc_decision d JOIN accounts_proposal p ON p.id = d.proposal_id
                        WHERE d.case_id = NEW.id AND p.outcome = 'taken' AND p.choice = 'approve' AND {APPROVED_BY_A_SENIOR}
                    ) THEN
                        RAISE EXCEPTION 'a senior approver takes the approval of who is politically exposed'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608  # nosec B608  # conditions of ours
            ),
            of_open_organisation(pgtrigger.Condition("NEW.state NOT IN ('approved', 'refused', 'closed', 'withdrawn')")),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"C-{self.opened_at:%Y}-{self.pk:04d}"

    @property
    def is_editable(self) -> bool:
        return self.state in {self.State.DRAFT, self.State.WAITING}

    @property
    def is_watched(self) -> bool:
        """Of a verified customer who tells of a change each word is examined as it comes: his keys go on working meanwhile."""
        return self.trigger == self.Trigger.CHANGE and self.state == self.State.WAITING

    @property
    def is_decided(self) -> bool:
        """Nothing more comes of it: decided, ended with the account, or taken back."""
        return self.state in self.ENDED


@tracked()
class Examination(Claimable):
    """One round of machine checks over a case as submitted; the row is the queue."""

    class State(models.TextChoices):
        REQUESTED = "requested", _("Being examined")
        DONE = "done", _("Examined")
        FAILED = "failed", _("Could not be examined")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    case = models.ForeignKey(Case, models.PROTECT, related_name="examinations")
    state = models.CharField(max_length=20, choices=State.choices, default=State.REQUESTED)
    rule_pack = models.CharField(max_length=20)
    lists = models.JSONField(default=list)
    requested_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = jobs.indexes("examination", "requested")


class Finding(models.Model):
    """One result row: category, state, one sentence, and the tab that proves it."""

    personal = ("sentence",)

    class State(models.TextChoices):
        GOOD = "good", _("In order")
        INFO = "info", _("To know")
        WARN = "warn", _("To look at")
        BAD = "bad", _("Stops")

    append_only = True

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    examination = models.ForeignKey(Examination, models.PROTECT, related_name="findings")
    category = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State.choices)
    sentence = models.TextField()
    anchor = models.CharField(max_length=40)


class RequirementQuerySet(models.QuerySet["Requirement"]):
    def open(self) -> "RequirementQuerySet":
        """Still needed."""
        return self.filter(met_at__isnull=True, withdrawn_at__isnull=True)

    def by_rule(self) -> "RequirementQuerySet":
        """Those that nobody asks for: what was found asks for them by itself (kyc.cases.exposed)."""
        return self.filter(why=Requirement.BY_RULE)


@tracked()
class Requirement(models.Model):
    """One thing still needed from the customer: why, until when, and what stops otherwise. Met by being sent; what is asked for
    by rule, once an officer has accepted a document as showing it."""

    personal = ("sentence", "note")

    BY_RULE = "by_rule"

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    case = models.ForeignKey(Case, models.PROTECT, related_name="requirements")
    # Codes of kyc.cases.items, and whom it is about; empty when only the sentence says what is meant.
    what = models.CharField(max_length=40, blank=True)
    why = models.CharField(max_length=40, blank=True)
    party = models.ForeignKey(Party, models.PROTECT, null=True, blank=True)
    sentence = models.TextField()
    consequence = models.TextField()
    due_on = models.DateField()
    asked_at = models.DateTimeField(auto_now_add=True)
    met_at = models.DateTimeField(null=True, blank=True)
    # What it was asked for has turned out otherwise.
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    document = models.ForeignKey(Document, models.PROTECT, null=True, blank=True, related_name="+")
    # What the officer found in it.
    note = models.TextField(blank=True)
    accepted_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    accepted_at = models.DateTimeField(null=True, blank=True)

    objects = RequirementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="requirement_accepted_at_and_by",
                condition=Q(accepted_at__isnull=True, accepted_by__isnull=True, document__isnull=True, note="")
                | Q(accepted_at__isnull=False, accepted_by__isnull=False, document__isnull=False, met_at__isnull=False)
                & ~Q(note=""),
            ),
            models.CheckConstraint(
                name="requirement_by_rule_is_met_by_an_officer",
                condition=~Q(why="by_rule") | Q(met_at__isnull=True) | Q(accepted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="requirement_met_or_withdrawn", condition=Q(met_at__isnull=True) | Q(withdrawn_at__isnull=True)
            ),
            models.UniqueConstraint(
                name="asked_by_rule_once",
                fields=["case", "party", "what"],
                condition=Q(why="by_rule", met_at__isnull=True, withdrawn_at__isnull=True),
            ),
        ]


@tracked()
class FlagRuling(models.Model):
    """An officer's word on one red flag of what a customer signed: how it is explained, or that it stands. The newest word on
    a question counts, and answers signed anew are asked about anew."""

    personal = ("note",)

    class Ruling(models.TextChoices):
        EXPLAINED = "explained", _("Explained")
        STANDS = "stands", _("Stands in the way")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    questionnaire = models.ForeignKey(Questionnaire, models.PROTECT, related_name="rulings")
    # Code of the question whose answer raises the flag.
    question = models.CharField(max_length=40)
    ruling = models.CharField(max_length=20, choices=Ruling.choices)
    note = models.TextField()
    ruled_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    ruled_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(name="flag_ruling_says_why", condition=~Q(note=""))]
        indexes = [models.Index(name="flag_rulings", fields=["questionnaire", "question"])]


@tracked()
class Decision(models.Model):
    """What was proposed for a case. It stands only once another person has taken the proposal."""

    personal = ("message", "items")

    class Choice(models.TextChoices):
        APPROVE = "approve", _("Approve")
        REFUSE = "refuse", _("Refuse")
        ASK = "ask", _("Ask for more")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    case = models.ForeignKey(Case, models.PROTECT, related_name="decisions")
    proposal = models.OneToOneField(Proposal, models.PROTECT)
    message = models.TextField(blank=True)
    # What is asked for, as kyc.cases.items keeps it.
    items = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["-id"]
        triggers = [
            # Else a decision that two people took on one case could be lent to another.
            pgtrigger.Trigger(
                name="decision_stays_with_its_case",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func="""
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'a decision is never deleted' USING ERRCODE = 'check_violation';
                    ELSIF TG_OP = 'UPDATE' AND ROW(NEW.id, NEW.organisation_id, NEW.case_id, NEW.proposal_id)
                        IS DISTINCT FROM ROW(OLD.id, OLD.organisation_id, OLD.case_id, OLD.proposal_id) THEN
                        RAISE EXCEPTION 'a decision stays with its case' USING ERRCODE = 'check_violation';
                    ELSIF NOT EXISTS (
                        SELECT 1 FROM kyc_case c WHERE c.id = NEW.case_id AND c.organisation_id = NEW.organisation_id
                    ) THEN
                        RAISE EXCEPTION 'a decision is of the organisation whose case it decides'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]


class DecidedOwner(models.Model):
    """One person's place in a decision to approve: a beneficial owner, or none against what was determined; or who stands in for
    one where nobody is found. It stands with the decision, by whom and when that was taken. Never edited."""

    personal = ("because",)

    append_only = True

    class Standing(models.TextChoices):
        OWNER = "owner", _("Beneficial owner")
        NONE = "none", _("No beneficial owner")
        OFFICIAL = "official", _("Senior managing official, since no beneficial owner was found")
        NOBODY = "nobody", _("No beneficial owner was found")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    decision = models.ForeignKey(Decision, models.PROTECT, related_name="owners")
    party = models.ForeignKey(Party, models.PROTECT, null=True, blank=True, related_name="+")
    standing = models.CharField(max_length=20, choices=Standing.choices)
    # Numbers of the determinations that the proposer had before him.
    rests_on = models.JSONField(default=list, blank=True)
    is_departure = models.BooleanField(default=False)
    because = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="decided_owner_is_a_person_or_nobody",
                condition=Q(standing="nobody", party__isnull=True) | ~Q(standing="nobody") & Q(party__isnull=False),
            ),
            models.CheckConstraint(
                name="decided_owner_says_why",
                condition=Q(standing="owner", is_departure=False) | ~Q(because=""),
            ),
            models.CheckConstraint(
                name="only_against_a_determination_is_one_none", condition=~Q(standing="none", is_departure=False)
            ),
            models.UniqueConstraint(name="decided_once_of_each", fields=["decision", "party"], nulls_distinct=False),
        ]


class EntityQuerySet(models.QuerySet["Entity"]):
    def live(self) -> "EntityQuerySet":
        """Not ended, begun and not expired, by the database's clock."""
        return self.filter(ended_at__isnull=True, valid_from__lte=Now(), valid_until__gt=Now())


@tracked()
class Entity(models.Model):
    """The verified result: who this organisation is, at which assurance, until when. The assurance is the code of the level that
    the evidence reached when it was decided, by the guideline that is aimed at; `declared` where it reached none."""

    personal = ("name", "end_reason")
    DECLARED = "declared"

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    party = models.ForeignKey(Party, models.PROTECT)
    decision = models.OneToOneField(Decision, models.PROTECT)
    reference = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=300)
    assurance = models.CharField(max_length=20, default=DECLARED)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.TextField(blank=True)

    objects = EntityQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_live_entity_an_organisation", fields=["organisation"], condition=Q(ended_at__isnull=True)
            ),
            models.CheckConstraint(name="entity_valid_until_after_from", condition=Q(valid_until__gt=F("valid_from"))),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="entity_needs_taken_approval",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("decision_id", "organisation_id"),
                func=f"""
                    IF NOT EXISTS (
                        SELECT 1 FROM kyc_decision d JOIN accounts_proposal p ON p.id = d.proposal_id
                        WHERE d.id = NEW.decision_id AND d.organisation_id = NEW.organisation_id
                          AND p.kind = 'case.decision' AND p.choice = 'approve'
                          AND p.outcome = 'taken' AND p.outcome_by_id <> p.proposed_by_id
                          AND {DECIDED_BY_WHO_MAY}
                    ) THEN
                        RAISE EXCEPTION 'an entity needs an approval that a second person has taken'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608  # nosec B608  # a condition of ours
            ),
            of_open_organisation(pgtrigger.Q(new__ended_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.name}"


@tracked()
class Asking(Claimable):
    """That something is to be asked of a customer by rule, or not any more (kyc.cases.exposed); the row is the queue."""

    class State(models.TextChoices):
        WAITING = "waiting", _("To be asked")
        DONE = "done", _("Asked")
        FAILED = "failed", _("Could not be asked")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    state = models.CharField(max_length=20, choices=State.choices, default=State.WAITING)
    found_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = jobs.indexes("asking", "waiting")
        constraints = [
            models.UniqueConstraint(
                name="one_asking_a_customer", fields=["organisation"], condition=Q(state__in=["waiting", "failed"])
            )
        ]


@tracked()
class Review(Claimable):
    """That officers are to see signed answers which raise a flag, a possible match of a verified customer, or that what was
    verified of an exclusion expires, which no case has looked at; the row is the queue."""

    class State(models.TextChoices):
        WAITING = "waiting", _("To be opened")
        DONE = "done", _("Opened")
        FAILED = "failed", _("Could not be opened")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    signed = models.OneToOneField(Questionnaire, models.PROTECT, null=True, blank=True)
    hit = models.OneToOneField(Hit, models.PROTECT, null=True, blank=True)
    lapses = models.ForeignKey(ExclusionRuling, models.PROTECT, null=True, blank=True)
    # It has expired, and is not about to.
    is_over = models.BooleanField(default=False)
    state = models.CharField(max_length=20, choices=State.choices, default=State.WAITING)
    found_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = jobs.indexes("review", "waiting")
        constraints = [
            models.CheckConstraint(
                name="review_is_of_one_thing",
                condition=Q(signed__isnull=False, hit__isnull=True, lapses__isnull=True)
                | Q(signed__isnull=True, hit__isnull=False, lapses__isnull=True)
                | Q(signed__isnull=True, hit__isnull=True, lapses__isnull=False),
            ),
            models.UniqueConstraint(name="a_lapse_is_seen_twice_at_most", fields=["lapses", "is_over"]),
        ]
