"""Drawing on limit pools: reserve, settle, charge what usage tells, and what is left.

A key draws on its own, its project's and its organisation's pools, on those of the key that it was rolled to, and on those that
its organisation shares with others (kyc/keys/sharing.py), on all that limit what it uses or on none. The rows of the pools are
locked in one order, so that concurrent drawing is exact and never waits in a circle: organisations, pools, spending, windows.
(Organisations are held lightly: whoever sets a limit holds them fast, and nobody draws past a pool that is being made.)

**What was spent counts once.** A call may be settled (at once, by the gateway that reserved for it) and is told with the usage of
its hour besides. Of a key's day the greater of both sums counts: what was settled until usage has caught up, then what was
used. A key whose calls are never reserved is so charged as its usage comes in, and may by then have gone over its limit;
one whose calls are all reserved never does.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from accounts.refused import Refused
from kyc.keys import amounts
from kyc.keys.models import Key
from kyc.keys.pool_models import LimitPool, Period, PoolWindow, Reservation, Reserved, Unit

ALWAYS = date(1970, 1, 1)
MOST = 10**12
SHORTEST, LONGEST = timedelta(seconds=1), timedelta(hours=1)
# How long it is still known that a reservation was made.
REMEMBERED = timedelta(days=1)
A_PART = 5000
# Per cent of a limit from which on its page says so.
NEAR = 80

# Whether a key `k` draws on a pool `p`, and the stretch of it that a day is in.
DRAWS = """p.organisation_id = k.organisation_id
    AND (p.key_id = k.id OR p.key_id = (SELECT n.id FROM kyc_key n WHERE n.replaces_id = k.id)
        OR p.project_id = k.project_id OR (p.key_id IS NULL AND p.project_id IS NULL))"""
STARTS = "CASE p.period WHEN 'day' THEN {day} WHEN 'month' THEN date_trunc('month', {day})::date ELSE '1970-01-01' END"
TOLD = """unnest(%s::bigint[], %s::bigint[], %s::date[], %s::text[], %s::text[], %s::bigint[], %s::bigint[])
    AS t (organisation, key, day, unit, currency, settled, used)"""
HOLD_ORGANISATIONS = "SELECT id FROM accounts_organisation WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE"
# The pools that keys draw on.
OF_KEYS = f"""(
    SELECT p.id FROM kyc_key k JOIN kyc_limitpool p ON {DRAWS} WHERE k.id = ANY(%(keys)s)
    UNION ALL SELECT s.pool FROM public.kh_shared_pools(%(keys)s) AS s
)"""  # noqa: S608  # nosec B608  # words of our own
HOLD_POOLS = f"SELECT p.id FROM kyc_limitpool p WHERE p.id IN {OF_KEYS} ORDER BY p.id FOR UPDATE"  # noqa: S608  # nosec B608  # words of our own
# A window begins with what was spent in its time before anybody asked for it.
OPEN_WINDOWS = f"""
INSERT INTO kyc_poolwindow (organisation_id, pool_id, starts, spent, reserved)
SELECT p.organisation_id, p.id, needed.starts, CASE WHEN p.organisation_id IS NULL
THEN public.kh_shared_spent(p.id, needed.starts) ELSE coalesce((
    SELECT sum(greatest(s.settled, s.used)) FROM kyc_spending s JOIN kyc_key k ON k.id = s.key_id
    WHERE s.organisation_id = p.organisation_id AND s.unit = p.unit AND s.currency = p.currency AND {DRAWS}
      AND {STARTS.format(day="s.day")} = needed.starts
), 0) END, 0
FROM kyc_limitpool p JOIN (
    SELECT DISTINCT p.id, {STARTS.format(day="asked.day")} AS starts
    FROM kyc_limitpool p CROSS JOIN unnest(%s::date[]) AS asked (day) WHERE p.id = ANY(%s)
) AS needed ON needed.id = p.id
WHERE NOT EXISTS (SELECT FROM kyc_poolwindow w WHERE w.pool_id = p.id AND w.starts = needed.starts)
ON CONFLICT (pool_id, starts) DO NOTHING
"""  # noqa: S608  # nosec B608  # words of our own
CHARGE = f"""
WITH told AS (SELECT * FROM {TOLD}),
ledger AS (
    INSERT INTO kyc_spending AS s (organisation_id, key_id, day, unit, currency, settled, used)
    SELECT * FROM told ORDER BY key, day, unit, currency
    ON CONFLICT (key_id, day, unit, currency) DO UPDATE
        SET settled = s.settled + excluded.settled, used = s.used + excluded.used
    RETURNING s.*
),
grown AS (
    SELECT l.key_id, l.day, l.unit, l.currency,
        greatest(l.settled, l.used) - greatest(l.settled - t.settled, l.used - t.used) AS more
    FROM ledger l JOIN told t ON (t.key, t.day, t.unit, t.currency) = (l.key_id, l.day, l.unit, l.currency)
),
touched AS (
    SELECT w.id, g.more FROM grown g
    JOIN kyc_key k ON k.id = g.key_id
    JOIN kyc_limitpool p ON {DRAWS} AND (p.unit, p.currency) = (g.unit, g.currency)
    JOIN kyc_poolwindow w ON w.pool_id = p.id AND w.starts = {STARTS.format(day="g.day")}
    UNION ALL
    SELECT w.id, g.more FROM public.kh_shared_pools(ARRAY(SELECT key FROM told)) AS s
    JOIN grown g ON g.key_id = s.key
    JOIN kyc_limitpool p ON p.id = s.pool AND (p.unit, p.currency) = (g.unit, g.currency)
    JOIN kyc_poolwindow w ON w.pool_id = p.id AND w.starts = {STARTS.format(day="g.day")}
),
drawn AS (SELECT id, sum(more) AS more FROM touched GROUP BY id)
UPDATE kyc_poolwindow w SET spent = w.spent + drawn.more FROM drawn WHERE drawn.id = w.id AND drawn.more > 0
"""  # noqa: S608  # nosec B608  # words of our own
LET_GO = """
WITH gone AS (DELETE FROM kyc_reserved WHERE {which} RETURNING window_id, amount),
sums AS (SELECT window_id, sum(amount) AS amount FROM gone GROUP BY window_id)
UPDATE kyc_poolwindow w SET reserved = w.reserved - sums.amount FROM sums WHERE w.id = sums.window_id
"""
LET_GO_EXPIRED = LET_GO.format(which="window_id = ANY(%s) AND expires_at <= %s")
LET_GO_SETTLED = LET_GO.format(which="reservation_id = %s")
LEFT = f"""
SELECT p.id, p.unit, p.currency, p.period, p."limit", p.project_id, p.key_id, coalesce(w.spent, 0),
    coalesce(w.reserved, 0) - coalesce((
        SELECT sum(r.amount) FROM kyc_reserved r WHERE r.window_id = w.id AND r.expires_at <= %(now)s), 0),
    p.restriction_id IS NOT NULL
