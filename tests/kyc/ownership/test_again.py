"""Every regime a second time, word for word and as simply as can be, on small structures: the answers must be the same.

Shares come from determinants written out over all permutations, control and the cascades from asking all anew until nothing
changes. None of the product's arithmetic is used.
"""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise, permutations
from math import prod

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kyc.ownership.graph import Graph, Holding, Party
from kyc.ownership.regimes import INDETERMINATE, NO, YES, Result, determine
from kyc.ownership.rule import REGIMES
from kyc.ownership.shares import Interval
from kyc.rules import packs
from tests.kyc.ownership.structures import shipped
from tests.kyc.ownership.test_properties import ENTITIES, PEOPLE, SUBJECT, Shares, asked, closed, parties, structures

QUARTER, HALF = Fraction(1, 4), Fraction(1, 2)
exact = structures(ranges=False)
Part = Callable[[str, str], Fraction]


def part_of(holdings: Shares) -> Part:
    return lambda owner, owned: sum((h.share.min for h in holdings if (h.owner, h.owned) == (owner, owned)), Fraction(0))


def determinant(rows: list[list[Fraction]]) -> Fraction:
    size = range(len(rows))
    found = Fraction(0)
    for order in permutations(size):
        swaps = sum(order[i] > order[j] for i in size for j in range(i + 1, len(rows)))
        found += (-1) ** swaps * prod((rows[i][order[i]] for i in size), start=Fraction(1))
    return found


def shares_of(subject: str, part: Part) -> dict[str, Fraction]:
    """Of everybody: the part held directly, and of each entity the part that it has of the subject."""
    rows = [[Fraction(one == other) - part(one, other) for other in ENTITIES] for one in ENTITIES]
    right = [part(one, subject) for one in ENTITIES]
    whole = determinant(rows)
    assume(whole)
    held = {}
    for place, entity in enumerate(ENTITIES):
        with_right = [[*row[:place], right[number], *row[place + 1 :]] for number, row in enumerate(rows)]
        held[entity] = determinant(with_right) / whole
    people = {p: part(p, subject) + sum((part(p, e) * held[e] for e in ENTITIES), Fraction(0)) for p in PEOPLE}
    return {**held, **people}


def controlled(party: str, part: Part) -> set[str]:
    found = {party}
    while new := {e for e in ENTITIES if e not in found and sum(part(owner, e) for owner in found) > HALF}:
        found |= new
    return found


def owners_again(holdings: Shares, regime: str) -> set[str]:
    part = part_of(holdings)
    shares = shares_of(SUBJECT, part)
    found = {person for person in PEOPLE if shares[person] >= QUARTER}
    if regime == "fincen-cdd":
        return found
    found |= {person for person in PEOPLE if SUBJECT in controlled(person, part)}
    if regime == "iaas-cip":
        return found
    for person in PEOPLE:
        under = controlled(person, part)
        helpers = [e for e in under if e not in (person, SUBJECT) and part(e, SUBJECT)]
        if helpers and sum(part(e, SUBJECT) for e in under) >= QUARTER:
            found.add(person)
        for entity in ENTITIES[1:]:
            if SUBJECT in controlled(entity, part) and shares_of(entity, part)[person] >= QUARTER:
                found.add(person)
    return found


def of_regions_again(holdings: Shares) -> dict[str, Fraction]:
    """Whole holdings of companies of the regions, and parts of those of others, round after round: each round adds no more than
    its own length of chain, so that what is missing after many is next to nothing."""
    part, regions = part_of(holdings), packs.current().countries("elevated")
    inside = {party.id for party in parties() if party.kind == "entity" and party.country in regions}
    found = dict.fromkeys(ENTITIES, Fraction(0))
    for _ in range(60):
        found = {
            e: sum((part(o, e) * (1 if o in inside else found[o]) for o in ENTITIES), Fraction(0)).limit_denominator(10**15)
            for e in ENTITIES
        }
    return found


def parents_again(holdings: Shares) -> dict[str, str]:
    part = part_of(holdings)
    able = [e for e in ENTITIES if e == SUBJECT or SUBJECT in controlled(e, part)]
    found = dict.fromkeys(PEOPLE + ENTITIES, NO)
    for one in able:
        over = [e for e in able if e != one and one in controlled(e, part)]
        if any(e not in controlled(one, part) for e in over):
            continue
        found[one] = INDETERMINATE if over else YES
    return found


