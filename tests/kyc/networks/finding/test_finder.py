"""Who is one hand and who is not, by small tables; and that the same signals give the same networks."""

from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kyc.networks.finding.finder import find
from kyc.networks.finding.found import Found
from tests.bench import networks, worlds
from tests.kyc.networks.finding.tables import BEGIN, sharing, signals

CARD, MACHINE, PASSPORT, LINE = ("payment", "p"), ("device", "d"), ("document", "i"), ("login_ip", "l")
# A hand of sixty, of which six have a card and four a document, and all one template.
MANY = [f"m{number}" for number in range(60)]
HAND = [
    *((account, "payment", f"p{place // 6}") for place, account in enumerate(MANY)),
    *((account, "document", f"i{place % 15}") for place, account in enumerate(MANY)),
    *((account, "template", "t") for account in MANY),
]


def together(found: Found) -> set[frozenset[str]]:
    """The networks, as who is in them."""
    members: dict[int, set[str]] = {}
    for row in found.members.to_pylist():
        members.setdefault(row["network"], set()).add(row["account"])
    return {frozenset(accounts) for accounts in members.values()}


class TestFamilies:
    def test_two_independent_families_make_a_network(self) -> None:
        found = find(signals(*sharing("abcd", CARD, PASSPORT)))
        assert together(found) == {frozenset("abcd")}
        assert set(found.members["via"].to_pylist()) == {"identity+payment"}
        assert all(0.9 < confidence <= 1 for confidence in found.members["confidence"].to_pylist())

    @pytest.mark.parametrize("values", [[CARD], [("document", "i"), ("document_image", "j")], [LINE, ("api_ip", "k")]])
    def test_one_family_makes_none(self, values: list[tuple[str, str]]) -> None:
        assert together(find(signals(*sharing("abcd", *values)))) == set()

    def test_a_roof_is_one_reason_however_much_it_says(self) -> None:
        roof = [LINE, ("address", "s"), ("domain", "m"), ("user_agent", "u")]
        assert together(find(signals(*sharing("abcdefghijkl", *roof)))) == set()

    def test_people_at_home_who_share_a_computer_and_a_card(self) -> None:
        assert together(find(signals(*sharing("abcd", LINE, ("address", "s"), MACHINE, CARD)))) == set()

    def test_what_everybody_has_tells_nothing(self) -> None:
        everybody = [(f"stranger-{number}", "template", "t") for number in range(300)]
        found = find(signals(*everybody, *sharing("abcd", CARD, ("template", "t"))))
        assert together(found) == set()

    def test_a_value_that_is_frequent_because_it_is_one_hand_counts(self) -> None:
        # Who has but the template and one of the cards goes to the others.
        found = find(signals(*HAND, ("late", "template", "t"), ("late", "payment", "p3"), strangers=6000))
        assert together(found) == {frozenset([*MANY, "late"])}


