"""WHO: users, organisations, projects, credentials, audit, proposals, snapshots, messages out."""

from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.compartment import confined
from accounts.eraser import YIELDS
from accounts.history import CurrentIncarnation, CurrentTransaction, SnapshotField, TransactionIdField, tracked
from accounts.member_models import MemberInvitation as MemberInvitation
from accounts.permissions import ROLES, Permission, StaffRole
from accounts.signal_models import Range as Range  # signals stand in a file of their own
from accounts.signal_models import RangeList as RangeList
from accounts.signal_models import Signal as Signal
from accounts.signal_models import SignalArrival as SignalArrival
from accounts.signal_models import SignalValue as SignalValue
from accounts.vault.models import SearchDigest as SearchDigest  # the vault's tables are of this app
from accounts.vault.models import SubjectKey
from config import jobs
from config.jobs import Claimable


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


@tracked(exclude=["password", "last_login"])
class User(AbstractBaseUser):
    """A person who signs in: a customer's member, or staff in one role."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    staff_role = models.CharField(max_length=20, choices=StaffRole.choices, blank=True)
    is_active = models.BooleanField(default=True)
    # Decides the sandboxes of integrators and nothing else; never signs in.
    is_robot = models.BooleanField(default=False)
    joined_at = models.DateTimeField(auto_now_add=True)

    personal = ("name", "email")
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="robot_once_in_role", fields=["staff_role"], condition=Q(is_robot=True)),
            # Nobody else can sign up as what decides the sandboxes.
            models.CheckConstraint(
                name="robots_address_is_a_robots", condition=Q(is_robot=True) | ~Q(email__iendswith="@robots.invalid")
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_staff(self) -> bool:
        return bool(self.staff_role)

    @property
    def initials(self) -> str:
        words = (self.name or self.email).split()
        return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()

    def can(self, permission: Permission) -> bool:
        return self.is_active and permission in ROLES.get(self.staff_role, frozenset())


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def real(self) -> "OrganisationQuerySet":
        """Customers, without the sandboxes of integrators."""
        return self.filter(sandbox="")

    def visible_to(self, user: User) -> "OrganisationQuerySet":
        """Staff who work cases see all; a customer only where he is a member."""
        if user.can(Permission.CASE_VIEW):
            return self
        return self.filter(membership__user=user)


@tracked()
class Organisation(models.Model):
    """A customer account; an individual customer is an organisation of one."""

    personal = ("name", "closing_reason")
    own_key = SubjectKey.Kind.ORGANISATION

    class Sandbox(models.TextChoices):
        APPROVED = "approved", _("Approved")
        WAITING = "waiting", _("Asked for more")
        REFUSED = "refused", _("Refused")
        HELD = "held", _("Approved, then held")

    name = models.CharField(_("name"), max_length=300)
    created_at = models.DateTimeField(auto_now_add=True)
    # How its examination ends, for integrators' tests; empty for a customer. Never counted, never reported.
    sandbox = models.CharField(max_length=20, choices=Sandbox.choices, blank=True)
    # Ended, by a member or by an officer. Nothing of it changes any more, until it is opened anew.
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    closing_reason = models.TextField(blank=True)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="organisation_closed_at_and_by",
                condition=Q(closed_at__isnull=True, closed_by__isnull=True, closing_reason="")
                | Q(closed_at__isnull=False, closed_by__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None

    @property
    def numbered(self) -> str:
        """As lists name it, in which two may bear one name."""
        return f"{self.name} ({self.pk})"


# Of a row that stands for something alive, of which a closed organisation has none. Closing holds the organisation's row, and so
# does this until it has committed, so that neither misses the other.
NOT_CLOSED = """
    PERFORM 1 FROM accounts_organisation o WHERE o.id = NEW.organisation_id FOR SHARE;
    IF EXISTS (SELECT 1 FROM accounts_organisation o WHERE o.id = NEW.organisation_id AND o.closed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a closed organisation has nothing alive' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


def of_open_organisation(is_alive: pgtrigger.Q | pgtrigger.Condition) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name="of_open_organisation",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        condition=is_alive,
        func=NOT_CLOSED,
    )


