"""Whether long checks run whole, as `make soak` runs them, or by a sample, as every run does."""

import os
from collections.abc import Iterator, Sequence
from itertools import product
from typing import TypeVar
from zlib import crc32

IS_WHOLE = bool(os.environ.get("KEYHOLDER_WHOLE"))
T, U = TypeVar("T"), TypeVar("U")


def dealt(ones: Sequence[T], others: Sequence[U], *, name: str = "", turns: int = 0) -> Iterator[tuple[T, U]]:
    """Each with each in the long run. Else so many pairs, and where no number is told so many that each of both is in one of
    them; which begin, goes by the name, so that what is alike in many places is tried with others in each."""
    if IS_WHOLE:
        yield from product(ones, others)
        return
    first = crc32(name.encode())
    for turn in range(turns or max(len(ones), len(others))):
        yield ones[(turn + first // 7) % len(ones)], others[(turn + first) % len(others)]
