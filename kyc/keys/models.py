"""Keys, what they answer to, and why one may not act.

A key is *active* only with a live link to a live entity, before its own expiry, and with no live hold on itself, its
organisation or its entity. Triggers keep the stored state so whatever code runs; time (expiry, of the key as of the entity) is
judged by the query, `KeyQuerySet.good`.
"""

from typing import Any

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GistIndex
from django.db import connection, models
from django.db.models import Exists, F, Func, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.fields import NetworkField
from accounts.history import CurrentIncarnation, CurrentTransaction, TransactionIdField, tracked
from accounts.models import Organisation, Project, User, of_open_organisation
from accounts.vault import RowNumber, SealedField, Subject
from config import jobs
from config.jobs import Claimable
from kyc.cases.models import Entity, Examination
from kyc.keys.closed import IsClosed, is_closed
from kyc.parties.models import Party, Questionnaire

# Serialises everything that decides whether an organisation's keys may act, so that a hold and an activation in two
# open transactions can't miss each other.
LOCK = "PERFORM pg_advisory_xact_lock(hashtext('kh_keys'), {organisation}::int);"


def serialise(organisation: int) -> None:
    """Takes that lock until the transaction ends. Before a key's row is locked, since the triggers take them in this order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('kh_keys'), %s::int)", [organisation])


# Of a row `key` of kyc_key.
MAY_ACT = """
    (({key}.expires_at IS NULL OR {key}.expires_at > clock_timestamp()) AND EXISTS (
        SELECT 1 FROM kyc_link l JOIN kyc_entity e ON e.id = l.entity_id
        WHERE l.key_id = {key}.id AND l.organisation_id = {key}.organisation_id AND l.valid_to IS NULL
          AND e.organisation_id = {key}.organisation_id AND e.ended_at IS NULL
          AND e.valid_from <= clock_timestamp() AND e.valid_until > clock_timestamp()
          AND NOT EXISTS (
            SELECT 1 FROM kyc_hold h WHERE h.lifted_at IS NULL
              AND (h.key_id = {key}.id OR h.on_organisation_id = {key}.organisation_id OR h.entity_id = e.id))
    ) AND NOT {closed})
"""


def may_act(key: str) -> str:
    """In SQL, of a row of kyc_key by its alias: with a live link and entity, and neither a hold nor a standing hold on it."""
    return MAY_ACT.format(key=key, closed=is_closed(key))


class KeyQuerySet(models.QuerySet["Key"]):
    def good(self) -> "KeyQuerySet":
        """Active and not expired, with a live link to a live entity and no live hold, judged now and in one query."""
        return self.may_act().filter(state=Key.State.ACTIVE)

    def may_act(self, *, despite: str = "") -> "KeyQuerySet":
        """Whatever their stored state says, and as if holds of the source `despite` did not stand."""
        link = Link.objects.filter(
            key=OuterRef("pk"),
            organisation=OuterRef("organisation"),
            valid_to__isnull=True,
            entity__organisation=OuterRef("organisation"),
            entity__ended_at__isnull=True,
            entity__valid_from__lte=Now(),
            entity__valid_until__gt=Now(),
        )
        held = (Hold.objects.live().exclude(source=despite) if despite else Hold.objects.live()).filter(
            Q(key=OuterRef("pk"))
            | Q(on_organisation=OuterRef("organisation"))
            | Q(entity__link__key=OuterRef("pk"), entity__link__valid_to__isnull=True)
        )
        return self.unexpired().filter(Exists(link), ~Exists(held), ~Q(IsClosed("pk", "organisation", "tiers")))

    def unexpired(self) -> "KeyQuerySet":
        """By the database's clock, to the second that was written."""
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=Now()))


# base64url of a SHA-256, which is 43 characters without padding.
THUMBPRINT = "[A-Za-z0-9_-]{43}"


