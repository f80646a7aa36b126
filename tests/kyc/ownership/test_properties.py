"""What holds of every structure, tried on invented ones, and the same answers got another way."""

from collections.abc import Iterator
from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kyc.ownership.flows import Flow
from kyc.ownership.graph import ENTITY, PERSON, Graph, Holding, Party, Stakes
from kyc.ownership.regimes import INDETERMINATE, NO, YES, Result, determine
from kyc.ownership.rule import REGIMES
from kyc.ownership.shares import NONE, Interval
from tests.kyc.ownership.structures import shipped

PEOPLE, ENTITIES = ["p0", "p1", "p2"], ["e0", "e1", "e2", "e3", "e4"]
SUBJECT = "e0"
Shares = list[Holding]
listings = st.sets(st.sampled_from(PEOPLE + ENTITIES[1:]))
orders = st.randoms(use_true_random=False)


@st.composite
def structures(draw: st.DrawFn, *, cycles: bool = True, ranges: bool = True) -> Shares:
    """Up to three owners each, never more than the whole at the least; whole twentieths."""
    found = []
    for place, owned in enumerate(ENTITIES):
        possible = PEOPLE + [e for e in ENTITIES if e != owned] if cycles else PEOPLE + ENTITIES[place + 1 :]
        left = 20
        for owner in draw(st.lists(st.sampled_from(possible), max_size=3, unique=True)):
            low = draw(st.integers(0, left))
            high = draw(st.integers(low, 20)) if ranges else low
            left -= low
            if high:
                found.append(Holding(owner, owned, Interval(Fraction(low, 20), Fraction(high, 20))))
    return found


def parties() -> list[Party]:
    people = [Party(id, PERSON, "FR") for id in PEOPLE]
    return [*people, *(Party(id, ENTITY, country) for id, country in zip(ENTITIES, ["DE", "CN", "DE", "RU", "US"], strict=True))]


def asked(holdings: Shares, regime: str, listed: set[str] = frozenset()) -> Result:  # type: ignore[assignment]  # read only
    return determine(Graph.of(holdings, parties()), subject=SUBJECT, rule=shipped(regime), listed=listed)


def is_stricter(after: str, before: str) -> bool:
    order = [NO, INDETERMINATE, YES]
    return order.index(after) >= order.index(before)


def chosen(holdings: Shares, pick: st.DataObject) -> Shares:
    """One exact structure that the ranges allow: shares within their ranges, together no more than the whole."""
    found, left = [], {h.owned: 1 - sum((o.share.min for o in holdings if o.owned == h.owned), Fraction(0)) for h in holdings}
    for h in holdings:
        more = min(h.share.max - h.share.min, left[h.owned]) * Fraction(pick.draw(st.integers(0, 4)), 4)
        left[h.owned] -= more
        share = h.share.min + more
        found.append(Holding(h.owner, h.owned, Interval(share, share)))
    return [h for h in found if h.share.max]


def chains(holdings: Shares, owner: str) -> Iterator[Fraction]:
    for h in holdings:
        if h.owner == owner:
            if h.owned == SUBJECT:
                yield h.share.min
            yield from (h.share.min * rest for rest in chains(holdings, h.owned))


def by_hand(holdings: Shares, listed: set[str]) -> set[str]:
    found = set(listed)
    while True:
        new = {
            owned
            for owned in ENTITIES
            if sum(h.share.min for h in holdings if h.owned == owned and h.owner in found) >= Fraction(1, 2)
        } - found
        if not new:
            return found
        found |= new


class TestEveryRegime:
    @settings(deadline=None, max_examples=60)
    @given(structures(), listings, orders, st.sampled_from(REGIMES))
    def test_the_order_of_rows_changes_nothing(self, holdings: Shares, listed: set[str], order: object, regime: str) -> None:
        shuffled = list(holdings)
        order.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random
        assert asked(holdings, regime, listed) == asked(shuffled, regime, listed)

    @settings(deadline=None, max_examples=100)
    @given(structures(), listings, st.sampled_from(REGIMES), st.data())
    def test_a_verdict_on_ranges_holds_for_every_structure_within_them(
        self, holdings: Shares, listed: set[str], regime: str, pick: st.DataObject
    ) -> None:
        wide, exact = asked(holdings, regime, listed), asked(chosen(holdings, pick), regime, listed)
        for party, found in wide.parties.items():
            if regime == "ultimate-parent" and found.verdict == INDETERMINATE:
                continue
            told = exact.parties[party]
            assert found.share.min <= told.share.min <= told.share.max <= found.share.max
            if told.verdict != INDETERMINATE:
                assert found.verdict in (INDETERMINATE, told.verdict)

    @settings(deadline=None, max_examples=60)
    @given(structures(), listings, st.sampled_from(REGIMES))
    def test_every_verdict_says_why(self, holdings: Shares, listed: set[str], regime: str) -> None:
        assert all(found.why for found in asked(holdings, regime, listed).parties.values())

    @settings(deadline=None, max_examples=60)
    @given(structures(ranges=False), st.sampled_from(["ofac-50", "eu-amlr", "fincen-cdd", "provider-terms"]))
    def test_exact_shares_leave_nothing_open(self, holdings: Shares, regime: str) -> None:
        result = asked(holdings, regime, {"p0"})
        assume(not closed(holdings))
        assert all(found.verdict != INDETERMINATE for found in result.parties.values())


