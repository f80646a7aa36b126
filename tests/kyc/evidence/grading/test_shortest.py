"""The shortest way reaches the level, and nothing shorter does."""

from collections.abc import Iterator
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kyc.evidence.grading.reaching import Item, by, following, reached
from kyc.evidence.grading.shortest import Act, Do, Path, applied, shortest
from kyc.rules import assurance
from kyc.rules.assurance import Guideline, Level
from tests.kyc.evidence.grading.test_reaching import FOUR, GUIDELINES, ITEMS, NIST, RULES


def path_to(guideline: Guideline, code: str, items: list[Item], told: tuple[str, ...] = FOUR) -> Path:
    level = next(level for level in guideline.levels if level.code == code)
    found = shortest(level, items, told, RULES, guideline.about)
    assert found is not None
    return found


def single(items: list[Item], about: str, number: int) -> Iterator[Act]:
    """Every act that can be done now."""
    for kind in RULES.kinds_about(about):
        yield from (Act(Do.ADD, number, kind.code, how) for how in kind.scores)
    for item in items:
        kind = RULES.kinds[item.kind]
        yield from (Act(Do.VALIDATE, item.number, item.kind, how) for how in kind.scores)
        yield from (Act(Do.VERIFY, item.number, item.kind, how) for how in kind.verified)


def is_reached(level: Level, items: list[Item]) -> bool:
    return any(by(way, items, FOUR, RULES) is not None for way in level.ways)


def within(level: Level, items: list[Item], about: str, acts: int, number: int = -100) -> bool:
    if acts <= 0:
        return is_reached(level, items)
    return any(within(level, applied(items, FOUR, [act])[0], about, acts - 1, number - 1) for act in single(items, about, number))


FEW = [[], [Item(1, "passport", "inspected")], [Item(1, "bank_account")]]


class TestShortest:
    @settings(deadline=None, max_examples=60)
    @given(GUIDELINES, ITEMS, st.data())
    def test_reaches_the_level(self, guideline: Guideline, items: list[Item], data: st.DataObject) -> None:
        level = data.draw(st.sampled_from(guideline.levels))
        told = data.draw(st.sampled_from([FOUR, FOUR[:2], ()]))
        found = shortest(level, items, told, RULES, guideline.about)
        assert found is not None
        assert by(found.way, *applied(items, told, found.acts), RULES) is not None

    @settings(max_examples=60, deadline=None)
    @given(GUIDELINES, st.lists(ITEMS, max_size=1).map(lambda lists: list(chain(*lists))[:2]))
    def test_nothing_shorter_does(self, guideline: Guideline, items: list[Item]) -> None:
        level = following(guideline, reached(guideline, items, FOUR, RULES))
        if level is None:
            return
        found = shortest(level, items, FOUR, RULES, guideline.about)
        assert found is not None
        if 1 <= len(found.acts) <= 2:
            assert not within(level, items, guideline.about, len(found.acts) - 1)

    @settings(max_examples=4, deadline=None)
    @given(
        st.sampled_from(["nist", "gpg45"]), st.sampled_from([[], [Item(1, "passport", "inspected")], [Item(1, "bank_account")]])
    )
    def test_nor_where_it_is_three_acts_long(self, code: str, items: list[Item]) -> None:
        guideline = RULES.guideline(code)
        for level in guideline.levels:
            found = shortest(level, items, FOUR, RULES, guideline.about)
            assert found is not None
            if len(found.acts) == 3:
                assert not within(level, items, guideline.about, 2)

    @settings(deadline=None, max_examples=40)
    @given(GUIDELINES, ITEMS)
    def test_each_other_act_would_do_as_well(self, guideline: Guideline, items: list[Item]) -> None:
        found = shortest(guideline.levels[-1], items, FOUR, RULES, guideline.about)
        assert found is not None
        for place, act in enumerate(found.acts):
            for kind, how in act.instead:
                acts = [*found.acts[:place], Act(act.do, act.item, kind, how), *found.acts[place + 1 :]]
                assert by(found.way, *applied(items, FOUR, acts), RULES) is not None

    def test_a_reached_level_takes_nothing(self) -> None:
        assert path_to(NIST, "ial2", [Item(1, "passport", "chip", "compared")]).acts == ()

    def test_reading_the_chip_of_the_passport_at_hand_is_one_act(self) -> None:
        acts = path_to(NIST, "ial2", [Item(3, "passport", "inspected", "compared")]).acts
        assert [(act.do, act.item, act.how) for act in acts] == [(Do.VALIDATE, 3, "chip")]

    def test_a_new_piece_says_what_else_would_do(self) -> None:
        acts = path_to(RULES.guideline("cip"), "verified", []).acts
        assert [act.do for act in acts] == [Do.ADD]
        assert {kind for kind, _how in acts[0].instead} | {acts[0].kind} == {
            "passport", "identity_card", "driving_licence", "residence_permit", "digital_credential",
        }  # fmt: skip

    def test_what_is_not_told_is_told_first(self) -> None:
        acts = path_to(RULES.guideline("cip"), "identified", [], ("name", "number")).acts
        assert [(act.do, act.kind) for act in acts] == [(Do.TELL, "birth_date"), (Do.TELL, "address")]

    def test_none_is_longer_than_what_is_asked_for(self) -> None:
        level = NIST.levels[2]
        assert shortest(level, [], FOUR, RULES, assurance.PERSON, most=1) is None

    @pytest.mark.parametrize("guideline", RULES.guidelines, ids=lambda guideline: guideline.code)
    def test_every_way_of_every_guideline_can_be_gone(self, guideline: Guideline) -> None:
        for level in guideline.levels:
            for way in level.ways:
                one = Level(level.code, level.title, (way,))
                assert shortest(one, [], (), RULES, guideline.about) is not None, way.code