@tracked()
class Membership(models.Model):
    """That a user acts in an organisation, and how far."""

    class Role(models.TextChoices):
        OWNER = "owner", _("Owner")
        MEMBER = "member", _("Member")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.MEMBER)
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "user"], name="member_once_in_organisation")]
        triggers = [
            # The organisation's row is held first, as accounts/members.py does, so that of two who go at once one stays.
            pgtrigger.Trigger(
                name="organisation_keeps_an_owner",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__role="owner"),
                func=f"""
                    {YIELDS}
                    IF TG_OP = 'UPDATE' AND NEW.role = 'owner' AND NEW.organisation_id = OLD.organisation_id THEN
                        RETURN NEW;
                    END IF;
                    PERFORM 1 FROM accounts_organisation WHERE id = OLD.organisation_id FOR UPDATE;
                    IF NOT EXISTS (SELECT 1 FROM accounts_membership m WHERE m.organisation_id = OLD.organisation_id
                                   AND m.role = 'owner' AND m.id <> OLD.id) THEN
                        RAISE EXCEPTION 'organisation_keeps_an_owner' USING ERRCODE = 'check_violation';
                    END IF;
                    IF TG_OP = 'DELETE' THEN
                        RETURN OLD;
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608  # nosec B608  # words of our own
            ),
        ]


@tracked()
class Project(models.Model):
    """What an organisation groups its keys by."""

    personal = ("name",)

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    name = models.CharField(_("name"), max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="project_name_once_in_organisation")]

    def __str__(self) -> str:
        return self.name


@tracked()
class GatewayCredential(models.Model):
    """What a gateway shows to ask about keys: a prefix in clear and a digest of the whole. One for test knows the keys of
    sandboxes and no others, every other one those of customers."""

    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16, unique=True)
    digest = models.CharField(max_length=64)
    # The SHA-256 of the client certificate without which it is good for nothing, in base64url (RFC 8705); empty where it is
    # bound to none. Who is believed about certificates: accounts/certificates.py.
    certificate = models.CharField(max_length=43, blank=True)
    for_test = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="gateway_bound_to_a_thumbprint", condition=Q(certificate="") | Q(certificate__regex=r"^[A-Za-z0-9_-]{43}$")
            )
        ]


class AuditQuerySet(models.QuerySet["AuditEvent"]):
    def visible_to(self, user: User) -> "AuditQuerySet":
        """The whole trail to who may also see cases; to others what was done to no organisation: staff, gateways, lists, and not
        what others looked for in the trail, which names whom they looked at.

        What was done in the investigators' compartment (FIN-17) is in the trail of nobody who may not see it, an auditor's
        neither. The whole log is verified all the same: `verify_audit`, and the worker's daily check, compare every event with
        its place in the signed tree, those too, and say how many there are and whether one was altered. An auditor so learns from
        a place that his trail leaves out that something was done there, and neither what nor about whom."""
        if not user.can(Permission.AUDIT_VIEW):
            return self.none()
        seen = self.shown_to(user)
        if user.can(Permission.CASE_VIEW):
            return seen
        return seen.filter(organisation_id=None).exclude(~Q(actor_id=user.pk) & Q(verb__in=("audit.exported", "audit.proved")))

    def shown_to(self, user: User) -> "AuditQuerySet":
        """Without what was done in the compartment, for who may not see that."""
        return self if user.can(Permission.NETWORK_VIEW) else self.outside_compartment()

    def outside_compartment(self) -> "AuditQuerySet":
        """What the product's own conclusions go by, whoever asks for them."""
        return self.exclude(target_type__in=confined())

    def with_sides(self) -> "AuditQuerySet":
        """`by_customer` where no officer acted: anybody may bear an officer's name."""
        return self.annotate(by_customer=Exists(User.objects.filter(pk=OuterRef("actor_id"), staff_role="")))


class AuditEvent(models.Model):
    """One business event. No foreign keys: the log never blocks the live data, and outlives it."""

    append_only = True

    at = models.DateTimeField(auto_now_add=True)
    verb = models.CharField(max_length=60)
    actor_id = models.BigIntegerField(null=True)
    actor = models.CharField(max_length=250)
    on_behalf_of = models.CharField(max_length=250, blank=True)
    target_type = models.CharField(max_length=60)
    target_id = models.CharField(max_length=60)
    organisation_id = models.BigIntegerField(null=True)
    reason = models.TextField(blank=True)
    details = models.JSONField(default=dict)
    request_id = models.CharField(max_length=40, blank=True)
    xid = TransactionIdField(db_default=CurrentTransaction(), editable=False)
    incarnation = models.IntegerField(db_default=CurrentIncarnation(), editable=False)
    # What the tree commits to instead of names, and what an erasure keeps of it: see accounts/leaves.py.
    salts = models.JSONField(default=dict, editable=False)
    erased = models.JSONField(null=True, editable=False)

    objects = AuditQuerySet.as_manager()

    class Meta:
        # The second answers what has happened to one organisation since: see kyc.cases.outdated. The third is the sequencer's.
        indexes = [
            models.Index(fields=["target_type", "target_id"]),
            models.Index(fields=["organisation_id", "at"]),
            models.Index(fields=["incarnation", "xid", "id"], name="auditevent_sequence"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="append_only",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func=f"{YIELDS} RAISE EXCEPTION 'append_only: the audit log is never changed';",
            )
        ]


class AuditLeaf(models.Model):
    """Which place an event has in the audit tree, given once and for good, and the hash that stands there."""

    append_only = True

    index = models.BigIntegerField(primary_key=True)
    event_id = models.BigIntegerField(unique=True)
    hash = models.BinaryField(max_length=32)

    class Meta:
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]


