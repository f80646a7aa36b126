"""Which missing facts would decide an open verdict, and that those named really do."""

import re
from collections.abc import Iterable
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kyc.ownership import concern, missing, regimes
from kyc.ownership.graph import Graph, Holding, Party
from kyc.ownership.missing import MOST_ALONE, Missing
from kyc.ownership.regimes import INDETERMINATE, determine
from kyc.ownership.rule import REGIMES
from kyc.ownership.shares import exactly
from kyc.ownership.unknowns import Fact, World, with_share
from kyc.ownership.verdicts import Question
from tests.kyc.ownership.structures import graph, shipped
from tests.kyc.ownership.test_properties import ENTITIES, PEOPLE, SUBJECT, parties, structures

LINE = re.compile(r"(under|up to|from|above) (\d+(?:\.\d+)?) %(?: on)? (?:the answer|it) is (yes|no)")


def waiting(text: str, regime: str, party: str, *, listed: str = "", **more: str) -> list[str]:
    """What the verdict on the party depends on."""
    found = determine(graph(text, **more), subject="C", rule=shipped(regime), listed=listed.split()).parties[party]
    assert found.verdict == INDETERMINATE
    return [
        told for told in found.why if told.startswith("It depends on") or told.startswith(("Neither", "There is", "Which of"))
    ]


class TestOneAlone:
    @pytest.mark.parametrize(
        ("text", "regime", "party", "told"),
        [
            (
                "X 20-30 C", "iaas-cip", "X",
                "It depends on the exact share of X in C, stated as 20 % to 30 %: under 25 % the answer is no, "
                "from 25 % on it is yes.",
            ),
            (
                "X ? A; A 40 C", "fincen-cdd", "X",
                "It depends on the exact share of X in A, which is not stated: under 62.5 % the answer is no, "
                "from 62.5 % on it is yes.",
            ),
            (
                "A 40-60 C; X 40 C", "ultimate-parent", "A",
                "It depends on the exact share of A in C, stated as 40 % to 60 %: up to 50 % the answer is no, "
                "above 50 % it is yes.",
            ),
            (
                "X ? C votingRights; Y 100 C", "eu-amlr", "X",
                "It depends on the exact share of X in the voting rights of C, which is not stated: under 25 % the answer is no, "
                "from 25 % on it is yes.",
            ),
            (
                "X 20 A; A ? C; X 10 C", "fincen-cdd", "X",
                "It depends on the exact share of A in C, which is not stated: under 75 % the answer is no, "
                "from 75 % on it is yes.",
            ),
            (
                "A 60 C", "provider-terms", "C",
                "It depends on where A has its headquarters: in a region of the rule the answer is yes, elsewhere it is no.",
            ),
        ],
    )  # fmt: skip
    def test_says_from_where_on_the_answer_is_which(self, text: str, regime: str, party: str, told: str) -> None:
        assert waiting(text, regime, party) == [told]

    def test_an_owner_who_is_not_named_may_be_the_party_itself(self) -> None:
        assert waiting("X 20 C; N 5 C", "eu-amlr", "X", nameless="N") == [
            "It depends on who holds 5 % of C: if it is X the answer is yes, if it is another person it is no."
        ]

    def test_or_somebody_who_is_listed(self) -> None:
        assert waiting("N 50 C; Y 50 C", "ofac-50", "C", nameless="N") == [
            "It depends on who holds 50 % of C: if it is somebody who is listed the answer is yes, "
            "if it is somebody who is not it is no."
        ]

    def test_whom_a_nominee_holds_for(self) -> None:
        assert waiting("Q ? N nominee; N 60 C; X 1 C", "iaas-cip", "X", people="X Q") == [
            "It depends on for whom N holds: if it is X the answer is yes, if it is another person it is no."
        ]

    def test_who_is_named_in_control(self) -> None:
        told = waiting("X ? C seniorManagingOfficial; Y ? C seniorManagingOfficial", "fincen-cdd", "X")
        assert told == [
            "It depends on which one of those who manage C is named as the person in control: if it is X the answer is yes, "
            "if it is somebody else it is no."
        ]

    def test_only_what_leads_to_the_party_is_asked(self) -> None:
        [told] = waiting("X 20-30 C; Y ? A; A 40 C", "iaas-cip", "X")
        assert "X in C" in told

    def test_each_of_several_that_would_do_is_told(self) -> None:
        """Where either may be so little that the other no longer matters."""
        assert len(waiting("X ? A; A ? C", "iaas-cip", "X")) == 2

    def test_a_no_needs_all_lists(self) -> None:
        asked = graph("X 25-60 C")
        found = determine(asked, subject="C", rule=shipped("ofac-50"), listed={"X"}, is_no_certain=False).parties["C"]
        assert found.why[-1].endswith("stated as 25 % to 60 %: from 50 % on the answer is yes.")

    def test_more_than_a_number_is_not_that_number(self) -> None:
        [told] = waiting("X >20 C", "fincen-cdd", "X")
        assert told.endswith("stated as over 20 %: under 25 % the answer is no, from 25 % on it is yes.")


