"""When an account counts as silent: by its own rhythm, and never because nothing has been seen of it for an hour."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from kyc.networks.finding import reading
from kyc.networks.finding.families import ALL, ENDED, OPENED

NOW = datetime(2026, 11, 30, 21, 57, tzinfo=UTC)
Row = tuple[str, timedelta, timedelta, int]


def silent(*rows: Row) -> set[str]:
    """Of accounts, with how long ago each was first and last seen and how often, those that fell silent in the same hours."""
    return together(ENDED, rows)


def together(type: str, rows: Sequence[Row]) -> set[str]:
    table = pa.table(
        {
            "account": [row[0] for row in rows],
            "type": ["api_ip"] * len(rows),
            "value": [f"of {row[0]}" for row in rows],
            "first_seen": [NOW - row[1] for row in rows],
            "last_seen": [NOW - row[2] for row in rows],
            "count": [row[3] for row in rows],
        }
    )
    read = reading.read(table)
    which = read.type[read.value] == ALL.index(type)
    return {read.names[place].as_py() for place in read.account[which].tolist()}


def used(name: str, *, last: timedelta, times: int = 400) -> Row:
    """For forty days, until so long ago."""
    return name, last + timedelta(days=40), last, times


NEWEST = used("newest", last=timedelta(0))


class TestSilence:
    def test_an_hour_without_use_is_none(self) -> None:
        assert silent(NEWEST, used("a", last=timedelta(minutes=57)), used("b", last=timedelta(minutes=50))) == set()

    @pytest.mark.parametrize(("days", "found"), [(3.9, set()), (4.1, {"a", "b"})])
    def test_days_without_use_after_use_every_day_are(self, days: float, found: set[str]) -> None:
        last = timedelta(days=days)
        assert silent(NEWEST, used("a", last=last), used("b", last=last)) == found

    def test_who_comes_once_a_week_is_not_silent_after_four_days(self) -> None:
        last = timedelta(days=5)
        assert silent(NEWEST, used("a", last=last, times=6), used("b", last=last, times=6)) == set()

    def test_nor_after_three_weeks_but_then_is(self) -> None:
        last = timedelta(days=26)
        assert silent(NEWEST, used("a", last=last, times=6), used("b", last=last, times=6)) == {"a", "b"}

    def test_who_was_seen_a_few_times_has_no_rhythm(self) -> None:
        last = timedelta(days=300)
        assert silent(NEWEST, used("a", last=last, times=4), used("b", last=last, times=4)) == set()

    def test_one_who_only_looked_round_tells_nothing_by_when_he_went(self) -> None:
        gone = timedelta(days=30)
        rows = [(name, gone + timedelta(days=1), gone, 50) for name in "ab"]
        assert silent(NEWEST, *rows) == set()

    def test_a_stop_of_all_signals_silences_nobody(self) -> None:
        assert silent(used("a", last=timedelta(days=90)), used("b", last=timedelta(days=90))) == set()

    def test_who_was_opened_in_the_same_hours_is_told_all_the_same(self) -> None:
        assert together(OPENED, [used("a", last=timedelta(0)), used("b", last=timedelta(0))]) == {"a", "b"}