class TestAgain:
    @settings(deadline=None, max_examples=80)
    @given(exact, st.sampled_from(["eu-amlr", "fincen-cdd", "iaas-cip"]))
    def test_owners(self, holdings: Shares, regime: str) -> None:
        assume(not closed(holdings))
        result = asked(holdings, regime)
        assert {party for party, found in result.parties.items() if found.verdict == YES} == owners_again(holdings, regime)
        shares = shares_of(SUBJECT, part_of(holdings))
        for party, found in result.parties.items():
            assert found.share.min == found.share.max == min(Fraction(1), shares[party])

    @settings(deadline=None, max_examples=60)
    @given(exact)
    def test_companies_of_the_regions(self, holdings: Shares) -> None:
        assume(not closed(holdings))
        again = of_regions_again(holdings)
        for party, found in asked(holdings, "provider-terms").parties.items():
            if party in ENTITIES:
                assert abs(found.share.min - again[party]) < Fraction(1, 100)
                if abs(again[party] - HALF) > Fraction(1, 100):
                    assert (found.verdict == YES) is (again[party] > HALF)

    @settings(deadline=None, max_examples=80)
    @given(exact)
    def test_the_ultimate_parent(self, holdings: Shares) -> None:
        result = asked(holdings, "ultimate-parent")
        assert {party: found.verdict for party, found in result.parties.items()} == parents_again(holdings)

    @settings(deadline=None, max_examples=60)
    @given(exact, st.sets(st.sampled_from(PEOPLE + ENTITIES)))
    def test_the_cascades(self, holdings: Shares, listed: set[str]) -> None:
        part, blocked = part_of(holdings), set(listed)
        while new := {e for e in ENTITIES if e not in blocked and sum(part(owner, e) for owner in blocked) >= HALF}:
            blocked |= new
        for regime in ("ofac-50", "bis-affiliates"):
            found = asked(holdings, regime, listed).parties
            assert {party for party, verdict in found.items() if verdict.verdict == YES} == blocked
            assert {p: v.share.min for p, v in found.items()} == {
                p: sum((part(o, p) for o in blocked), Fraction(0)) for p in found
            }


def renamed(holdings: Shares, names: dict[str, str]) -> Result:
    """The same structure in which everybody has another id."""
    found = [Holding(names[h.owner], names[h.owned], h.share) for h in holdings]
    called = [Party(names[party.id], party.kind, party.country) for party in parties()]
    return determine(Graph.of(found, called), subject=names[SUBJECT], rule=shipped("eu-amlr"), listed=())


class TestProperties:
    @settings(deadline=None, max_examples=40)
    @given(structures(), st.permutations(PEOPLE + ENTITIES))
    def test_other_names_change_nothing(self, holdings: Shares, order: list[str]) -> None:
        names = dict(zip(PEOPLE + ENTITIES, order, strict=True))
        one, two = asked(holdings, "eu-amlr"), renamed(holdings, names)
        for party, found in one.parties.items():
            assert (found.verdict, found.share) == (two.parties[names[party]].verdict, two.parties[names[party]].share)

    @settings(deadline=None, max_examples=60)
    @given(exact, st.sampled_from(REGIMES), st.sampled_from(PEOPLE), st.sampled_from(ENTITIES), st.integers(1, 20))
    def test_one_more_holding_never_lowers_a_share(
        self, holdings: Shares, regime: str, owner: str, owned: str, twentieths: int
    ) -> None:
        more = [*holdings, Holding(owner, owned, Interval(Fraction(twentieths, 20), Fraction(twentieths, 20)))]
        assume(sum(h.share.min for h in more if h.owned == owned) <= 1)
        before, after = asked(holdings, regime, {"p0"}), asked(more, regime, {"p0"})
        for party, found in before.parties.items():
            assert after.parties[party].share.min >= found.share.min
            if regime != "ultimate-parent":
                assert after.parties[party].verdict == YES or found.verdict != YES

    @pytest.mark.parametrize("depth", [1, 2, 5])
    def test_a_tree_comes_to_the_product(self, depth: int) -> None:
        ids = ["p0", *reversed(ENTITIES[:depth])]
        held = [Holding(a, b, Interval(Fraction(3, 5), Fraction(3, 5))) for a, b in pairwise(ids)]
        assert asked(held, "eu-amlr").parties["p0"].share.min == Fraction(3, 5) ** depth
