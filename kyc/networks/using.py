"""What keys, accounts and networks were used for, as figures: read in a few statements, however many keys there are.

The database adds up. Each statement is asked three times, of keys, of accounts and of networks: what is distinct of an account
is no sum of its keys'.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from statistics import median
from typing import Any

from django.db import connection

from kyc.networks.indicating import Group, Measured
from kyc.rules.indicators import Indicators

# What grows with the number of accounts.
COUNTS = ("volume", "hours", "breadth", "addresses", "asns", "at_once", "rotation")
# Of fewer accounts of a network no count is told: those that it leaves unused don't keep it from being measured.
FEWEST = 3
# Which key is whose, by what is measured. Sandboxes are used for trials, and are nobody's peers.
LEVELS = {
    "key": "SELECT k.id AS key_id, k.id AS subject FROM kyc_key k JOIN real_ones o ON o.id = k.organisation_id",
    "account": "SELECT k.id AS key_id, o.id AS subject FROM kyc_key k JOIN real_ones o ON o.id = k.organisation_id",
    "network": """
        SELECT k.id AS key_id, m.network_id AS subject FROM kyc_key k JOIN real_ones o ON o.id = k.organisation_id
        JOIN kyc_networkmembership m ON m.organisation_id = o.id AND m.until IS NULL
    """,
}
SUBJECTS = "real_ones AS (SELECT id FROM accounts_organisation WHERE sandbox = ''), subjects AS ({level})"
DAYS = """
WITH {subjects}, own AS (
    SELECT organisation_id, array_agg(DISTINCT c) AS countries FROM (
        SELECT r.organisation_id, c FROM kyc_role r JOIN kyc_party p ON p.id = r.party_id
        CROSS JOIN LATERAL (VALUES (p.country), (p.hq_country)) AS at (c) WHERE r.kind = 'customer' AND r.valid_to IS NULL
        UNION ALL SELECT organisation_id, country FROM kyc_paymentmeans WHERE valid_to IS NULL
    ) told WHERE c <> '' GROUP BY 1
), used AS (
    SELECT s.subject, d.day, d.model, coalesce(nullif(r.capability, ''), d.model) AS capability, d.requests, d.tokens_out,
        d.refusals, CASE WHEN d.country <> '' AND own.countries IS NOT NULL THEN d.requests ELSE 0 END AS placed,
        CASE WHEN d.country <> '' AND NOT d.country = ANY (own.countries) THEN d.requests ELSE 0 END AS abroad
    FROM kyc_usageday d JOIN subjects s ON s.key_id = d.key_id LEFT JOIN own ON own.organisation_id = d.organisation_id
    LEFT JOIN kyc_modelrelease r ON r.whose = 'ours' AND r.name = d.model
    WHERE d.day >= %(since)s AND d.day < %(until)s
), most AS (
    SELECT subject, max(requests) AS requests FROM (
        SELECT subject, capability, sum(requests) AS requests FROM used GROUP BY 1, 2
    ) each GROUP BY 1
)
SELECT u.subject, sum(u.requests)::bigint, sum(u.tokens_out)::bigint, sum(u.refusals)::bigint, sum(u.placed)::bigint,
    sum(u.abroad)::bigint, count(DISTINCT u.day), count(DISTINCT u.model), max(m.requests)::bigint