def is_so(column: str, condition: str) -> Func:
    """A condition in SQL on one column, for a CHECK that Django has no words for."""
    return Func(F(column), template=f"%(expressions)s{condition}", output_field=models.BooleanField())


@tracked(exclude=["digest"])
class Key(Claimable):
    """An API credential. The database knows its id, last four and a keyed digest, never the secret."""

    personal = ("name", "revoke_reason", "allowed_networks")

    class State(models.TextChoices):
        UNLINKED = "unlinked", _("Being linked")
        ACTIVE = "active", _("Active")
        HELD = "held", _("On hold")
        REVOKED = "revoked", _("Revoked")
        FAILED = "failed", _("Could not be linked")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    project = models.ForeignKey(Project, models.PROTECT)
    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(max_length=24, unique=True)
    last_four = models.CharField(max_length=4)
    digest = models.CharField(max_length=64)
    pepper_version = models.CharField(max_length=10)
    responsible = models.ForeignKey(Party, models.PROTECT)
    # What it may do, and on which tiers of models: codes of the provider's catalogue (kyc/rules).
    scopes = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    tiers = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    # From where it may be used, in CIDR; empty is from anywhere.
    allowed_networks = ArrayField(models.TextField(), default=list, blank=True)
    # It dies then, to the second, by nobody's act. A life once bounded only gets shorter; whoever needs longer rolls.
    expires_at = models.DateTimeField(null=True, blank=True)
    # By what its holder proves that it is his: {"x5t#S256": thumbprint of a certificate} (RFC 8705), {"jkt": of a DPoP key} (RFC
    # 9449), or {}.
    confirmation = models.JSONField(default=dict, blank=True)
    # Whether a program uses it, for which the responsible person answers, or that person himself.
    is_service = models.BooleanField(default=False)
    # Which key it was rolled from.
    replaces = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="replacements")
    state = models.CharField(max_length=20, choices=State.choices, default=State.UNLINKED)
    # The form that asked for it: sent again, also at the same moment, it makes no second key.
    once = models.CharField(max_length=32, blank=True)
    issued_at = models.DateTimeField(auto_now_add=True)
    issued_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    revoke_reason = models.CharField(max_length=200, blank=True)

    objects = KeyQuerySet.as_manager()

    class Meta:
        indexes = jobs.indexes("key", "unlinked")
        constraints = [
            models.UniqueConstraint(name="key_asked_for_once", fields=["organisation", "once"], condition=~Q(once="")),
            models.UniqueConstraint(name="key_rolled_once", fields=["replaces"], condition=Q(replaces__isnull=False)),
            # The cast refuses what is no network, and one with host bits set.
            models.CheckConstraint(name="key_networks_in_cidr", condition=is_so("allowed_networks", "::cidr[] IS NOT NULL")),
            models.CheckConstraint(
                name="key_confirmed_by_one_thumbprint",
                condition=is_so("confirmation", rf"""::text ~ '^(\{{\}}|\{{"(x5t#S256|jkt)": "{THUMBPRINT}"\}})$'"""),
            ),
            models.CheckConstraint(
                name="key_revoked_at_and_by",
                condition=Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False, state="revoked"),
            ),
            models.CheckConstraint(name="key_revoked_has_time", condition=~Q(state="revoked") | Q(revoked_at__isnull=False)),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="active_key_needs_link_and_no_hold",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=f"""
                    IF TG_OP = 'UPDATE' AND OLD.state = 'revoked' AND NEW.state <> 'revoked' THEN
                        RAISE EXCEPTION 'a revoked key stays revoked' USING ERRCODE = 'check_violation';
                    END IF;
                    IF TG_OP = 'UPDATE' AND (NEW.id <> OLD.id OR NEW.organisation_id <> OLD.organisation_id) THEN
                        RAISE EXCEPTION 'a key never changes hands' USING ERRCODE = 'check_violation';
                    END IF;
                    IF TG_OP = 'UPDATE' AND OLD.expires_at < COALESCE(NEW.expires_at, 'infinity') THEN
                        RAISE EXCEPTION 'the life of a key is never prolonged' USING ERRCODE = 'check_violation';
                    END IF;
                    IF NEW.replaces_id IS NOT NULL AND NOT EXISTS (
                        SELECT 1 FROM kyc_key o
                        WHERE o.id = NEW.replaces_id AND o.id <> NEW.id AND o.organisation_id = NEW.organisation_id
                    ) THEN
                        RAISE EXCEPTION 'a key is rolled from one of the same organisation' USING ERRCODE = 'check_violation';
                    END IF;
                    IF NEW.state = 'active' THEN
                        {LOCK.format(organisation="NEW.organisation_id")}
                        IF NOT {may_act("NEW")} THEN
                            RAISE EXCEPTION 'a key is active only with a live link to a live entity and no hold'
                                USING ERRCODE = 'check_violation';
                        END IF;
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608  # nosec B608  # conditions of ours
            ),
            of_open_organisation(pgtrigger.Condition("NEW.state <> 'revoked'")),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}…{self.last_four}"


def settle(organisation: str) -> str:
    """Trigger body: brings the stored state of an organisation's linked keys to what it may be now."""
    return f"""
        {LOCK.format(organisation=organisation)}
        UPDATE kyc_key k SET state = 'held'
            WHERE k.organisation_id = {organisation} AND k.state = 'active'
              AND NOT {may_act("k")};
        UPDATE kyc_key k SET state = 'active'
            WHERE k.organisation_id = {organisation} AND k.state = 'held'
              AND {may_act("k")};
        RETURN NULL;
    """  # noqa: S608  # nosec B608  # a column name of ours


