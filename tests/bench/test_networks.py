"""How well networks are found in worlds that nobody tuned on, what it costs, and beside the two plainer ways.

The constants of `kyc/networks/finding` were chosen on the worlds of seeds 11 to 19 (100,000 accounts), 21 (a million) and 5 to 8
(20,000), and the cut of plain components on two of them; the seeds below are for reporting alone.
"""

import csv
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from kyc.networks.finding import reading
from tests import figures
from tests.bench import networks, worlds

pytestmark = pytest.mark.bench
SEEDS, TUNING = (101, 102, 103), (11, 12)
CUTS = (18.0, 22.0, 26.0, 30.0, 34.0)
# Beside it stands how much of a world an installation of that size may take: seconds and GB.
COSTS = {100_000: (15, 2.0), 1_000_000: (60, 6.0)}
# Each is a tenth of the next but one. `CURVE_UP_TO` ends it sooner, at 100,000 at the soonest, so that there is one to compare.
MOST = max(100_000, int(os.environ.get("CURVE_UP_TO", "3000000")))
CURVE = [many for many in (10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000) if many <= MOST]
# A process begins with the peak of whoever started it, and this one has held whole worlds: a small one stands between.
TELLS_PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
# How much more than in proportion ten times as many accounts may cost.
DEARER = 2.0


def written(folder: Path, accounts: int, seed: int, thinned: float = 1.0) -> tuple[worlds.World, Path]:
    world = worlds.make(accounts, seed=seed, thinned=thinned)
    world.write(folder / "signals.parquet")
    world.write_declared(folder / "declared.csv")
    return world, folder / "signals.parquet"


def by_command(world: worlds.World, file: Path) -> tuple[np.ndarray, float, float]:
    """The network of each account as the command finds them; its seconds and peak memory in GB, start and reading included."""
    out = file.with_name("found.csv")
    command = [sys.executable, "manage.py", "find_networks", "--signals", str(file), "--out", str(out)]
    begun = time.monotonic()
    told = [sys.executable, "-c", TELLS_PEAK, *command, "--declared", str(file.with_name("declared.csv"))]
    peak = subprocess.run(told, cwd=figures.BASE, check=True, stdout=subprocess.PIPE).stdout
    taken = time.monotonic() - begun
    found = np.full(world.accounts, -1)
    with out.open(newline="") as lines:
        rows = [(int(row["account"]), int(row["network"])) for row in csv.DictReader(lines)]
    account, network = np.array(rows).T
    found[account] = network
    return found, taken, int(peak) / 1024**2


def worded(found: dict[str, float], taken: float = 0, memory: float = 0) -> str:
    cost = f", {taken:.1f} s, {memory:.2f} GB" if taken else ""
    said = [
        f"F {found['F']:.3f} (precision {found['precision']:.3f}, recall {found['recall']:.3f}), own {found['own']:.3f}",
        f"networks in alerts {found['in alerts']:.0f} of {found['networks']:.0f}, innocent in alerts {found['innocent']:.3%}",
        f"agencies {found['agencies']:.0f}",
        *(f"{level} accounts found {found[level]:.1%}" for level in worlds.LEVELS),
    ]
    return ", ".join(said) + cost


@pytest.fixture(scope="module")
def plain_cut(tmp_path_factory: pytest.TempPathFactory) -> float:
    """The cut by which plain components do best on the worlds for tuning."""
    best = dict.fromkeys(CUTS, 0.0)
    for seed in TUNING:
        world, file = written(tmp_path_factory.mktemp("tuning"), 100_000, seed)
        signals = reading.read(file)
        for cut in CUTS:
            best[cut] += networks.measured(world, networks.plain(signals, cut))["F"]
    return max(CUTS, key=lambda cut: best[cut])


class TestNetworks:
    @pytest.mark.parametrize("accounts", COSTS)
    def test_in_worlds_nobody_tuned_on(self, accounts: int, tmp_path: Path, plain_cut: float) -> None:
        told: dict[str, str] = {"plain cut": f"{plain_cut} bits"}
        all_found = []
        for seed in SEEDS if accounts == 100_000 else SEEDS[:1]:
            world, file = written(tmp_path, accounts, seed)
            found, taken, memory = by_command(world, file)
            figure = networks.measured(world, found)
            signals = reading.read(file, memory="4GB")
            hard = networks.measured(world, networks.by_hard_identifiers(signals))
            plain = networks.measured(world, networks.plain(signals, plain_cut + np.log2(accounts / 100_000)))
            told[f"{seed}"] = worded(figure, taken, memory)
            told[f"{seed}, hard identifiers alone"] = worded(hard)
            told[f"{seed}, plain components"] = worded(plain)
            all_found.append((figure, hard, plain, taken, memory))
        figures.keep(f"networks_{accounts}", seeds=[*SEEDS], figures=told)
        large = accounts > 100_000
        for figure, hard, plain, taken, memory in all_found:
            assert figure["F"] >= (0.95 if large else 0.93) and figure["precision"] >= 0.95 and figure["own"] >= 0.99
            assert figure["in alerts"] >= (145 if large else 48) and figure["innocent"] <= (0.002 if large else 0.0035)
            assert figure["agencies"] == 0
            assert figure["F"] >= max(hard["F"], plain["F"]) + 0.08
            assert taken <= COSTS[accounts][0] and memory <= COSTS[accounts][1]

    def test_where_less_is_shared(self, tmp_path: Path) -> None:
        told, found = {}, []
        for seed in SEEDS:
            world, file = written(tmp_path, 100_000, seed, thinned=0.7)
            found.append(networks.measured(world, by_command(world, file)[0]))
            told[f"{seed}, of each shared value 0.7 kept"] = worded(found[-1])
        figures.keep("networks_thinned", seeds=[*SEEDS], figures=told)
        assert min(figure["F"] for figure in found) >= 0.88

    def test_what_it_costs_as_accounts_grow(self, tmp_path: Path) -> None:
        """Start and reading included; docs/scale.md tells what follows."""
        told, spent = {}, {}
        for accounts in CURVE:
            world = worlds.make(accounts, seed=SEEDS[0], networks=min(150, max(10, accounts // 2000)))
            world.write(tmp_path / "signals.parquet")
            world.write_declared(tmp_path / "declared.csv")
            found, taken, memory = by_command(world, tmp_path / "signals.parquet")
            rows = reading.read(tmp_path / "signals.parquet", memory="8GB").rows
            told[f"{accounts:,}"] = f"{rows:,} rows, {taken:.1f} s, {memory:.2f} GB, F {networks.measured(world, found)['F']:.3f}"
            spent[accounts] = taken
        figures.keep("networks_scale", seeds=[SEEDS[0]], figures=told)
        assert spent[CURVE[-1]] <= spent[CURVE[-3]] * 10 * DEARER
