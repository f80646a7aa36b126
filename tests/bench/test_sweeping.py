"""What the sweeper's questions cost among very many keys when there is nothing to do, which is nearly always.

It asks every two seconds, so that what is asked each time has to be an index's to answer; what takes a look at every key is asked
less often (kyc/keys/lapsing.py).

`KEYHOLDER_BENCH_KEYS=1000000 make bench` asks among a million."""

import json
import os

import pytest

from tests import figures
from tests.bench import many, serving
from tests.running import open_folder, python

pytestmark = pytest.mark.bench
KEYS = int(os.environ.get("KEYHOLDER_BENCH_KEYS", "0")) or 100_000
# Milliseconds of the database's a sweep. The four questions of one queue cost their planning, and no more among more keys.
MOST, PLANNED = 5.0, {"keys.reassessments": 50.0}
# Those that are asked about keys; the others' rows are few here.
ROOMS = ("keys.", "usage.")


class TestSweep:
    def test_costs_next_to_nothing_where_nothing_is_to_be_done(self) -> None:
        with open_folder() as folder, serving.database(folder / "state") as connection:
            many.make(connection, KEYS)
            many.old(connection, KEYS)
            asked = python(folder / "state", "-m", "tests.bench.sweeping", DJANGO_SETTINGS_MODULE="config.settings")
            assert asked.returncode == 0, asked.stderr
        told = json.loads(asked.stdout.splitlines()[-1])
        costs = {name: (one["ms"] + (one["sweeps"] - 1) * one["between_ms"]) / one["sweeps"] for name, one in told.items()}
        figures.keep(
            "sweeping",
            seeds=[],
            figures={"keys": KEYS, "customers": KEYS // many.KEYS_A_CUSTOMER}
            | {
                name: f"{costs[name]:.1f} ms a sweep: {one['ms']:.1f} ms with each {one['sweeps']:.0f}."
                for name, one in sorted(told.items())
            },
        )
        assert costs["keys.requirements"] > 0
        dear = {name: cost for name, cost in costs.items() if name.startswith(ROOMS) and cost > PLANNED.get(name, MOST)}
        assert KEYS > 100_000 or not dear
