"""Standing holds: that keys of a population may not act, whichever they are by then."""

from collections.abc import Collection

import pgtrigger
from django.db import connection, models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from accounts.models import Organisation
from kyc.cases.models import Entity
from kyc.evidence.item_models import DocumentReview
from kyc.evidence.models import AttributeProof, Document, StatusProof
from kyc.keys.models import Key, stray
from kyc.ownership.models import Determination
from kyc.parties.models import Attribute, PersonStatus, Role
from kyc.risk.models import Fact

# Whoever changes a fact has it together with others; whoever writes down what facts show has it alone, so that no fact changes
# between reading and writing unseen.
LOCK = "hashtext('kh_standing'), 0"
NEVER_DELETED = """
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a standing hold is never deleted' USING ERRCODE = 'check_violation';
    END IF;
"""


@tracked()
class StandingHold(models.Model):
    """That whoever is not shown to be outside of a population is held. Which population that is whoever placed it knows: here
    stands who was found outside (StandingProof), and everybody else is inside. In force tier by tier (StandingTier)."""

    source = models.CharField(max_length=40)
    made_at = models.DateTimeField(auto_now_add=True)
    # By itself then; nobody has to do anything.
    ends_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(name="standing_live", fields=["id"], condition=Q(ended_at__isnull=True))]
        constraints = [models.CheckConstraint(name="standing_says_from_what", condition=~Q(source=""))]
        triggers = [
            pgtrigger.Trigger(
                name="standing_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    {NEVER_DELETED}
                    IF OLD.ended_at IS NOT NULL OR NEW.id <> OLD.id OR NEW.source <> OLD.source OR NEW.made_at <> OLD.made_at THEN
                        RAISE EXCEPTION 'ended it stays ended' USING ERRCODE = 'check_violation';
                    END IF;
                    -- Whose word moves its end stands with what placed it.
                    IF NEW.ends_at IS DISTINCT FROM OLD.ends_at AND NOT EXISTS (
                        SELECT 1 FROM kyc_directiveextension x JOIN kyc_directive d ON d.id = x.directive_id
                        WHERE d.standing_id = NEW.id AND x.state = 'taken' AND x.until = NEW.ends_at AND x.until > OLD.ends_at
                    ) THEN
                        RAISE EXCEPTION 'only an extension that a second person took moves its end'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    IF NEW.ended_at IS NOT NULL AND EXISTS (
                        SELECT 1 FROM kyc_directive d WHERE d.standing_id = NEW.id AND d.state IN ('proposed', 'taken')
                          AND (d.expires_at IS NULL OR d.expires_at > clock_timestamp())
                    ) THEN
                        RAISE EXCEPTION 'it ends with its directive' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608  # nosec B608  # words of ours
            )
        ]


@tracked()
class StandingTier(models.Model):
    """From when on a tier of models is closed to the population; `*` is every one. By the clock alone: once it stands here
    nobody's work, and no process that was killed, keeps it from beginning."""

    standing = models.ForeignKey(StandingHold, models.PROTECT, related_name="tiers")
    tier = models.CharField(max_length=40)
    begins_at = models.DateTimeField()
    # When gateways that keep a copy were told, after it had begun.
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="tier_closed_once", fields=["standing", "tier"]),
            models.CheckConstraint(
                name="tier_told_after_it_began", condition=Q(told_at__isnull=True) | Q(told_at__gte=F("begins_at"))
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="standing_begins_by_two",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    {NEVER_DELETED}
                    IF TG_OP = 'INSERT' AND NOT EXISTS (
                        SELECT 1 FROM kyc_directive d WHERE d.standing_id = NEW.standing_id AND d.state = 'taken'
                    ) THEN
                        RAISE EXCEPTION 'a second person has it begin' USING ERRCODE = 'check_violation';
                    END IF;
                    -- Sooner where all is ready, and never later.
                    IF TG_OP = 'UPDATE' AND (NEW.begins_at > OLD.begins_at OR OLD.begins_at <= clock_timestamp()
                            AND NEW.begins_at <> OLD.begins_at
                        OR ROW(NEW.id, NEW.standing_id, NEW.tier) IS DISTINCT FROM ROW(OLD.id, OLD.standing_id, OLD.tier)) THEN
                        RAISE EXCEPTION 'what is closed, and that it is, does not change' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608  # nosec B608  # words of ours
            )
        ]


class StandingProofQuerySet(models.QuerySet["StandingProof"]):
    def good(self) -> "StandingProofQuerySet":
        """By which a key is outside now."""
        return self.filter(verdict="outside", stale_at__isnull=True, valid_until__gt=models.functions.Now())


