from typing import Any

import pytest

from reports.templatetags.paper import batches, instant, newest


class TestInstant:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("2026-11-23T14:05:09Z", "2026-11-23 14:05:09 UTC"),
            ("2026-11-23T14:05:09.000012Z", "2026-11-23 14:05:09.000012 UTC"),
            ("", ""),
        ],
    )
    def test_it_is_the_same_instant_for_people(self, text: str, shown: str) -> None:
        assert instant(text) == shown


class TestBatches:
    @pytest.mark.parametrize(
        ("count", "sizes"), [(0, []), (1, [1]), (60, [60]), (61, [60, 1]), (150, [60, 60, 30])]
    )  # fmt: skip
    def test_all_rows_once_in_their_order(self, count: int, sizes: list[int]) -> None:
        rows = list(range(count))
        parts = list(batches(rows, 60))
        assert [len(part) for part in parts] == sizes
        assert [row for part in parts for row in part] == rows


class TestNewest:
    @pytest.mark.parametrize(("count", "left"), [(0, []), (1, ["c"]), (2, ["b", "c"]), (3, ["a", "b", "c"])])
    def test_the_last_ones_stay_in_their_order(self, count: int, left: list[str]) -> None:
        rows: list[Any] = ["a", "b", "c"]
        assert newest(rows, count) == left
