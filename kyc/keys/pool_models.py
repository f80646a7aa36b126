"""How much keys may be used: limit, spent, reserved."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from accounts.models import Organisation, Project, User
from kyc.keys.appeal_models import Restriction
from kyc.keys.estate_models import ImportedKey
from kyc.keys.models import Key, stray


class Unit(models.TextChoices):
    REQUESTS = "requests", _("Requests")
    TOKENS = "tokens", _("Tokens")
    # Millionths of the currency's unit.
    MONEY = "money", _("Money")


class Period(models.TextChoices):
    DAY = "day", _("a day")
    MONTH = "month", _("a month")
    TOTAL = "total", _("in total")


OF_MONEY = Q(unit=Unit.MONEY, currency__regex="^[A-Z]{3}$") | ~Q(unit=Unit.MONEY) & Q(currency="")


@tracked()
class LimitPool(models.Model):
    """How much may be drawn in a day or month (UTC) or in all, by one key, by all of a project, by all of an organisation, or by
    all of several together, who then are its members. A key draws on every pool that it stands in."""

    # None of one that several draw on.
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True)
    project = models.ForeignKey(Project, models.PROTECT, null=True, blank=True)
    key = models.ForeignKey(Key, models.PROTECT, null=True, blank=True)
    unit = models.CharField(max_length=20, choices=Unit.choices)
    currency = models.CharField(max_length=3, blank=True)
    period = models.CharField(max_length=20, choices=Period.choices)
    limit = models.BigIntegerField()
    # Of what we did to the customer it is a part, and ends with it.
    restriction = models.ForeignKey(Restriction, models.PROTECT, null=True, blank=True, related_name="limits")
    # What an owner of the account has set of a project or key: its other members set no more, and do not remove it.
    owners_most = models.BigIntegerField(null=True, blank=True)
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_limit_of_a_kind",
                fields=["organisation", "project", "key", "unit", "currency", "period", "restriction"],
                condition=Q(organisation__isnull=False),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="shared_limit_is_of_members_alone",
                condition=Q(organisation__isnull=False)
                | Q(project__isnull=True, key__isnull=True, owners_most__isnull=True, limit__gt=0),
            ),
            models.CheckConstraint(
                name="restricting_limit_is_of_all_keys",
                condition=Q(restriction__isnull=True)
                | Q(organisation__isnull=False, project__isnull=True, key__isnull=True, limit__gt=0),
            ),
            models.CheckConstraint(name="limit_is_of_one", condition=Q(project__isnull=True) | Q(key__isnull=True)),
            models.CheckConstraint(name="limit_is_never_negative", condition=Q(limit__gte=0)),
            models.CheckConstraint(
                name="limit_is_within_the_owners", condition=Q(owners_most__isnull=True) | Q(owners_most__gte=F("limit"))
            ),
            models.CheckConstraint(name="limit_of_money_names_currency", condition=OF_MONEY),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="limit_stays_in_its_organisation",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=f"{stray('key_id', 'kyc_key')} {stray('project_id', 'accounts_project')}"
                f"{stray('restriction_id', 'kyc_restriction')} RETURN NEW;",
            ),
            # Between currencies nothing adds up: what is drawn in one would leave a limit in another untouched.
            pgtrigger.Trigger(
                name="money_is_limited_in_one_currency",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    IF NEW.unit = 'money' AND EXISTS (
                        SELECT 1 FROM kyc_limitpool p WHERE p.organisation_id = NEW.organisation_id AND p.unit = 'money'
                            AND p.currency <> NEW.currency AND p.id <> NEW.id
                    ) THEN
                        RAISE EXCEPTION 'the money of one customer is limited in one currency' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.limit} {self.get_unit_display()} {self.get_period_display()}"


class PoolMemberQuerySet(models.QuerySet["PoolMember"]):
    def live(self) -> "PoolMemberQuerySet":
        return self.filter(ended_at__isnull=True)


@tracked()
class PoolMember(models.Model):
    """That all keys of an organisation draw on a pool that several share, from, to. Nobody but investigators is shown who else
    does (accounts/compartment.py)."""

    confined = True

    pool = models.ForeignKey(LimitPool, models.PROTECT, related_name="members")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = PoolMemberQuerySet.as_manager()

    class Meta:
        # What a question about a key looks up.
        indexes = [models.Index(name="poolmember_live", fields=["organisation"], condition=Q(ended_at__isnull=True))]
        constraints = [
            models.UniqueConstraint(
                name="member_of_a_pool_once", fields=["pool", "organisation"], condition=Q(ended_at__isnull=True)
            ),
            models.CheckConstraint(
                name="poolmember_ended_at_and_by",
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False, ended_at__gte=F("added_at")),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="poolmember_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func="""
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'that keys drew on a pool is never deleted' USING ERRCODE = 'check_violation';
                    ELSIF TG_OP = 'INSERT' THEN
                        IF EXISTS (SELECT 1 FROM kyc_limitpool p WHERE p.id = NEW.pool_id AND p.organisation_id IS NOT NULL) THEN
                            RAISE EXCEPTION 'a pool of one organisation has no members' USING ERRCODE = 'check_violation';
                        END IF;
                        IF EXISTS (
                            SELECT 1 FROM kyc_limitpool p JOIN kyc_limitpool own ON own.organisation_id = NEW.organisation_id
                            WHERE p.id = NEW.pool_id AND p.unit = 'money' AND own.unit = 'money' AND own.currency <> p.currency
                        ) THEN
                            RAISE EXCEPTION 'who is limited in another currency draws nothing on it'
                                USING ERRCODE = 'check_violation';
                        END IF;
                    ELSIF OLD.ended_at IS NOT NULL OR ROW(NEW.id, NEW.pool_id, NEW.organisation_id, NEW.added_by_id)
                        IS DISTINCT FROM ROW(OLD.id, OLD.pool_id, OLD.organisation_id, OLD.added_by_id) THEN
                        RAISE EXCEPTION 'who drew on a pool does not change, and ended it stays ended'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]


