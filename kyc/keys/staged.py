"""The limit of the campaign, drawn on by keys that were issued elsewhere: so many requests a day for each, from the day on which
its account is limited.

No pool stands for it: it is a number of the account's (Remediation.requests_a_day), is in force by the clock alone, and there
are as many such keys as a provider ever issued. The key's own day is the counter, and its row is held while it is drawn on, so
that it is exact however many draw at once. What is reserved is added up from the few reservations that live."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from kyc.keys.estate_models import ImportedKey
from kyc.keys.pool_models import Period, Reservation, Unit
from kyc.keys.pools import (
    AnotherReservation,
    Left,
    LimitReached,
    NoSuchReservation,
    checked,
    checked_actual,
    execute,
    resets,
)
from kyc.keys.staged_models import StagedDay

# How long a day is known after it is over, for reservations that are settled late. Usage that comes later still counts anew, in
# vain.
REMEMBERED = timedelta(days=2)
A_PART = 5000
# What lives of the reservations that an imported key `i` made on a day.
RESERVED = """(
    SELECT coalesce(sum((r.amounts ->> 'requests')::bigint), 0)::bigint FROM kyc_reservation r
    WHERE r.imported_id = i.id AND r.settled_at IS NULL AND r.expires_at > {now} AND (r.made_at AT TIME ZONE 'UTC')::date = {day}
)"""
SPENT = "coalesce((SELECT greatest(s.settled, s.used) FROM kyc_stagedday s WHERE s.key_id = i.id AND s.day = {day}), 0)"
NOW, TODAY = "statement_timestamp()", "(statement_timestamp() AT TIME ZONE 'UTC')::date"
# Within a query of the imported key `i` and its account's row `m`, as the limits of a key of ours stand in an answer.
LEFT_AS_JSON = f"""CASE WHEN m.limited_at <= {NOW} THEN (
    SELECT json_build_array(json_build_object(
        'of', 'key', 'unit', 'requests', 'currency', '', 'period', 'day', 'limit', m.requests_a_day, 'reserved', told.reserved,
        'left', m.requests_a_day - told.spent - told.reserved
    )) FROM (SELECT {SPENT.format(day=TODAY)} AS spent, {RESERVED.format(now=NOW, day=TODAY)} AS reserved) AS told
) END"""  # noqa: S608  # nosec B608  # words of our own
LEFT = f"""
SELECT m.requests_a_day, {SPENT.format(day="%(day)s::date")}, {RESERVED.format(now="%(now)s", day="%(day)s::date")}
FROM kyc_importedkey i JOIN kyc_remediation m ON m.id = i.remediation_id WHERE i.id = %(key)s AND m.limited_at <= %(now)s
"""  # noqa: S608  # nosec B608  # words of our own
# In one order, so that two batches of the same keys wait for each other and never in a circle.
COUNT = """
INSERT INTO kyc_stagedday AS standing (organisation_id, key_id, day, settled, used)
SELECT organisation, key, day, settled, used FROM unnest(%s::bigint[], %s::bigint[], %s::date[], %s::bigint[], %s::bigint[])
    AS told (organisation, key, day, settled, used) ORDER BY key, day
ON CONFLICT (key_id, day) DO UPDATE
    SET settled = standing.settled + excluded.settled, used = standing.used + excluded.used
"""


@transaction.atomic
def reserve(
    key: ImportedKey,
    amounts: Mapping[str, int],
    *,
    ttl: timedelta,
    currency: str = "",
    number: UUID,
    now: datetime | None = None,
) -> Reservation:
    """As pools.reserve. Only requests are limited; what else is reserved is only remembered. Raises LimitReached, BadAmount,
    AnotherReservation."""
    at, wanted = now or timezone.now(), checked(amounts, currency, ttl)
    hold(key, at.astimezone(UTC).date())
    if (known := Reservation.objects.filter(pk=number).first()) is not None:
        if (known.imported_id, known.amounts, known.currency) != (key.pk, wanted, currency):
            raise AnotherReservation(_("Under this number something else was reserved before."))
        return known
    requests = wanted.get(Unit.REQUESTS, 0)
    if any(requests > one.limit - one.spent - one.reserved for one in left_of(key, now=at)):
        raise LimitReached(_("What this key may use in a day, until its holder is verified, leaves less than that."))
    return Reservation.objects.create(
        pk=number, organisation_id=key.organisation_id, imported=key, amounts=wanted, currency=currency, made_at=at,
        expires_at=at + ttl,
    )  # fmt: skip


def hold(key: ImportedKey, day: date) -> None:
    count([(key.organisation_id, key.pk, day, 0, 0)])


@transaction.atomic
def settle(number: UUID, actual: Mapping[str, int], *, now: datetime | None = None) -> Reservation:
    """As pools.settle. Raises NoSuchReservation, BadAmount."""
    found = Reservation.objects.select_for_update().filter(pk=number, imported__isnull=False).first()
    if found is None:
        raise NoSuchReservation(_("Nothing is reserved under this number."))
    told = checked_actual(found, actual)
    if found.settled_at is not None:
        return found
    found.settled_at, found.actual = now or timezone.now(), told
    found.save(update_fields=["settled_at", "actual"])
    day = found.made_at.astimezone(UTC).date()
    count([(found.organisation_id, found.imported_id, day, told.get(Unit.REQUESTS, 0), 0)])
    return found


def charge(used: Mapping[tuple[int, int, date], int]) -> None:
    """Within a transaction: requests that usage told, by organisation, key and day. Never refused: used is used."""
    count([(*place, 0, requests) for place, requests in used.items() if requests])


def count(told: list[tuple[Any, ...]]) -> None:
    """Rows of organisation, key, day, settled and used; each place stands once among them. Holds them until the end."""
    if told:
        execute(COUNT, [list(column) for column in zip(*told, strict=True)])


def left_of(key: ImportedKey, *, now: datetime | None = None) -> list[Left]:
    """What the campaign leaves that key now: one limit, or none before its account is limited; one query."""
    at = now or timezone.now()
    day = at.astimezone(UTC).date()
    return [
        Left(0, Unit.REQUESTS, "", Period.DAY, limit, int(spent), int(reserved), "key", resets(Period.DAY, day))
        for limit, spent, reserved in execute(LEFT, {"key": key.pk, "now": at, "day": day})
    ]


def over() -> QuerySet[StagedDay]:
    return StagedDay.objects.filter(day__lt=timezone.now().astimezone(UTC).date() - REMEMBERED)


class Over:
    """For the sweeper: whether days are counted that nobody asks about any more."""

    name = "keys.staged_days"

    def is_waiting(self) -> bool:
        return over().exists()


QUEUE = Over()


def forget() -> int:
    """Takes away days that are long over; how many there were."""
    forgotten = 0
    while part := list(over().values_list("pk", flat=True)[:A_PART]):
        forgotten += StagedDay.objects.filter(pk__in=part).delete()[0]
    return forgotten
