"""How alike the use of accounts rises and falls, hour by hour, beyond the rhythm of the day that all have. Pure.

Of each account's requests an hour the logarithm is taken, and from it what is usual for this account at that hour of the day, on
working days and at weekends apart; what is left is compared. Days on which it was not used at all say nothing. So two accounts
are not alike for working at the same hours, nor for having begun on the same day, nor for a holiday or an outage that both had.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float32]
HOUR = timedelta(hours=1)
WEEKEND = 5


def rhythm(first: datetime, hours: int) -> NDArray[np.int64]:
    """Of each hour from the first on, which of 48 places it has in the rhythm: hour of the day, weekend or not."""
    every = [first.astimezone(UTC) + number * HOUR for number in range(hours)]
    return np.array([at.hour + 24 * (at.weekday() >= WEEKEND) for at in every], np.int64)


def beyond(requests: Series, places: NDArray[np.int64], *, least: int) -> Series | None:
    """What is left of the requests of each hour, from midnight on, of length one; None where the account was at work in fewer
    hours than `least`, or always as usual."""
    if int(np.count_nonzero(requests)) < least:
        return None
    told = np.log1p(requests.astype(np.float64))
    days = np.arange(len(told)) // 24
    is_used = (np.bincount(days, weights=told) > 0)[days]
    counts = np.bincount(places[is_used], minlength=48)
    usual = np.bincount(places[is_used], weights=told[is_used], minlength=48) / np.maximum(counts, 1)
    left = np.where(is_used, told - usual[places], 0.0)
    length = float(np.sqrt(left @ left))
    return (left / length).astype(np.float32) if length > 1e-6 else None


@dataclass
class Together:
    """Accounts as they come, of which none need be kept to say how alike all are."""

    whole: NDArray[np.float64]
    own: float = 0.0
    count: int = 0

    @classmethod
    def none_of(cls, hours: int) -> "Together":
        return cls(np.zeros(hours, np.float64))

    def add(self, series: Series) -> None:
        told = series.astype(np.float64)
        self.whole += told
        self.own += float(told @ told)
        self.count += 1

    def alike(self) -> float | None:
        """The mean correlation of all pairs, -1 to 1, without looking at each; None where there is no pair."""
        if self.count < 2:
            return None
        return float((self.whole @ self.whole - self.own) / (self.count * (self.count - 1)))


def each_alike(series: Mapping[int, Series]) -> dict[int, float]:
    """Of each the mean correlation with all others."""
    if len(series) < 2:
        return {}
    whole = np.sum(np.array([*series.values()], np.float64), axis=0)
    return {
        number: float(one.astype(np.float64) @ (whole - one.astype(np.float64))) / (len(series) - 1)
        for number, one in series.items()
    }
