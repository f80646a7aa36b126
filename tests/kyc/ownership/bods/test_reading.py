"""The structure that a file describes on a day."""

from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.ownership.bods import shares
from kyc.ownership.bods.reading import BadStatement, structure
from kyc.ownership.bods.statements import Unreadable, load, read
from kyc.ownership.graph import ENTITY, PERSON, Graph
from kyc.ownership.shares import ONE, UNKNOWN, Interval, exactly, shown
from tests.kyc.ownership.bods.files import chain, entity, interest, person, statement, tie

DAY = date(2026, 11, 23)


def graph(*statements: dict[str, Any], on: date = DAY) -> Graph:
    return structure(read(list(statements)), on=on)


def holdings(*statements: dict[str, Any], on: date = DAY) -> list[tuple[str, str, str, str]]:
    return sorted((h.owner, h.owned, h.interest, shown(h.share)) for h in graph(*statements, on=on).holdings)


class TestStructure:
    def test_a_chain_counts_once(self) -> None:
        assert holdings(*chain()) == [("Ann", "Mid", "shareholding", "100 %"), ("Mid", "firm", "shareholding", "60 %")]

    def test_an_indirect_interest_without_its_chain_counts_itself(self) -> None:
        told = tie("Ann", "firm", interest(30, directOrIndirect="indirect"))
        assert holdings(entity("firm"), person("Ann"), told) == [("Ann", "firm", "shareholding", "30 %")]

    def test_kinds_and_countries(self) -> None:
        place = {"addresses": [{"type": "registered", "country": {"name": "Panama", "code": "PA"}},
                               {"type": "business", "country": {"name": "Norway", "code": "no"}}]}  # fmt: skip
        found = graph(entity("firm", details=place), person("Ann"))
        assert (found.kind("firm"), found.kind("Ann"), found.country("firm")) == (ENTITY, PERSON, "NO")

    def test_where_it_was_formed_is_not_where_it_is_run_from(self) -> None:
        assert graph(entity("firm", details={"jurisdiction": {"name": "Panama", "code": "PA"}})).country("firm") == ""

    def test_the_last_statement_by_the_day_counts(self) -> None:
        series = [
            tie("Ann", "firm", interest(60), statementDate="2020-01-01"),
            tie("Ann", "firm", interest(40), statementDate="2021-01-01", recordStatus="updated"),
            tie("Ann", "firm", interest(40), statementDate="2022-01-01", recordStatus="closed"),
        ]
        parties = [entity("firm", statementDate="2020-01-01"), person("Ann", statementDate="2020-01-01")]
        by_year = [holdings(*parties, *series, on=date(year, 6, 1)) for year in (2019, 2020, 2021, 2022)]
        assert [[share for *_, share in found] for found in by_year] == [[], ["60 %"], ["40 %"], []]

    def test_an_interest_holds_between_its_days(self) -> None:
        told = tie("Ann", "firm", interest(60, startDate="2020-01-01", endDate="2021-06-30"), statementDate="2019-01-01")
        parties = [entity("firm", statementDate="2019-01-01"), person("Ann", statementDate="2019-01-01")]
        days = ["2019-12-31", "2020-01-01", "2021-06-30", "2021-07-01"]
        assert [bool(holdings(*parties, told, on=date.fromisoformat(day))) for day in days] == [False, True, False, False]

    def test_who_is_not_named_is_somebody(self) -> None:
        found = graph(entity("firm"), person("Ann"), tie({"reason": "unknown"}, "firm", interest({"minimum": 25, "maximum": 50})))
        assert [shown(h.share) for h in found.holdings if h.owner in found.nameless] == ["25 % to 50 %"]

    @pytest.mark.parametrize("reason", ["noBeneficialOwners", "subjectExemptFromDisclosure"])
    def test_nobody_is_nobody(self, reason: str) -> None:
        assert holdings(entity("firm"), tie({"reason": reason}, "firm", interest())) == []

    @pytest.mark.parametrize("kind", ["unknownInterest", "unpublishedInterest", None])
    def test_an_interest_of_which_nobody_says_what_it_is_may_be_shares(self, kind: str | None) -> None:
        told = interest(type=kind) if kind else {"directOrIndirect": "unknown"}
        assert holdings(entity("firm"), person("Ann"), tie("Ann", "firm", told)) == [("Ann", "firm", "shareholding", "unknown")]

    def test_a_nomination_is_looked_through(self) -> None:
        arrangement = entity("deal", details={"entityType": {"type": "arrangement", "subtype": "nomination"}})
        told = [
            entity("firm"), person("Ann"), person("Nom"), arrangement,
            tie("Ann", "deal", interest(type="nominator")), tie("Nom", "deal", interest(type="nominee")),
            tie("deal", "firm", interest(80)),
        ]  # fmt: skip
        assert holdings(*told) == [("Ann", "firm", "shareholding", "80 %")]

    def test_a_nomination_for_two_does_not_say_who_holds_what(self) -> None:
        arrangement = entity("deal", details={"entityType": {"type": "arrangement", "subtype": "nomination"}})
        nominators = [tie(name, "deal", interest(type="nominator")) for name in ("Ann", "Bea")]
        found = holdings(
            entity("firm"), person("Ann"), person("Bea"), arrangement, *nominators, tie("deal", "firm", interest(80))
        )
        assert [(owner, share) for owner, *_, share in found] == [("Ann", "unknown"), ("Bea", "unknown")]

    @pytest.mark.parametrize("share", [{"exact": 101}, {"minimum": 60, "maximum": 50}, {"exclusiveMinimum": 100}])
    def test_refuses_a_share_that_cannot_be(self, share: dict[str, Any]) -> None:
        with pytest.raises(BadStatement, match="statement 3: "):
            graph(entity("firm"), person("Ann"), tie("Ann", "firm", interest(share)))

    def test_refuses_a_day_that_is_none(self) -> None:
        with pytest.raises(BadStatement, match="statement 1: 2026-02-30"):
            graph(statement("firm", "entity", {}, statementDate="2026-02-30"))