def closed(holdings: Shares) -> bool:
    """Whether some entity is wholly held by entities: a ring of such has no share that adds up."""
    whole = [h for h in holdings if h.owner in ENTITIES]
    return any(sum(h.share.min for h in whole if h.owned == entity) == 1 for entity in ENTITIES)


class TestCascade:
    @settings(deadline=None)
    @given(structures(), listings, listings)
    def test_listing_more_never_unblocks(self, holdings: Shares, listed: set[str], more: set[str]) -> None:
        before, after = asked(holdings, "ofac-50", listed), asked(holdings, "ofac-50", listed | more)
        assert all(is_stricter(after.parties[p].verdict, found.verdict) for p, found in before.parties.items())

    @given(structures(ranges=False), listings)
    def test_blocks_whom_the_rule_read_word_for_word_blocks(self, holdings: Shares, listed: set[str]) -> None:
        result = asked(holdings, "ofac-50", listed)
        assert {party for party, found in result.parties.items() if found.verdict == YES} == by_hand(holdings, listed)
        assert not [party for party, found in result.parties.items() if found.verdict == INDETERMINATE]


def effective(holdings: Shares) -> dict[str, Interval]:
    """What each party above the subject owns of it when chains are multiplied and added."""
    shares = Flow(Graph.of(holdings), Stakes.of(holdings), SUBJECT).shares
    return {party: share for party, share in shares.items() if party != SUBJECT}


class TestMultiplyAndAdd:
    @given(structures(cycles=False, ranges=False))
    def test_equals_the_sum_of_all_chains_where_there_are_no_rings(self, holdings: Shares) -> None:
        found = effective(holdings)
        for party in PEOPLE + ENTITIES[1:]:
            by_chain = sum(chains(holdings, party), Fraction(0))
            assert found.get(party, NONE).min == by_chain

    @given(structures(cycles=False, ranges=False))
    def test_people_and_unaccounted_parts_come_to_the_whole(self, holdings: Shares) -> None:
        graph = Graph.of(holdings, parties())
        found = effective(holdings)
        left = graph.unaccounted()
        gaps = left[SUBJECT].min + sum(found[e].min * left[e].min for e in ENTITIES[1:] if e in found)
        assert sum((found[p].min for p in PEOPLE if p in found), Fraction(0)) + gaps == 1

    @settings(deadline=None)
    @given(structures(ranges=False))
    def test_with_rings_each_share_is_the_sum_of_its_steps(self, holdings: Shares) -> None:
        found = {party: share.min for party, share in Flow(Graph.of(holdings), Stakes.of(holdings), SUBJECT).shares.items()}
        assume(not closed(holdings) and all(share < 1 for share in found.values()))
        for party, share in found.items():
            known = dict.fromkeys(ENTITIES, Fraction(0)) | found
            assert share == sum(steps(holdings, party, known), Fraction(0))

    @settings(deadline=None)
    @given(structures(ranges=False))
    def test_ever_longer_chains_never_lead_beyond_it(self, holdings: Shares) -> None:
        found = effective(holdings)
        reached = dict.fromkeys(PEOPLE + ENTITIES, Fraction(0))
        for _ in range(12):
            reached = {party: sum(steps(holdings, party, reached), Fraction(0)) for party in reached}
        for party in PEOPLE:
            assert min(Fraction(1), reached[party]) <= found.get(party, NONE).max


def steps(holdings: Shares, party: str, reached: dict[str, Fraction]) -> Iterator[Fraction]:
    yield from (h.share.min * ((h.owned == SUBJECT) + reached[h.owned]) for h in holdings if h.owner == party)
