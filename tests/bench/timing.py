"""Things timed side by side: each round does every one of them once, so that a busy moment of the machine touches all."""

import time
from collections.abc import Callable, Mapping
from statistics import median, quantiles

Times = dict[str, list[float]]


def side_by_side(work: Mapping[str, Callable[[], object]], *, rounds: int, warm_up: int = 20) -> Times:
    """Milliseconds of each, round by round; the first rounds are not counted."""
    taken: Times = {name: [] for name in work}
    for turn in range(warm_up + rounds):
        for name, do in work.items():
            started = time.perf_counter()
            do()
            if turn >= warm_up:
                taken[name].append((time.perf_counter() - started) * 1000)
    return taken


def told(taken: Times, *, beside: str) -> dict[str, str]:
    """Median and 95th of a hundred in milliseconds, and how many times the median of the one named `beside`."""
    base = median(taken[beside])
    return {
        name: f"{median(times):.3f} ms, 95 % within {quantiles(times, n=20)[-1]:.3f} ms, {median(times) / base:.2f} times"
        for name, times in taken.items()
    }
