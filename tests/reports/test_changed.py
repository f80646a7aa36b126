"""What changed between two files: nothing is left out, nothing is told that is the same."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import canonical
from reports.changed import Change, changes
from tests.reports.story import STAGES, Life

SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "b/c", "~d"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc/~"), inner, max_size=3),
    max_leaves=8,
)
FILES = st.dictionaries(st.sampled_from("abcd"), VALUES, max_size=4)


def parts(pointer: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def holder(tree: Any, path: list[str]) -> Any:
    for part in path[:-1]:
        tree = tree[int(part)] if isinstance(tree, list) else tree[part]
    return tree


def rebuilt(before: Any, found: list[Change]) -> Any:
    """The later file out of the earlier one and the changes alone."""
    tree = copy.deepcopy(before)
    for change in reversed(found):
        if change.before_at:
            path = parts(change.before_at)
            at = holder(tree, path)
            gone = at.pop(int(path[-1]) if isinstance(at, list) else path[-1])
            assert canonical.encode(gone) == canonical.encode(change.before)
    for change in found:
        if change.after_at:
            path = parts(change.after_at)
            at = holder(tree, path)
            if isinstance(at, list):
                at.insert(int(path[-1]), change.after)
            else:
                at[path[-1]] = change.after
    return tree


class TestChanges:
    @given(FILES, FILES)
    def test_put_in_by_their_places_they_make_the_later_of_the_earlier(self, before: Any, after: Any) -> None:
        found = list(changes(before, after))
        assert canonical.encode(rebuilt(before, found)) == canonical.encode(after)
        assert bool(found) == (canonical.encode(before) != canonical.encode(after))

    @given(FILES, FILES)
    def test_one_left_out_is_missed(self, before: Any, after: Any) -> None:
        """The negative control: each of them is needed."""
        found = list(changes(before, after))
        if len(found) == 1:
            assert canonical.encode(rebuilt(before, [])) != canonical.encode(after)

    def test_a_value_is_told_with_its_place_in_words(self) -> None:
        before = {"ownership": {"interests": [{"owner": "Alice Olsen", "share": "60 %"}]}}
        after = {"ownership": {"interests": [{"owner": "Alice Olsen", "share": "55 %"}]}}
        (found,) = changes(before, after)
        assert found == Change(
            "ownership › interests › Alice Olsen › share",
            "/ownership/interests/0/share",
            "/ownership/interests/0/share",
            "60 %",
            "55 %",
        )

    def test_a_row_that_came_first_changes_none_of_the_others(self) -> None:
        rows = [{"name": "B", "n": 1}, {"name": "C", "n": 2}]
        (found,) = changes({"rows": rows}, {"rows": [{"name": "A", "n": 0}, *rows]})
        assert (found.where, found.before_at, found.after_at, found.before) == ("rows › A", "", "/rows/0", None)

    def test_one_and_true_are_not_the_same(self) -> None:
        assert len(list(changes({"a": 1}, {"a": True}))) == 1


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("kind", ["R-03", "R-04", "R-06"])
def test_of_every_report_at_every_stage_the_list_is_a_whole_diff(life: Life, kind: str, stage: str) -> None:
    told = life.then[stage]
    pairs = {
        "R-03": (told.facts, life.restated[stage]),
        "R-04": (told.control, life.control_restated[stage]),
        "R-06": (told.keys, life.keys_restated[stage]),
    }
    before, after = pairs[kind]
    found = list(changes(before, after))
    assert canonical.encode(rebuilt(before, found)) == canonical.encode(after)
    assert "known at" in [change.where for change in found]
    assert all(json.dumps(change.before) != json.dumps(change.after) and change.where for change in found)
