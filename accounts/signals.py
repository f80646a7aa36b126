"""Leaving a signal: one statement, through a function of the owner's, so that whoever acts leaves one and can read none.

    signals.leave(organisation.pk, {Signal.Type.PHONE: ["+47 22 00 00 01"]})

It never fails what it is part of: of what the database refuses meanwhile nothing is kept but a warning in its log. An account of
whose business the transaction is not can be told of by nobody, and a sandbox's signals are none.
"""

import hmac
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.signal_models import DAYS, Signal
from accounts.vault import searching
from config import jobs

# Of a host that has a network of its own, which it changes its address in as it likes.
OWN_NETWORK = 64

# The function works as the owner of the tables, whom no wall stops, so it asks by itself whose business it is. In one order, so
# that two who tell of the same accounts wait for each other and never in a circle.
SCHEMA = """
CREATE FUNCTION kh_days_later(bits bigint, days bigint) RETURNS bigint LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
    SELECT CASE WHEN days > 62 THEN 0 ELSE (bits << days::integer) & 9223372036854775807 END
$$;
CREATE FUNCTION kh_day(at timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
    SELECT floor(extract(epoch FROM at) / 86400)::bigint
$$;
CREATE FUNCTION kh_leave_signals(
    organisations bigint[], types text[], digests uuid[], firsts timestamptz[], lasts timestamptz[], counts bigint[],
    buckets bigint[], hubs text[], whys text[], networks text[], asns bigint[]
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s' AS $$
DECLARE
    lowest bigint := nullif(current_setting('kh.first', true), '')::bigint;
    highest bigint := nullif(current_setting('kh.last', true), '')::bigint;
    arrived integer;
BEGIN
    IF EXISTS (SELECT FROM unnest(organisations) AS told (one) WHERE (one BETWEEN lowest AND highest) IS NOT TRUE) THEN
        RAISE EXCEPTION 'a signal is left of whose business it is' USING ERRCODE = 'insufficient_privilege';
    END IF;
    WITH told AS MATERIALIZED (
        SELECT one.organisation, one.type, one.value, one.first, one.last, one.count, one.bucket,
            coalesce(nullif(one.hub, ''), listed.hub) AS hub, coalesce(nullif(one.why, ''), listed.why) AS why
        FROM unnest(organisations, types, digests, firsts, lasts, counts, buckets, hubs, whys, networks, asns)
            AS one (organisation, type, value, first, last, count, bucket, hub, why, network, asn)
        JOIN public.accounts_organisation o ON o.id = one.organisation AND o.sandbox = ''
        LEFT JOIN LATERAL (
            SELECT r.hub, concat_ws(': ', r.source, nullif(r.name, '')) AS why FROM (
                SELECT n.* FROM public.accounts_range n WHERE one.network <> '' AND n.network >>= one.network::inet
                UNION ALL
                SELECT n.* FROM public.accounts_range n WHERE n.asn = one.asn
            ) AS r
            ORDER BY masklen(r.network) DESC NULLS LAST, r.source LIMIT 1
        ) AS listed ON true
    ), named AS (
        INSERT INTO public.accounts_signalvalue AS standing (type, value, accounts, first_seen, last_seen, hub, why, is_told)
        SELECT DISTINCT ON (told.value, told.type)
            told.type, told.value, 0, told.first, told.last, told.hub, left(told.why, 300), true
        FROM told
        WHERE told.hub IS NOT NULL AND NOT EXISTS (
            SELECT FROM public.accounts_signalvalue known
            WHERE (known.value, known.type, known.hub, known.why) = (told.value, told.type, told.hub, told.why) AND known.is_told
        )
        ORDER BY told.value, told.type
        ON CONFLICT (value, type) DO UPDATE SET hub = excluded.hub, why = excluded.why, is_told = true
    ), written AS (
        INSERT INTO public.accounts_signal AS standing (organisation_id, type, value, first_seen, last_seen, count, bucket)
        SELECT organisation, type, value, first, last, count, bucket FROM told ORDER BY organisation, type, value
        ON CONFLICT (organisation_id, type, value) DO UPDATE SET
            first_seen = least(standing.first_seen, excluded.first_seen),
            last_seen = greatest(standing.last_seen, excluded.last_seen),
            count = standing.count + excluded.count,
            bucket = public.kh_days_later(standing.bucket, greatest(0,
                    public.kh_day(excluded.last_seen) - public.kh_day(standing.last_seen)))
                | public.kh_days_later(excluded.bucket, greatest(0,
                    public.kh_day(standing.last_seen) - public.kh_day(excluded.last_seen)))
        RETURNING standing.organisation_id, standing.xmax = 0 AS is_new
    )
    INSERT INTO public.accounts_signalarrival (organisation_id, arrived_at, state, claimed_by, claims, errors, failure)
    SELECT DISTINCT organisation_id, statement_timestamp(), 'queued', '', 0, 0, '' FROM written WHERE is_new;
    GET DIAGNOSTICS arrived = ROW_COUNT;
    RETURN arrived;
EXCEPTION WHEN lock_not_available OR deadlock_detected OR serialization_failure OR check_violation THEN
    RAISE WARNING 'signals were not kept: %', SQLSTATE;
    RETURN 0;
END $$;
CREATE FUNCTION kh_look_again(organisation bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (organisation BETWEEN nullif(current_setting('kh.first', true), '')::bigint
        AND nullif(current_setting('kh.last', true), '')::bigint) IS NOT TRUE THEN
        RAISE EXCEPTION 'it is looked again by whose business it is' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO public.accounts_signalarrival (organisation_id, arrived_at, state, claimed_by, claims, errors, failure)
    SELECT o.id, statement_timestamp(), 'queued', '', 0, 0, ''
    FROM public.accounts_organisation o WHERE o.id = organisation AND o.sandbox = '';
END $$;
"""
FUNCTIONS = (
    "public.kh_leave_signals(bigint[], text[], uuid[], timestamptz[], timestamptz[], bigint[], bigint[], text[], text[],"
    " text[], bigint[])",
    "public.kh_look_again(bigint)",
)
LEAVE = """
SELECT kh_leave_signals(%s::bigint[], %s::text[], %s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::bigint[], %s::bigint[],
    %s::text[], %s::text[], %s::text[], %s::bigint[])
"""