class TestTwoTogether:
    def test_are_named_with_what_they_come_to(self) -> None:
        """One of three more than half of which lies in the regions with any two of them, and not with one."""
        told = waiting("R 20 C; A 20 C; B 20 C; D 20 C", "provider-terms", "C", countries="R:CN")
        assert told[0] == (
            "It depends on two facts together: where A has its headquarters; and where B has its headquarters. "
            "If A has its headquarters in a region of the rule and B has its headquarters in a region of the rule, "
            "the answer is yes. If A has its headquarters elsewhere and B has its headquarters elsewhere, the answer is no."
        )
        assert len(told) == 3

    def test_shares_are_fitted_to_one_another(self) -> None:
        """Both at their most come to more than there is, so that isn't said."""
        told = waiting("X 0-80 A; X 0-80 B; A 0-60 C; B 0-60 C; X 10 C", "fincen-cdd", "X")
        assert told and not any("holds 60 % of C and B holds 60 % of C" in sentence for sentence in told)


class TestAllThatIsOpen:
    def test_statements_that_cannot_be_are_told_first(self) -> None:
        told = waiting("X 60 C; Y 60 C", "eu-amlr", "X")
        assert told == ["It depends on what is really held of C: the stated shares can't all be true."]

    def test_several_that_only_together_decide(self) -> None:
        told = waiting("R 20 C; A 13 C; B 13 C; D 13 C; E 13 C; F 13 C", "provider-terms", "C", countries="R:CN")
        assert told[0] == "Neither one of these facts nor any two decide it, only more of them together."
        assert told[1:] == [f"It depends on where {name} has its headquarters." for name in "ABDEF"]

    def test_too_much_to_try_is_told_in_part(self) -> None:
        text = "; ".join(f"A{n} 4 C" for n in range(MOST_ALONE + 8))
        told = waiting(text, "provider-terms", "C")
        assert told[0] == "There is too much to try which of these would decide; it depends on them together."
        assert told[-1] == "It depends on 8 more facts that are not known."

    def test_a_large_structure_is_not_asked_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(missing, "MOST_READ", 1)
        assert waiting("X 20-30 C; Y 5 C", "iaas-cip", "X") == [
            "It depends on the exact share of X in C, stated as 20 % to 30 %."
        ]


class TestQuestions:
    @pytest.mark.parametrize(
        ("text", "regime", "party", "question"),
        [
            ("X 20-30 C", "iaas-cip", "X", Question("How much of C does X hold?", "C")),
            ("X ? A; A 40 C", "fincen-cdd", "X", Question("How much of A does X hold?", "A")),
            ("A 60 C", "provider-terms", "C", Question("Where does A have its headquarters?", "C")),
            ("X 20 C; N 5 C", "eu-amlr", "X", Question("Who holds 5 % of C?", "C")),
        ],
    )
    def test_are_sentences_for_whoever_is_to_tell(self, text: str, regime: str, party: str, question: Question) -> None:
        found = determine(graph(text, nameless="N"), subject="C", rule=shipped(regime)).parties[party]
        assert found.questions == (question,)

    def test_of_an_owner_of_several_the_nearest_is_asked(self) -> None:
        """Though in a circle it owns some of its own owner too."""
        found = determine(graph("A 60 C; B 40 A; A 30 B"), subject="C", rule=shipped("provider-terms")).parties["C"]
        assert Question("Where does A have its headquarters?", "C") in found.questions

    def test_nothing_is_asked_where_nothing_is_open(self) -> None:
        found = determine(graph("X 30 C; Y 20 C"), subject="C", rule=shipped("iaas-cip"))
        assert not any(verdict.questions for verdict in found.parties.values())


class TestConcern:
    def test_headquarters_decide_where_the_customer_is(self) -> None:
        found = concern.determine(graph("A 60 C", countries="A:NO"), subject="C", rule=shipped("entity-of-concern"))
        assert found.located.why[-1] == (
            "It depends on where C has its headquarters: in a country of concern the answer is yes, elsewhere it is no."
        )
        assert found.located.questions == (Question("Where does C have its headquarters?", ""),)

    def test_or_who_controls_it(self) -> None:
        found = concern.determine(graph("A 40-60 C", countries="A:CN C:NO"), subject="C", rule=shipped("entity-of-concern"))
        assert found.controlled.why[-1].endswith("up to 50 % the answer is no, above 50 % it is yes.")


