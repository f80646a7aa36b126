"""Who is one hand and who is not, by small tables; and that the same signals give the same networks."""

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kyc.networks.finding.finder import find
from kyc.networks.finding.found import Found
from tests.bench import networks, worlds
from tests.kyc.networks.finding.tables import sharing, signals

CARD, MACHINE, PASSPORT, LINE = ("payment", "p"), ("device", "d"), ("document", "i"), ("login_ip", "l")


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
        many = [f"m{number}" for number in range(60)]
        rows = [(account, "payment", f"p{place // 6}") for place, account in enumerate(many)]
        rows += [(account, "document", f"i{place % 15}") for place, account in enumerate(many)]
        rows += [(account, "template", "t") for account in many]
        # Who has but the template and one of the cards goes to the others.
        found = find(signals(*rows, ("late", "template", "t"), ("late", "payment", "p3"), strangers=6000))
        assert together(found) == {frozenset([*many, "late"])}


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

    def test_a_declared_agency(self) -> None:
        declared = dict.fromkeys("abc", "agency")
        # Of d nobody told; it has nothing but what is the agency's.
        assert together(find(signals(*self.ROWS), declared=declared)) == set()


class TestLedger:
    def test_tells_what_counted_and_what_did_not(self) -> None:
        everybody = [(f"stranger-{number}", "domain", "gmail") for number in range(300)]
        found = find(signals(*everybody, *sharing("abcd", CARD, PASSPORT, LINE, ("address", "s"), ("domain", "gmail"))))
        rows = {row["type"]: row for row in found.ledger("b", "a")}
        assert [rows[type]["why"] for type in ("payment", "document", "domain")] == ["", "", "everybody's"]
        assert {rows["login_ip"]["why"], rows["address"]["why"]} == {"same roof", ""}
        assert rows["payment"]["value"] == "p" and rows["payment"]["family"] == "payment" and rows["payment"]["bits"] > 5
        assert rows["payment"]["first_seen"].year == 2026

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
