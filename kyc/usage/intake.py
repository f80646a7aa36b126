"""A batch of counters comes in: its rows, their sums a key and day, and the batch itself stand or fall together.

Whatever is lost on the way (the answer, a connection, a process), the gateway sends the same batch again: it counts once. Good
rows are taken and bad ones named, so that one bad row of a gateway's keeps back nothing of the others.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _
from psycopg import sql

from accounts import partitions, ranges, scope
from accounts.models import GatewayCredential
from accounts.refused import Refused
from config import jobs
from kyc.keys import foreign, pools, staged, uses
from kyc.keys.estate_models import ImportedKey
from kyc.keys.models import Key
from kyc.keys.pool_models import Unit
from kyc.keys.pools import Charge
from kyc.usage.models import UsageBatch, UsageRow, first_number
from kyc.usage.rows import LAST_ASN, PREFIX, BadRow, Reader, Row, Whose

MOST_ROWS = 10_000
# Batches that are written at the same moment, in all processes: with them, so many times MOST_ROWS wait at most.
AT_ONCE = 4
COLUMNS = ("id", *Row._fields)
COPIED = tuple(f"{name}_id" if name in {"organisation", "key"} else name for name in COLUMNS)
SLOT = "SELECT slot FROM generate_series(1, %s) AS slot WHERE pg_try_advisory_xact_lock(hashtext('kh_usage'), slot::int) LIMIT 1"
BEGIN = (
    "INSERT INTO kyc_usagebatch (gateway_id, batch, sha256, answer, received_at, state, claimed_by, claims, errors, failure) "
    "VALUES (%s, %s, %s, '{}', %s, 'queued', '', 0, 0, '') ON CONFLICT (gateway_id, batch) DO NOTHING RETURNING id"
)
# In one order, so that two batches of the same keys wait for each other and never in a circle.
SUM = """
INSERT INTO kyc_usageday AS standing
    (organisation_id, key_id, day, model, country, requests, tokens_in, tokens_out, errors, refusals, late)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::date[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[],
    %s::bigint[], %s::bigint[], %s::bigint[]) AS told (organisation, key, day, model, country) ORDER BY key, day, model, country
ON CONFLICT (key_id, day, model, country) DO UPDATE SET
    requests = standing.requests + excluded.requests, tokens_in = standing.tokens_in + excluded.tokens_in,
    tokens_out = standing.tokens_out + excluded.tokens_out, errors = standing.errors + excluded.errors,
    refusals = standing.refusals + excluded.refusals, late = standing.late + excluded.late
"""


class AnotherBatch(Refused):
    """Under this number another body came before."""


class Busy(Refused):
    """As many batches as may are being written."""


@dataclass(frozen=True)
class Sent:
    """A batch as it came: the gateway's number of it, its rows, and the SHA-256 of its body."""

    batch: UUID
    rows: Sequence[Any]
    sha256: str


class Place(NamedTuple):
    """Where sums stand: a key's day, by model and country."""

    organisation: int
    key: int
    day: date
    model: str
    country: str


def take(sent: Sent, *, credential: GatewayCredential, now: datetime | None = None) -> dict[str, Any]:
    """The answer, the same each time the batch is sent. Raises AnotherBatch, Busy."""
    at = now or datetime.now(UTC)
    with scope.everything():
        if (known := standing(sent, credential)) is not None:
            return known
        with connection.cursor() as cursor:
            cursor.execute(SLOT, [AT_ONCE])
            if cursor.fetchone() is None:
                raise Busy(_("Other batches are being written. Send this one again in as many seconds as Retry-After says."))
            # Waits for who sends the same at the same moment.
            cursor.execute(BEGIN, [credential.pk, sent.batch, sent.sha256, at])
            begun = cursor.fetchone()
        if begun is None:
            return standing(sent, credential) or {}
        batch = UsageBatch(pk=begun[0])
        rows, elsewhere, bad = read(sent.rows, credential, at)
        write(batch, rows)
        add_up(rows)
        pools.charge(charges(rows))
        staged.charge(requests(elsewhere))
        uses.write_down(last_hours(rows, at))
        answer = {
            "batch": str(sent.batch),
            "accepted": len(rows) + len(elsewhere),
            "late": sum(row.is_late for row in [*rows, *elsewhere]),
            "refused": len(sent.rows) - len(rows) - len(elsewhere),
            "bad": [{"reason": reason, "rows": places} for reason, places in bad.items()],
        }
        UsageBatch.objects.filter(pk=batch.pk).update(answer=answer)
        # What keys have in common is written from the rows, which nobody waits for (kyc/usage/signalled.py).
        jobs.woke("usage.taken")
    return answer


def standing(sent: Sent, credential: GatewayCredential) -> dict[str, Any] | None:
    found = UsageBatch.objects.filter(gateway=credential, batch=sent.batch).first()
    if found is None:
        return None
    if found.sha256 != sent.sha256:
        raise AnotherBatch(_("Another batch came under this number before. Give each batch a number of its own."))
    return in_order(found.answer)


def in_order(answer: dict[str, Any]) -> dict[str, Any]:
    """The database keeps names in an order of its own; each answer to a batch is the same to the letter."""
    return {name: answer[name] for name in ("batch", "accepted", "late", "refused")} | {
        "bad": [{"reason": one["reason"], "rows": one["rows"]} for one in answer["bad"]]
    }