class TestRulings:
    ROWS = sharing("abcd", CARD, PASSPORT)

    def test_a_value_ruled_to_be_everybodys(self) -> None:
        assert together(find(signals(*self.ROWS), ruled=[CARD])) == set()

    def test_a_pair_ruled_not_to_be_one_hand(self) -> None:
        found = find(signals(*self.ROWS), cannot=[("d", "a")])
        assert not any({"a", "d"} <= network for network in together(found))

    def test_a_pair_ruled_to_be_one_hand_stands_beside_others(self) -> None:
        found = find(signals(*self.ROWS, ("x", "email", "e")), must=[("x", "b")])
        assert together(found) == {frozenset("abcdx")}

    def test_two_who_have_nothing_in_common_are_a_network_where_it_is_ruled(self) -> None:
        assert together(find(signals(), must=[("stranger-1", "stranger-2")])) == {frozenset({"stranger-1", "stranger-2"})}

    def test_a_chain_of_strangers_also_over_one_of_whom_nothing_is_known(self) -> None:
        chain = [f"stranger-{number}" for number in range(4)]
        must = [*pairwise([*chain[:2], "nobody", *chain[2:]])]
        found = find(signals(), must=must)
        assert together(found) == {frozenset(chain)} and set(found.members["confidence"].to_pylist()) == {1}

    def test_a_stranger_is_in_the_network_of_one_of_a_great_hand(self) -> None:
        many = [f"m{number}" for number in range(2_000)]
        rows = [
            (account, type, f"{type}{place // size}")
            for place, account in enumerate(many)
            for type, size in (("payment", 6), ("document", 9), ("device", 14))
        ]
        rows += [(account, "template", "t") for account in many]
        alone = together(find(signals(*rows)))
        found = together(find(signals(*rows), must=[("m0", "stranger-7")]))
        assert found == {network | {"stranger-7"} if "m0" in network else network for network in alone}

    def test_who_is_held_apart_from_most_goes_first(self) -> None:
        found = find(signals(*sharing("abcde", CARD, PASSPORT)), cannot=[("a", "b"), ("a", "c"), ("a", "d")])
        assert together(found) == {frozenset("bcde")}

    def test_of_equals_the_one_that_less_holds_there(self) -> None:
        rows = [*sharing("abcd", CARD, PASSPORT, MACHINE), *sharing("e", CARD, PASSPORT)]
        assert together(find(signals(*rows), cannot=[("a", "e")])) == {frozenset("abcd")}

    def test_a_ruled_hand_leaves_whole_and_is_a_network(self) -> None:
        found = find(signals(*self.ROWS), must=[("a", "stranger-1")], cannot=[("stranger-1", "b"), ("stranger-1", "c")])
        assert frozenset({"a", "stranger-1"}) in together(found)

    @settings(max_examples=60, deadline=None)
    @given(data=st.data())
    def test_whatever_the_signals_rulings_hold(self, data: st.DataObject) -> None:
        accounts = [f"a{number}" for number in range(9)]
        one = st.tuples(
            st.sampled_from(accounts), st.sampled_from(["payment", "document", "login_ip", "address"]), st.sampled_from("xyz")
        )
        rows = data.draw(st.lists(one, max_size=40))
        pair = st.tuples(st.sampled_from(accounts), st.sampled_from(accounts)).filter(lambda two: two[0] != two[1])
        must, cannot = data.draw(st.lists(pair, max_size=5)), data.draw(st.lists(pair, max_size=5))
        hand = {account: frozenset({account}) for account in accounts}
        for a, b in must:
            hand |= dict.fromkeys(hand[a] | hand[b], hand[a] | hand[b])
        table = signals(*[(account, "email", account) for account in accounts], *dict.fromkeys(rows), strangers=200)
        found = together(find(table, must=must, cannot=cannot))
        network = {account: those for those in found for account in those}
        assert all(members <= network.get(account, {account}) for account, members in hand.items())
        assert not any(b in network.get(a, ()) for a, b in cannot if b not in hand[a])

    def test_a_declared_agency(self) -> None:
        declared = dict.fromkeys("abc", "agency")
        # Of d nobody told; it has nothing but what is the agency's.
        assert together(find(signals(*self.ROWS), declared=declared)) == set()

    def test_an_account_of_two_agencies_is_tied_to_none_of_either(self) -> None:
        rows = sharing("abc", CARD, PASSPORT, MACHINE)
        assert together(find(signals(*rows), declared={"b": "x", "c": "y"})) == {frozenset("abc")}
        assert together(find(signals(*rows), declared={"a": ("x", "y"), "b": "x", "c": "y"})) == set()

    def test_an_account_of_an_agency_goes_where_none_of_its_own_is(self) -> None:
        late = frozenset(["late"])
        assert self.lying_about("late", declared={"late": "x", "stranger-1": "x"}) == {frozenset(MANY) | late}
        assert self.lying_about("late", declared={"late": "x", "m7": "x"}) == {frozenset(MANY)}
        assert self.lying_about("late", declared={"late": ("x", "y"), "m7": "y"}) == {frozenset(MANY)}

    def test_two_of_an_agency_go_nowhere_together(self) -> None:
        assert self.lying_about("late", "later") == {frozenset([*MANY, "late", "later"])}
        assert self.lying_about("late", "later", declared={"late": "x", "later": "x"}) == {frozenset(MANY)}

    def lying_about(self, *late: str, **said: Any) -> set[frozenset[str]]:
        """Of a hand and of whoever has what half of it has, and hardly anybody else: by none of them alone, but by all."""
        halves = [(account, "device", f"d{place // 30}") for place, account in enumerate(MANY)]
        rows = [(one, type, value) for one in late for type, value in (("template", "t"), ("device", "d0"))]
        return together(find(signals(*HAND, *halves, *rows, strangers=6000), **said))


