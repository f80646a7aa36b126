"""Brings what is stored of keys to what standing holds make of them, in sets: the state of each, and that gateways which keep a
copy are told. A gateway that asks needs none of it: its answer reads the standing holds themselves.

What still differs is looked for each time, so that nothing is lost with a process that is killed, and what was done is not done
again."""

from collections.abc import Iterator, Sequence

from django.db import connection, transaction

from kyc.keys.closed import EVERY, is_closed
from kyc.keys.models import may_act

A_PART = 1_000
PART = f"SELECT k.id FROM kyc_key k WHERE k.id > %s AND k.state IN ('active', 'held') ORDER BY k.id LIMIT {A_PART}"  # noqa: S608  # nosec B608  # a number of ours
DIFFERS = f"(k.state = 'active' AND {is_closed('k')} OR k.state = 'held' AND {may_act('k')})"
# The locks of kyc/keys/models.py, before any row and all in one order.
HOLD = f"""
SELECT pg_advisory_xact_lock(hashtext('kh_keys'), one.of::int) FROM (
    SELECT DISTINCT k.organisation_id AS of FROM kyc_key k WHERE k.id = ANY(%(keys)s) AND {DIFFERS} ORDER BY 1
) AS one
"""  # noqa: S608  # nosec B608  # conditions of ours
SETTLE = f"""
UPDATE kyc_key k SET state = CASE k.state WHEN 'active' THEN 'held' ELSE 'active' END
FROM (SELECT k.id FROM kyc_key k WHERE k.id = ANY(%(keys)s) AND {DIFFERS} ORDER BY k.id FOR UPDATE) AS few
WHERE few.id = k.id
"""  # noqa: S608  # nosec B608  # conditions of ours
# Of those that go on with other tiers, whose state stays as it is: a trigger tells of all others.
TELL = """
INSERT INTO kyc_keychange (key_id, organisation_id, prefix, at)
SELECT k.id, k.organisation_id, k.prefix, clock_timestamp() FROM kyc_key k
WHERE k.id = ANY(%(keys)s) AND k.state = 'active' AND k.tiers::text[] && %(tiers)s::text[]
"""


@transaction.atomic
def settle(keys: Sequence[int], tiers: Sequence[str]) -> int:
    """These keys, after something about these tiers has changed; how many have another state now."""
    with connection.cursor() as cursor:
        told = {"keys": list(keys), "tiers": [tier for tier in tiers if tier != EVERY]}
        cursor.execute(HOLD, told)
        cursor.execute(SETTLE, told)
        done = int(cursor.rowcount)
        if told["tiers"]:
            cursor.execute(TELL, told)
    return done


def settle_all(tiers: Sequence[str]) -> Iterator[int]:
    """Every key there is, part after part, each in a transaction of its own."""
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(PART, [last])
            part = [key for (key,) in cursor.fetchall()]
        if part:
            yield settle(part, tiers)
        if len(part) < A_PART:
            return
        last = part[-1]