@tracked()
class SandboxOutcome(Claimable):
    """That a sandbox is to be decided as was chosen, after one examination of it; the row is the queue."""

    class State(models.TextChoices):
        WAITING = "waiting", _("To be decided")
        DONE = "done", _("Decided")
        FAILED = "failed", _("Could not be decided")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    examination = models.OneToOneField(Examination, models.PROTECT)
    state = models.CharField(max_length=20, choices=State.choices, default=State.WAITING)

    class Meta:
        indexes = jobs.indexes("sandbox", "waiting")


@tracked()
class Renewal(Claimable):
    """What is to be done about signed answers by their day of expiry; the row is the queue."""

    class What(models.TextChoices):
        TELL = "tell", _("Tell that they expire")
        HOLD = "hold", _("Hold the keys")
        RELEASE = "release", _("Let the keys go")

    class State(models.TextChoices):
        WAITING = "waiting", _("To be done")
        DONE = "done", _("Done")
        FAILED = "failed", _("Could not be done")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    signed = models.ForeignKey(Questionnaire, models.PROTECT)
    what = models.CharField(max_length=20, choices=What.choices)
    state = models.CharField(max_length=20, choices=State.choices, default=State.WAITING)
    found_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = jobs.indexes("renewal", "waiting")
        constraints = [models.UniqueConstraint(name="one_renewal_of_a_kind", fields=["signed", "what"])]


@tracked()
class Reassessment(Claimable):
    """What a round of checks over a customer who is verified calls for, or its age; the row is the queue."""

    class What(models.TextChoices):
        TELL = "tell", _("Tell that the verification ends")
        HOLD = "hold", _("Hold the keys")
        RELEASE = "release", _("Let the keys go")
        CLEAR = "clear", _("Let the keys go, since rulings have cleared the customer")

    class State(models.TextChoices):
        WAITING = "waiting", _("To be done")
        DONE = "done", _("Done")
        FAILED = "failed", _("Could not be done")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    examination = models.ForeignKey(Examination, models.PROTECT)
    what = models.CharField(max_length=20, choices=What.choices)
    state = models.CharField(max_length=20, choices=State.choices, default=State.WAITING)
    found_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = jobs.indexes("reassessment", "waiting")
        constraints = [models.UniqueConstraint(name="one_reassessment_of_a_kind", fields=["examination", "what"])]


