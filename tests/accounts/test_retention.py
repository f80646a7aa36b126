"""The engine of retention, with rules and clocks of its own: which end decides, and what stands in the way."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import retention
from accounts.models import Project
from accounts.retention import Clock, RecordClass, RegisteredTwice, Rule, Started, worked_out

ON = date(2040, 1, 1)
DAYS = st.integers(0, 10_000).map(lambda days: date(2000, 1, 1) + timedelta(days=days))


def rule(code, years, clock="a", **more):
    return Rule(code, code, years, clock, lambda on: (), **more)


@pytest.fixture
def alone(monkeypatch):
    """Nothing is registered."""
    for name in ("CLOCKS", "CLASSES", "CONDITIONS", "NO_RECORDS"):
        monkeypatch.setattr(retention, name, {})
    for code in ("a", "b"):
        retention.clock(Clock(code, code, {}, lambda values, on, code=code: values[code]))


def made(*rules, code="x", **more):
    return retention.register(RecordClass(code, code, (), rules, **more))


def only(values, on=ON, **more):
    (found,) = worked_out(values, on, **more)
    return found


@pytest.mark.usefixtures("alone")
class TestWorkedOut:
    def test_the_latest_end_decides(self):
        made(rule("short", 2), rule("long", 5), rule("other", 1, "b"))
        found = only({"a": Started(date(2020, 5, 1)), "b": Started(date(2021, 1, 1))})
        assert (found.decides.rule.code, found.until) == ("long", date(2025, 5, 1))

    def test_a_clock_that_has_not_started_is_later_than_any(self):
        made(rule("long", 50), rule("waits", 1, "b"))
        found = only({"a": Started(date(2020, 5, 1)), "b": Started(None, "It lasts.")})
        assert (found.decides.rule.code, found.until, found.decides.waits) == ("waits", None, "It lasts.")
        assert not found.is_due(date.max)

    def test_of_those_without_an_end_the_one_of_most_years_decides(self):
        made(rule("five", 5), rule("ten", 10, "b"), rule("two", 2))
        assert only({"a": Started(None, "It lasts."), "b": Started(None, "It acts.")}).decides.rule.code == "ten"

    def test_a_rule_for_others_does_not_count(self):
        made(rule("foreign", 50, only="foreign"), rule("everybody", 5))
        started = {"a": Started(date(2020, 5, 1)), "b": Started(None)}
        assert only(started | {"foreign": False}).until == date(2025, 5, 1)
        assert only(started | {"foreign": True}).until == date(2070, 5, 1)

    def test_one_that_follows_is_kept_as_long_as_the_longest(self):
        made(code="trail", follows=True)
        made(rule("short", 2))
        made(rule("long", 9, "b"), code="y")
        found = worked_out({"a": Started(date(2020, 5, 1)), "b": Started(date(2020, 1, 1))}, ON)
        trail = found[-1]
        assert (trail.record_class.code, trail.until, trail.decides.rule.code) == ("trail", date(2029, 1, 1), "long")

    def test_a_hold_keeps_what_is_over(self):
        made(rule("short", 2))
        values = {"a": Started(date(2020, 5, 1)), "b": Started(None)}
        assert only(values).is_due(ON)
        assert not only(values, holds=(SimpleNamespace(),)).is_due(ON)

    # Making the fixture's world is slow, not the input.
    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
    @given(a=DAYS, b=DAYS, years=st.tuples(st.integers(0, 12), st.integers(0, 12)))
    def test_never_ends_before_any_rule_is_over(self, a, b, years):
        retention.CLASSES.clear()
        made(rule("one", years[0]), rule("two", years[1], "b"))
        found = only({"a": Started(a), "b": Started(b)})
        assert found.until == max(one.until for one in found.running)


@pytest.mark.usefixtures("alone")
class TestRegister:
    def test_refuses_a_second_of_one_code(self):
        made(rule("short", 2))
        with pytest.raises(RegisteredTwice):
            made(rule("short", 2))

    def test_refuses_a_model_that_is_in_another_class(self):
        retention.register(RecordClass("x", "x", (Project,)))
        with pytest.raises(RegisteredTwice, match="stands in x already"):
            retention.register(RecordClass("y", "y", (Project,)))
