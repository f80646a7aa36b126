"""A sample is another with each commit, and in time all is tried."""

import pytest

from tests import whole
from tests.whole import by_turns, dealt, some

ROLES = ("analyst", "approver", "auditor", "investigator", "senior")


@pytest.mark.parametrize("count", [1, 2, 3, 5, 9])
def test_so_many_are_taken_and_in_time_each(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    tried = set()
    for turn in range(len(ROLES)):
        monkeypatch.setattr(whole, "TURN", turn)
        found = some("desk:case", ROLES, count=count)
        assert len({*found}) == len(found) == min(count, len(ROLES))
        tried.update(found)
    assert tried == {*ROLES}


def test_one_by_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for turn in range(len(ROLES)):
        monkeypatch.setattr(whole, "TURN", turn)
        assert by_turns("desk:case", ROLES) == by_turns("desk:case", {*ROLES})
        found.append(by_turns("desk:case", ROLES))
    assert sorted(found) == sorted(ROLES)


@pytest.mark.skipif(whole.IS_WHOLE, reason="then each is dealt with each at once")
def test_in_time_each_is_dealt_with_each(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = set()
    for turn in range(100):
        monkeypatch.setattr(whole, "TURN", turn)
        found = {*dealt(ROLES, ("GET", "POST"), name="desk:case")}
        assert {role for role, _ in found} == {*ROLES} and {method for _, method in found} == {"GET", "POST"}
        tried |= found
    assert tried == {(role, method) for role in ROLES for method in ("GET", "POST")}