class AuditHead(models.Model):
    """The audit tree of a moment, signed: nobody can change an event below it and keep this root."""

    append_only = True

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField(max_length=32)
    # What the tree goes on from, one hash behind the other: see accounts/merkle.py.
    peaks = models.BinaryField()
    at = models.DateTimeField()
    # Every transaction of this or an earlier incarnation with an older number had ended, and its events are in the tree.
    incarnation = models.IntegerField()
    boundary = models.BigIntegerField()
    key = models.CharField(max_length=64)
    signature = models.BinaryField(max_length=64)

    class Meta:
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]


class AuditTimestamp(models.Model):
    """What an authority outside says of a head: that it was there at its time (RFC 3161)."""

    append_only = True

    size = models.BigIntegerField(primary_key=True)
    response = models.BinaryField()
    stamped_at = models.DateTimeField()

    class Meta:
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]


class Disposal(models.Model):
    """What was erased of an organisation, by which rule, and how much: the certificate that stays (PRV-04). Names nobody."""

    append_only = True

    # None where it was of no organisation: mail about accounts, and where officers had signed in.
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    record_class = models.CharField(max_length=60)
    # The rule that decided, and the day on which its period was over.
    rule = models.CharField(max_length=60)
    due_on = models.DateField()
    at = models.DateTimeField(auto_now_add=True)
    operator = models.CharField(max_length=250)
    # By table: how many rows, and the hash of their numbers in order.
    rows = models.JSONField(default=dict)
    keys_destroyed = models.PositiveIntegerField(default=0)
    # When the last backup that holds it is gone.
    backups_until = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(name="disposed_of_once", fields=["organisation", "record_class", "due_on"])]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    @property
    def number(self) -> str:
        return f"DC-{self.at:%Y}-{self.pk:06d}"


class ErasureOrder(models.Model):
    """That what was mailed to a person is to be erased, because he asked for it and nothing needs it (PRV-02). Carried out by
    the disposal; afterwards it says how much was erased, and names nobody."""

    append_only = True
    personal = ("addresses",)
    certificate = ("done_at", "rows", "backups_until")

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    addresses = models.JSONField(default=list)
    ordered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    ordered_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)
    # As in a certificate of disposal.
    rows = models.JSONField(default=dict)
    backups_until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="erasure_done_at_and_backups",
                condition=Q(done_at__isnull=True, backups_until__isnull=True)
                | Q(done_at__isnull=False, backups_until__isnull=False, addresses=[]),
            )
        ]
        triggers = [
            pgtrigger.Trigger(
                name="erasure_is_only_carried_out",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func=f"{YIELDS} RAISE EXCEPTION 'an order to erase is only carried out' USING ERRCODE = 'check_violation';",
            )
        ]

    @property
    def number(self) -> str:
        return f"EO-{self.ordered_at:%Y}-{self.pk:06d}"