@st.composite
def small(draw: st.DrawFn) -> Graph:
    """A few holdings in ranges, some headquarters unknown."""
    unknown = draw(st.sets(st.sampled_from(ENTITIES)))
    known = [Party(p.id, p.kind, "" if p.id in unknown else p.country) for p in parties()]
    return Graph.of(draw(structures()), known)


def asked(structure: Graph, regime: str, listed: set[str]) -> tuple[Missing, list[str]]:
    rule = shipped(regime)
    found = determine(structure, subject=SUBJECT, rule=rule, listed=listed, tell_missing=False).parties
    open_ones = [party for party, verdict in found.items() if verdict.verdict == INDETERMINATE]
    return regimes.missing(structure, subject=SUBJECT, rule=rule, listed=listed), open_ones


def verdict_in(world: World, regime: str, party: str) -> str:
    found = determine(world.graph, subject=SUBJECT, rule=shipped(regime), listed=world.listed, tell_missing=False)
    return found.parties[party].verdict


def fixed(world: World, facts: Iterable[tuple[Fact, int]], party: str) -> World | None:
    for fact, number in facts:
        found = fact.ends[number](world, party)
        if found is None:
            return None
        world = found.world
    return world


listings = st.sets(st.sampled_from([*PEOPLE, *ENTITIES[1:]]))


class TestNamedSets:
    @settings(deadline=None, max_examples=60)
    @given(small(), listings, st.sampled_from(REGIMES))
    def test_decide_and_nothing_less_does(self, structure: Graph, listed: set[str], regime: str) -> None:
        asks, open_ones = asked(structure, regime, listed)
        whole = World(structure, frozenset(listed))
        for party in open_ones[:4]:
            asks.left = 10**6
            facts = [fact for fact in asks.unknowns.facts(party) if fact.ends][:MOST_ALONE]
            alone = asks.alone(facts, party)
            for ends in alone:
                for number, end in enumerate(ends[0].fact.ends):
                    world = end(whole, party)
                    told = {one.brief: one.verdict for one in ends}
                    assert world is None or told.get(world.brief, INDETERMINATE) == verdict_in(world.world, regime, party), number
            if alone or len(facts) > missing.MOST_PAIRED:
                continue
            for (one, other), ways in asks.pairs(facts, party):
                found = [
                    verdict_in(world, regime, party)
                    for first in range(len(one.ends))
                    for second in range(len(other.ends))
                    if (world := fixed(whole, [(one, first), (other, second)], party))
                ]
                assert set(ways) == set(found) - {INDETERMINATE}
                lone = [fixed(whole, [(fact, end)], party) for fact in (one, other) for end in range(len(fact.ends))]
                assert {verdict_in(world, regime, party) for world in lone if world} == {INDETERMINATE}

    @settings(deadline=None, max_examples=60)
    @given(small(), listings, st.sampled_from(REGIMES), st.integers(1, 19))
    def test_a_line_holds_all_along(self, structure: Graph, listed: set[str], regime: str, part: int) -> None:
        asks, open_ones = asked(structure, regime, listed)
        whole = World(structure, frozenset(listed))
        for party in open_ones[:4]:
            asks.left = 10**6
            for ends in asks.alone([fact for fact in asks.unknowns.facts(party) if fact.place >= 0], party):
                place, told = ends[0].fact.place, asks.sentence(ends, party)
                span = missing.room(structure, place)
                for word, number, verdict in LINE.findall(told):
                    assert span
                    cut = Fraction(number) / 100
                    low, high = (span.min, cut) if word in ("under", "up to") else (cut, span.max)
                    at = low + (high - low) * Fraction(part, 20)
                    assert verdict_in(with_share(whole, place, exactly(at)), regime, party) == verdict

    @settings(deadline=None, max_examples=40)
    @given(structures(), st.sampled_from(REGIMES))
    def test_a_share_that_is_changed_leaves_no_trace_of_what_it_was(self, holdings: list[Holding], regime: str) -> None:
        """A structure made from another answers as one that was never another."""
        before = Graph.of(holdings, parties())
        determine(before, subject=SUBJECT, rule=shipped(regime), listed={"p0"})
        for place, held in enumerate(holdings[:4]):
            at = exactly(held.share.min)
            made = before.with_share(place, at)
            anew = Graph.of(made.holdings, parties())
            one, other = (determine(g, subject=SUBJECT, rule=shipped(regime), listed={"p0"}) for g in (made, anew))
            assert one == other
