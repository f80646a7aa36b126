"""When a key was last used, and from where: noted in the process that answers, and written out of the way of the answers.

A question costs no more than a look into a set. A thread of its own writes what has come together in one statement every few
seconds, and a key's row at most once a minute, whatever number of processes ask for it: the row itself says when it is due. What
a killed process had not written yet is written by the key's next use. A gateway that tells of use and asks about nothing is heard
as well: kyc/usage/intake.py writes the hours it tells of.

Where the countries that a customer declared and pays from are told, and a key is used from another one, that is a fact which an
officer weighs (SAN-04), once a day for a key and a country."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import Error, connection

from accounts import scope
from kyc.keys.behind import Behind

MINUTE = 60.0
# So many keys are remembered; more are forgotten, and written once more than they need be.
MOST = 200_000
Row = dict[str, Any]

# In the order of the keys, so that two processes wait for each other and never both.
USED = """
INSERT INTO kyc_keyuse AS seen (key_id, organisation_id, last_used_at)
SELECT k.id, k.organisation_id, used.at
FROM unnest(%s::bigint[], %s::timestamptz[]) AS used (key, at) JOIN kyc_key k ON k.id = used.key ORDER BY k.id
ON CONFLICT (key_id) DO UPDATE SET last_used_at = EXCLUDED.last_used_at
WHERE seen.last_used_at <= EXCLUDED.last_used_at - interval '1 minute'
"""
# The customer's own countries are where it was formed and is led from; and the countries that it pays from.
ABROAD = """
INSERT INTO kyc_fact (organisation_id, subject, name, value, source, at, "on")
SELECT k.organisation_id, 'key:' || k.prefix, 'traffic_country',
    jsonb_build_object('traffic', used.country, 'declared', own.countries, 'payment', paid.countries), 'gateway', used.at,
    (used.at AT TIME ZONE 'UTC')::date
FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[]) AS used (key, country, at) JOIN kyc_key k ON k.id = used.key
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(DISTINCT c ORDER BY c), '[]') AS countries FROM kyc_role r JOIN kyc_party p ON p.id = r.party_id
    CROSS JOIN LATERAL (VALUES (p.country), (p.hq_country)) AS at (c)
    WHERE r.organisation_id = k.organisation_id AND r.kind = 'customer' AND r.valid_to IS NULL AND c <> ''
) AS own
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(DISTINCT m.country ORDER BY m.country), '[]') AS countries FROM kyc_paymentmeans m
    WHERE m.organisation_id = k.organisation_id AND m.valid_to IS NULL AND m.country <> ''
) AS paid
WHERE (own.countries <> '[]' AND NOT own.countries ? used.country)
    OR (paid.countries <> '[]' AND NOT paid.countries ? used.country)
ON CONFLICT DO NOTHING
"""


def write_down(used: Mapping[int, datetime]) -> None:
    """When each key was last used, only forward; one statement."""
    if used:
        with connection.cursor() as cursor:
            cursor.execute(USED, [list(used), list(used.values())])


def write(used: Mapping[int, datetime], abroad: list[tuple[tuple[int, str], datetime]]) -> None:
    if used or abroad:
        with scope.everything(), connection.cursor() as cursor:
            write_down(used)
            if abroad:
                keys, seen = zip(*(pair for pair, _ in abroad), strict=True)
                cursor.execute(ABROAD, [list(keys), list(seen), [at for _, at in abroad]])


class Uses(Behind):
    what = "uses of keys"

    def forget(self) -> None:
        # When each was last written down; what is to be written; and what was seen abroad today, of which day that is.
        self.noted: dict[int, float] = {}
        self.waiting: dict[int, datetime] = {}
        self.countries: set[tuple[int, str]] = set()
        self.abroad: dict[tuple[int, str], datetime] = {}
        self.day = ""

    def note(self, key: int, countries: tuple[str, ...] = ()) -> None:
        """That it was good a moment ago, of a request from these countries."""
        now = time.monotonic()
        if (last := self.noted.get(key)) is None or now - last >= MINUTE:
            self.noted[key] = now
            self.waiting[key] = datetime.now(UTC)
            self.keep()
        for country in countries:
            if (key, country) not in self.countries:
                self.countries.add((key, country))
                self.abroad[key, country] = datetime.now(UTC)
                self.keep()

    def flush(self) -> int:
        """Writes what has come together; of how many keys."""
        waiting, self.waiting = self.waiting, {}
        countries, self.abroad = self.abroad, {}
        abroad = list(countries.items())
        if len(self.noted) > MOST:
            self.noted = {}
        if (day := datetime.now(UTC).date().isoformat()) != self.day or len(self.countries) > MOST:
            self.day, self.countries = day, {pair for pair, _ in abroad}
        try:
            write(waiting, abroad)
        except Error:
            # Then with the next ones; what was noted meanwhile is newer.
            self.waiting, self.abroad = waiting | self.waiting, countries | self.abroad
            raise
        return len(waiting)


USES = Uses()