class DisposalPlan(models.Model):
    """What the next night erases, as it was worked out last (accounts/planning.py)."""

    on = models.DateField()
    # None while it is being worked out.
    made_at = models.DateTimeField(null=True, blank=True)
    organisations = models.PositiveIntegerField(default=0)
    # By record class, of how many organisations.
    counts = models.JSONField(default=dict)


class PlannedDisposal(models.Model):
    """Of one organisation in a plan which classes go, each with its last day and the rule."""

    plan = models.ForeignKey(DisposalPlan, models.CASCADE)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    classes = models.JSONField(default=list)


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def open(self) -> "ProposalQuerySet":
        return self.filter(outcome="")


@tracked()
class Proposal(models.Model):
    """Four eyes: one person proposes, another takes or declines it. What is proposed stands in the row that points here."""

    personal = ("note", "outcome_note")

    class Outcome(models.TextChoices):
        TAKEN = "taken", _("Taken")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        # What it was about has ended meanwhile.
        LAPSED = "lapsed", _("Lapsed")

    # None where it is no organisation's matter.
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=40)
    choice = models.CharField(max_length=40)
    reason = models.CharField(max_length=60)
    note = models.TextField(blank=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(auto_now_add=True)
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)
    outcome_note = models.TextField(blank=True)
    outcome_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    outcome_at = models.DateTimeField(null=True, blank=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="proposal_taken_by_another",
                condition=Q(outcome_by__isnull=True) | Q(outcome__in=["withdrawn", "lapsed"]) | ~Q(outcome_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="proposal_outcome_complete",
                # What lapses does so by nobody, where the product itself found that what it was about has ended.
                condition=Q(outcome="", outcome_by__isnull=True, outcome_at__isnull=True)
                | Q(outcome="lapsed", outcome_at__isnull=False)
                | Q(outcome_by__isnull=False, outcome_at__isnull=False) & ~Q(outcome=""),
            ),
            models.CheckConstraint(name="proposal_needs_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="proposal_withdrawn_by_proposer", condition=~Q(outcome="withdrawn") | Q(outcome_by=F("proposed_by"))
            ),
            models.CheckConstraint(
                name="proposal_outcome_known", condition=Q(outcome__in=["", "taken", "declined", "withdrawn", "lapsed"])
            ),
        ]
        triggers = [
            # The CHECK alone would let one statement rewrite the proposer and take the proposal.
            pgtrigger.Trigger(
                name="proposal_is_fixed",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    {YIELDS}
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'a proposal is never deleted' USING ERRCODE = 'check_violation';
                    ELSIF TG_OP = 'INSERT' THEN
                        IF NEW.outcome <> '' THEN
                            RAISE EXCEPTION 'a proposal starts open' USING ERRCODE = 'check_violation';
                        END IF;
                    ELSIF OLD.outcome <> '' THEN
                        RAISE EXCEPTION 'an ended proposal does not change' USING ERRCODE = 'check_violation';
                    ELSIF ROW(NEW.id, NEW.organisation_id, NEW.kind, NEW.choice, NEW.reason, NEW.note, NEW.proposed_by_id,
                        NEW.proposed_at)
                        IS DISTINCT FROM
                        ROW(OLD.id, OLD.organisation_id, OLD.kind, OLD.choice, OLD.reason, OLD.note, OLD.proposed_by_id,
                        OLD.proposed_at) THEN
                        RAISE EXCEPTION 'what was proposed, and by whom, does not change' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]


class LegalHoldQuerySet(models.QuerySet["LegalHold"]):
    def live(self) -> "LegalHoldQuerySet":
        return self.filter(lifted_at__isnull=True)


@tracked()
class LegalHold(models.Model):
    """That nothing of an organisation, or nothing at all, may be deleted for now, whatever its period says: because a court, an
    agency (15 CFR 762.6), a lawsuit or an audit needs it. It ends only when somebody lifts it."""

    personal = ("reference", "asked_by", "reason", "lift_reason")

    class Source(models.TextChoices):
        COURT = "court", _("A court's order")
        AGENCY = "agency", _("An agency's request")
        LITIGATION = "litigation", _("A lawsuit, pending or expected")
        AUDIT = "audit", _("An audit")

    # None where it keeps the records of everybody.
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    source = models.CharField(max_length=20, choices=Source.choices)
    # As whoever asked for it calls it: a file number, a date of a letter.
    reference = models.CharField(max_length=200)
    asked_by = models.CharField(max_length=200)
    reason = models.TextField()
    since = models.DateField()
    placed_at = models.DateTimeField(auto_now_add=True)
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    lift_reason = models.TextField(blank=True)

    objects = LegalHoldQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(name="legal_holds", fields=["organisation"], condition=Q(lifted_at__isnull=True))]
        constraints = [
            models.CheckConstraint(name="legal_hold_says_why", condition=~Q(reason="") & ~Q(reference="") & ~Q(asked_by="")),
            models.CheckConstraint(
                name="legal_hold_of_known_source", condition=Q(source__in=["court", "agency", "litigation", "audit"])
            ),
            models.CheckConstraint(
                name="legal_hold_lifted_at_and_by_and_why",
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True, lift_reason="")
                | Q(lifted_at__isnull=False, lifted_by__isnull=False) & ~Q(lift_reason=""),
            ),
            models.UniqueConstraint(
                name="one_live_legal_hold_a_reference",
                fields=["organisation", "source", "reference"],
                nulls_distinct=False,
                condition=Q(lifted_at__isnull=True),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="legal_hold_is_only_lifted",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    {YIELDS}
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'a legal hold is never deleted' USING ERRCODE = 'check_violation';
                    ELSIF TG_OP = 'INSERT' THEN
                        IF NEW.lifted_at IS NOT NULL THEN
                            RAISE EXCEPTION 'a legal hold starts in force' USING ERRCODE = 'check_violation';
                        END IF;
                    ELSIF OLD.lifted_at IS NOT NULL THEN
                        RAISE EXCEPTION 'a lifted legal hold does not change' USING ERRCODE = 'check_violation';
                    ELSIF ROW(NEW.id, NEW.organisation_id, NEW.source, NEW.reference, NEW.reason, NEW.since,
                        NEW.placed_at, NEW.placed_by_id)
                        IS DISTINCT FROM
                        ROW(OLD.id, OLD.organisation_id, OLD.source, OLD.reference, OLD.reason, OLD.since,
                        OLD.placed_at, OLD.placed_by_id) THEN
                        RAISE EXCEPTION 'a legal hold is lifted, and does not change' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_source_display()}, {self.reference}"


