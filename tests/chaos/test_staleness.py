"""No gateway is told of a key as it was: two servers are asked at once after each change that somebody else makes.

Ten thousand answers. The changes come past all triggers, so that the stored state of a key helps nobody: what was committed is
judged by the question itself."""

import http.client
import json
from collections.abc import Callable, Iterator
from itertools import cycle
from urllib.parse import urlencode

import psycopg
import pytest

from accounts import credentials
from kyc.keys import secret
from tests import figures
from tests.bench import many, serving
from tests.running import open_folder

pytestmark = pytest.mark.chaos
KEYS, ANSWERS, CONNECTIONS = 5_000, 10_000, 8
GATEWAY = f"khgw_abcdef12_{'x' * 43}"
REVOKED = "UPDATE kyc_key SET state = 'revoked', revoked_at = now(), revoked_by_id = 1 WHERE id = %s"
HELD = """
INSERT INTO kyc_hold (organisation_id, {on}, source, reason, placed_at, lift_reason)
SELECT k.organisation_id, {what}, %s, 'test', now(), '' FROM kyc_key k WHERE k.id = %s
"""
Change = Callable[[psycopg.Connection, int], object]
CHANGES: dict[str, Change] = {
    "revoked": lambda database, key: database.execute(REVOKED, [key]),
    "held": lambda database, key: database.execute(HELD.format(on="key_id", what="k.id"), ["desk", key]),
    "found in public": lambda database, key: database.execute(HELD.format(on="key_id", what="k.id"), ["leak", key]),
    "customer held": lambda database, key: database.execute(
        HELD.format(on="on_organisation_id", what="k.organisation_id"), ["desk", key]
    ),
    "entity ended": lambda database, key: database.execute(
        "UPDATE kyc_entity SET ended_at = now() WHERE organisation_id = (SELECT organisation_id FROM kyc_key WHERE id = %s)",
        [key],
    ),
    "expired": lambda database, key: database.execute("UPDATE kyc_key SET expires_at = now() WHERE id = %s", [key]),
}


@pytest.fixture
def asks(address: str) -> Iterator[Callable[[str], bool]]:
    """Each by the next of several kept connections, which the two servers share between them."""
    kept = [http.client.HTTPConnection(address.removeprefix("http://"), timeout=30) for _ in range(CONNECTIONS)]
    turns = cycle(kept)

    def ask(key: str) -> bool:
        connection = next(turns)
        headers = {"Authorization": f"Bearer {GATEWAY}", "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/api/v1/introspect", urlencode({"token": key}), headers)
        answer = connection.getresponse()
        assert answer.status == 200
        return bool(json.loads(answer.read())["active"])

    yield ask
    for connection in kept:
        connection.close()


@pytest.fixture
def installed() -> Iterator[tuple[psycopg.Connection, list[str], str]]:
    with open_folder() as folder, serving.database(folder / "state") as database:
        tokens = many.make(database, KEYS)
        shown = {"prefix": f"'{GATEWAY[:13]}'", "digest": f"'{credentials.digest(GATEWAY)}'"}
        many.fill(database, "accounts_gatewaycredential", 1, id="1", name="'test'", **shown)
        with serving.server(folder / "state", "tests.bench.settings") as address:
            yield database, tokens, address


@pytest.fixture
def address(installed: tuple[psycopg.Connection, list[str], str]) -> str:
    return installed[2]


class TestAfterAChange:
    def test_no_answer_is_stale(self, installed: tuple[psycopg.Connection, list[str], str], asks: Callable[[str], bool]) -> None:
        database, tokens, _ = installed
        # One key of each customer, since some changes are of a customer.
        own = tokens[:: many.KEYS_A_CUSTOMER]
        numbers = dict(database.execute("SELECT prefix, id FROM kyc_key").fetchall())
        counted, stale = 0, dict.fromkeys(CHANGES, 0)
        each = ANSWERS // len(own)
        for token, (name, change) in zip(own, cycle(CHANGES.items())):  # the changes come again and again
            assert asks(token) is True
            key = secret.parse(token)
            assert key is not None
            change(database, numbers[key.prefix])
            answers = [asks(token) for _ in range(each)]
            stale[name] += sum(answers)
            counted += len(answers)
        served = database.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'").fetchone()
        figures.keep("staleness", seeds=[], figures={"answers": counted, "stale": stale, "connections to the database": served})
        assert served is not None and served[0] >= serving.PROCESSES
        assert counted >= ANSWERS and not any(stale.values()), stale
