"""Leaving a signal: one statement, through a function of the owner's, so that whoever acts leaves one and can read none.

    signals.leave(organisation.pk, {Signal.Type.PHONE: ["+47 22 00 00 01"]})

It never fails what it is part of, unless that asks for it: of what the database refuses meanwhile nothing is kept but a warning
in its log. An account of
whose business the transaction is not can be told of by nobody, a sandbox's signals are none, and nothing was seen of an account
before it was opened: what ended before is none, what began before, as the hour does in which a key was used first, begins then.
"""

import hmac
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.signal_models import Signal
from accounts.vault import searching
from config import jobs

# Of a host that has a network of its own, which it changes its address in as it likes.
OWN_NETWORK = 64

# The function works as the owner of the tables, whom no wall stops, so it asks by itself whose business it is. In one order, so
# that two who tell of the same accounts wait for each other and never in a circle.
SCHEMA = """
CREATE FUNCTION kh_leave_signals(
    organisations bigint[], types text[], digests uuid[], firsts timestamptz[], lasts timestamptz[], counts bigint[],
    networks text[], asns bigint[], must boolean
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
        SELECT one.organisation, one.type, one.value, greatest(one.first, o.created_at) AS first, one.last, one.count,
            listed.hub, listed.why
        FROM unnest(organisations, types, digests, firsts, lasts, counts, networks, asns)
            AS one (organisation, type, value, first, last, count, network, asn)
        JOIN public.accounts_organisation o
            ON o.id = one.organisation AND o.sandbox = '' AND o.created_at <= one.last
        LEFT JOIN LATERAL (
            SELECT r.hub, concat_ws(': ', r.source, nullif(r.name, '')) AS why FROM (
                SELECT n.* FROM public.accounts_range n WHERE one.network <> '' AND n.network >>= one.network::inet
                UNION ALL
                SELECT n.* FROM public.accounts_range n WHERE n.asn = one.asn
            ) AS r
            WHERE one.type IN ('login_ip', 'api_ip')
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
        INSERT INTO public.accounts_signal AS standing (organisation_id, type, value, first_seen, last_seen, count)
        SELECT organisation, type, value, first, last, count FROM told ORDER BY organisation, type, value
        ON CONFLICT (organisation_id, type, value) DO UPDATE SET
            first_seen = least(standing.first_seen, excluded.first_seen),
            last_seen = greatest(standing.last_seen, excluded.last_seen),
            count = standing.count + excluded.count
        RETURNING standing.organisation_id, standing.xmax = 0 AS is_new
    )
    INSERT INTO public.accounts_signalarrival (organisation_id, arrived_at, state, claimed_by, claims, errors, failure)
    SELECT DISTINCT organisation_id, statement_timestamp(), 'queued', '', 0, 0, '' FROM written WHERE is_new;
    GET DIAGNOSTICS arrived = ROW_COUNT;
    RETURN arrived;
EXCEPTION WHEN lock_not_available OR deadlock_detected OR serialization_failure OR check_violation THEN
    IF must THEN RAISE; END IF;
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
    "public.kh_leave_signals(bigint[], text[], uuid[], timestamptz[], timestamptz[], bigint[], text[], bigint[], boolean)",
    "public.kh_look_again(bigint)",
)
LEAVE = """
SELECT kh_leave_signals(%s::bigint[], %s::text[], %s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::bigint[], %s::text[],
    %s::bigint[], %s)
"""


COLUMNS = ("organisation", "type", "value", "first", "last", "count", "network", "asn")


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
    """That an account showed a value from the first to the last of so many times. Whose an address is says whichever file of
    ranges has the address `network` or the operator `asn`, which are not kept."""

    organisation: int
    type: str
    value: UUID
    first: datetime
    last: datetime
    count: int = 1
    network: str = field(default="", kw_only=True)
    asn: int | None = field(default=None, kw_only=True)

    def with_more(self, other: "Seen") -> "Seen":
        """Both together; whose it is says the first that says it."""
        return replace(
            self,
            first=min(self.first, other.first),
            last=max(self.last, other.last),
            count=self.count + other.count,
            network=self.network or other.network,
            asn=self.asn or other.asn,
        )


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


def leave_all(told: Iterable[Seen], *, must: bool = False) -> None:
    """Of many accounts at once. What `must` be kept raises the database's own error where it cannot be."""
    rows = once(told)
    if not rows:
        return
    columns = [[getattr(one, name) for one in rows] for name in COLUMNS]
    with connection.cursor() as cursor:
        cursor.execute(LEAVE, [*columns, must])
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
