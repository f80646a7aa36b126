"""Whom traffic names: how much of a reseller's use tells an end user apart, as the gateway's keyed hash of him; and keys with so
many end users that somebody may sell access on and has not said so. It ranks, and asks; nothing is done to anybody by it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.models import Organisation
from kyc.rules import packs

COVERED = """
SELECT coalesce(sum(requests), 0)::bigint, coalesce(sum(requests) FILTER (WHERE end_user <> ''), 0)::bigint,
    count(DISTINCT nullif(end_user, ''))
FROM kyc_usagerow WHERE organisation_id = %(organisation)s AND hour >= %(since)s
"""
BY_KEY = """
SELECT u.key_id, k.name, date_trunc('month', u.hour AT TIME ZONE 'UTC')::date, count(DISTINCT nullif(u.end_user, '')),
    sum(u.requests)::bigint, coalesce(sum(u.requests) FILTER (WHERE u.end_user <> ''), 0)::bigint
FROM kyc_usagerow u JOIN kyc_key k ON k.id = u.key_id
WHERE u.organisation_id = %(organisation)s AND u.hour >= %(since)s GROUP BY 1, 2, 3 ORDER BY 3 DESC, 4 DESC, 1 LIMIT 60
"""
UNDECLARED = """
SELECT u.organisation_id, o.name, u.key_id, k.name, count(DISTINCT u.end_user), sum(u.requests)::bigint
FROM kyc_usagerow u JOIN accounts_organisation o ON o.id = u.organisation_id AND o.sandbox = ''
JOIN kyc_key k ON k.id = u.key_id
WHERE u.hour >= %(since)s AND u.end_user <> ''
    AND NOT EXISTS (SELECT 1 FROM kyc_reseller r WHERE r.organisation_id = u.organisation_id AND r.ended_on IS NULL)
GROUP BY 1, 2, 3, 4 HAVING count(DISTINCT u.end_user) >= %(least)s ORDER BY 5 DESC, 3 LIMIT 100
"""


@dataclass(frozen=True)
class Covered:
    """Requests since then, how many of them name an end user, and how many different ones."""

    requests: int
    named: int
    end_users: int

    @property
    def part(self) -> int | None:
        """In whole per cent, rounded down; none without requests."""
        return self.named * 100 // self.requests if self.requests else None


@dataclass(frozen=True)
class OfKey:
    """One key in one month (UTC), or since a day."""

    key: int
    name: str
    end_users: int
    requests: int
    named: int = 0
    month: Any = None
    organisation: int = 0
    customer: str = ""

    @property
    def part(self) -> int | None:
        return self.named * 100 // self.requests if self.requests else None


def since() -> datetime:
    return timezone.now() - timedelta(days=packs.current().reselling("use_days"))


def asked(sql: str, **told: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, told)
        return cursor.fetchall()


def covered(organisation: Organisation) -> Covered:
    """Of the last `use_days` of the rule pack."""
    return Covered(*asked(COVERED, organisation=organisation.pk, since=since())[0])


def by_key(organisation: Organisation) -> list[OfKey]:
    """Of each key in each month, the newest month first."""
    rows = asked(BY_KEY, organisation=organisation.pk, since=since())
    return [
        OfKey(key, name, users, requests, named, month) for key, name, month, users, requests, named in rows
    ]  # fmt: skip


def undeclared() -> list[OfKey]:
    """Keys of customers that are in no register of resellers, the most end users first."""
    rows = asked(UNDECLARED, since=since(), least=packs.current().reselling("end_users"))
    return [
        OfKey(key, name, users, requests, organisation=organisation, customer=customer)
        for organisation, customer, key, name, users, requests in rows
    ]
