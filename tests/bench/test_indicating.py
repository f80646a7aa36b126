"""What a night's look at the use of all keys takes: time of its parts, memory of the worker, and how much it writes.

Keys stand ten to a customer, as in the other benches. Each is used in eight hours of every third day of four weeks, from a few
addresses and by a few templates; one in a thousand stands out. A fiftieth of the customers are in networks of twenty.
KEYHOLDER_INDICATING_KEYS says how many keys; the target is for 100,000.
"""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from kyc.rules import indicators
from tests import figures
from tests.bench import many, serving
from tests.running import BASE, environment, open_folder

pytestmark = pytest.mark.bench
KEYS, A_NETWORK = int(os.environ.get("KEYHOLDER_INDICATING_KEYS", "2000")), 20
PATIENCE = 1800
# Every number is spread by the key's own.
USE = """
INSERT INTO kyc_usagerow (id, hour, organisation_id, key_id, model, requests, tokens_in, tokens_out, errors, refusals, cost,
    currency, ip_hash, asn, country, client, template, end_user, is_late)
SELECT -row_number() OVER (), %(first)s + make_interval(days => d, hours => h), k.organisation_id, k.id,
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


def fill(connection: "psycopg.Connection[tuple[int]]") -> int:
    """How many rows of use."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    many.make(connection, KEYS)
    many.old(connection, KEYS)
    connection.execute(USE, {"first": today - timedelta(days=indicators.load().window_days)})
    connection.execute(SUM)
    networks = KEYS // many.KEYS_A_CUSTOMER // 50 // A_NETWORK
    many.fill(connection, "kyc_network", networks, id="n", size=str(A_NETWORK), is_alert="true", confidence="0.9")
    members = {"network_id": f"(n - 1) / {A_NETWORK} + 1", "organisation_id": "n * 7", "how": "'attached'", "confidence": "0.9"}
    many.fill(connection, "kyc_networkmembership", networks * A_NETWORK, **members)
    connection.execute("VACUUM ANALYZE")
    return int((connection.execute("SELECT count(*) FROM kyc_usagerow").fetchone() or (0,))[0])


def asked(state: Path, what: str) -> str:
    command = [sys.executable, "-m", "tests.bench.indicating", what]
    env = environment(state, DJANGO_SETTINGS_MODULE="config.settings")
    answer = subprocess.run(command, cwd=BASE, env=env, capture_output=True, text=True, timeout=PATIENCE)
    assert answer.returncode == 0, answer.stderr
    return str(answer.stdout)


class TestIndicating:
    def test_all_keys(self) -> None:
        with open_folder() as folder, serving.database(folder / "state") as connection:
            asked(folder / "state", "months")
            rows = fill(connection)
            told = json.loads(asked(folder / "state", "look").splitlines()[-1])
        assert told["keys used"] == KEYS and KEYS // 1000 <= told["indications"] < KEYS
        figures.keep("indicating", seeds=[], figures={"keys": KEYS, "rows of use": rows} | told)
