"""How old a list is: since the day it was published, or since its publisher was last found to give out the same."""

from datetime import UTC, date, datetime
from typing import Protocol

from kyc.rules.packs import Pack


class Dated(Protocol):
    """A list version, or a row of its history."""

    source: str
    published: date
    confirmed_at: datetime | None


def good_until(version: Dated) -> date:
    """The last day on which it is known to have been what the publisher says."""
    confirmed = version.confirmed_at.astimezone(UTC).date() if version.confirmed_at else version.published
    return max(version.published, confirmed)


def days_old(version: Dated, *, on: date) -> int:
    return max(0, (on - good_until(version)).days)


def is_old(version: Dated, *, on: date, pack: Pack) -> bool:
    """Whether it is older than a list of its source may be."""
    return days_old(version, on=on) > pack.list_days(version.source)
