"""Where a source and what was declared differ."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.ownership.differing import Difference, Named, Seen, Told, counting, differences, is_compatible, parted, stated
from kyc.ownership.interests import FOLLOWING, OF_COMPANIES, has_size
from kyc.ownership.shares import parse

REGISTER, LIST = ("officialRegister", "brønnøysund"), ("thirdParty", "shareholders' list")
AS, FJORD = 1, 2
JUNE, JULY, AUGUST = date(2026, 6, 1), date(2026, 7, 1), date(2026, 8, 1)


def called(name: str, party: int | None = None) -> Named:
    return Named(party, frozenset({f"person {name}"}))


ALICE, KARI, LARS = called("alice", 11), called("kari", 12), called("lars", 13)


def told(owner: Named, share: str = "", kind: str = "shareholding", behind: Named | None = None, owned: int = AS) -> Told:
    return Told(owned, owner, kind, share, behind)


def seen(pk: int, owner: Named | None, share: str = "", kind: str = "shareholding", **more: object) -> Seen:
    values = {"place": REGISTER, "owned": AS, "on": JULY} | more
    return Seen(pk=pk, owner=owner, share=share, kind=kind, **values)  # type: ignore[arg-type]  # as the test says


def kinds(declared: list[Told], observed: list[Seen]) -> list[tuple[int, str, int | None]]:
    return [found.about for found in differences(declared, observed)]


class TestAnOwner:
    def test_who_is_declared_with_the_same_share_is_no_difference(self) -> None:
        assert differences([told(ALICE, "1/3")], [seen(1, ALICE, "1/3")]) == []
        assert differences([told(ALICE, "50")], [seen(1, ALICE, "1/2")]) == []

    def test_who_is_not_declared_is_one(self) -> None:
        assert differences([told(ALICE, "60")], [seen(1, KARI, "40")]) == [Difference(1, "not_declared", observed="40")]

    @pytest.mark.parametrize("kind", OF_COMPANIES)
    def test_of_whom_a_source_says_only_that_he_controls_any_interest_agrees(self, kind: str) -> None:
        declared = [told(ALICE, "60" if has_size(kind) else "", kind)]
        how = {"kind": "otherInfluenceOrControl", "is_any_kind": True}
        assert differences(declared, [seen(1, ALICE, **how)]) == []
        assert kinds(declared, [seen(1, KARI, **how)]) == [(1, "not_declared", None)]

    def test_who_is_declared_of_another_company_only_is_not_declared_of_this(self) -> None:
        assert kinds([told(ALICE, "60", owned=FJORD)], [seen(1, ALICE, "60")]) == [(1, "not_declared", None)]

    def test_by_a_name_alone_is_who_is_declared_by_that_name(self) -> None:
        assert differences([told(ALICE, "60")], [seen(1, called("alice"), "60")]) == []

    def test_two_parties_of_one_name_are_two(self) -> None:
        assert kinds([told(called("alice", 99), "60")], [seen(1, ALICE, "60")]) == [(1, "not_declared", None)]

    def test_of_another_share_tells_both(self) -> None:
        found = differences([told(ALICE, "60")], [seen(1, ALICE, "40")])
        assert found == [Difference(1, "share", 11, declared="60", observed="40")]

    def test_a_third_is_not_33_per_cent(self) -> None:
        assert kinds([told(ALICE, "1/3")], [seen(1, ALICE, "33.33")]) == [(1, "share", 11)]

    def test_of_another_role_tells_both(self) -> None:
        found = differences([told(ALICE, kind="settlor")], [seen(1, ALICE, kind="trustee")])
        assert found == [Difference(1, "role", 11, declared="settlor", observed="trustee")]

    def test_of_one_role_among_several_is_no_difference(self) -> None:
        assert differences([told(ALICE, kind="settlor"), told(ALICE, kind="trustee")], [seen(1, ALICE, kind="trustee")]) == []


class TestOtherKinds:
    def test_are_compared_with_their_own_kind(self) -> None:
        declared = [told(ALICE, "60"), told(ALICE, "30", kind="votingRights"), told(KARI, "70", kind="votingRights")]
        assert differences(declared, [seen(1, ALICE, "30", kind="votingRights"), seen(2, ALICE, "60")]) == []
        found = differences(declared, [seen(1, ALICE, "60", kind="votingRights")])
        assert found == [Difference(1, "share", 11, declared="votingRights 30", observed="votingRights 60")]

    @pytest.mark.parametrize("kind", FOLLOWING)
    def test_votes_and_profits_of_which_nothing_is_declared_follow_the_shares(self, kind: str) -> None:
        assert differences([told(ALICE, "60")], [seen(1, ALICE, "50-75", kind=kind)]) == []
        found = differences([told(ALICE, "60")], [seen(1, ALICE, "25-50", kind=kind)])
        assert found == [Difference(1, "share", 11, declared="60", observed=f"{kind} 25-50")]

    def test_where_votes_are_declared_of_others_the_shares_say_nothing_of_them(self) -> None:
        declared = [told(ALICE, "60"), told(KARI, "100", kind="votingRights")]
        found = differences(declared, [seen(1, ALICE, "60", kind="votingRights")])
        assert found == [Difference(1, "role", 11, declared="60", observed="votingRights 60")]

    def test_control_that_is_not_declared_is_another_kind(self) -> None:
        found = differences([told(ALICE, "60")], [seen(1, ALICE, kind="appointmentOfBoard")])
        assert found == [Difference(1, "role", 11, declared="60", observed="appointmentOfBoard")]
        assert kinds([told(ALICE, kind="appointmentOfBoard")], [seen(1, ALICE, kind="appointmentOfBoard")]) == []

    def test_all_that_a_source_lacks_is_told_by_kind(self) -> None:
        declared = [told(KARI, "40"), told(KARI, "", kind="votingRights"), told(KARI, kind="appointmentOfBoard")]
        [found] = differences(declared, [seen(1, None)])
        assert found.declared == "40 + votingRights + appointmentOfBoard"

    @given(st.sampled_from([*OF_COMPANIES, "trustee"]), st.sampled_from(["", "40", "1/3", ">50", "25-50"]))
    def test_what_is_kept_of_a_difference_is_read_back(self, kind: str, share: str) -> None:
        share = share if has_size(kind) else ""
        assert parted(stated(kind, share)) == (kind, share)


class TestShares:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("25-50", "30"),
            ("25-50", "25"),
            (">50", "51"),
            (">50", "60-70"),
            ("", "12"),
            ("25-50", "25-50"),
            (">50", ">60"),
            ("0", ""),
        ],
    )
    def test_one_that_only_says_it_more_exactly_is_no_difference(self, one: str, other: str) -> None:
        assert is_compatible(parse(one, zero=True), parse(other, zero=True))
        assert is_compatible(parse(other, zero=True), parse(one, zero=True))

    @pytest.mark.parametrize(
        ("one", "other"), [("25-50", "51"), ("25-50", "24.99"), (">50", "50"), ("25-50", "40-60"), ("10", "0")]
    )
    def test_others_differ(self, one: str, other: str) -> None:
        assert not is_compatible(parse(one, zero=True), parse(other, zero=True))
        assert not is_compatible(parse(other, zero=True), parse(one, zero=True))

    @given(st.integers(1, 100), st.integers(1, 100))
    def test_exact_ones_differ_exactly_where_they_are_not_the_same(self, one: int, other: int) -> None:
        assert is_compatible(parse(str(one)), parse(f"{other}/100")) == (one == other)


class TestNominees:
    DECLARED = [told(KARI, "20"), told(LARS, "30", behind=KARI)]

    @pytest.mark.parametrize("share", ["20", "50"])
    def test_who_is_behind_one_may_stand_there_with_his_own_part_or_with_all_of_it(self, share: str) -> None:
        assert differences(self.DECLARED, [seen(1, KARI, share)]) == []

    def test_the_nominee_stands_there_with_what_he_holds_in_name(self) -> None:
        assert differences(self.DECLARED, [seen(1, LARS, "30")]) == []

    @pytest.mark.parametrize(("who", "share"), [(KARI, "30"), (LARS, "50")])
    def test_anything_else_is_another_share(self, who: Named, share: str) -> None:
        assert kinds(self.DECLARED, [seen(1, who, share)]) == [(1, "share", who.party)]

    def test_either_of_the_two_is_enough_where_the_source_names_everybody(self) -> None:
        held = [told(LARS, "100", behind=KARI)]
        assert differences(held, [seen(1, KARI, "100"), seen(2, None)]) == []
        assert differences(held, [seen(1, LARS, "100"), seen(2, None)]) == []


class TestNobodyElse:
    def test_a_declared_owner_whom_the_source_lacks_is_a_difference(self) -> None:
        found = differences([told(ALICE, "60"), told(KARI, "40")], [seen(1, ALICE, "60"), seen(2, None)])
        assert found == [Difference(2, "not_in_source", 12, declared="40")]

    def test_a_source_that_was_not_read_whole_says_nothing_of_others(self) -> None:
        assert differences([told(ALICE, "60"), told(KARI, "40")], [seen(1, ALICE, "60")]) == []

    def test_who_came_into_it_since_is_not_lacking(self) -> None:
        assert differences([told(KARI, "40")], [seen(1, None, on=JUNE), seen(2, KARI, "40", on=JULY)]) == []

    def test_another_source_does_not_stand_in(self) -> None:
        assert kinds([told(KARI, "40")], [seen(1, None), seen(2, KARI, "40", place=LIST)]) == [(1, "not_in_source", 12)]

    def test_it_is_said_of_one_company(self) -> None:
        assert differences([told(KARI, "40", owned=FJORD)], [seen(1, None)]) == []


class TestTheNewestCounts:
    def test_of_one_source_on_one_owner(self) -> None:
        rows = [seen(1, ALICE, "40", on=JUNE), seen(2, ALICE, "60", on=JULY)]
        assert [row.pk for row in counting(rows)] == [2]
        assert differences([told(ALICE, "60")], rows) == []

    def test_recorded_late_an_old_one_does_not(self) -> None:
        assert [row.pk for row in counting([seen(1, ALICE, "60", on=JULY), seen(2, ALICE, "40", on=JUNE)])] == [1]

    def test_of_one_day_what_was_recorded_last(self) -> None:
        assert [row.pk for row in counting([seen(1, ALICE, "40"), seen(2, ALICE, "60")])] == [2]

    def test_of_two_sources_each(self) -> None:
        rows = [seen(1, ALICE, "40", on=JUNE), seen(2, ALICE, "60", on=JULY, place=LIST)]
        assert [row.pk for row in counting(rows)] == [1, 2]

    def test_a_newer_word_on_another_owner_hides_nobody(self) -> None:
        assert kinds([told(ALICE, "60")], [seen(1, KARI, "40", on=JUNE), seen(2, ALICE, "60", on=JULY)]) == [
            (1, "not_declared", None)
        ]

    def test_an_owner_of_before_a_newer_whole_list_counts_no_more(self) -> None:
        rows = [seen(1, KARI, "40", on=JUNE), seen(2, ALICE, "100", on=AUGUST), seen(3, None, on=AUGUST)]
        assert [row.pk for row in counting(rows)] == [2, 3]

    def test_of_two_whole_lists_the_newer(self) -> None:
        assert [row.pk for row in counting([seen(1, None, on=JULY), seen(2, None, on=JULY), seen(3, None, on=JUNE)])] == [2]