Bad = dict[str, list[int]]


def read(rows: Sequence[Any], credential: GatewayCredential, now: datetime) -> tuple[list[Row], list[Row], Bad]:
    """The good rows of keys of ours, those of keys issued elsewhere, and by reason the places of those that are none."""
    named = {row["key"] for row in rows if isinstance(row, dict) and isinstance(row.get("key"), str)}
    ours = known(named, credential)
    theirs = known_elsewhere(named - ours.keys(), credential)
    access = ranges.of_operators(numbers(rows))
    reader, another = Reader(ours, now, access), Reader(theirs, now)
    good: list[Row] = []
    elsewhere: list[Row] = []
    bad: Bad = defaultdict(list)
    for place, row in enumerate(rows):
        is_theirs = bool(theirs) and isinstance(row, dict) and isinstance(row.get("key"), str) and row["key"] in theirs
        try:
            (elsewhere if is_theirs else good).append((another if is_theirs else reader).read(row))
        except BadRow as reason:
            bad[str(reason)].append(place)
    return good, elsewhere, bad


def numbers(rows: Sequence[Any]) -> set[int]:
    """Of the networks that rows name; whether a row is good is looked at later."""
    told = (row.get("asn") for row in rows if isinstance(row, dict))
    return {asn for asn in told if type(asn) is int and 0 < asn <= LAST_ASN}


def known(named: Iterable[str], credential: GatewayCredential) -> dict[str, Whose]:
    """The keys that rows name, revoked ones too, which were used before. As in introspection a sandbox's key is known to a
    gateway for test alone, and to that one no other."""
    prefixes = [name for name in named if PREFIX.fullmatch(name) or foreign.is_prefix(name)]
    whose = Q(organisation__sandbox="")
    found = Key.objects.filter(~whose if credential.for_test else whose, prefix__in=prefixes)
    told = found.values_list("prefix", "pk", "organisation_id", "issued_at")
    return {prefix: Whose(pk, of, since) for prefix, pk, of, since in told}


def known_elsewhere(named: Iterable[str], credential: GatewayCredential) -> dict[str, Whose]:
    """Keys that were issued elsewhere and are none of ours yet: they are no sandbox's."""
    prefixes = [] if credential.for_test else [name for name in named if foreign.is_prefix(name)]
    if not prefixes:
        return {}
    found = ImportedKey.objects.filter(prefix__in=prefixes).values_list("prefix", "pk", "organisation_id", "issued_on")
    return {prefix: Whose(pk, of, datetime.combine(since, time.min, UTC)) for prefix, pk, of, since in found}


def write(batch: UsageBatch, rows: Iterable[Row]) -> None:
    """By COPY, into the month itself (accounts/partitions.py). What stands in a row was judged and needs no escaping."""
    number = first_number(batch)
    by_month: dict[date, list[str]] = defaultdict(list)
    for place, row in enumerate(rows):
        values = (number + place, *row)
        by_month[row.hour.date().replace(day=1)].append("\t".join(["\\N" if value is None else str(value) for value in values]))
    for month, lines in by_month.items():
        if not partitions.stands(UsageRow, month):
            partitions.make(UsageRow, month)
        table = sql.Identifier(partitions.SCHEMA_NAME, partitions.name_of(UsageRow, month))
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(table, sql.SQL(", ").join(map(sql.Identifier, COPIED)))
        with connection.cursor() as cursor, cursor.cursor.copy(statement) as copy:
            copy.write("\n".join(lines) + "\n")


def add_up(rows: Iterable[Row]) -> None:
    sums: dict[Place, list[int]] = {}
    for row in rows:
        place = Place(row.organisation, row.key, row.hour.date(), row.model, row.country)
        told = [row.requests, row.tokens_in, row.tokens_out, row.errors, row.refusals, row.requests if row.is_late else 0]
        held = sums.get(place)
        sums[place] = told if held is None else [one + more for one, more in zip(held, told, strict=True)]
    if not sums:
        return
    columns = [*zip(*sums, strict=True), *zip(*sums.values(), strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(SUM, [list(column) for column in columns])


def last_hours(rows: Iterable[Row], now: datetime) -> dict[int, datetime]:
    """The last hour in which each key was used, by its number."""
    last: dict[int, datetime] = {}
    for row in rows:
        if row.requests:
            last[row.key] = max(last.get(row.key, row.hour), min(row.hour, now))
    return last


def requests(rows: Iterable[Row]) -> Counter[tuple[int, int, date]]:
    """Of keys that were issued elsewhere all that is kept: how many requests each made in a day, which the campaign limits."""
    sums: Counter[tuple[int, int, date]] = Counter()
    for row in rows:
        sums[row.organisation, row.key, row.hour.date()] += row.requests
    return sums


def charges(rows: Iterable[Row]) -> list[Charge]:
    """What limits are drawn upon with it: requests, tokens and money of each key and day."""
    sums: Counter[tuple[int, int, date, str, str]] = Counter()
    for row in rows:
        day = row.hour.date()
        sums[row.organisation, row.key, day, Unit.REQUESTS, ""] += row.requests
        sums[row.organisation, row.key, day, Unit.TOKENS, ""] += row.tokens_in + row.tokens_out
        if row.cost:
            sums[row.organisation, row.key, day, Unit.MONEY, row.currency] += row.cost
    return [Charge(*place, used=amount) for place, amount in sums.items() if amount]
