"""The ownership picture as facts: who holds what of whom, in which tone, and why nothing is drawn."""

import copy
from types import SimpleNamespace
from typing import Any

import pytest

from kyc.ownership import picture as pictures
from kyc.ownership.picture import MOST
from reports import drawing
from reports.facts.picture import finding, picture
from tests.reports import specimen
from tests.reports.story import Life

Facts = dict[str, Any]


def reader(facts: Facts) -> Any:
    """Parties by id as event rows name them, for as many as the facts hold interests of."""

    def party(pk: int, name: str) -> Any:
        return SimpleNamespace(pgh_obj_id=pk, name=name, kind="company", country="NO", native_name="", birth_date="")

    rows = facts["ownership"]["interests"]
    names = {1: "Nordlys"} | {row[f"{side}_id"]: row[side] for row in rows for side in ("owner", "owned")}
    parties = {pk: party(pk, name) for pk, name in names.items()}
    return SimpleNamespace(parties=parties, screened=parties, customer=party(1, "Nordlys"))


def with_owners(count: int) -> Facts:
    found = copy.deepcopy(specimen.facts())
    row = found["ownership"]["interests"][0]
    found["ownership"]["interests"] = [dict(row, owner_id=n, owner=f"Owner {n}") for n in range(100, 100 + count)]
    found["ownership"] |= {"unaccounted": [], "regimes": []}
    found["screening"]["hits"] = []
    return found


class TestPicture:
    def test_before_an_owner_was_declared_there_is_none_and_it_says_so(self, life: Life) -> None:
        found = life.then["signed_up"].facts["picture"]
        assert (found["boxes"], found["lines"]) == ([], [])
        assert found["note"] == "No owner was declared, so there is no picture."

    def test_it_shows_the_declared_interests_with_their_shares(self, life: Life) -> None:
        facts = life.then["declared"].facts
        names = {box["id"]: box["name"] for box in facts["picture"]["boxes"]}
        drawn = [(names[line["owner"]], names[line["owned"]], line["share"]) for line in facts["picture"]["lines"]]
        assert drawn == [
            ("Solveig Nyquist (1975)", "Fjord Invest AS", "?"),
            ("Alice Olsen (1984)", "Nordlys Modelling AS", "60 %"),
            ("Fjord Invest AS", "Nordlys Modelling AS", "25 % to 30 %"),
            ("undeclared: 10 % to 15 %", "Nordlys Modelling AS", ""),
            ("undeclared: unknown", "Fjord Invest AS", ""),
        ]
        assert facts["picture"]["customer"] == str(facts["subject"]["party_id"])

    def test_an_open_match_warns_and_a_ruling_clears(self, life: Life) -> None:
        def told(stage: str) -> dict[str, tuple[str, str]]:
            return {box["name"]: (box["note"], box["tone"]) for box in life.then[stage].facts["picture"]["boxes"]}

        assert told("examined")["Alice Olsen (1984)"] == ("possible match", "warn")
        assert told("examined")["Nordlys Modelling AS"] == ("blocked if the match is true", "warn")
        assert told("approved")["Alice Olsen (1984)"] == ("clear", "good")
        assert "Alice Olsen (1984): possible match." in life.then["examined"].facts["picture"]["sentence"]

    def test_of_many_owners_the_smaller_ones_share_a_box_and_whoever_was_matched_does_not(self) -> None:
        facts = with_owners(60)
        facts["screening"]["hits"] = [dict(specimen.facts()["screening"]["hits"][0], party_id=159, ruling="open")]
        facts["screening"]["rounds"] = []
        found = picture(reader(facts), facts)
        names = [box["name"] for box in found["boxes"]]
        assert names == ["Nordlys Modelling AS", *(f"Owner {n}" for n in range(100, 111)), "Owner 159", "48 more owners"]
        assert (
            found["note"]
            == "Where a party has many owners, the smaller ones share a box. The tables of this section say all of it."
        )
        assert drawing.drawn(found).html

    def test_a_circle_is_named_on_its_lines(self) -> None:
        facts = with_owners(1)
        row = facts["ownership"]["interests"][0]
        facts["ownership"]["interests"].append(
            dict(row, owner_id=row["owned_id"], owned_id=100, owner=row["owned"], owned="Owner 100")
        )
        lines = picture(reader(facts), facts)["lines"]
        assert [(line["share"].endswith(" · circular"), line["is_circular"]) for line in lines] == [(True, True)] * 2

    @pytest.mark.parametrize(("flagged", "is_drawn"), [(MOST - 1, True), (MOST, False)])
    def test_one_that_no_one_could_read_is_left_to_the_tables(self, flagged: int, is_drawn: bool) -> None:
        facts = with_owners(flagged)
        facts["screening"]["rounds"] = []
        hit = specimen.facts()["screening"]["hits"][0]
        facts["screening"]["hits"] = [dict(hit, party_id=n, ruling="open") for n in range(100, 100 + flagged)]
        found = picture(reader(facts), facts)
        assert bool(found["boxes"]) == is_drawn
        assert ("The tables of this section say all of it." in found["note"]) != is_drawn

    def test_of_a_large_one_the_chain_that_matters_is_drawn(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pictures, "MOST", 10)
        facts = with_owners(40)
        facts["screening"]["rounds"] = []
        facts["screening"]["hits"] = [dict(specimen.facts()["screening"]["hits"][0], party_id=100, ruling="open")]
        found = picture(reader(facts), facts)
        assert {box["name"] for box in found["boxes"]} == {"Nordlys Modelling AS", "Owner 100"}
        assert "Too large to draw whole" in found["note"]


class TestFinding:
    @pytest.mark.parametrize(
        ("ruling", "verdict", "told"),
        [
            ("the same party", "yes", ("listed", "bad")),
            ("open", "would be blocked if the possible match is true", ("possible match", "warn")),
            ("another party", "no", ("clear", "good")),
            ("another party", "yes", ("blocked", "bad")),
            ("another party", "can't be decided", ("may be blocked", "warn")),
        ],
    )
    def test_a_match_is_a_listing_only_once_it_is_ruled_one(self, ruling: str, verdict: str, told: tuple[str, str]) -> None:
        facts = {"screening": {"hits": [{"party_id": 7, "ruling": ruling}], "rounds": [{}]}}
        assert finding(facts, 7, {7: verdict}, {7}) == told

    def test_who_came_after_the_round_is_not_checked_yet(self) -> None:
        assert finding({"screening": {"hits": [], "rounds": [{}]}}, 7, {}, {}) == ("not checked yet", "warn")
        assert finding({"screening": {"hits": [], "rounds": []}}, 7, {}, {}) == ("", "")

    def test_who_was_compared_and_has_no_verdict_has_no_match(self) -> None:
        assert finding({"screening": {"hits": [], "rounds": [{}]}}, 7, {}, {7}) == ("no match", "good")

    def test_where_matches_are_not_told_the_picture_says_only_what_the_verdict_does(self) -> None:
        facts = {"screening": {"rounds": [{}], "open": 1}}
        assert finding(facts, 7, {7: "would be blocked if the possible match is true"}, {7}) == (
            "blocked if the match is true",
            "warn",
        )
        assert finding(facts, 7, {}, {7}) == ("", ""), "that there is no match isn't known from the verdicts"
        assert finding(facts, 7, {}, {}) == ("not checked yet", "warn")
