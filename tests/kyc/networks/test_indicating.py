"""What stands out in use: points are monotone, capped, and the same in whatever order peers come; no peers, no points."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.networks.indicating import Group, Measured, Peers, indicated, judged, place, points, summed, without
from kyc.rules import indicators

RULES = indicators.load()
HERE = Group("standard", "1", "no")
CODES = [one.code for one in RULES.every]
VALUES = st.floats(0, 1e9, allow_nan=False)
FIGURES = st.dictionaries(st.sampled_from(CODES), VALUES)


def account(number: int, figure: float, code: str = "volume", group: Group = HERE, **more: bool) -> Measured:
    return Measured(number, number, group, {code: figure}, **more)


def crowd(*figures: float, group: Group = HERE, first: int = 100) -> list[Measured]:
    return [account(first + at, figure, group=group) for at, figure in enumerate(figures)]


class TestPoints:
    VOLUME, TEMPLATES = RULES.indicator("volume"), RULES.indicator("templates")

    @pytest.mark.parametrize(
        ("figure", "line", "told"),
        [(0, 0, 0), (200, 0, 0), (4000, 0, 15), (10**9, 0, 15), (4000, 4000, 0), (80_000, 4000, 15), (900, 0, 7), (0, 10**9, 0)],
    )
    def test_of_a_ratio_begin_above_the_line_and_the_floor(self, figure: float, line: float, told: int) -> None:
        assert points(self.VOLUME, figure, line) == told

    @pytest.mark.parametrize(("figure", "line", "told"), [(0.3, 0, 0), (0.8, 0, 15), (1, 0, 15), (1, 0.6, 12), (0.55, 0.1, 7)])
    def test_of_a_share_count_what_is_above_it(self, figure: float, line: float, told: int) -> None:
        assert points(self.TEMPLATES, figure, line) == told

    @given(st.sampled_from(RULES.every), VALUES, VALUES, VALUES)
    def test_are_never_fewer_for_more_nor_more_where_more_is_usual(self, indicator, one, other, line) -> None:  # type: ignore[no-untyped-def]
        less, more = sorted((one, other))
        assert 0 <= points(indicator, less, line) <= points(indicator, more, line) <= indicator.points
        assert points(indicator, line, more) <= points(indicator, line, less)


class TestSummed:
    @given(st.dictionaries(st.sampled_from(CODES), st.integers(0, 50)), st.sampled_from(CODES))
    def test_is_capped_a_head_and_in_all_and_never_less_for_one_more(self, each: dict[str, int], code: str) -> None:
        told = summed(each, RULES)
        assert 0 <= told <= RULES.most
        assert summed({code: each.get(code, 0)}, RULES) <= RULES.most_a_head
        assert told <= summed(each | {code: each.get(code, 0) + 1}, RULES)

    def test_adds_up(self) -> None:
        assert summed({"volume": 5, "shift": 7}, RULES) == 12
        assert summed(dict.fromkeys(CODES, 20), RULES) == min(RULES.most, 4 * RULES.most_a_head)
        assert summed({"volume": 30, "hours": 30}, RULES) == RULES.most_a_head


class TestPlace:
    @pytest.mark.parametrize(
        ("part", "count", "told"), [(0.5, 8, 3), (0.5, 9, 4), (0.9, 8, 7), (0.9, 10, 8), (0.9, 20, 17), (0.9, 1, 0)]
    )
    def test_is_of_the_first_that_so_many_do_not_exceed(self, part: float, count: int, told: int) -> None:
        assert place(part, count) == told

    @given(st.lists(VALUES, min_size=2), st.data())
    def test_an_account_is_left_out_of_what_is_usual_for_it(self, values: list[float], data: st.DataObject) -> None:
        own = data.draw(st.sampled_from(values))
        ordered, rest = sorted(values), sorted(values)
        rest.remove(own)
        assert [without(ordered, at, own) for at in range(len(rest))] == rest
        assert [without(ordered, at, None) for at in range(len(values))] == ordered


class TestPeers:
    def test_there_are_none_below_the_least_and_then_no_points(self) -> None:
        rare = account(1, 10**6)
        told = indicated(rare, Peers([rare, *crowd(*[10] * (RULES.least_peers - 1))], RULES), RULES.indicator("volume"))
        assert (told.usual, told.points, told.figure) == (None, 0, 10**6)
        told = indicated(rare, Peers([rare, *crowd(*[10] * RULES.least_peers)], RULES), RULES.indicator("volume"))
        assert told.points == 15 and told.usual is not None and told.usual.peers == RULES.least_peers

    def test_the_closest_are_taken_of_whom_there_are_enough(self) -> None:
        far = crowd(*[50] * 20, group=Group("small", "0", "model"), first=500)
        near = crowd(*[10] * 8, group=HERE._replace(use="own"))
        usual = Peers([*far, *near], RULES).usual(account(1, 5), "volume")
        assert usual is not None and (usual.rung, usual.peers, usual.line) == (1, 8, 10)
        usual = Peers([*far, *near[:7]], RULES).usual(account(1, 5), "volume")
        assert usual is not None and (usual.rung, usual.peers) == (len(RULES.rungs) - 1, 27)

    def test_an_account_counts_once_however_many_keys_it_has(self) -> None:
        many = [Measured(1000 + at, 7, HERE, {"volume": 10**6}) for at in range(500)]
        usual = Peers([*many, *crowd(*[10] * 20)], RULES).usual(account(1, 5), "volume")
        assert usual is not None and (usual.peers, usual.line, usual.middle) == (21, 10, 10)
        own = Peers([*many, *crowd(*[10] * 20)], RULES).usual(many[0], "volume")
        assert own is not None and own.peers == 20

    def test_who_is_in_a_network_is_nobodys_peer(self) -> None:
        hand = [account(at, 10**6, is_peer=False) for at in range(50)]
        usual = Peers([*hand, *crowd(*[10] * 8)], RULES).usual(hand[0], "volume")
        assert usual is not None and (usual.peers, usual.line) == (8, 10)

    @given(st.lists(st.tuples(st.integers(1, 20), FIGURES), max_size=60), st.randoms())
    def test_the_order_in_which_they_come_makes_no_difference(
        self, rows: list[tuple[int, dict[str, float]]], draw: Random
    ) -> None:
        measured = [Measured(at, account, HERE, figures) for at, (account, figures) in enumerate(rows)]
        mixed = draw.sample(measured, len(measured))
        one, other = Peers(measured, RULES), Peers(mixed, RULES)
        assert [judged(each, one) for each in measured] == [judged(each, other) for each in measured]

    @given(st.lists(st.floats(0, 1000), min_size=30, max_size=60), st.lists(VALUES, max_size=2))
    def test_a_few_extreme_ones_move_what_is_usual_within_the_others(self, figures: list[float], wild: list[float]) -> None:
        usual = Peers(crowd(*figures, *wild), RULES).usual(account(1, 5), "volume")
        assert usual is not None and usual.line <= max(figures)

    @given(st.lists(FIGURES, min_size=9, max_size=30), FIGURES, st.sampled_from(CODES), VALUES)
    def test_more_of_one_figure_never_takes_points_away(self, others, mine, code, more) -> None:  # type: ignore[no-untyped-def]
        peers = Peers([Measured(at, at, HERE, figures) for at, figures in enumerate(others)], RULES)
        one = Measured(100, 100, HERE, mine)
        another = replace(one, figures={**mine, code: mine.get(code, 0) + more})
        assert judged(one, peers, of_network=True).points <= judged(another, peers, of_network=True).points <= RULES.most


class TestJudged:
    def test_what_was_not_told_gives_no_points_and_stands_there(self) -> None:
        told = judged(account(1, 10**6), Peers(crowd(*[10] * 8), RULES))
        assert {one.code for one in told.every} == {one.code for one in RULES.every if not one.networks_only}
        assert [one.code for one in told.every if one.points] == ["volume"] and told.points == 15
        assert next(one for one in told.every if one.code == "hours").figure is None

    def test_synchrony_is_of_networks_alone(self) -> None:
        peers = Peers([], RULES)
        assert "synchrony" not in {one.code for one in judged(account(1, 1), peers).every}
        assert "synchrony" in {one.code for one in judged(account(1, 1), peers, of_network=True).every}


class TestRules:
    def test_name_heads_that_there_are_with_source_and_day(self) -> None:
        assert {one.head for one in RULES.every} == {head.code for head in RULES.heads} and len(RULES.heads) == 4
        assert RULES.source and RULES.since and len(RULES.sha256) == 64

    def test_of_an_unknown_version_there_are_none(self) -> None:
        with pytest.raises(indicators.UnknownIndicators):
            indicators.load("1999.01")
        with pytest.raises(indicators.UnknownIndicators):
            indicators.load("../pack_2026_11")