def stray(column: str, table: str) -> str:
    return f"""
        IF TG_OP <> 'DELETE' AND NEW.{column} IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM {table} o WHERE o.id = NEW.{column} AND o.organisation_id = NEW.organisation_id
        ) THEN
            RAISE EXCEPTION 'what is linked or held belongs to the organisation named' USING ERRCODE = 'check_violation';
        END IF;
    """  # noqa: S608  # nosec B608  # names of ours


def settles(name: str, **owned: str) -> pgtrigger.Trigger:
    """`owned` names columns and their tables whose rows must be the organisation's own, since only its keys are settled."""
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        declare=[("org", "bigint")],
        func=f"""
            IF TG_OP = 'UPDATE' AND NEW.organisation_id <> OLD.organisation_id THEN
                RAISE EXCEPTION 'it never changes hands' USING ERRCODE = 'check_violation';
            END IF;
            {"".join(stray(column, table) for column, table in owned.items())}
            IF TG_OP = 'DELETE' THEN org := OLD.organisation_id; ELSE org := NEW.organisation_id; END IF;
            {settle("org")}
        """,
    )


@tracked()
class Link(models.Model):
    """That a key answers to an entity and a responsible person, from, to, because."""

    personal = ("because", "ended_because")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    key = models.ForeignKey(Key, models.PROTECT)
    entity = models.ForeignKey(Entity, models.PROTECT)
    responsible = models.ForeignKey(Party, models.PROTECT)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)
    because = models.TextField()
    ended_because = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_live_link_a_key", fields=["key"], condition=Q(valid_to__isnull=True)),
            models.CheckConstraint(
                name="link_ends_after_it_starts", condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from"))
            ),
            models.CheckConstraint(name="link_needs_because", condition=~Q(because="")),
        ]
        triggers = [
            settles("link_settles_keys", key_id="kyc_key", entity_id="kyc_entity"),
            of_open_organisation(pgtrigger.Q(new__valid_to__isnull=True)),
        ]


class HoldQuerySet(models.QuerySet["Hold"]):
    def live(self) -> "HoldQuerySet":
        return self.filter(lifted_at__isnull=True)


@tracked()
class Hold(models.Model):
    """A reason why a key, an organisation or an entity may not act. Lifting one ends only that one."""

    personal = ("reason", "lift_reason")

    OFFICER = "officer"
    # It came with one (kyc/keys/appeal_models.py). Outside the compartment it is an officer's, as any other, and is of nobody by
    # name: several of one hand would be seen to belong together by who placed them.
    RESTRICTION = "restriction"

    # Whose keys are touched; `on_organisation` is set only when the organisation itself is held.
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    key = models.ForeignKey(Key, models.PROTECT, null=True, blank=True)
    on_organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True)
    entity = models.ForeignKey(Entity, models.PROTECT, null=True, blank=True)
    source = models.CharField(max_length=40)
    reason = models.TextField()
    placed_at = models.DateTimeField(auto_now_add=True)
    placed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    lift_reason = models.TextField(blank=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="hold_is_on_exactly_one",
                condition=Q(key__isnull=False, on_organisation__isnull=True, entity__isnull=True)
                | Q(key__isnull=True, on_organisation__isnull=False, on_organisation=F("organisation"), entity__isnull=True)
                | Q(key__isnull=True, on_organisation__isnull=True, entity__isnull=False),
            ),
            models.CheckConstraint(name="hold_needs_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="hold_lifted_at_and_by_and_why",
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True, lift_reason="")
                | Q(lifted_at__isnull=False, lifted_by__isnull=False) & ~Q(lift_reason=""),
            ),
        ]
        triggers = [settles("hold_settles_keys", key_id="kyc_key", entity_id="kyc_entity")]

    @property
    def is_unnamed(self) -> bool:
        return self.source == self.RESTRICTION