FROM used u JOIN most m ON m.subject = u.subject GROUP BY u.subject HAVING sum(u.requests) > 0
"""
HOURS = """
WITH {subjects}, hourly AS (
    SELECT s.subject, u.hour, sum(u.requests) AS requests, count(DISTINCT nullif(u.ip_hash, '')) AS addresses,
        count(DISTINCT nullif(u.end_user, '')) AS users
    FROM kyc_usagerow u JOIN subjects s ON s.key_id = u.key_id
    WHERE u.hour >= %(first)s AND u.hour < %(end)s GROUP BY 1, 2
), of_day AS (
    SELECT subject, sum(requests) AS requests, max(addresses) AS addresses, max(users) AS users
    FROM hourly GROUP BY subject, extract(hour FROM hour AT TIME ZONE 'UTC')
), whole AS (SELECT subject, sum(requests) AS requests FROM of_day GROUP BY 1)
SELECT d.subject, count(*) FILTER (WHERE d.requests >= w.requests * %(part)s), nullif(greatest(max(d.addresses), max(d.users)), 0)
FROM of_day d JOIN whole w ON w.subject = d.subject GROUP BY d.subject
"""
SOURCES = """
WITH {subjects}
SELECT s.subject, nullif(count(DISTINCT nullif(u.ip_hash, '')), 0), nullif(count(DISTINCT u.asn), 0)
FROM kyc_usagerow u JOIN subjects s ON s.key_id = u.key_id WHERE u.hour >= %(first)s AND u.hour < %(end)s GROUP BY 1
"""
TEMPLATES = """
WITH {subjects}
SELECT subject, max(requests) / nullif(sum(requests), 0) FROM (
    SELECT s.subject, u.template, sum(u.requests) AS requests FROM kyc_usagerow u JOIN subjects s ON s.key_id = u.key_id
    WHERE u.hour >= %(first)s AND u.hour < %(end)s AND u.template <> '' GROUP BY 1, 2
) each GROUP BY 1
"""
SHIFT = """
WITH {subjects}
SELECT subject, max(part) FROM (
    SELECT s.subject, coalesce(sum(u.requests) FILTER (WHERE u.model = r.name), 0) / sum(u.requests) AS part
    FROM kyc_modelrelease r JOIN kyc_usagerow u ON u.hour >= r.released_at - interval '1 hour'
        AND u.hour < r.released_at + make_interval(hours => %(after)s)
    JOIN subjects s ON s.key_id = u.key_id
    WHERE r.whose = 'ours' AND r.released_at >= %(first)s AND r.released_at + make_interval(hours => %(after)s) <= %(end)s
        AND u.hour >= %(first)s AND u.hour < %(end)s
    GROUP BY s.subject, r.id HAVING sum(u.requests) >= %(least)s
) each GROUP BY 1
"""
EVE = """
WITH {subjects}, releases AS (
    SELECT id, (released_at AT TIME ZONE 'UTC')::date AS day FROM kyc_modelrelease
    WHERE whose = 'another' AND released_at >= %(first)s + make_interval(days => %(around)s)
        AND released_at < %(end)s - make_interval(days => %(around)s)
)
SELECT subject, max(fell) FROM (
    SELECT s.subject, greatest(0, 1 - coalesce(sum(d.requests) FILTER (WHERE d.day >= r.day), 0)
        / nullif(sum(d.requests) FILTER (WHERE d.day < r.day), 0)) AS fell
    FROM releases r JOIN kyc_usageday d ON d.day >= r.day - %(around)s AND d.day < r.day + %(around)s
    JOIN subjects s ON s.key_id = d.key_id
    GROUP BY s.subject, r.id HAVING coalesce(sum(d.requests) FILTER (WHERE d.day < r.day), 0) >= %(least)s
) each GROUP BY 1
"""
# Of hours, counted from the first.
SERIES = """
SELECT organisation_id, array_agg(place), array_agg(requests) FROM (
    SELECT organisation_id, (extract(epoch FROM hour - %(first)s) / 3600)::int AS place, sum(requests)::float8 AS requests
    FROM kyc_usagerow WHERE organisation_id = ANY (%(accounts)s) AND hour >= %(first)s AND hour < %(end)s GROUP BY 1, 2
) each GROUP BY 1
"""
KEYS = "SELECT k.id, k.organisation_id, k.tiers, k.issued_at FROM kyc_key k"
DECLARED = """
SELECT organisation_id, concat_ws(' ', answers->>'resale', answers->>'training') FROM kyc_questionnaire
WHERE superseded_at IS NULL AND offering = 'api'
"""
MEMBERS = "SELECT organisation_id, network_id FROM kyc_networkmembership WHERE until IS NULL"


@dataclass(frozen=True)
class Window:
    """Whole days in UTC, the last one `day`."""

    day: date
    days: int

    @property
    def since(self) -> date:
        return self.until - timedelta(days=self.days)

    @property
    def until(self) -> date:
        return self.day + timedelta(days=1)

    @property
    def first(self) -> datetime:
        return datetime.combine(self.since, time.min, UTC)

    @property
    def hours(self) -> int:
        return self.days * 24

    def asked(self, rules: Indicators) -> dict[str, Any]:
        return {
            "since": self.since, "until": self.until, "first": self.first, "end": self.first + timedelta(days=self.days),
            "part": rules.hour_part, "after": rules.hours_after_release, "around": rules.days_around_release,
            "least": rules.least_requests,
        }  # fmt: skip


@dataclass
class Used:
    """The figures of each, by its number, and its requests in the days looked at."""

    figures: dict[int, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    requests: dict[int, int] = field(default_factory=dict)

    def add(self, found: Iterable[tuple[Any, ...]], *codes: str, to: Collection[int]) -> None:
        """One figure a column, of those that were used enough."""
        for one, *values in found:
            if one in to:
                self.figures[one] |= {code: float(value) for code, value in zip(codes, values, strict=True) if value is not None}


def rows(statement: str, asked: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
        return list(cursor.fetchall())


def used(level: str, window: Window, rules: Indicators) -> Used:
    """Of whatever was used at all. Shares are told of what was used enough for them to mean anything."""
    subjects, asked, told = SUBJECTS.format(level=LEVELS[level]), window.asked(rules), Used()

    def found(statement: str) -> list[tuple[Any, ...]]:
        return rows(statement.replace("{subjects}", subjects), asked)

    for one, requests, tokens, refusals, placed, abroad, days, models, most in found(DAYS):
        told.requests[one] = requests
        mine = told.figures[one]
        mine["volume"] = requests / days
        if requests >= rules.least_requests:
            mine |= {
                "output": tokens / requests,
                "refusals": refusals / requests,
                "breadth": models,
                "concentration": most / requests,
            }
            if placed:
                mine["abroad"] = abroad / placed
    enough = {one for one, requests in told.requests.items() if requests >= rules.least_requests}

    if level != "network":
        # Counts, of which a network has those of its accounts.
        told.add(found(HOURS), "hours", "at_once", to=enough)
        told.add(found(SOURCES), "addresses", "asns", to=enough)
    told.add(found(TEMPLATES), "templates", to=enough)
    told.add(found(SHIFT), "shift", to=enough)
    told.add(found(EVE), "eve", to=enough)
    return told


@dataclass(frozen=True)
class Holdings:
    """Whose keys there are, in which network each account is, and by what each has its peers."""

    account: Mapping[int, int]
    network: Mapping[int, int]
    of_key: Mapping[int, Group]
    of_account: Mapping[int, Group]
    # Keys issued in the days looked at.
    issued: Mapping[int, int]

    @cached_property
    def members(self) -> Mapping[int, list[int]]:
        """The accounts of each network, in the order of their numbers."""
        found: dict[int, list[int]] = defaultdict(list)
        for account, network in sorted(self.network.items()):
            found[network].append(account)
        return found


def holdings(window: Window, rules: Indicators) -> Holdings:
    uses, end = dict(rows(DECLARED)), window.first + timedelta(days=window.days)
    account: dict[int, int] = {}
    of_key: dict[int, Group] = {}
    tiers: dict[int, set[str]] = defaultdict(set)
    oldest: dict[int, datetime] = {}
    issued: Counter[int] = Counter()
    for key, organisation, reached, since in rows(KEYS):
        account[key] = organisation
        of_key[key] = grouped(reached, since, uses.get(organisation, ""), end, rules)
        tiers[organisation].update(reached)
        oldest[organisation] = min(since, oldest.get(organisation, since))
        issued[organisation] += window.first <= since < end
    of_account = {one: grouped(tiers[one], oldest[one], uses.get(one, ""), end, rules) for one in tiers}
    return Holdings(account, dict(rows(MEMBERS)), of_key, of_account, issued)


def grouped(tiers: Iterable[str], since: datetime, use: str, end: datetime, rules: Indicators) -> Group:
    return Group("+".join(sorted(tiers)), str(bisect_right(rules.ages, (end - since).days)), use)


def commonest(groups: Iterable[Group]) -> Group:
    """Of each part what most have."""
    parts = zip(*groups, strict=True)
    return Group(*(min(Counter(part).items(), key=lambda pair: (-pair[1], pair[0]))[0] for part in parts))


def measured(level: str, found: Used, held: Holdings) -> list[Measured]:
    """Each key or account that was used, in the order of their numbers."""
    made = []
    for one in sorted(found.requests):
        account = held.account[one] if level == "key" else one
        figures = found.figures[one] | {"rotation": held.issued.get(account, 0)}
        group = held.of_key[one] if level == "key" else held.of_account[account]
        made.append(Measured(one, account, group, figures, is_peer=account not in held.network))
    return made


def measured_together(found: Used, accounts: Iterable[Measured], held: Holdings) -> list[Measured]:
    """Each network that was used, in the order of their numbers: shares are of all its use together, counts those of its accounts
    in the middle, so that it stands out by what its accounts do and not by how many they are."""
    of_account = {one.number: one for one in accounts}
    made = []
    for network in sorted(found.requests):
        members = [of_account[one] for one in held.members.get(network, []) if one in of_account]
        shares = {code: figure for code, figure in found.figures[network].items() if code not in COUNTS}
        made.append(Measured(network, None, commonest(one.group for one in members), shares | in_the_middle(members)))
    return made


def in_the_middle(members: Collection[Measured]) -> dict[str, float]:
    """Of each count the median of the accounts that were used enough to tell, where these are `FEWEST` at least, or all."""
    told = {code: [one.figures[code] for one in members if code in one.figures] for code in COUNTS}
    return {code: float(median(each)) for code, each in told.items() if len(each) >= max(1, min(FEWEST, len(members)))}
