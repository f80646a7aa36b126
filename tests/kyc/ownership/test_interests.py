"""Interests beside shares: which can be declared, what each counts for under which regime, and that none is added to another."""

from fractions import Fraction

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import AuditEvent
from kyc.ownership import actions as ownership
from kyc.ownership import interests, regimes
from kyc.ownership.fitting import BadRole, NamedTwice, OverWhole
from kyc.ownership.graph import Graph, Holding
from kyc.ownership.interests import OF_COMPANIES, OF_TRUSTS, SIZED, Weight, weight
from kyc.ownership.models import Interest, holdings
from kyc.ownership.shares import UNKNOWN, parse
from kyc.ownership.verdicts import NO, YES
from kyc.parties.models import Party
from kyc.rules import packs
from tests.cast import Founded, customer, founded
from tests.kyc.ownership.structures import graph, shipped
from tests.stage import scene

OF_OWNERS = ("eu-amlr", "fincen-cdd", "iaas-cip")
OF_CONTROL = ("ultimate-parent",)
CASCADES = ("ofac-50", "bis-affiliates")


def verdict(structure: Graph, regime: str, party: str, listed: tuple[str, ...] = ()) -> str:
    found = regimes.determine(structure, subject="C", rule=shipped(regime, on="2027-12-01"), listed=listed)
    return found.parties[party].verdict


def of(kind: str) -> Weight:
    return weight(kind, packs.current())


class TestWhatCountsWhere:
    """What is told of each kind is what the arithmetic makes of all there is of it."""

    @pytest.mark.parametrize("regime", OF_OWNERS)
    @pytest.mark.parametrize("kind", OF_COMPANIES)
    def test_for_owners(self, kind: str, regime: str) -> None:
        found = of(kind)
        share = "100" if kind in SIZED else "?"
        is_owner = regime in (*found.owned, *found.controls)
        assert (verdict(graph(f"X {share} C {kind}"), regime, "X") == YES) is is_owner
        assert (regime in found.nothing) is not is_owner

    @pytest.mark.parametrize("kind", OF_COMPANIES)
    def test_for_the_ultimate_parent(self, kind: str) -> None:
        share = "100" if kind in SIZED else "?"
        found = verdict(graph(f"A {share} C {kind}"), "ultimate-parent", "A")
        assert (found == YES) is ("ultimate-parent" in of(kind).controls)

    @pytest.mark.parametrize("regime", CASCADES)
    @pytest.mark.parametrize("kind", OF_COMPANIES)
    def test_for_blocking(self, kind: str, regime: str) -> None:
        share = "100" if kind in SIZED else "?"
        assert (verdict(graph(f"X {share} C {kind}"), regime, "C", ("X",)) == YES) is (kind == "shareholding")

    @pytest.mark.parametrize("regime", OF_OWNERS)
    @pytest.mark.parametrize("kind", OF_TRUSTS)
    def test_of_roles_in_a_trust(self, kind: str, regime: str) -> None:
        found = of(kind)
        assert (verdict(graph(f"X ? C {kind}"), regime, "X") == YES) is (regime in (*found.role, *found.controls))

    @pytest.mark.parametrize("kind", [*OF_COMPANIES, *OF_TRUSTS])
    def test_every_regime_is_told_of(self, kind: str) -> None:
        found = of(kind)
        assert {*found.owned, *found.controls, *found.role, *found.nothing} == set(interests.ASKED)

    def test_each_way_names_the_requirement_that_says_so(self) -> None:
        told = interests.counts("votingRights", shipped("eu-amlr"))
        assert [(one.how, one.rule) for one in told] == [("owned", "AMLR-04"), ("majority", "AMLR-05")]


class TestNothingIsAdded:
    def test_shares_and_votes_of_one_owner_are_not(self) -> None:
        structure = graph("X 15 C; X 15 C votingRights; X 15 C rightsToProfitOrIncome; Y 85 C; Y 85 C votingRights")
        assert verdict(structure, "eu-amlr", "X") == NO

    @given(st.lists(st.tuples(st.sampled_from(OF_COMPANIES[1:]), st.sampled_from("XY"), st.integers(1, 50)), max_size=6))
    def test_blocking_and_equity_go_by_shares_alone(self, others: list[tuple[str, str, int]]) -> None:
        shares = graph("X 30 C; Y 60 A; A 50 C")
        more = [Holding(o, "C", parse(str(size)) if kind in SIZED else UNKNOWN, kind) for kind, o, size in others]
        both = Graph.of([*shares.holdings, *more], shares.parties.values())
        for regime in (*CASCADES, "fincen-cdd", "provider-terms"):
            rule = shipped(regime, on="2027-12-01")
            plain, mixed = (regimes.determine(one, subject="C", rule=rule, listed=("Y",)).parties for one in (shares, both))
            told = {party: (found.verdict, found.share) for party, found in mixed.items() if party in plain}
            assert told == {party: (found.verdict, found.share) for party, found in plain.items()}, regime

    @given(st.integers(1, 99), st.integers(1, 99))
    def test_an_owner_by_votes_is_one_exactly_from_the_line_or_with_the_majority(self, shares: int, votes: int) -> None:
        structure = graph(f"X {shares} C; X {votes} C votingRights; Y {100 - shares} C; Y {100 - votes} C votingRights")
        assert (verdict(structure, "eu-amlr", "X") == YES) is (max(shares, votes) >= 25)
        assert (verdict(structure, "iaas-cip", "X") == YES) is (shares >= 25 or votes > 50)
        assert (verdict(structure, "fincen-cdd", "X") == YES) is (shares >= 25)