@tracked()
class KeyRequirement(Claimable):
    """What is still needed of a customer so that a key may go on, by when, and that it is held otherwise: who answers for it now,
    or that it is used. One episode each; the row is the queue."""

    class What(models.TextChoices):
        ANSWER = "answer", _("Name who answers for it")
        USE = "use", _("Use it or wake it")

    class Why(models.TextChoices):
        REMOVED = "removed", _("who answers for it was removed")
        NO_ROLE = "no_role", _("who answers for it has no role any more")
        FELL = "fell", _("what was verified of who answers for it is relied on no more")
        IDLE = "idle", _("nobody has used it")

    class State(models.TextChoices):
        WAITING = "waiting", _("To be done")
        OPEN = "open", _("Told, and waiting for the customer")
        HELD = "held", _("The key is held until then")
        ENDED = "ended", _("Over")
        FAILED = "failed", _("Could not be done")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    key = models.ForeignKey(Key, models.PROTECT, related_name="requirements")
    what = models.CharField(max_length=10, choices=What.choices)
    why = models.CharField(max_length=10, choices=Why.choices)
    state = models.CharField(max_length=20, choices=State.choices, default=State.WAITING)
    found_at = models.DateTimeField(auto_now_add=True)
    # The last day on which the key goes on without it; none before the customer was told.
    due_on = models.DateField(null=True, blank=True)
    hold = models.ForeignKey(Hold, models.PROTECT, null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = jobs.indexes("keyrequirement", "waiting")
        constraints = [
            models.UniqueConstraint(
                name="one_open_requirement_of_a_key", fields=["key", "what"], condition=Q(ended_at__isnull=True)
            ),
            models.CheckConstraint(
                name="keyrequirement_ended_has_time",
                condition=Q(state="ended", ended_at__isnull=False) | Q(ended_at__isnull=True),
            ),
            models.CheckConstraint(
                name="keyrequirement_told_before_held", condition=Q(hold__isnull=True) | Q(due_on__isnull=False)
            ),
        ]


@tracked()
class Leak(models.Model):
    """That somebody who looks for secrets in public has found a key there. The secret itself stands nowhere. `hold` is the one
    that it led to, or that stood for another place already."""

    personal = ("token_type", "place")

    id = RowNumber(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    key = models.ForeignKey(Key, models.PROTECT, related_name="leaks")
    hold = models.ForeignKey(Hold, models.PROTECT)
    # Which of the finder's keys has signed the report.
    signed_with = models.CharField(max_length=100)
    # What the finder calls keys of ours, and in what kind of place it found this one, in its own words.
    token_type = models.CharField(max_length=100, blank=True)
    place = models.CharField(max_length=40, blank=True)
    # Often names a person: whose repository it is.
    url = SealedField(blank=True)
    # A keyed hash of the place, by which it is known when it is told again.
    finding = models.CharField(max_length=64)
    reported_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_leak_a_finding", fields=["key", "finding"])]

    @property
    def sealed_for(self) -> Subject:
        return Subject.of_organisation(self.organisation_id)


# Whoever closes an account ends what lives of it first, in the same transaction.
pgtrigger.register(
    pgtrigger.Trigger(
        name="closed_organisation_has_nothing_alive",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        condition=pgtrigger.Q(new__closed_at__isnull=False, new__closed_by__isnull=False),
        func="""
            IF EXISTS (SELECT 1 FROM kyc_key k WHERE k.organisation_id = NEW.id AND k.state <> 'revoked')
               OR EXISTS (SELECT 1 FROM kyc_link l WHERE l.organisation_id = NEW.id AND l.valid_to IS NULL)
               OR EXISTS (SELECT 1 FROM kyc_entity e WHERE e.organisation_id = NEW.id AND e.ended_at IS NULL) THEN
                RAISE EXCEPTION 'a closed organisation has no live key, link or entity' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,
    )
)(Organisation)

# An entity that ends takes its keys along in the same transaction, though cases/ knows nothing of keys.
pgtrigger.register(settles("entity_settles_keys"))(Entity)


class KeyUse(models.Model):
    """When a gateway last asked about a key that was good, to the minute (kyc/keys/uses.py), or the last hour of its use that one
    told of (kyc/usage/intake.py)."""

    # No history: it changes with every minute of a key in use, and says of nobody more than that.
    key = models.OneToOneField(Key, models.CASCADE, primary_key=True, related_name="use")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    last_used_at = models.DateTimeField()


class KeyChange(models.Model):
    """That what a gateway is told of a key may be another from this transaction on. What it is told now is read when it is
    asked: kyc/keys/feed.py. The triggers below write it, whoever changes the key."""

    # No foreign key, since it tells of a key that is gone too.
    key_id = models.BigIntegerField()
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    prefix = models.CharField(max_length=24)
    at = models.DateTimeField()
    xid = TransactionIdField(db_default=CurrentTransaction(), editable=False)
    incarnation = models.IntegerField(db_default=CurrentIncarnation(), editable=False)
    # What stood before it was taken out.
    is_horizon = models.BooleanField(default=False, db_default=False)

    class Meta:
        indexes = [
            models.Index(fields=["incarnation", "xid", "id"], name="keychange_sequence"),
            models.Index(fields=["incarnation", "xid", "id"], name="keychange_horizon", condition=Q(is_horizon=True)),
            models.Index(fields=["at"], name="keychange_age"),
        ]


TELL = """
    INSERT INTO kyc_keychange (key_id, organisation_id, prefix, at)
    SELECT k.id, k.organisation_id, k.prefix, clock_timestamp() FROM kyc_key k {which};
    RETURN NULL;
"""
# Of a key: what no gateway is told.
UNTOLD = [
    "job_token", "claimed_until", "claimed_by", "claims", "errors", "failure", "name", "last_four", "once", "issued_by",
    "revoked_at", "revoked_by", "revoke_reason",
]  # fmt: skip


def tells(name: str, operation: Any, which: str, condition: Any = None) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name, when=pgtrigger.After, operation=operation, condition=condition, func=TELL.format(which=which)
    )


pgtrigger.register(
    tells("key_issued_is_told", pgtrigger.Insert, "WHERE k.id = NEW.id"),
    tells("key_changed_is_told", pgtrigger.Update, "WHERE k.id = NEW.id", pgtrigger.AnyChange(exclude=UNTOLD)),
)(Key)
pgtrigger.register(tells("link_is_told", pgtrigger.Insert | pgtrigger.Update, "WHERE k.id = NEW.key_id"))(Link)
LINKED = "JOIN kyc_link l ON l.key_id = k.id AND l.valid_to IS NULL WHERE l.entity_id = NEW.id"
pgtrigger.register(tells("entity_is_told", pgtrigger.Update, LINKED, pgtrigger.AnyChange(exclude=["name", "end_reason"])))(Entity)


class PlaceList(models.Model):
    """One file of networks and where they are, as an administrator loaded it; only the newest has its networks."""

    append_only = True

    loaded_at = models.DateTimeField(auto_now_add=True)
    loaded_by = models.CharField(max_length=250)
    sha256 = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()


class Place(models.Model):
    """Where the addresses of a network are: kyc/keys/embargo.py."""

    network = NetworkField()
    country = models.CharField(max_length=2)
    # ISO 3166-2 where it matters which part of the country, such as UA-43.
    region = models.CharField(max_length=6, blank=True)

    class Meta:
        indexes = [GistIndex(name="place_network", fields=["network"], opclasses=["inet_ops"])]
        constraints = [models.UniqueConstraint(name="one_place_a_network", fields=["network"])]