COLUMNS = ("organisation", "type", "value", "first", "last", "count", "bucket", "hub", "why", "network", "asn")


def one_spelling(text: str) -> str:
    """Whatever the case, the width and the spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def mailbox(text: str) -> str:
    """Without what its owner may add to his own address as he likes."""
    local, _, domain = one_spelling(text).rpartition("@")
    return f"{local.partition('+')[0]}@{domain}" if local else ""


def plain(text: str) -> str:
    """An internet address in its one spelling; empty where it is none."""
    try:
        address = ip_address(text.strip().partition("%")[0])
    except ValueError:
        return ""
    return str(address.ipv4_mapped or address) if isinstance(address, IPv6Address) else str(address)


def household(text: str) -> str:
    """An internet address, of IPv6 the network, which is one host's or one house's."""
    address = plain(text)
    if not address or ip_address(address).is_loopback:
        return ""
    return f"{int(ip_address(address)) >> OWN_NETWORK:x}/{OWN_NETWORK}" if ":" in address else address


# By type, what of a text counts; of the others each character.
NORMALISED: dict[str, Callable[[str], str]] = {
    Signal.Type.EMAIL: mailbox,
    Signal.Type.DOMAIN: one_spelling,
    Signal.Type.PHONE: searching.digits,
    Signal.Type.ADDRESS: searching.characters,
    Signal.Type.OWNER: searching.characters,
    Signal.Type.DOCUMENT: searching.characters,
    Signal.Type.PAYMENT: searching.characters,
    Signal.Type.LOGIN_IP: household,
}
# Shorter ones are many people's by chance, and found by anybody who tries them all.
SHORTEST = 4


@lru_cache(maxsize=64)
def key(secret: str, type: str) -> bytes:
    """Another key for every type and for nothing else, so that no digest can be compared with one that was made elsewhere."""
    return searching.index_key(secret, f"signal {type}")


def value(type: str, text: str) -> UUID | None:
    """None where too little is left to tell two apart."""
    counts = NORMALISED[type](text) if type in NORMALISED else text
    if len(counts) < SHORTEST:
        return None
    return UUID(bytes=hmac.digest(key(settings.VAULT_INDEX_KEY, Signal.Type(type)), counts.encode(), "sha256")[:16])


@dataclass(frozen=True)
class Seen:
    """That an account showed a value from the first to the last of so many times. Whose the value is says `hub` with its reason,
    or whichever file of ranges has the address `network` or the operator `asn`, which are not kept."""

    organisation: int
    type: str
    value: UUID
    first: datetime
    last: datetime
    count: int = 1
    hub: str = field(default="", kw_only=True)
    why: str = field(default="", kw_only=True)
    network: str = field(default="", kw_only=True)
    asn: int | None = field(default=None, kw_only=True)

    def with_more(self, other: "Seen") -> "Seen":
        """Both together; whose it is says the first that says it."""
        return replace(
            self,
            first=min(self.first, other.first),
            last=max(self.last, other.last),
            count=self.count + other.count,
            hub=self.hub or other.hub,
            why=self.why or other.why,
            network=self.network or other.network,
            asn=self.asn or other.asn,
        )

    @property
    def bucket(self) -> int:
        """Of the days from `last` back, those of which it is known."""
        apart = self.last.astimezone(UTC).date() - self.first.astimezone(UTC).date()
        return 1 | (1 << apart.days if apart.days < DAYS else 0)


def seen(organisation: int, texts: Mapping[str, Iterable[str]], *, at: datetime | None = None) -> list[Seen]:
    """By type the texts that the account has just shown, or at another instant; those that tell nobody apart left out."""
    moment = at or timezone.now()
    found = {(type, digest): text for type, each in texts.items() for text in each if text and (digest := value(type, text))}
    return [
        Seen(organisation, type, digest, moment, moment, network=plain(text) if type == Signal.Type.LOGIN_IP else "")
        for (type, digest), text in sorted(found.items())
    ]


def leave(organisation: int, texts: Mapping[str, Iterable[str]], *, at: datetime | None = None) -> None:
    leave_all(seen(organisation, texts, at=at))


def leave_all(told: Iterable[Seen]) -> None:
    """Of many accounts at once."""
    rows = once(told)
    if not rows:
        return
    columns = [[getattr(one, name) for one in rows] for name in COLUMNS]
    with connection.cursor() as cursor:
        cursor.execute(LEAVE, columns)
        (arrived,) = cursor.fetchone()
    if arrived:
        jobs.woke("signal.arrived")


def once(told: Iterable[Seen]) -> list[Seen]:
    """A value of an account in one row, as the database asks."""
    found: dict[tuple[int, str, UUID], Seen] = {}
    for one in told:
        place = one.organisation, str(one.type), one.value
        found[place] = found[place].with_more(one) if place in found else one
    return list(found.values())


def look_again(organisation: int) -> None:
    """As if something new of the account had come."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kh_look_again(%s)", [organisation])
    jobs.woke("signal.arrived")