@scene
def nordlys() -> Founded:
    return founded(customer())


def own(nordlys: Founded, name: str, interest: str, share: str = "", **more: object) -> Interest:
    told: dict[str, object] = {"owned": nordlys.party, "kind": "person", "name": name, "country": "NO"} | more
    if "owner" in more:
        told |= {"name": "", "country": ""}
    return ownership.declare_owner(nordlys.organisation, interest=interest, share=share, by=nordlys.by, **told)  # type: ignore[arg-type]  # as the test says


@pytest.mark.django_db
class TestDeclared:
    @pytest.mark.parametrize("kind", OF_COMPANIES)
    def test_each_kind_with_its_size_if_it_has_one(self, nordlys: Founded, kind: str) -> None:
        found = own(nordlys, "Kari Moe", kind, "30")
        assert (found.kind, found.share) == (kind, "30" if kind in SIZED else "")
        event = AuditEvent.objects.get(verb="interest.declared")
        assert (event.details["interest"], event.details["share"]) == (kind, found.share)

    def test_one_owner_holds_several_and_each_kind_comes_to_the_whole_by_itself(self, nordlys: Founded) -> None:
        shares = own(nordlys, "Kari Moe", "shareholding", "70")
        votes = own(nordlys, "", "votingRights", "100", owner=shares.owner)
        own(nordlys, "", "appointmentOfBoard", owner=shares.owner)
        assert Interest.objects.live().filter(owner=shares.owner).count() == 3
        with pytest.raises(OverWhole):
            own(nordlys, "Ola Vik", "votingRights", "1")
        own(nordlys, "Ola Vik", "shareholding", "30")
        with pytest.raises(NamedTwice):
            own(nordlys, "", "votingRights", "1", owner=shares.owner)
        ownership.change_share(votes, share="60", by=nordlys.by)
        assert AuditEvent.objects.filter(verb="interest.share_changed").get().details["share"] == "60"

    def test_control_has_no_share_that_could_change(self, nordlys: Founded) -> None:
        found = own(nordlys, "Kari Moe", "otherInfluenceOrControl")
        assert ownership.change_share(found, share="10", by=nordlys.by).share == ""

    @pytest.mark.parametrize("kind", ["boardMember", "nominee", "unknownInterest", "settlor", "guesswork"])
    def test_what_is_no_kind_of_a_company_is_refused(self, nordlys: Founded, kind: str) -> None:
        with pytest.raises(BadRole, match="Of a company, the owner holds shares"):
            own(nordlys, "Kari Moe", kind)

    def test_a_trust_is_controlled_and_not_owned(self, nordlys: Founded) -> None:
        trust = own(nordlys, "Moe Trust", "shareholding", "30", kind="trust").owner
        assert own(nordlys, "Kari Moe", "otherInfluenceOrControl", owned=trust).owned == trust
        with pytest.raises(BadRole, match="In a trust"):
            own(nordlys, "Ola Vik", "votingRights", "10", owned=trust)

    @pytest.mark.parametrize("kind", [kind for kind in OF_COMPANIES if kind not in SIZED])
    def test_the_database_keeps_no_size_of_control(self, nordlys: Founded, kind: str) -> None:
        found = own(nordlys, "Kari Moe", kind)
        with pytest.raises(IntegrityError, match="only_what_is_measured_has_a_size"), transaction.atomic():
            Interest.objects.filter(pk=found.pk).update(share="10")


@pytest.mark.django_db
class TestIndirect:
    def told(self) -> set[tuple[str, Fraction]]:
        names = {str(pk): name for pk, name in Party.objects.values_list("pk", "name")}
        rows = Interest.objects.live()
        return {(f"{names[one.owner]} in {names[one.owned]}, {one.interest}", one.share.min) for one in holdings(rows)}

    def test_counts_where_nobody_between_is_named(self, nordlys: Founded) -> None:
        found = own(nordlys, "Kari Moe", "shareholding", "30", is_indirect=True)
        assert found.is_indirect and AuditEvent.objects.get(verb="interest.declared").details["held"] == "indirectly"
        assert self.told() == {("Kari Moe in Nordlys Modelling AS, shareholding", Fraction(3, 10))}

    def test_is_not_counted_beside_its_steps(self, nordlys: Founded) -> None:
        fjord = own(nordlys, "Fjord AS", "shareholding", "60", kind="company", hq_country="NO").owner
        kari = own(nordlys, "Kari Moe", "shareholding", "50", owned=fjord).owner
        own(nordlys, "", "shareholding", "30", owner=kari, is_indirect=True)
        own(nordlys, "", "votingRights", "40", owner=kari, is_indirect=True)
        assert self.told() == {
            ("Fjord AS in Nordlys Modelling AS, shareholding", Fraction(3, 5)),
            ("Kari Moe in Fjord AS, shareholding", Fraction(1, 2)),
            ("Kari Moe in Nordlys Modelling AS, votingRights", Fraction(2, 5)),
        }, "the steps in shares say nothing of votes"
