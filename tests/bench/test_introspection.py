"""What the answer to a gateway costs among very many keys, beside the least that a Django view could cost and beside the library
that others use.

Two server processes, wrk, and in each round every row once, so that a busy moment of the machine touches all. All rows but one
have Keyholder's own settings: a view that asks nothing, Keyholder's own, which reads the gateway's credential and the key with
its link, entity, holds and statuses, and the library's (djangorestframework-api-key), which reads its key. The last row is that
same view without any middleware: what Django itself costs.

How slow the slowest answers are is judged where nobody else is at work on the machine (serving.LOUD says why); the figures tell
how much others were.

`KEYHOLDER_BENCH_KEYS=1000000 make bench` measures among a million as well, beside these: both databases and their servers are up,
and each round asks among few and among many."""

import hashlib
import json
import os
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pytest

from accounts import credentials
from tests import figures
from tests.bench import many, serving
from tests.bench.serving import Load
from tests.running import open_folder

pytestmark = [
    pytest.mark.bench,
    pytest.mark.skipif(serving.WRK is None, reason="wrk is not installed: apt-get install wrk"),
]
KEYS = 100_000
MORE = int(os.environ.get("KEYHOLDER_BENCH_KEYS", "0"))
ROUNDS, SECONDS = 7, 2.0
GATEWAY = f"khgw_abcdef12_{'x' * 43}"
CONNECTIONS = (1, 16)
BARE, OURS, LIBRARY, LEANEST = "a view that asks nothing", "Keyholder", "the library", "Django without middleware"
Loads = dict[str, list[Load]]


@dataclass(frozen=True)
class Served:
    address: str
    leanest: str
    keys: Path
    library: Path

    def rows(self) -> dict[str, tuple[str, Path, str]]:
        return {
            BARE: (f"{self.address}/bare", self.keys, ""),
            OURS: (f"{self.address}/api/v1/introspect", self.keys, ""),
            LIBRARY: (f"{self.address}/library", self.library, "library"),
            LEANEST: (f"{self.leanest}/bare", self.keys, ""),
        }

    def asked(self, name: str, *, connections: int, seed: int) -> Load:
        url, keys, form = self.rows()[name]
        return serving.load(url, connections=connections, seconds=SECONDS, keys=keys, gateway=GATEWAY, form=form, seed=seed)

    def measured(self, connections: int, names: tuple[str, ...] = (BARE, OURS, LIBRARY, LEANEST)) -> Loads:
        """The first round is not counted."""
        taken: Loads = {name: [] for name in names}
        for turn in range(ROUNDS + 1):
            for name in names:
                found = self.asked(name, connections=connections, seed=turn)
                if turn:
                    taken[name].append(found)
        return taken


def sha512(key: str) -> str:
    return "sha512$$" + hashlib.sha512(key.encode()).hexdigest()


@contextmanager
def served(folder: Path, number: int, *, is_alone: bool = False) -> Iterator[Served]:
    """Alone: without what it is compared with."""
    with serving.database(folder / "state") as connection, ExitStack() as open_until_then:
        lists = {"keys": many.make(connection, number)}
        if not is_alone:
            lists["library"] = many.library(connection, number, sha512)
        for name, texts in lists.items():
            (folder / name).write_text("\n".join(texts) + "\n")
        shown = {"prefix": f"'{GATEWAY[:13]}'", "digest": f"'{credentials.digest(GATEWAY)}'"}
        many.fill(connection, "accounts_gatewaycredential", 1, id="1", name="'bench'", **shown)
        address, *leanest = (
            open_until_then.enter_context(serving.server(folder / "state", f"tests.bench.{settings}"))
            for settings in ("settings", *([] if is_alone else ["leanest"]))
        )
        yield Served(address, next(iter(leanest), ""), folder / "keys", folder / "library")


@pytest.fixture(scope="module")
def among_many() -> Iterator[Served]:
    with open_folder() as folder, served(folder, KEYS) as few:
        yield few


def rate(loads: list[Load]) -> float:
    return median(load.a_second for load in loads)


def p99(loads: list[Load]) -> float:
    return median(load.p99_ms for load in loads)


def others(loads: list[Load]) -> float:
    return median(load.others for load in loads)


def told(taken: Loads) -> dict[str, str]:
    return {
        name: f"{rate(loads):.0f} a second, median {median(one.median_ms for one in loads):.2f} ms, "
        f"99 % within {p99(loads):.2f} ms, {rate(loads) / rate(taken[BARE]):.2f} times the first; "
        f"others had {others(loads):.0%} of the machine"
        for name, loads in taken.items()
    }


class TestIntrospection:
    def test_what_is_measured_is_the_whole_answer(self, among_many: Served) -> None:
        for key in among_many.keys.read_text().split()[::5000]:
            sent = urllib.parse.urlencode({"token": key}).encode()
            asked = urllib.request.Request(among_many.rows()[OURS][0], sent, {"Authorization": f"Bearer {GATEWAY}"})
            found = json.loads(urllib.request.urlopen(asked, timeout=10).read())
            assert found["active"] is True and found["scope"] == "models.read chat" and found["responsible_status"]

    def test_beside_a_bare_view_and_the_library(self, among_many: Served) -> None:
        taken = {connections: among_many.measured(connections) for connections in CONNECTIONS}
        said = {f"{number} connections: {name}": text for number, rows in taken.items() for name, text in told(rows).items()}
        figures.keep(
            "introspection",
            seeds=list(range(ROUNDS + 1)),
            figures={
                "keys": KEYS,
                "rounds": f"{ROUNDS} of {SECONDS:g} s, medians; {serving.PROCESSES} processes",
                **said,
            },
        )
        for connections, of_bare, of_library in ((1, 0.60, 2.0), (16, 0.45, 1.5)):
            rows = taken[connections]
            assert rate(rows[OURS]) >= of_bare * rate(rows[BARE]), connections
            assert rate(rows[OURS]) >= of_library * rate(rows[LIBRARY]), connections
            assert p99(rows[OURS]) <= 3 * p99(rows[BARE]) or others(rows[OURS]) > serving.LOUD, connections

    @pytest.mark.skipif(not MORE, reason="KEYHOLDER_BENCH_KEYS names no larger number of keys")
    def test_ten_times_as_many_keys_cost_the_same(self, among_many: Served) -> None:
        taken: dict[int, Loads] = {KEYS: {BARE: [], OURS: []}, MORE: {BARE: [], OURS: []}}
        with ExitStack() as open_until_then:
            larger = open_until_then.enter_context(served(open_until_then.enter_context(open_folder()), MORE, is_alone=True))
            for turn in range(ROUNDS + 1):
                for number, where in ((KEYS, among_many), (MORE, larger)):
                    for name in (BARE, OURS):
                        found = where.asked(name, connections=1, seed=turn)
                        if turn:
                            taken[number][name].append(found)
        less, more = taken[KEYS][OURS], taken[MORE][OURS]
        times = median(of_more.p99_ms / of_less.p99_ms for of_less, of_more in zip(less, more, strict=True))
        figures.keep(
            "introspection_of_more",
            seeds=list(range(ROUNDS + 1)),
            figures={f"{number} keys: {name}": said for number, rows in taken.items() for name, said in told(rows).items()}
            | {"99 % within, among more beside among fewer": f"{times:.2f} times as long, median of {ROUNDS} rounds"},
        )
        assert times <= 1.2 or others(less + more) > serving.LOUD
