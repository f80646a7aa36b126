"""The minute series of a directive: how many keys stood where, and how many were refused."""

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from kyc.directives import tiers
from kyc.directives.models import Directive, DirectiveMinute
from kyc.keys.closed import CLOSED, EVERY

# For so long after a tier began each minute is noted, and else each day.
EACH_MINUTE = timedelta(minutes=10)
DAY = timedelta(days=1)
# By this directive alone, whatever another closes.
CLOSED_TO = CLOSED.format(clock="statement_timestamp()", key="k.id", organisation="k.organisation_id")
CLOSED_TO_ALL = CLOSED.format(clock="statement_timestamp()", key="NULL", organisation="i.organisation_id")
REFUSED = f"""EXISTS (
    SELECT FROM ({CLOSED_TO} AND s.id = %(standing)s) AS shut
    WHERE shut.tier = '{EVERY}' OR k.tiers = '{{}}' OR shut.tier = ANY (k.tiers::text[]))"""  # nosec B608  # words of ours
COUNT = f"""
SELECT count(*), count(*) FILTER (WHERE told.stands = 'outside'), count(*) FILTER (WHERE told.stands = 'inside'),
    count(*) FILTER (WHERE told.stands = 'unproven'), count(*) FILTER (WHERE told.stands = 'unchecked'),
    count(*) FILTER (WHERE told.stands <> 'outside' AND told.is_refused),
    count(*) FILTER (WHERE told.stands = 'outside' AND told.is_refused)
FROM (
    SELECT CASE
        WHEN own.id IS NOT NULL THEN 'outside'
        WHEN f.id IS NULL OR f.stale_at IS NOT NULL OR f.valid_until <= statement_timestamp() THEN 'unchecked'
        ELSE f.verdict
    END AS stands, {REFUSED} AS is_refused
    FROM kyc_key k JOIN accounts_organisation o ON o.id = k.organisation_id AND o.sandbox = ''
    LEFT JOIN kyc_standingproof f ON f.standing_id = %(standing)s AND f.key_id = k.id
    LEFT JOIN kyc_standingproof own ON own.standing_id = %(standing)s AND own.organisation_id = k.organisation_id
        AND own.key_id IS NULL AND own.stale_at IS NULL AND own.valid_until > statement_timestamp()
    WHERE k.state <> 'revoked' AND {tiers.HAS}
) AS told
"""  # noqa: S608  # nosec B608  # conditions of ours
# Keys that were issued elsewhere, each refused while any tier is closed of whose customer is not left out (kyc/keys/asking.py).
IMPORTED = f"""
SELECT count(*), count(*) FILTER (WHERE EXISTS ({CLOSED_TO_ALL} AND s.id = %(standing)s)) {tiers.IMPORTED}
"""  # nosec B608  # conditions of ours
IMPORTED_COLUMNS = ("imported", "imported_refused")
COLUMNS = ("keys", "outside", "inside", "unproven", "unchecked", "refused", "refused_outside")


def now(directive: Directive) -> dict[str, int]:
    """Keys that have a tier of it that has begun; before the first, any."""
    closed = tiers.begun_codes(directive) or tiers.named(directive.tiers)
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"standing": directive.standing_id, "tiers": closed})
        found = dict(zip(COLUMNS, cursor.fetchone(), strict=True))
        cursor.execute(IMPORTED, {"standing": directive.standing_id})
        return found | dict(zip(IMPORTED_COLUMNS, cursor.fetchone(), strict=True))


def note(directive: Directive, at: datetime | None = None) -> None:
    """This minute, once: its first look stands."""
    minute = (at or timezone.now()).replace(second=0, microsecond=0)
    if not DirectiveMinute.objects.filter(directive=directive, minute=minute).exists():
        row = DirectiveMinute(directive=directive, minute=minute, **now(directive))
        DirectiveMinute.objects.bulk_create([row], ignore_conflicts=True)


def is_due(directive: Directive) -> bool:
    """Whether a minute is to be noted where nothing else is to be done of an order that was taken: each one until shortly after a
    tier began, and else a day's. Whoever has something to do of it notes the minute besides (carrying.carry)."""
    moment = timezone.now()
    last = directive.minutes.order_by("-minute").values_list("minute", flat=True).first()
    moved = directive.standing.tiers.filter(begins_at__gt=moment - EACH_MINUTE, begins_at__lte=moment).exists()
    pause = timedelta(minutes=1) if moved else DAY
    return last is None or last <= moment - pause
