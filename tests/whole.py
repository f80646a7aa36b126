"""Whether long checks run whole, as `make soak` runs them, or by a sample, as every run does.

Which sample goes by the commit, so that in time all is tried, and what fails fails again; KEYHOLDER_TURN names another.
"""

import os
import subprocess
from collections.abc import Collection, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import TypeVar
from zlib import crc32


def commit() -> str:
    """Nothing where the folder is no checkout."""
    ask = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    try:
        return subprocess.run(ask, capture_output=True, text=True).stdout.strip()
    except OSError:
        return ""


# Every process of a parallel run must come to the same.
TURN = int(os.environ.get("KEYHOLDER_TURN") or crc32(commit().encode()))
IS_WHOLE = bool(os.environ.get("KEYHOLDER_WHOLE"))
T, U = TypeVar("T"), TypeVar("U")


def dealt(ones: Sequence[T], others: Sequence[U], *, name: str = "", turns: int = 0) -> Iterator[tuple[T, U]]:
    """Each with each in the long run. Else so many pairs, and where no number is told so many that each of both is in one of
    them; which begin, goes by the name and the commit, so that what is alike in many places is tried with others in each."""
    if IS_WHOLE:
        yield from product(ones, others)
        return
    first, most = crc32(name.encode()) + TURN, max(len(ones), len(others))
    for turn in range(min(turns or most, most)):
        yield ones[(turn + first // 7) % len(ones)], others[(turn + first) % len(others)]


def by_turns(name: str, ones: Collection[str]) -> str:
    """One of them."""
    return some(name, ones, count=1)[0]


def some(name: str, ones: Collection[str], *, count: int) -> list[str]:
    """So many of them, as far apart from each other as they stand in the alphabet."""
    ones = sorted(ones)
    first, count = crc32(name.encode()) + TURN, min(count, len(ones))
    return sorted(ones[(first + place * len(ones) // count) % len(ones)] for place in range(count))
