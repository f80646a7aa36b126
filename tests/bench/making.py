"""Out of which a world is made: draws of heavy-tailed sizes and popularity, and rows as they are collected."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
TYPES = (
    "email", "domain", "phone", "address", "owner", "document", "document_image", "payment", "device", "login_ip", "api_ip",
    "user_agent", "template",
)  # fmt: skip
T = {name: place for place, name in enumerate(TYPES)}
HOUR, DAY = 3600, 86_400
BEGIN, SPAN = 1_735_689_600, 600 * DAY  # 2025-01-01, and how long the provider has been open


@dataclass
class Maker:
    """Collects rows; `opened` is when each account was."""

    random: np.random.Generator
    accounts: int
    opened: Ints
    ended: Ints
    next_value: int = 0
    freemail: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    browsers: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    clouds: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    rows: list[tuple[Ints, int, Ints, Ints, Ints]] = field(default_factory=list)

    def fresh(self, many: int) -> Ints:
        self.next_value += many
        return np.arange(self.next_value - many, self.next_value)

    def add(
        self,
        accounts: Ints,
        type: str,
        values: Ints,
        *,
        at_once: bool = False,
        first: Ints | None = None,
        last: Ints | None = None,
    ) -> None:
        many = len(accounts)
        opened, ended = self.opened[accounts], self.ended[accounts]
        if first is None:
            late = self.random.exponential(0.02 if at_once else 0.25, many) * (ended - opened)
            late = np.where(self.random.random(many) < 0.7, self.random.exponential(HOUR / 3, many), late)
            first = np.minimum(opened + late, ended).astype(np.int64)
        if last is None:
            last = (ended - self.random.random(many) ** 3 * (ended - first)).astype(np.int64)
        self.rows.append((accounts, T[type], values, first, np.maximum(first, last)))

    def move(self, accounts: Ints, opened: Ints) -> None:
        """They open then, and last as long as they would have."""
        self.ended[accounts] = np.clip(self.ended[accounts] + opened - self.opened[accounts], opened + HOUR, BEGIN + SPAN + DAY)
        self.opened[accounts] = opened

    def some(self, accounts: Ints, share: float) -> Ints:
        return accounts[self.random.random(len(accounts)) < share]

    def popular(self, values: int, many: int, tail: float) -> Ints:
        """`many` draws of that many values whose popularity falls with rank to the power `tail`."""
        weights = np.arange(1, values + 1) ** -tail
        return np.searchsorted(np.cumsum(weights) / weights.sum(), self.random.random(many)).clip(max=values - 1)

    def groups(self, total: int, sizes: Ints) -> Ints:
        """A group number for each of `total`, in groups of these sizes, of which there are enough."""
        return np.repeat(np.arange(len(sizes)), sizes)[:total]


def heavy(random: np.random.Generator, many: int, least: float, most: float, tail: float) -> Ints:
    """Pareto sizes between both ends."""
    u = random.random(many)
    low, high = least**-tail, most**-tail
    return np.round((low - u * (low - high)) ** (-1 / tail)).astype(np.int64)


def enough(random: np.random.Generator, total: int, least: float, most: float, tail: float) -> Ints:
    """Sizes of such groups until they hold that many."""
    sizes = heavy(random, max(8, int(total / least) + 8), least, most, tail)
    return sizes[: int(np.searchsorted(np.cumsum(sizes), total)) + 1]


def opening_hours(random: np.random.Generator, many: int) -> Ints:
    """More from month to month, by day more than by night, and days on which the news brings many at once."""
    days = np.arange(SPAN // DAY)
    rate = (0.4 + days / len(days)) * np.where(days % 7 < 5, 1.0, 0.55) * random.lognormal(0, 0.35, len(days))
    rate[random.integers(0, len(days), 6)] *= random.uniform(3, 9, 6)
    day = random.choice(days, many, p=rate / rate.sum())
    hour = random.normal(14, 4.5, many) % 24
    return (BEGIN + day * DAY + hour * HOUR + random.random(many) * 60).astype(np.int64)
