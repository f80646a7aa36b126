from tests.bench.timing import side_by_side, told


class TestSideBySide:
    def test_does_every_one_in_every_round_and_counts_those_after_the_first(self) -> None:
        done: list[str] = []
        taken = side_by_side({"a": lambda: done.append("a"), "b": lambda: done.append("b")}, rounds=3, warm_up=2)
        assert done == ["a", "b"] * 5
        assert {name: len(times) for name, times in taken.items()} == {"a": 3, "b": 3}


class TestTold:
    def test_compares_the_medians(self) -> None:
        said = told({"bare": [1.0, 2.0, 3.0], "ours": [5.0, 5.0, 50.0]}, beside="bare")
        assert said["bare"].startswith("2.000 ms") and said["bare"].endswith("1.00 times")
        assert said["ours"].startswith("5.000 ms") and said["ours"].endswith("2.50 times")