class TestLoad:
    @pytest.mark.parametrize(
        ("content", "told"),
        [
            (b'[\n{"a": 1,}\n]', "line 2: is no JSON"),
            (b'[\n\n"M\xfcller"]', "line 3: is not written in UTF-8"),
            (b"[NaN]", "NaN is no number of JSON"),
            (b"[" * 200_000, "is nested too deeply"),
            (b"", "line 1: is no JSON"),
        ],
    )
    def test_names_the_line_and_the_reason(self, tmp_path: Path, content: bytes, told: str) -> None:
        file = tmp_path / "f.json"
        file.write_bytes(content)
        with pytest.raises(Unreadable, match=told) as refused:
            load(file)
        assert str(refused.value).startswith(str(file))

    def test_reads_numbers_exactly(self, tmp_path: Path) -> None:
        file = tmp_path / "f.json"
        file.write_text('\ufeff[{"exact": 24.999999999999999999}]', encoding="utf-8")
        assert shares.stated(load(file)[0]) == exactly(Fraction("0.24999999999999999999"))


parts = st.fractions(min_value=0, max_value=1, max_denominator=10_000)


class TestShares:
    @given(parts, parts, st.booleans())
    def test_what_is_written_is_read_as_no_less_than_it_was(self, one: Fraction, other: Fraction, above: bool) -> None:
        least, most = sorted((one, other))
        share = Interval(least, most, above and least < most)
        found = shares.stated(shares.written(share) or {})
        assert found.min <= share.min and share.max <= found.max
        assert found.max - found.min <= share.max - share.min + Fraction(2, 1_000_000)

    @pytest.mark.parametrize(
        ("share", "told"),
        [
            (exactly(Fraction(1, 4)), {"exact": 25}),
            (exactly(Fraction("0.2499")), {"exact": 24.99}),
            (exactly(Fraction(1, 3)), {"minimum": 33.3333, "maximum": 33.3334}),
            (Interval(Fraction(1, 4), Fraction(1, 2)), {"minimum": 25, "maximum": 50}),
            (Interval(Fraction(1, 2), ONE, above=True), {"exclusiveMinimum": 50, "maximum": 100}),
            (UNKNOWN, None),
        ],
    )
    def test_as_the_standard_writes_it(self, share: Interval, told: dict[str, Any] | None) -> None:
        assert shares.written(share) == told
