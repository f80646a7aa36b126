"""In whatever order messages come, the end is what the newest of them said."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.evidence.outside import told
from kyc.evidence.outside.told import FINAL, ORDER, STARTED, Told, Unreadable, changes

BEGAN = datetime(2026, 11, 30, 12, tzinfo=UTC)


def said(state: str, minutes: int) -> Told:
    return Told(event="1", kind="x", at=BEGAN + timedelta(minutes=minutes), reference="r", state=state)


def after(messages: list[Told]) -> str:
    state, at = STARTED, None
    for message in messages:
        if changes(state, at, message):
            state, at = message.state, message.at
    return state


@pytest.mark.parametrize("end", FINAL)
def test_every_order_of_a_whole_story_ends_alike(end: str) -> None:
    story = [said("processing", 1), said("input_needed", 2), said("processing", 3), said(end, 4)]
    assert {after(list(order)) for order in itertools.permutations(story)} == {end}


def test_of_one_instant_the_later_state_counts_in_either_order() -> None:
    pair = [said("processing", 1), said("verified", 1)]
    assert after(pair) == after(pair[::-1]) == "verified"


@given(st.lists(st.tuples(st.sampled_from(ORDER), st.integers(0, 5)), max_size=8))
def test_what_is_final_stays_and_time_runs_forward(steps: list[tuple[str, int]]) -> None:
    state, at = STARTED, None
    for step in (said(*step) for step in steps):
        before = (state, at)
        if changes(state, at, step):
            state, at = step.state, step.at
        assert before[0] not in FINAL or (state, at) == before
        assert before[1] is None or (at is not None and at >= before[1])


def test_what_says_nothing_changes_nothing() -> None:
    assert not changes(STARTED, None, said("", 1))


class TestDescriptors:
    def test_only_what_may_be_kept_is(self) -> None:
        found = {"type": "passport", "issuing_country": "NO", "number": "N1", "portrait": "AAAA", "expires_on": "2030-01-01"}
        assert told.descriptors(found) == {"type": "passport", "issuing_country": "NO", "expires_on": "2030-01-01"}

    @pytest.mark.parametrize("value", ["x" * 61, "a\nb", "\u202e", "", ["a"], None, {"a": "b"}])
    def test_and_nothing_long_or_odd(self, value: object) -> None:
        assert told.descriptors({"type": value}) == {}


class TestInstant:
    @pytest.mark.parametrize("value", [None, "1", 1.5, True, 0, -1, 2**40])
    def test_is_a_number_of_seconds(self, value: object) -> None:
        with pytest.raises(Unreadable):
            told.instant(value)


class TestDay:
    @pytest.mark.parametrize(
        "value", [None, {}, {"year": 2026, "month": 13, "day": 1}, {"year": "2026", "month": 1, "day": 1}, 7]
    )
    def test_what_is_none_is_empty(self, value: object) -> None:
        assert told.day(value) == ""

    def test_is_written_as_dates_are(self) -> None:
        assert told.day({"year": 1984, "month": 3, "day": 17}) == "1984-03-17"
