"""Limit pools that the keys of several organisations draw on together, as if they were one customer's.

They are drawn on as all others are (kyc/keys/pools.py). Who shares one with whom stands in PoolMember, which nobody but
investigators is shown (accounts/compartment.py): a gateway's question and whoever draws for it ask by the functions here, which
stand before the walls (accounts/walls.py) and answer only of those whose business it is. Whose key is refused so is told that a
limit is reached, and of no number of it: what is left would move with what others use.

What a window has spent is what those who are members have used in its time, also before they became so."""

from collections.abc import Collection

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, organisations
from accounts.models import Organisation, User
from accounts.permissions import Permission, require
from kyc.keys.limits import BadLimit, check
from kyc.keys.pool_models import LimitPool, PoolMember, Spending, Unit
from kyc.keys.pools import LET_GO, STARTS, execute

TODAY = "(statement_timestamp() AT TIME ZONE 'UTC')::date"
# Within a question about a key `k`. Few keys share any pool, so the rest of it stands in a function of its own, which is made
# ready only when it is come to.
REACHED = """CASE WHEN EXISTS (SELECT FROM kyc_poolmember m WHERE m.organisation_id = k.organisation_id AND m.ended_at IS NULL)
    THEN public.kh_shared_reached(k.organisation_id) END"""
# How many a sentence names.
NAMED = 10
# Whose business it is: the functions work as the owner of the tables, whom no wall stops, so they ask it by themselves.
FIRST, LAST = (f"nullif(current_setting('kh.{end}', true), '')::bigint" for end in ("first", "last"))
ASKED = "public.kh_shared_pools(bigint[]), public.kh_shared_spent(bigint, date), public.kh_shared_stops(bigint)"
FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION public.kh_shared_pools(keys bigint[]) RETURNS TABLE (key bigint, pool bigint)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp AS $$
    SELECT k.id, m.pool_id FROM kyc_key k JOIN kyc_poolmember m ON m.organisation_id = k.organisation_id AND m.ended_at IS NULL
    WHERE k.id = ANY(keys) AND k.organisation_id BETWEEN {FIRST} AND {LAST}
$$;
CREATE OR REPLACE FUNCTION public.kh_shared_spent(of_pool bigint, first_day date) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(sum(greatest(s.settled, s.used)), 0)::bigint FROM kyc_limitpool p
    JOIN kyc_poolmember m ON m.pool_id = p.id AND m.ended_at IS NULL
    JOIN kyc_spending s ON s.organisation_id = m.organisation_id AND s.unit = p.unit AND s.currency = p.currency
    WHERE p.id = of_pool AND s.day >= first_day AND {STARTS.format(day="s.day")} = first_day AND EXISTS (
        SELECT FROM kyc_poolmember mine
        WHERE mine.pool_id = of_pool AND mine.ended_at IS NULL AND mine.organisation_id BETWEEN {FIRST} AND {LAST}
    )
$$;
CREATE OR REPLACE FUNCTION public.kh_shared_reached(organisation bigint) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    RETURN EXISTS (
        SELECT FROM kyc_poolmember m JOIN kyc_limitpool p ON p.id = m.pool_id
        JOIN kyc_poolwindow w ON w.pool_id = p.id AND w.starts = {STARTS.format(day=TODAY)}
        WHERE m.organisation_id = organisation AND m.ended_at IS NULL AND w.spent >= p."limit"
    );