class TestLedger:
    def test_tells_what_counted_and_what_did_not(self) -> None:
        everybody = [(f"stranger-{number}", "domain", "gmail") for number in range(300)]
        found = find(signals(*everybody, *sharing("abcd", CARD, PASSPORT, LINE, ("address", "s"), ("domain", "gmail"))))
        rows = {row["type"]: row for row in found.ledger("b", "a")}
        assert [rows[type]["why"] for type in ("payment", "document", "domain")] == ["", "", "everybody's"]
        assert (rows["login_ip"]["why"], rows["address"]["why"]) == ("", "same roof")
        assert rows["payment"]["value"] == "p" and rows["payment"]["family"] == "payment" and rows["payment"]["bits"] > 5
        assert rows["payment"]["first_seen"].year == 2026

    def test_names_whose_a_value_is_that_links_nobody(self) -> None:
        found = find(
            signals(*sharing("abcd", CARD, PASSPORT, LINE, ("api_ip", "k"))), ruled=[("api_ip", "k")], hubs={LINE: "vpn"}
        )
        rows = {row["type"]: row for row in found.ledger("a", "b")}
        assert (rows["login_ip"]["why"], rows["api_ip"]["why"], rows["payment"]["why"]) == ("vpn", "ruled out", "")

    def test_tells_since_when_both_have_had_it(self) -> None:
        """a is there a day before b, and b before c."""
        found = find(signals(*sharing("abcd", CARD, PASSPORT)))
        rows = {row["type"]: row for row in found.ledger("a", "c")}
        assert rows["payment"]["first_seen"] == BEGIN + timedelta(days=2)
        assert rows["payment"]["last_seen"] == BEGIN + timedelta(days=367)

    def test_of_no_edge(self) -> None:
        assert find(signals(*sharing("abcd", CARD, PASSPORT))).ledger("a", "stranger-1") == []


class TestSame:
    @settings(max_examples=15, deadline=None)
    @given(order=st.permutations(range(44)))
    def test_whatever_the_order_of_the_rows(self, order: list[int]) -> None:
        table = signals(*sharing("abcd", CARD, PASSPORT), *sharing("klmn", MACHINE, ("owner", "o"), ("phone", "f")), strangers=12)
        assert len(table) == 44
        assert find(table.take(pa.array(order))).members == find(table).members

    def test_a_table_without_rows(self) -> None:
        found = find(signals(strangers=1).slice(0, 0))
        assert (found.networks, found.accounts, len(found.edges), len(found.evidence)) == (0, 0, 0, 0)


class TestWorld:
    def test_a_small_world(self, tmp_path: Path) -> None:
        world = worlds.make(3_000, seed=1, networks=4)
        world.write(tmp_path / "world.parquet")
        declared = {account: str(group) for account, group in enumerate(world.declared) if group >= 0}
        found = find(tmp_path / "world.parquet", declared=declared)
        place = networks.np.full(world.accounts, -1)
        place[found.members["account"].to_numpy()] = found.members["network"].to_numpy()
        figure = networks.measured(world, place)
        assert figure["precision"] > 0.8 and figure["recall"] > 0.6 and figure["in alerts"] >= 3 and figure["agencies"] == 0
        again = find(tmp_path / "world.parquet", declared=declared)
        assert again.members == found.members and again.edges == found.edges and again.evidence == found.evidence