FROM kyc_key k JOIN kyc_limitpool p ON {DRAWS}
LEFT JOIN kyc_poolwindow w ON w.pool_id = p.id AND w.starts = {STARTS.format(day="%(day)s::date")}
WHERE k.id = %(key)s ORDER BY p.id
"""  # noqa: S608  # nosec B608  # words of our own

# The same within a query of the key `k`, as one JSON value: NULL of a key without limits. What is left falls below nothing where
# more was used than was reserved.
LEFT_AS_JSON = f"""(
    SELECT json_agg(json_build_object(
        'of', CASE WHEN p.key_id IS NOT NULL THEN 'key' WHEN p.project_id IS NOT NULL THEN 'project' ELSE 'organisation' END,
        'unit', p.unit, 'currency', p.currency, 'period', p.period, 'limit', p."limit", 'reserved', live.reserved,
        'left', p."limit" - coalesce(w.spent, 0) - live.reserved
    ) ORDER BY p.id)
    FROM kyc_limitpool p LEFT JOIN kyc_poolwindow w
        ON w.pool_id = p.id AND w.starts = {STARTS.format(day="(statement_timestamp() AT TIME ZONE 'UTC')::date")}
    CROSS JOIN LATERAL (
        SELECT coalesce(w.reserved, 0) - coalesce(sum(r.amount), 0)::bigint AS reserved
        FROM kyc_reserved r WHERE r.window_id = w.id AND r.expires_at <= statement_timestamp()
    ) AS live
    WHERE {DRAWS}
)"""  # noqa: S608  # nosec B608  # words of our own


class LimitReached(Refused):
    """A pool that the key draws on leaves less than that; without a pool it is the campaign's limit of a key that was issued
    elsewhere (kyc/keys/staged.py)."""

    def __init__(self, message: str, pool: LimitPool | None = None) -> None:
        super().__init__(message)
        self.pool = pool


class BadAmount(Refused):
    """Whole numbers of known units are reserved, for a while."""


class AnotherCurrency(Refused):
    """The money that the key may use is limited in another currency, which what is asked for would leave untouched."""


class AnotherReservation(Refused):
    """Under this number something else was reserved before."""


class NoSuchReservation(Refused):
    """Nothing was reserved under this number, or so long ago that nobody knows."""


@dataclass(frozen=True)
class Charge:
    """So much of one unit of one key on one day, as `used` or as `settled`. One such place stands once among those charged at
    once."""

    organisation: int
    key: int
    day: date
    unit: str
    currency: str
    settled: int = 0
    used: int = 0


@dataclass(frozen=True)
class Left:
    """What one pool leaves a key at a moment."""

    # 0 of the campaign's limit.
    pool: int
    unit: str
    currency: str
    period: str
    limit: int
    spent: int
    reserved: int
    # key, project or organisation.
    of: str
    resets_at: datetime | None
    # Whether it is part of what we did to the customer, which he may appeal against.
    restricts: bool = False

    @property
    def left(self) -> int:
        return max(0, self.limit - self.spent - self.reserved)


def execute(statement: str, values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


@transaction.atomic
def reserve(
    key: Key, amounts: Mapping[str, int], *, ttl: timedelta, currency: str = "", number: UUID, now: datetime | None = None
) -> Reservation:
    """Draws on all pools that limit what is asked for, or on none. Under the same number it is silence. Raises LimitReached,
    BadAmount, AnotherCurrency, AnotherReservation."""
    at, wanted = now or timezone.now(), checked(amounts, currency, ttl)
    execute(HOLD_ORGANISATIONS, [[key.organisation_id]])
    execute(HOLD_POOLS, {"keys": [key.pk]})
    if (known := Reservation.objects.filter(pk=number).first()) is not None:
        if (known.key_id, known.amounts, known.currency) != (key.pk, wanted, currency):
            raise AnotherReservation(_("Under this number something else was reserved before."))
        return known
    made = Reservation.objects.create(
        pk=number, organisation_id=key.organisation_id, key=key, amounts=wanted, currency=currency, made_at=at,
        expires_at=at + ttl,
    )  # fmt: skip
    windows = opened(key, wanted, currency, at)
    execute(LET_GO_EXPIRED, [[window.pk for window in windows], at])
    drawn_on = PoolWindow.objects.select_related("pool").filter(pk__in=[one.pk for one in windows]).order_by("pk")
    short = [one for one in drawn_on if one.spent + one.reserved + wanted[one.pool.unit] > one.pool.limit]
    # Its own first, of which it is told: one that several share is never named.
    if short := sorted(short, key=lambda one: one.pool.organisation_id is None):
        raise LimitReached(reached(short[0].pool), short[0].pool)
    for window in drawn_on:
        amount = wanted[window.pool.unit]
        PoolWindow.objects.filter(pk=window.pk).update(reserved=window.reserved + amount)
        Reserved.objects.create(
            organisation_id=key.organisation_id, reservation=made, window=window, amount=amount, expires_at=made.expires_at
        )
    return made


def checked(amounts: Mapping[str, int], currency: str, ttl: timedelta) -> dict[str, int]:
    if not amounts or any(unit not in Unit.values or not 0 < amount <= MOST for unit, amount in amounts.items()):
        raise BadAmount(_("Reserve whole numbers of requests, tokens or money, each above 0."))
    if (Unit.MONEY in amounts) != bool(currency):
        raise BadAmount(_("Say of which currency the money is."))
    if not SHORTEST <= ttl <= LONGEST:
        raise BadAmount(_("Reserve for at least a second and at most an hour."))
    return {str(unit): amount for unit, amount in amounts.items()}


def opened(key: Key, wanted: Mapping[str, int], currency: str, at: datetime) -> list[PoolWindow]:
    """Of each pool that limits what is asked for, the window of now; the pools are held. Raises AnotherCurrency."""
    day = at.astimezone(UTC).date()
    pools = [pool for pool in pools_of(key) if pool.unit in wanted]
    elsewhere = [pool for pool in pools if pool.unit == Unit.MONEY and pool.currency != currency]
    # One that its organisation shares refuses nothing of this kind: the sentence would tell of it.
    if of := next((pool.currency for pool in elsewhere if pool.organisation_id), ""):
        raise AnotherCurrency(_("The money of this key is limited in %(currency)s. Reserve it in that.") % {"currency": of})
    pools = [pool for pool in pools if pool not in elsewhere]
    starts = {pool.pk: begins(pool.period, day) for pool in pools}
    known = PoolWindow.objects.filter(pool__in=pools, starts__in=set(starts.values()))
    found = [window for window in known if starts[window.pool_id] == window.starts]
    if len(found) < len(pools):
        open_windows([pool.pk for pool in pools], [day])
        found = [window for window in known.all() if starts[window.pool_id] == window.starts]
    return found


def pools_of(key: Key) -> list[LimitPool]:
    query = f"SELECT p.* FROM kyc_limitpool p WHERE p.id IN {OF_KEYS}"  # noqa: S608  # nosec B608  # words of our own
    return list(LimitPool.objects.raw(query, {"keys": [key.pk]}))


def open_windows(pools: list[int], days: list[date]) -> None:
    execute(OPEN_WINDOWS, [days, pools])


def carry_over(old: Key, new: Key, *, by: User, at: datetime) -> list[LimitPool]:
    """The key that takes another's place has the same limits, and what was spent of them counts on: no roll begins a day
    anew. While both live, the old one draws on the new one's too; so does what it has reserved, once it is settled. The
    organisation is held fast."""
    day = at.astimezone(UTC).date()
    made = []
    for pool in LimitPool.objects.filter(key=old).order_by("pk"):
        open_windows([pool.pk], [day])
        stood = PoolWindow.objects.get(pool=pool, starts=begins(pool.period, day))
        told = {"unit": pool.unit, "currency": pool.currency, "period": pool.period, "limit": pool.limit}
        told["owners_most"] = pool.owners_most
        heir = LimitPool.objects.create(organisation_id=pool.organisation_id, key=new, **told, set_at=at, set_by=by)
        PoolWindow.objects.create(organisation_id=pool.organisation_id, pool=heir, starts=stood.starts, spent=stood.spent)
        made.append(heir)
    return made


def begins(period: str, day: date) -> date:
    return {Period.DAY: day, Period.MONTH: day.replace(day=1)}.get(Period(period), ALWAYS)


def reached(pool: LimitPool) -> str:
    return _("The limit of %(unit)s %(period)s leaves less than that.") % {
        "unit": pool.get_unit_display().lower(),
        "period": pool.get_period_display(),
    }


@transaction.atomic
def settle(number: UUID, actual: Mapping[str, int], *, now: datetime | None = None) -> Reservation:
    """What was really used takes the place of what was reserved, however much it is and also when the reservation is over: it
    counts on the day of the reservation. Repeated, it is silence. Raises NoSuchReservation, BadAmount."""
    found = Reservation.objects.filter(pk=number, key__isnull=False).first()
    if found is None:
        raise NoSuchReservation(_("Nothing is reserved under this number."))
    told = checked_actual(found, actual)
    execute(HOLD_ORGANISATIONS, [[found.organisation_id]])
    execute(HOLD_POOLS, {"keys": [found.key_id]})
    found.refresh_from_db()
    if found.settled_at is not None:
        return found
    execute(LET_GO_SETTLED, [found.pk])
    found.settled_at, found.actual = now or timezone.now(), told
    found.save(update_fields=["settled_at", "actual"])
    key, day = found.key_id or 0, found.made_at.astimezone(UTC).date()
    charge(
        Charge(found.organisation_id, key, day, unit, found.currency if unit == Unit.MONEY else "", settled=amount)
        for unit, amount in found.actual.items()
        if amount
    )
    return found


def checked_actual(reservation: Reservation, actual: Mapping[str, int]) -> dict[str, int]:
    if any(unit not in reservation.amounts or not 0 <= amount <= MOST for unit, amount in actual.items()):
        raise BadAmount(_("Settle whole numbers of the units that were reserved."))
    return {str(unit): amount for unit, amount in actual.items()}


def charge(charges: Iterable[Charge]) -> None:
    """Within a transaction. Never refused: what was used has been used."""
    told = list(charges)
    if not told:
        return
    execute(HOLD_ORGANISATIONS, [sorted({one.organisation for one in told})])
    pools = [pool for (pool,) in execute(HOLD_POOLS, {"keys": list({one.key for one in told})})]
    if pools:
        open_windows(pools, list({one.day for one in told}))
    columns = zip(*((o.organisation, o.key, o.day, o.unit, o.currency, o.settled, o.used) for o in told), strict=True)
    execute(CHARGE, [list(column) for column in columns])


def left_of(key: int, *, now: datetime | None = None) -> list[Left]:
    """What each pool leaves that key now, but for those that its organisation shares, of which nobody is told; one query.
    Reservations whose time is over hold nothing."""
    at = now or timezone.now()
    day = at.astimezone(UTC).date()
    return [
        Left(pool, unit, currency, period, limit, int(spent), int(reserved), of(project, own), resets(period, day), restricts)
        for pool, unit, currency, period, limit, project, own, spent, reserved, restricts in execute(
            LEFT, {"key": key, "now": at, "day": day}
        )
    ]


def of(project: int | None, key: int | None) -> str:
    return "key" if key else "project" if project else "organisation"


def resets(period: str, day: date) -> datetime | None:
    following = {Period.DAY: day + timedelta(days=1), Period.MONTH: (day.replace(day=1) + timedelta(days=31)).replace(day=1)}
    first = following.get(Period(period))
    return datetime.combine(first, time.min, UTC) if first else None


class Over:
    """For the sweeper: whether reservations stand there that nobody asks about any more."""

    name = "keys.reservations"

    def is_waiting(self) -> bool:
        return Reservation.objects.filter(expires_at__lt=timezone.now() - REMEMBERED).exists()


QUEUE = Over()


def forget() -> int:
    """Takes away reservations that are long over, with what they still hold; how many there were."""
    over, forgotten = Reservation.objects.filter(expires_at__lt=timezone.now() - REMEMBERED), 0
    while part := list(over.values_list("pk", "key")[:A_PART]):
        with transaction.atomic():
            execute(HOLD_POOLS, {"keys": sorted({key for _pk, key in part if key is not None})})
            execute(LET_GO.format(which="reservation_id = ANY(%s)"), [[pk for pk, _key in part]])
            forgotten += Reservation.objects.filter(pk__in=[pk for pk, _key in part]).delete()[0]
    return forgotten


@dataclass(frozen=True)
class Standing:
    """A pool, and how it stands now."""

    pool: LimitPool
    spent: int
    reserved: int

    @property
    def of(self) -> str:
        """The key's or the project's name; empty where it is the organisation's."""
        return str(self.pool.key.name if self.pool.key else self.pool.project or "")

    @property
    def left(self) -> int:
        return max(0, self.pool.limit - self.spent - self.reserved)

    @property
    def is_reached(self) -> bool:
        """Whether it refuses keys; what is only reserved may still be let go."""
        return self.spent >= self.pool.limit

    @property
    def per_cent(self) -> int:
        """Of the limit, how much is spent or reserved; 100 where nothing may be used."""
        return min(100, 100 * (self.spent + self.reserved) // self.pool.limit) if self.pool.limit else 100

    @property
    def told(self) -> dict[str, str]:
        """The numbers as they are read: the limit with what is counted."""
        pool, of = self.pool, {"left": self.left, "spent": self.spent, "reserved": self.reserved}
        limit = amounts.measured(pool.limit, pool.unit, pool.currency)
        return {"limit": limit} | {name: amounts.shown(number, pool.currency) for name, number in of.items()}

    @property
    def until(self) -> datetime | None:
        """When it begins anew; None of what is limited in total."""
        return resets(self.pool.period, timezone.now().astimezone(UTC).date())

    def is_drawn_on_by(self, key: Key) -> bool:
        if self.pool.key:
            return key.pk in {self.pool.key_id, self.pool.key.replaces_id}
        return self.pool.project_id in {None, key.project_id}

    @property
    def tone(self) -> str:
        return "bad" if not self.left else "warn" if self.per_cent >= NEAR else "good"


def stopping(key: Key, pools: Iterable[Standing]) -> Standing | None:
    """Of those the one that leaves the key nothing for longest."""
    over = [one for one in pools if one.is_reached and one.is_drawn_on_by(key)]
    return max(over, key=lambda one: one.until or datetime.max.replace(tzinfo=UTC), default=None)


def standing(organisation: Organisation, key: Key | None = None) -> list[Standing]:
    """All pools of the organisation, or those that the key draws on: the organisation's first, then projects', then keys'."""
    at = timezone.now()
    day = at.astimezone(UTC).date()
    found = LimitPool.objects.filter(organisation=organisation).select_related("project", "key")
    if key is not None:
        found = found.filter(Q(key=key) | Q(key__replaces=key) | Q(project=key.project_id) | Q(key=None, project=None))
    held = Reserved.objects.filter(window=OuterRef("pk"), expires_at__gt=at).order_by()
    sums = held.values("window").annotate(all=Sum("amount")).values("all")
    windows = {
        (window.pool_id, window.starts): window
        for window in PoolWindow.objects.filter(pool__in=found.order_by().values("pk"))
        .filter(starts__in=[day, day.replace(day=1), ALWAYS])
        .annotate(now_reserved=Coalesce(Subquery(sums), 0))
    }
    rows = []
    for pool in found.order_by(F("key").asc(nulls_first=True), F("project").asc(nulls_first=True), "unit", "period"):
        window = windows.get((pool.pk, begins(pool.period, day)))
        rows.append(Standing(pool, window.spent if window else 0, window.now_reserved if window else 0))
    return rows