class PoolWindow(models.Model):
    """One stretch of a pool: what was spent of it, and what is reserved. A counter, so that nothing need be added up when a key
    is used. `reserved` holds what has run out too until somebody draws again; questions leave that out."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    pool = models.ForeignKey(LimitPool, models.CASCADE)
    # The day or the first of the month; of what is limited in total, the beginning of time.
    starts = models.DateField()
    spent = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_window_a_stretch", fields=["pool", "starts"]),
            models.CheckConstraint(name="pool_is_never_negative", condition=Q(spent__gte=0, reserved__gte=0)),
        ]
        triggers = [
            # What was used has been used, though it was told late; but nobody reserves what is not there.
            pgtrigger.Trigger(
                name="nothing_reserved_beyond_limit",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                declare=[("before", "bigint")],
                func="""
                    IF TG_OP = 'UPDATE' THEN before := OLD.reserved; ELSE before := 0; END IF;
                    IF NEW.reserved > before AND NEW.spent + NEW.reserved >
                        (SELECT p."limit" FROM kyc_limitpool p WHERE p.id = NEW.pool_id) THEN
                        RAISE EXCEPTION 'no more is reserved than the limit leaves' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]


class Spending(models.Model):
    """What one key has used of one unit on one day: as reservations were settled, and as usage told. Whichever is more counts,
    so that a call that was settled and told counts once."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    key = models.ForeignKey(Key, models.PROTECT)
    day = models.DateField()
    unit = models.CharField(max_length=20, choices=Unit.choices)
    currency = models.CharField(max_length=3, blank=True)
    settled = models.BigIntegerField(default=0)
    used = models.BigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(name="spending_of_organisation", fields=["organisation", "unit", "day"])]
        constraints = [
            models.UniqueConstraint(name="one_spending_a_day", fields=["key", "day", "unit", "currency"]),
            models.CheckConstraint(name="spending_is_never_negative", condition=Q(settled__gte=0, used__gte=0)),
            models.CheckConstraint(name="spending_of_money_names_currency", condition=OF_MONEY),
        ]


class Reservation(models.Model):
    """That a key may use so much until it is settled or its time is over: one of ours, or one that was issued elsewhere."""

    # Made by who asks, so that asking twice reserves once.
    id = models.UUIDField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    key = models.ForeignKey(Key, models.PROTECT, null=True, blank=True)
    imported = models.ForeignKey(ImportedKey, models.PROTECT, null=True, blank=True, related_name="+")
    # By unit.
    amounts = models.JSONField()
    currency = models.CharField(max_length=3, blank=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    actual = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(name="reservation_over", fields=["expires_at"])]
        constraints = [
            models.CheckConstraint(name="reservation_expires_later", condition=Q(expires_at__gt=F("made_at"))),
            models.CheckConstraint(
                name="reservation_is_of_one",
                condition=Q(key__isnull=False, imported__isnull=True) | Q(key__isnull=True, imported__isnull=False),
            ),
        ]


class Reserved(models.Model):
    """What a reservation holds of one window."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    reservation = models.ForeignKey(Reservation, models.CASCADE)
    window = models.ForeignKey(PoolWindow, models.CASCADE, related_name="+")
    amount = models.BigIntegerField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(name="reserved_over", fields=["window", "expires_at"])]
        constraints = [
            models.UniqueConstraint(name="reserved_once", fields=["reservation", "window"]),
            models.CheckConstraint(name="something_is_reserved", condition=Q(amount__gt=0)),
        ]