@tracked()
class StandingProof(models.Model):
    """Where one key stands to a population, or with no key all of an organisation: by what that was found, until when, and
    where nothing shows it what would. It is relied on no more from the transaction on in which one of these facts changes."""

    class Verdict(models.TextChoices):
        INSIDE = "inside", _("Inside")
        OUTSIDE = "outside", _("Shown to be outside")
        UNPROVEN = "unproven", _("Inside for lack of proof")

    standing = models.ForeignKey(StandingHold, models.PROTECT, related_name="proofs")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    key = models.ForeignKey(Key, models.PROTECT, null=True, blank=True, related_name="+")
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    # What was gone by: [{"fact", "row", "evidence", "until"}], codes and numbers of rows.
    grounds = models.JSONField(default=list)
    # Codes of facts that would show it, were they proved.
    missing = models.JSONField(default=list)
    valid_until = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField()
    stale_at = models.DateTimeField(null=True, blank=True)

    objects = StandingProofQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(name="proofs_of_organisation", fields=["organisation"], condition=Q(stale_at__isnull=True))]
        constraints = [
            models.UniqueConstraint(name="one_proof_a_key", fields=["standing", "key"]),
            models.UniqueConstraint(
                name="one_proof_an_organisation", fields=["organisation", "standing"], condition=Q(key__isnull=True)
            ),
            models.CheckConstraint(
                name="outside_is_proved_until",
                condition=~Q(verdict="outside") | Q(valid_until__isnull=False) & ~Q(grounds=[]),
            ),
            models.CheckConstraint(name="unproven_says_what_is_missing", condition=~Q(verdict="unproven") | ~Q(missing=[])),
            models.CheckConstraint(name="proof_known_words", condition=Q(verdict__in=["inside", "outside", "unproven"])),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="proof_is_of_its_own",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    {NEVER_DELETED}
                    {stray("key_id", "kyc_key")}
                    IF TG_OP = 'UPDATE' AND ROW(NEW.id, NEW.standing_id, NEW.organisation_id, NEW.key_id)
                        IS DISTINCT FROM ROW(OLD.id, OLD.standing_id, OLD.organisation_id, OLD.key_id) THEN
                        RAISE EXCEPTION 'whose proof it is does not change' USING ERRCODE = 'check_violation';
                    END IF;
                    -- All of an organisation at once: only whom a directive leaves out, on a ground.
                    IF NEW.key_id IS NULL AND NEW.verdict = 'outside' AND NOT EXISTS (
                        SELECT 1 FROM kyc_directiveexception e JOIN kyc_directive d ON d.id = e.directive_id
                        WHERE d.standing_id = NEW.standing_id AND e.organisation_id = NEW.organisation_id
                    ) THEN
                        RAISE EXCEPTION 'only an exception leaves out all of an organisation' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608  # nosec B608  # words of ours
            )
        ]


def alone() -> None:
    """To the end of the transaction no fact changes. Before any row is locked, and for moments only."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock({LOCK})")


def unsettles(
    name: str, operation: pgtrigger.Operation, condition: str = "true", *, facts: Collection[str] = (), key: str = "true"
) -> pgtrigger.Trigger:
    """What was found of an organisation's keys is relied on no more from this transaction on; they are looked at anew then
    (kyc/directives/checking.py). Where `facts` names codes, only what rests on one of these or lacks it; `key` is a condition on
    which of the keys. The exception of an organisation rests on none of it, and stays."""
    names = [f"""p.grounds @> '[{{"fact": "{fact}"}}]' OR p.missing @> '["{fact}"]'""" for fact in facts]
    rests = f"({' OR '.join(names)})" if names else "true"
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.After,
        operation=operation,
        func=f"""
            IF {condition} THEN
                PERFORM pg_advisory_xact_lock_shared({LOCK});
                UPDATE kyc_standingproof p SET stale_at = clock_timestamp() FROM kyc_standinghold s
                WHERE s.id = p.standing_id AND s.ended_at IS NULL AND p.organisation_id = NEW.organisation_id
                  AND p.key_id IS NOT NULL AND p.stale_at IS NULL AND {rests} AND {key};
            END IF;
            RETURN NULL;
        """,  # noqa: S608  # nosec B608  # words of ours
    )


# The facts by which a population is told, and of which codes each tells (kyc/directives/facts.py); a person's status and a
# document tell of nearly all.
OF_COUNTRY = ("customer.headquarters", "customer.parent", "customer.formed", "customer.concern", "key.used_from")
DETERMINED = ("customer.concern", "customer.owners")
pgtrigger.register(unsettles("status_unsettles", pgtrigger.Insert | pgtrigger.UpdateOf("valid_to")))(PersonStatus)
pgtrigger.register(unsettles("status_proof_unsettles", pgtrigger.Insert | pgtrigger.UpdateOf("valid_until")))(StatusProof)
pgtrigger.register(unsettles("attribute_unsettles", pgtrigger.Insert | pgtrigger.UpdateOf("valid_to"), facts=OF_COUNTRY))(
    Attribute
)
pgtrigger.register(unsettles("attribute_proof_unsettles", pgtrigger.Insert, facts=OF_COUNTRY))(AttributeProof)
pgtrigger.register(unsettles("determination_unsettles", pgtrigger.Insert, facts=DETERMINED))(Determination)
pgtrigger.register(unsettles("role_unsettles", pgtrigger.Insert | pgtrigger.UpdateOf("valid_to"), "NEW.kind = 'customer'"))(Role)
pgtrigger.register(unsettles("document_unsettles", pgtrigger.UpdateOf("removed_at", "intake")))(Document)
pgtrigger.register(
    unsettles("entity_unsettles", pgtrigger.Insert | pgtrigger.UpdateOf("ended_at", "valid_until"), facts=["customer.who"])
)(Entity)
pgtrigger.register(unsettles("review_unsettles", pgtrigger.Insert | pgtrigger.UpdateOf("superseded_at")))(DocumentReview)
OF_THIS_KEY = "EXISTS (SELECT 1 FROM kyc_key k WHERE k.id = p.key_id AND NEW.subject = 'key:' || k.prefix)"
pgtrigger.register(
    unsettles("abroad_unsettles", pgtrigger.Insert, "NEW.name = 'traffic_country'", facts=["key.used_from"], key=OF_THIS_KEY)
)(Fact)
pgtrigger.register(
    unsettles(
        "responsible_unsettles",
        pgtrigger.UpdateOf("responsible_id"),
        "NEW.responsible_id <> OLD.responsible_id",
        facts=["responsible.status"],
        key="p.key_id = NEW.id",
    )
)(Key)
