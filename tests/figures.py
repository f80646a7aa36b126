"""Figures that tests measure: printed at the run's end, and of a long check kept for whoever quotes them."""

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from config.installation import DATA

BASE = Path(__file__).resolve().parents[1]
FIGURE = "figure"


class Measures(Protocol):
    def __call__(self, label: str, figure: object) -> None: ...


def commit() -> str:
    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=BASE, capture_output=True, text=True).stdout.strip()

    return git("rev-parse", "HEAD") + ("+changes" if git("status", "--porcelain") else "")


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}"
    )


def keep(name: str, *, seeds: list[int], figures: dict[str, Any]) -> None:
    """Writes .data/bench/NAME.json and prints the same."""
    about = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "commit": commit(), "machine": machine(), "seeds": seeds}
    folder = DATA / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps({**about, **figures}, indent=2) + "\n")
    width = max(map(len, [*about, *figures]))
    print()
    for label, value in {**about, **figures}.items():
        print(f"  {label:<{width}}  {value}")
