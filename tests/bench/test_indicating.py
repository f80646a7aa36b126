"""What a night's look at the use of all keys takes: time of its parts, memory of the worker, and what it writes.

Keys stand ten to a customer, as in the other benches. Each is used on eight hours of every third day of four weeks, from a few
addresses and by a few templates; one in a thousand stands out. KEYHOLDER_INDICATING_KEYS says how many keys; the target is for
100,000.
"""

import os
import resource
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from accounts import partitions, scope
from kyc.networks import indications
from kyc.networks.indication_models import Indication, IndicationRun
from kyc.networks.measuring import Window
from kyc.rules import indicators
from kyc.usage import months
from kyc.usage.models import UsageRow
from tests import figures
from tests.bench import many

pytestmark = [pytest.mark.bench, pytest.mark.django_db(transaction=True)]
KEYS, A_NETWORK = int(os.environ.get("KEYHOLDER_INDICATING_KEYS", "2000")), 20
RULES = indicators.load()
# Of key n on one hour; what one in a thousand does besides. Every number is spread by the key's own.
USE = """
INSERT INTO kyc_usagerow (id, hour, organisation_id, key_id, model, requests, tokens_in, tokens_out, errors, refusals, cost,
    currency, ip_hash, asn, country, client, template, end_user, is_late)
SELECT row_number() OVER () - 2^60::bigint, %(first)s + make_interval(days => d, hours => h), k.organisation_id, k.id,
    'model-' || (k.id + d) %% 3, 5 + (k.id * 7 + d * 13 + h * 29) %% 40 + CASE WHEN k.id %% 1000 = 0 THEN 5000 ELSE 0 END,
    100, 5000, 0, (k.id + h) %% 2, 0, '', md5((k.id * 10 + (d + h) %% 3)::text), 64500 + (k.id + h) %% 2, 'NO', '',
    md5((k.id * 10 + (d * h) %% 4)::text), md5((k.id * 100 + h)::text), false
FROM kyc_key k CROSS JOIN generate_series(0, 27, 3) AS days (d) CROSS JOIN generate_series(9, 16) AS hours (h)
"""
SUM = """
INSERT INTO kyc_usageday (organisation_id, key_id, day, model, country, requests, tokens_in, tokens_out, errors, refusals, late)
SELECT organisation_id, key_id, (hour AT TIME ZONE 'UTC')::date, model, country, sum(requests), sum(tokens_in), sum(tokens_out),
    sum(errors), sum(refusals), 0
FROM kyc_usagerow GROUP BY 1, 2, 3, 4, 5
"""


def filled(first: datetime) -> None:
    months.make()
    for month in {(first + timedelta(days=day)).date().replace(day=1) for day in range(RULES.window_days)}:
        if not partitions.stands(UsageRow, month):
            partitions.make(UsageRow, month)
    held = connection.settings_dict
    where = {"host": held["HOST"], "dbname": held["NAME"], "user": "owner", "autocommit": True}
    with psycopg.connect(**where, options=many.UNTRIGGERED) as owner:
        many.make(owner, KEYS)
        many.old(owner, KEYS)
        owner.execute("UPDATE accounts_organisation SET sandbox = ''")
        owner.execute(USE, {"first": first})
        owner.execute(SUM)
        members = KEYS // many.KEYS_A_CUSTOMER // 50 // A_NETWORK * A_NETWORK
        many.fill(owner, "kyc_network", members // A_NETWORK, id="n", size=str(A_NETWORK), is_alert="true")
        many.fill(
            owner,
            "kyc_networkmembership",
            members,
            network_id=f"(n - 1) / {A_NETWORK} + 1",
            organisation_id="n * 7",
            how="'attached'",
        )
        owner.execute("VACUUM ANALYZE")


class Watch:
    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def over(self, name: str, work: Any) -> Any:
        since = time.monotonic()
        found = work()
        self.seconds[name] = round(time.monotonic() - since, 1)
        return found


class TestIndicating:
    def test_all_keys(self) -> None:
        now = timezone.now().astimezone(UTC)
        window = Window(indications.last_day(now), RULES.window_days)
        filled(window.first)
        before, watch = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, Watch()
        looked = watch.over("read, s", lambda: indications.look(window, RULES))
        with scope.whole():
            run = IndicationRun.objects.create(day=window.day)
            made = watch.over("compared with peers, s", lambda: list(indications.told(run, looked, RULES)))
            watch.over("written, s", lambda: Indication.objects.bulk_create(made, batch_size=indications.A_PART))
        memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM kyc_usagerow")
            rows = cursor.fetchone()[0]
        assert len(looked.keys) == KEYS and len(made) >= KEYS // 1000
        told = {"keys": KEYS, "rows of use": rows, "networks": len(looked.networks), "indications": len(made)}
        figures.keep("indicating", seeds=[], figures=told | watch.seconds | {"memory beside before, MB": round(memory)})