END $$;
CREATE OR REPLACE FUNCTION public.kh_shared_stops(organisation bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT $1 BETWEEN {FIRST} AND {LAST} AND public.kh_shared_reached($1)
$$;
REVOKE EXECUTE ON FUNCTION {ASKED}, public.kh_shared_reached(bigint) FROM PUBLIC;
"""  # noqa: S608  # nosec B608  # words of our own
# What an organisation has spent in the time of each window that there is, added to it, or taken away again.
COUNT = f"""
UPDATE kyc_poolwindow w SET spent = greatest(0, w.spent + %(sign)s * sums.spent) FROM (
    SELECT w.id, sum(greatest(s.settled, s.used)) AS spent FROM kyc_poolwindow w
    JOIN kyc_limitpool p ON p.id = w.pool_id
    JOIN kyc_spending s ON s.unit = p.unit AND s.currency = p.currency AND s.day >= w.starts
    WHERE p.id = %(pool)s AND s.organisation_id = %(organisation)s AND {STARTS.format(day="s.day")} = w.starts GROUP BY w.id
) AS sums WHERE w.id = sums.id
"""  # noqa: S608  # nosec B608  # words of our own
LET_GO_LEFT = LET_GO.format(
    which="organisation_id = %s AND window_id IN (SELECT w.id FROM kyc_poolwindow w WHERE w.pool_id = %s)"
)


def stops(organisation: Organisation) -> bool:
    """Whether one that it shares is reached and so refuses its keys; of those whose business it is, and of no number of it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.kh_shared_stops(%s)", [organisation.pk])
        return bool(cursor.fetchone()[0])


@transaction.atomic
def set_up(*, unit: str, period: str, limit: int, currency: str = "", by: User) -> LimitPool:
    """A pool that nobody draws on yet; whoever wants it writes the audit row, in the compartment. Raises BadLimit,
    NotPermitted."""
    require(by, Permission.HOLD_PLACE)
    check(unit, period, limit, currency)
    if not limit:
        raise BadLimit(_("A limit of 0 would stop every key without saying so. Place holds instead."))
    return LimitPool.objects.create(unit=unit, period=period, limit=limit, currency=currency, set_at=timezone.now(), set_by=by)


def refuse_another_currency(organisations: Collection[int], *, unit: str, currency: str) -> None:
    """Whoever is limited or spends in another currency would draw nothing on it. Raises BadLimit, which names them."""
    if unit != Unit.MONEY:
        return
    elsewhere = Q(organisation__in=organisations, unit=Unit.MONEY) & ~Q(currency=currency)
    numbers = [
        set(rows.filter(elsewhere).values_list("organisation", flat=True)) for rows in (LimitPool.objects, Spending.objects)
    ]
    if found := set().union(*numbers):
        names = ", ".join(Organisation.objects.filter(pk__in=found).order_by("name", "pk").values_list("name", flat=True)[:NAMED])
        raise BadLimit(
            _("Leave out whose money is counted in another currency, since this limit would count nothing of it: %(names)s.")
            % {"names": names},
            "currency",
        )


@transaction.atomic
def join(pool: LimitPool, organisation: Organisation, *, is_taken: bool = False, by: User) -> PoolMember:
    """All its keys draw on it from the next question on, and what they used in its time before counts. Repeated, it is
    silence. `is_taken` as with kyc.keys.appeals.restrict. Raises BadLimit for one whose money is counted in another currency."""
    if not is_taken:
        require(by, Permission.HOLD_PLACE)
    organisations.held(organisation.pk)
    LimitPool.objects.select_for_update().get(pk=pool.pk)
    if standing := PoolMember.objects.live().filter(pool=pool, organisation=organisation).first():
        return standing
    refuse_another_currency([organisation.pk], unit=pool.unit, currency=pool.currency)
    made = PoolMember.objects.create(pool=pool, organisation=organisation, added_at=timezone.now(), added_by=by)
    execute(COUNT, {"sign": 1, "pool": pool.pk, "organisation": organisation.pk})
    audit.record("limit.joined", target=made, by=by, pool=pool.pk)
    return made


@transaction.atomic
def leave(member: PoolMember, *, reason: str, is_taken: bool = False, by: User) -> PoolMember:
    """Its keys draw on it no more, what they used counts no more, and what they have reserved of it is let go. Repeated, it is
    silence. `is_taken` as with kyc.keys.appeals.restrict."""
    if not is_taken:
        require(by, Permission.HOLD_PLACE)
    organisations.held(member.organisation_id)
    LimitPool.objects.select_for_update().get(pk=member.pool_id)
    row = PoolMember.objects.select_for_update().get(pk=member.pk)
    if row.ended_at is None:
        row.ended_at, row.ended_by = timezone.now(), by
        row.save(update_fields=["ended_at", "ended_by"])
        execute(COUNT, {"sign": -1, "pool": row.pool_id, "organisation": row.organisation_id})
        execute(LET_GO_LEFT, [row.organisation_id, row.pool_id])
        audit.record("limit.left", target=row, by=by, reason=reason, pool=row.pool_id)
    return row
