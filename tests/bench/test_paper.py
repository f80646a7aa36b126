"""What drawing a long register costs, beside WeasyPrint alone. Tests of the same parts see that the pages are right."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import figures

pytestmark = pytest.mark.bench
ROOT = Path(__file__).resolve().parents[2]
KEYS, MOST_SECONDS, MOST_MB = 10_000, 45, 1_500
SIZES = (2_500, 5_000, KEYS)


def measured(how: str, keys: int) -> dict[str, float]:
    """In a process of its own, so that memory is that of this one page."""
    command = [sys.executable, "-m", "tests.bench.paper", how, str(keys)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)  # type: ignore[no-any-return]  # one object


def told(found: dict[str, float], keys: int) -> str:
    return (
        f"{found['seconds']:.1f} s, {keys / found['seconds']:.0f} rows a second, {found['worked']:.1f} s of processors, "
        f"{found['MB']:.0f} MB, {found['bytes'] / 2**20:.1f} MiB of PDF"
    )


class TestRegister:
    def test_of_ten_thousand_keys_is_drawn_in_time_and_costs_grow_with_the_rows_alone(self) -> None:
        found = {keys: measured("ours", keys) for keys in SIZES}
        alone = measured("plain", SIZES[0])
        rows = {f"{keys} keys": told(each, keys) for keys, each in found.items()}
        rows[f"{SIZES[0]} keys, WeasyPrint alone"] = told(alone, SIZES[0])
        limits = {"at most": f"{MOST_SECONDS} s and {MOST_MB} MB for {KEYS} keys"}
        figures.keep("paper", seeds=[], figures=rows | limits)
        assert found[KEYS]["worked"] / KEYS < 1.3 * found[SIZES[0]]["worked"] / SIZES[0]
        assert found[KEYS]["MB"] < MOST_MB
        assert found[KEYS]["seconds"] < MOST_SECONDS