class Incarnation(models.Model):
    """One life of the database, from one restore to the next: see accounts/incarnations.py. The newest is the present one."""

    number = models.IntegerField(primary_key=True)
    since = models.DateTimeField(db_default=Now())
    # The cluster that it began in.
    system_identifier = models.BigIntegerField()

    class Meta:
        # Stands before every other table, and stays when tests empty those.
        managed = False
        db_table = "accounts_incarnation"


class Snapshot(models.Model):
    """What had been committed at a moment. Stored in every second in which something was written."""

    append_only = True

    taken_at = models.DateTimeField(db_index=True)
    snapshot = SnapshotField()
    xid = TransactionIdField(db_default=CurrentTransaction(), editable=False)
    incarnation = models.IntegerField(db_default=CurrentIncarnation(), editable=False)

    class Meta:
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]


@tracked(exclude=["text", "html", "is_secret"])
class Message(Claimable):
    """A mail that must go out once its transaction has committed; the row is the queue."""

    personal = ("to", "subject", "text", "html")

    class State(models.TextChoices):
        QUEUED = "queued"
        SENT = "sent"
        FAILED = "failed"

    to = models.EmailField()
    subject = models.CharField(max_length=300)
    text = models.TextField()
    html = models.TextField(blank=True)
    # On whose behalf it is written. None of what is about a person's account with us, whoever he acts for, and of mail to staff.
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    # Carries a link that opens something: its text is forgotten once it is sent or given up.
    is_secret = models.BooleanField(default=False)
    state = models.CharField(max_length=20, choices=State.choices, default=State.QUEUED)
    queued_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = jobs.indexes("message", "queued")
