"""Each thing that the statements of a file can get wrong between them, with the sentence for it (BODS-02 to BODS-10)."""

from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from kyc.ownership.bods import network
from tests.kyc.ownership.bods.files import chain, entity, interest, person, statement, tie

OWNER = {"beneficialOwnershipOrControl": True}


def found(statements: Any) -> list[tuple[str, int, str]]:
    return [(f.rule, f.statement, f.message) for f in network.findings(statements, today=date(2026, 11, 23))]


def rules(statements: Any) -> set[str]:
    return {rule for rule, _, _ in found(statements)}


def one(statements: Any) -> tuple[str, str]:
    [(rule, _, message)] = found(statements)
    return rule, message


class TestNetwork:
    def test_finds_nothing_in_what_is_right(self) -> None:
        assert found(chain()) == []

    def test_an_id_twice(self) -> None:
        twice = chain()
        twice[1]["statementId"] = twice[0]["statementId"]
        assert rules(twice) == {"BODS-02"}

    @pytest.mark.parametrize(
        ("statuses", "told"),
        [
            (
                ("new", "new"),
                {"The record Ann is new more than once.", "The record Ann is new here, but an earlier statement is about it."},
            ),
            (("updated", "new"), {"The record Ann is new here, but an earlier statement is about it."}),
            (("closed", "updated"), {"The record Ann is closed here, but a later statement is about it."}),
            (("new", "updated"), set()),
            (("new", "closed"), set()),
        ],
    )
    def test_a_record_is_new_first_and_closed_last(self, statuses: tuple[str, ...], told: set[str]) -> None:
        series = [person("Ann", recordStatus=status, statementDate=f"2026-11-{n + 1:02}") for n, status in enumerate(statuses)]
        assert {message for _, _, message in found([entity("firm"), *series])} == told

    def test_a_record_stays_what_it_is(self) -> None:
        assert "BODS-02" in rules([entity("firm"), person("Ann"), entity("Ann", recordStatus="updated")])

    def test_a_record_belongs_to_one_declaration(self) -> None:
        other = entity("other", declarationSubject="other")
        again = person("Ann", recordStatus="updated", declarationSubject="other")
        assert "BODS-03" in rules([entity("firm"), other, person("Ann"), again])

    def test_a_relationship_between_others_is_another_record(self) -> None:
        moved = tie("Bea", "firm", interest(50), record="Ann>firm", recordStatus="updated")
        assert one([entity("firm"), person("Ann"), person("Bea"), tie("Ann", "firm", interest(50)), moved])[0] == "BODS-02"

    def test_the_declaration_is_about_something_in_the_file(self) -> None:
        assert one([person("Ann")]) == ("BODS-04", "Nothing is stated of the declarationSubject firm.")

    def test_the_declaration_is_about_a_person_or_an_entity(self) -> None:
        wrong = [entity("firm"), person("Ann", declarationSubject="Ann>firm"), tie("Ann", "firm", interest(50))]
        assert "BODS-04" in rules(wrong)

    def test_both_ends_of_a_relationship_belong_to_its_declaration(self) -> None:
        other = [entity("other", declarationSubject="other"), person("Bea", declarationSubject="other")]
        assert one([entity("firm"), *other, tie("Bea", "firm", interest(50))])[0] == "BODS-04"

    @pytest.mark.parametrize(
        ("owner", "owned", "told"),
        [
            ("Bea", "firm", "Nothing is stated of the interestedParty Bea."),
            ("Ann", "Mid", "Nothing is stated of the subject Mid."),
            ("firm", "Ann", "The subject Ann is a person."),
        ],
    )
    def test_both_ends_of_a_relationship_are_stated(self, owner: str, owned: str, told: str) -> None:
        assert one([entity("firm"), person("Ann"), tie(owner, owned, interest(50))]) == ("BODS-10", told)

    def test_a_relationship_stands_after_its_ends(self) -> None:
        assert one([entity("firm"), tie("Ann", "firm", interest(50)), person("Ann")])[0] == "BODS-06"

    def test_only_people_are_beneficial_owners(self) -> None:
        assert one([entity("firm"), entity("Mid"), tie("Mid", "firm", interest(50, **OWNER))])[1] == (
            "Mid is an entity and so no beneficial owner."
        )

    def test_nobody_may_be_a_beneficial_owner_for_a_reason(self) -> None:
        assert found([entity("firm"), tie({"reason": "noBeneficialOwners"}, "firm")]) == []

    def test_of_a_beneficial_owner_it_is_stated_whether_directly(self) -> None:
        unsaid = interest(50, **OWNER)
        del unsaid["directOrIndirect"]
        assert one([entity("firm"), person("Ann"), tie("Ann", "firm", unsaid)])[0] == "BODS-05"

    def test_a_beneficial_owner_has_a_relationship_that_is_no_component(self) -> None:
        only = chain()[:-1]
        only[3]["recordDetails"]["interests"][0] |= OWNER
        assert "That Ann is a beneficial owner is stated of a component only." in {message for _, _, message in found(only)}

    @pytest.mark.parametrize(
        ("broken", "told"),
        [
            (lambda s: s.pop(2), "Nothing is stated of the component Mid."),
            (lambda s: s.append(s.pop(4)), "The component Mid>firm is stated later than what it is a component of."),
            (
                lambda s: s[4]["recordDetails"].update(isComponent=False),
                "Mid>firm is named as a component, but says of itself that it is none.",
            ),
            (
                lambda s: s[5]["recordDetails"].update(isComponent=True),
                "A relationship with components can't be a component itself.",
            ),
            (lambda s: s[5]["recordDetails"].pop("componentRecords"), "Mid is a component, but of nothing that is stated."),
        ],
    )
    def test_components_fit_what_they_are_components_of(self, broken: Any, told: str) -> None:
        statements = deepcopy(chain())
        broken(statements)
        assert told in {message for rule, _, message in found(statements) if rule == "BODS-05"}

    @pytest.mark.parametrize(
        ("share", "told"),
        [
            ({"exact": 25, "minimum": 20}, "A share is stated exactly and by its bounds."),
            ({"minimum": 20, "exclusiveMinimum": 20}, "A share has both a minimum and an exclusiveMinimum."),
            ({"maximum": 20, "exclusiveMaximum": 20}, "A share has both a maximum and an exclusiveMaximum."),
            ({"minimum": 50, "maximum": 25}, "The most of a share (25) is not more than the least (50)."),
            ({"exclusiveMinimum": 25, "maximum": 25}, "The most of a share (25) is not more than the least (25)."),
        ],
    )
    def test_a_share_is_exact_or_lies_between_two_bounds(self, share: dict[str, Any], told: str) -> None:
        assert one([entity("firm"), person("Ann"), tie("Ann", "firm", interest(share))]) == ("BODS-10", told)

    @pytest.mark.parametrize("share", [{"exact": 0}, {"minimum": 25, "maximum": 50}, {"exclusiveMinimum": 50}, {}])
    def test_a_share_as_it_should_be(self, share: dict[str, Any]) -> None:
        assert found([entity("firm"), person("Ann"), tie("Ann", "firm", interest(share))]) == []

    def test_an_interest_ends_after_it_starts(self) -> None:
        wrong = interest(50, startDate="2026-02-01", endDate="2026-01-31")
        assert one([entity("firm"), person("Ann"), tie("Ann", "firm", wrong)])[0] == "BODS-10"

    @pytest.mark.parametrize(
        "more",
        [
            {"statementDate": "2026-11-24"},
            {"publicationDetails": {"publicationDate": "2026-11-24", "bodsVersion": "0.4", "publisher": {"name": "P"}}},
            {"source": {"type": ["selfDeclaration"], "retrievedAt": "2026-11-24T00:00:00Z"}},
        ],
    )
    def test_nothing_was_said_tomorrow(self, more: dict[str, Any]) -> None:
        assert one([entity("firm", **more)])[1].endswith("lies in the future.")

    @pytest.mark.parametrize(
        ("details", "told"),
        [
            ({"birthDate": "2027"}, "The birthDate 2027 lies in the future."),
            ({"birthDate": "1799-12-31"}, "The birthDate 1799-12-31 lies before the year 1800."),
            ({"birthDate": "1960-05", "deathDate": "1960-04-30"}, "Died 1960-04-30, before being born 1960-05."),
            ({"birthDate": "1860", "deathDate": "1995"}, "Lived from 1860 to 1995, longer than anybody."),
        ],
    )
    def test_people_live_in_their_time(self, details: dict[str, Any], told: str) -> None:
        assert one([entity("firm"), person("Ann", details=details)]) == ("BODS-10", told)

    @pytest.mark.parametrize(
        ("details", "told"),
        [
            (
                {"foundingDate": "2020-01-02", "dissolutionDate": "2020-01-01"},
                "Dissolved (2020-01-01) before it was founded (2020-01-02).",
            ),
            ({"foundingDate": "2026-11-24"}, "The foundingDate 2026-11-24 lies in the future."),
            (
                {"publicListing": {"hasPublicListing": False, "companyFilingsURLs": ["https://a.example"]}},
                "It has no public listing, and yet companyFilingsURLs.",
            ),
            (
                {"publicListing": {"hasPublicListing": True, "securitiesListings": [{"marketIdentifierCode": "XOSL"}]}},
                "Of the market's two identifier codes only one is stated.",
            ),
        ],
    )
    def test_entities_fit_themselves(self, details: dict[str, Any], told: str) -> None:
        assert one([entity("firm", details=details)]) == ("BODS-10", told)

    @pytest.mark.parametrize("pointer", ["", "/recordDetails/name", "/recordDetails"])
    def test_an_annotation_points_into_its_statement(self, pointer: str) -> None:
        assert found([entity("firm", annotations=[{"statementPointerTarget": pointer, "motivation": "commenting"}])]) == []

    @pytest.mark.parametrize("pointer", ["/name", "/recordDetails/names/0", "no pointer"])
    def test_an_annotation_that_points_nowhere(self, pointer: str) -> None:
        wrong = entity("firm", annotations=[{"statementPointerTarget": pointer, "motivation": "commenting"}])
        assert one([wrong]) == ("BODS-10", f"The annotation points at {pointer}, which is not there.")

    @pytest.mark.parametrize(
        "nonsense",
        [
            None,
            3,
            "text",
            {},
            [],
            [None],
            [[]],
            [{}],
            [{"recordType": "relationship"}],
            [statement("a", "relationship", {"interests": 3})],
            [{"recordId": 1, "recordDetails": [], "annotations": {}, "source": "x", "publicationDetails": 0}],
            [tie("Ann", "firm", interest({"minimum": "many", "maximum": None, "exact": True}))],
        ],
    )
    def test_is_stopped_by_no_nonsense(self, nonsense: Any) -> None:
        assert isinstance(found(nonsense), list)
