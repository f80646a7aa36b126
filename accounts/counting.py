"""How many accounts have a value, and whose it is by that: worked out before each building of networks (kyc/networks/taking.py).

What a file of ranges has said of a value stands (accounts/ranges.py). Of the rest, where somebody is or works (an address, in the
network too, and a domain) is taken for an office's, or from many accounts on for a carrier's, where accounts came to it steadily
for months. A value that is frequent because it is one hand comes otherwise: many at once. So nothing that is a person's own is
ever taken for a hub by its count alone; that it is had by many, its rarity tells the building.
"""

from typing import Any

from django.db import connection

from accounts import scope

# From so many accounts on a value is shared, an office's, and a carrier's.
SHARED, OFFICE, CARRIER = 3, 10, 100
# Steadily: in so many weeks, and in none of them more than such a part.
WEEKS, AT_ONCE = 12, 0.15
PATIENCE = "15min"

COUNT = """
WITH counted AS (
    SELECT s.type, s.value, count(*) AS accounts, min(s.first_seen) AS first_seen, max(s.last_seen) AS last_seen
    FROM accounts_signal s GROUP BY s.type, s.value HAVING count(*) > 1
), steady AS (
    SELECT weeks.type, weeks.value, count(*) AS weeks FROM (
        SELECT s.type, s.value, date_trunc('week', s.first_seen) AS week, count(*) AS came
        FROM accounts_signal s JOIN counted c ON c.type = s.type AND c.value = s.value
        WHERE c.accounts >= %(office)s AND c.type IN ('login_ip', 'api_ip', 'address', 'domain')
        GROUP BY 1, 2, 3
    ) AS weeks
    GROUP BY 1, 2 HAVING count(*) >= %(weeks)s AND max(weeks.came) <= %(at_once)s * sum(weeks.came)
), told AS (
    SELECT c.*, coalesce(t.weeks, 0) AS weeks, CASE
        WHEN t.weeks IS NOT NULL AND c.accounts >= %(carrier)s AND c.type IN ('login_ip', 'api_ip') THEN 'carrier_nat'
        WHEN t.weeks IS NOT NULL AND c.type <> 'domain' AND c.accounts < %(carrier)s THEN 'office'
        WHEN c.accounts >= %(shared)s THEN 'shared' ELSE 'private' END AS hub
    FROM counted c LEFT JOIN steady t ON t.type = c.type AND t.value = c.value
), said AS (
    SELECT told.*, CASE
        WHEN hub IN ('carrier_nat', 'office') THEN 
            format('%%s accounts came to it over %%s weeks, never many at once.', accounts, weeks)
        WHEN hub = 'shared' THEN format('%%s accounts have it.', accounts) ELSE '' END AS why
    FROM told
)
INSERT INTO accounts_signalvalue AS standing (type, value, accounts, first_seen, last_seen, hub, why, is_told)
SELECT type, value, accounts, first_seen, last_seen, hub, why, false FROM said
ON CONFLICT (value, type) DO UPDATE SET
    accounts = excluded.accounts, first_seen = excluded.first_seen, last_seen = excluded.last_seen,
    hub = CASE WHEN standing.is_told THEN standing.hub ELSE excluded.hub END,
    why = CASE WHEN standing.is_told THEN standing.why ELSE excluded.why END
WHERE (standing.accounts, standing.first_seen, standing.last_seen) <> (excluded.accounts, excluded.first_seen, excluded.last_seen)
   OR NOT standing.is_told AND standing.hub <> excluded.hub
"""
# Values that nobody has any more, and those that are one account's again.
FORGET = """
DELETE FROM accounts_signalvalue v WHERE NOT EXISTS (
    SELECT FROM accounts_signal s WHERE s.value = v.value AND s.type = v.type OFFSET (CASE WHEN v.is_told THEN 0 ELSE 1 END)
)
"""


def count() -> int:
    """How many values have changed."""
    limits: dict[str, Any] = {
        "shared": SHARED, "office": OFFICE, "carrier": CARRIER, "weeks": WEEKS, "at_once": AT_ONCE
    }  # fmt: skip
    with scope.whole(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [PATIENCE])
        cursor.execute(COUNT, limits)
        changed = int(cursor.rowcount)
        cursor.execute(FORGET)
        return changed
