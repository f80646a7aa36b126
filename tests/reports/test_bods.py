"""A customer's structure as a file of the standard: what it says, that it passes, and that it stays the same."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from accounts import snapshots
from accounts.models import Organisation, Snapshot
from kyc.cases import actions as cases
from kyc.cases.beneficial import Departures
from kyc.cases.models import DecidedOwner
from kyc.ownership import actions as ownership
from kyc.ownership import filed, filing
from kyc.ownership.bods import network, schema
from kyc.ownership.bods.reading import structure
from kyc.ownership.bods.statements import read
from kyc.ownership.models import Interest
from kyc.ownership.regimes import determine
from kyc.ownership.rule import rule
from kyc.parties import actions as parties
from kyc.parties.models import Party
from kyc.rules import packs
from reports import bods
from reports.decided import Decided, decided
from reports.facts.reader import Reader
from tests import cast
from tests.cast import Founded, customer, founded
from tests.kyc.cases import scenes
from tests.reports.moments import uncommitted
from tests.stage import scene


@scene
def nordlys() -> Founded:
    return founded(customer())


def told(organisation: Organisation, snapshot: Snapshot | None = None, *, full: bool = False) -> list[dict[str, Any]]:
    """The statements, as a file gives them back; they pass all that `bods check --complete` asks."""
    snapshot = snapshot or uncommitted()
    reader = Reader(organisation=organisation.pk, valid_at=snapshot.taken_at, snapshot=snapshot, pack=packs.current())
    found: list[dict[str, Any]] = json.loads(json.dumps(bods.statements(reader, full=full)))
    assert list(schema.errors(found)) == []
    assert network.findings(found, today=datetime.now(UTC).date()) == []
    return found


def names(statements: list[dict[str, Any]]) -> dict[str, str]:
    found = {}
    for statement in statements:
        details = statement["recordDetails"]
        named = details.get("name") or next((name["fullName"] for name in details.get("names", ())), "")
        found[statement["recordId"]] = named or details.get("unspecifiedPersonDetails", {}).get("description", "")
    return found


def ties(statements: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """Relationships by the names of both ends; an owner who is nobody is empty."""
    called = names(statements)
    found = [statement["recordDetails"] for statement in statements if statement["recordType"] == "relationship"]
    return {
        (called.get(row["interestedParty"], "") if isinstance(row["interestedParty"], str) else "", called[row["subject"]]): row
        for row in found
    }


def flags(row: dict[str, Any]) -> dict[tuple[str, str], bool | None]:
    return {(i["type"], i["directOrIndirect"]): i.get("beneficialOwnershipOrControl") for i in row.get("interests", ())}


def own(nordlys: Founded, name: str, share: str, kind: str = "person", owned: Party | None = None, **more: Any) -> Interest:
    where = {"country": "NO"} | ({"hq_country": "NO"} if kind == "company" else {})
    more = where | more
    return ownership.declare_owner(
        nordlys.organisation, owned=owned or nordlys.party, kind=kind, name=name, share=share, by=nordlys.by, **more
    )


@pytest.mark.django_db
class TestStatements:
    def test_who_holds_too_little_is_told_and_is_no_owner(self, nordlys: Founded) -> None:
        holding = own(nordlys, "Fjord AS", "60", "company")
        own(nordlys, "Kari Moe", "1/3", owned=holding.owner)
        rows = ties(told(nordlys.organisation))
        assert rows["Kari Moe", "Fjord AS"]["interests"][0]["share"] == {"minimum": 33.3333, "maximum": 33.3334}
        assert ("Kari Moe", "Nordlys Modelling AS") not in rows
        assert {row["isComponent"] for row in rows.values()} == {False}

    def test_an_owner_through_a_chain_is_one_and_says_how(self, nordlys: Founded) -> None:
        holding = own(nordlys, "Fjord AS", "60", "company")
        own(nordlys, "Kari Moe", "2/3", owned=holding.owner)
        found = told(nordlys.organisation)
        rows, called = ties(found), {name: record for record, name in names(found).items()}
        kari = rows["Kari Moe", "Nordlys Modelling AS"]
        assert flags(kari) == {("shareholding", "indirect"): True}
        assert kari["interests"][0]["share"] == {"exact": 40}
        assert "40 %" in kari["interests"][0]["details"]
        inner, outer = (
            next(s["recordId"] for s in found if s["recordDetails"] == rows[pair])
            for pair in (("Kari Moe", "Fjord AS"), ("Fjord AS", "Nordlys Modelling AS"))
        )
        assert set(kari["componentRecords"]) == {called["Fjord AS"], inner, outer}
        assert rows["Kari Moe", "Fjord AS"]["interests"][0]["details"] == "2/3 of the whole"
        assert {row["isComponent"] for pair, row in rows.items() if "Fjord AS" in pair} == {True}

    def test_votes_and_control_are_told_beside_shares_each_with_its_own_size(self, nordlys: Founded) -> None:
        kari = own(nordlys, "Kari Moe", "10").owner
        own(nordlys, "", "60", owner=kari, interest="votingRights")
        own(nordlys, "", "", owner=kari, interest="otherInfluenceOrControl", is_indirect=True)
        row = ties(told(nordlys.organisation))["Kari Moe", "Nordlys Modelling AS"]
        assert [(i["type"], i["directOrIndirect"], i.get("share")) for i in row["interests"]] == [
            ("shareholding", "direct", {"exact": 10}),
            ("votingRights", "direct", {"exact": 60}),
            ("otherInfluenceOrControl", "indirect", None),
        ]
        assert set(flags(row).values()) == {True}, "most votes control"

    def test_who_has_few_votes_is_no_owner(self, nordlys: Founded) -> None:
        kari = own(nordlys, "Kari Moe", "10").owner
        own(nordlys, "", "40", owner=kari, interest="votingRights")
        row = ties(told(nordlys.organisation))["Kari Moe", "Nordlys Modelling AS"]
        assert set(flags(row).values()) == {False}

    def test_direct_and_indirect_stand_in_one_relationship(self, nordlys: Founded) -> None:
        holding = own(nordlys, "Fjord AS", "40", "company")
        kari = own(nordlys, "Kari Moe", "30").owner
        own(nordlys, "", "50", owned=holding.owner, owner=kari)
        row = ties(told(nordlys.organisation))["Kari Moe", "Nordlys Modelling AS"]
        assert [(i["directOrIndirect"], i["share"]) for i in row["interests"]] == [
            ("direct", {"exact": 30}),
            ("indirect", {"exact": 20}),
        ]

    def test_who_controls_is_an_owner_by_that_and_not_by_sitting_on_the_board(self, nordlys: Founded) -> None:
        row = ties(told(nordlys.organisation))["Alice Olsen", "Nordlys Modelling AS"]
        assert flags(row) == {("seniorManagingOfficial", "direct"): True, ("boardMember", "direct"): False}

    def test_of_one_who_may_be_an_owner_nothing_is_claimed(self, nordlys: Founded) -> None:
        own(nordlys, "Kari Moe", "20-30")
        row = ties(told(nordlys.organisation))["Kari Moe", "Nordlys Modelling AS"]
        assert flags(row) == {("shareholding", "direct"): None}
        assert row["interests"][0]["share"] == {"minimum": 20, "maximum": 30}

    def test_a_nominee_stands_in_a_nomination(self, nordlys: Founded) -> None:
        kari = ownership.name_principal(nordlys.organisation, name="Kari Moe", country="NO", by=nordlys.by)
        own(nordlys, "Nominees AS", "80", "company", held_for=kari)
        found = told(nordlys.organisation)
        rows = ties(found)
        assert flags(rows["Kari Moe", "Nordlys Modelling AS"]) == {("shareholding", "indirect"): True}
        assert flags(rows["Nominees AS", "Nomination by Kari Moe"]) == {("nominee", "direct"): False}
        graph = structure(read(found), on=date.today())
        verdicts = determine(graph, subject=found[0]["recordId"], rule=rule(packs.current(), "iaas-cip")).parties
        called = names(found)
        assert {called[pk]: v.verdict for pk, v in verdicts.items()}["Kari Moe"] == "yes"

    def test_roles_in_a_trust_and_who_is_known_as_a_class(self, nordlys: Founded) -> None:
        trust = own(nordlys, "Moe Trust", "75", "trust").owner
        own(nordlys, "Kari Moe", "", owned=trust, interest="settlor")
        own(nordlys, "The grandchildren of Kari Moe", "", "unknown", owned=trust, interest="beneficiaryOfLegalArrangement")
        found = told(nordlys.organisation)
        rows = ties(found)
        assert flags(rows["Kari Moe", "Moe Trust"]) == {("settlor", "direct"): False}
        assert flags(rows["Kari Moe", "Nordlys Modelling AS"]) == {("otherInfluenceOrControl", "indirect"): True}
        unknown = next(s for s in found if s["recordDetails"].get("personType") == "unknownPerson")["recordDetails"]
        assert unknown["unspecifiedPersonDetails"]["description"] == "The grandchildren of Kari Moe"

    def test_owners_in_a_ring_end(self, nordlys: Founded) -> None:
        holding = own(nordlys, "Fjord AS", "60", "company")
        own(nordlys, "", "50", owned=holding.owner, owner=nordlys.party)
        own(nordlys, "Kari Moe", "50", owned=holding.owner)
        assert flags(ties(told(nordlys.organisation))["Kari Moe", "Nordlys Modelling AS"]) == {("shareholding", "indirect"): True}

    def test_a_company_of_which_nobody_is_known_says_so(self, nordlys: Founded) -> None:
        for role in nordlys.controller.roles.live():
            role.valid_to = role.valid_from
            role.save()
        rows = ties(told(nordlys.organisation))
        assert rows["", "Nordlys Modelling AS"]["interestedParty"]["reason"] == "subjectUnableToConfirmOrIdentifyBeneficialOwner"

    def test_of_people_only_the_year_and_no_address(self, nordlys: Founded) -> None:
        own(nordlys, "Kari Moe", "30", birth_date="1975-02-03", address="Storgata 1, Bodø")
        short, full = (json.dumps(told(nordlys.organisation, full=full), ensure_ascii=False) for full in (False, True))
        assert '"birthDate": "1975"' in short and "Storgata" not in short and "Strandgata" not in short
        assert '"birthDate": "1975-02-03"' in full and "Storgata" in full and "Strandgata" in full

    def test_a_company_by_its_register_and_where_it_is_run_from(self, nordlys: Founded) -> None:
        details = told(nordlys.organisation)[0]["recordDetails"]
        assert details["identifiers"] == [{"id": "918334207", "scheme": "NO-BRC"}]
        assert details["addresses"] == [{"type": "business", "country": {"name": "Norway", "code": "NO"}}]

    def test_numbers_by_their_schemes_and_those_of_the_tax_only_in_full(self, nordlys: Founded) -> None:
        numbers = {"registration_number": "7654321", "lei": "5493001KJTIIGC8Y1R12", "tax_number": "12-3456789"}
        own(nordlys, "Delta Inc.", "40", "company", country="US", register="US-DE-CR", **numbers)
        own(nordlys, "Kenya Ltd", "30", "company", country="KE", registration_number="C.1", tax_number="P051", tax_country="KE")
        registered = [
            {"id": "7654321", "scheme": "US-DE-CR"},
            {"id": "5493001KJTIIGC8Y1R12", "scheme": "XI-LEI", "schemeName": "Global Legal Entity Identifier Index"},
        ]
        assert self.identifiers(nordlys, "Delta Inc.") == registered
        taxed = {"id": "123456789", "scheme": "US-EIN", "schemeName": "Tax number, United States"}
        assert self.identifiers(nordlys, "Delta Inc.", full=True) == [*registered, taxed]
        in_words = {"id": "C.1", "schemeName": "Register of companies, Kenya"}
        assert self.identifiers(nordlys, "Kenya Ltd") == [in_words]
        assert self.identifiers(nordlys, "Kenya Ltd", full=True) == [in_words, {"id": "P051", "schemeName": "Tax number, Kenya"}]

    def identifiers(self, nordlys: Founded, name: str, *, full: bool = False) -> list[dict[str, str]]:
        found = [row["recordDetails"] for row in told(nordlys.organisation, full=full)]
        return next(row["identifiers"] for row in found if row.get("name") == name)  # type: ignore[no-any-return]  # from JSON

    def test_the_same_company_in_two_structures_has_two_records(self, nordlys: Founded) -> None:
        other = founded(customer("bo@other.example", "Bo"), name="Other AS", person="Bo Berg")
        records = [{s["recordId"] for s in told(one.organisation)} for one in (nordlys, other)]
        assert not records[0] & records[1]


@pytest.mark.django_db(transaction=True)
class TestOverTime:
    def test_a_change_is_a_new_statement_of_the_same_record(self) -> None:
        nordlys = founded(customer())
        kari = own(nordlys, "Kari Moe", "30")
        first = snapshots.take()
        before = told(nordlys.organisation, first)
        ownership.change_share(kari, share="40", by=nordlys.by)
        changed = told(nordlys.organisation, snapshots.take())
        old, new = ({s["recordId"]: s for s in found} for found in (before, changed))
        assert old.keys() == new.keys()
        [record] = [record for record in old if old[record]["statementId"] != new[record]["statementId"]]
        assert (old[record]["recordStatus"], new[record]["recordStatus"]) == ("new", "updated")
        assert new[record]["recordDetails"]["interests"][0]["share"] == {"exact": 40}
        ownership.end(kari, by=nordlys.by)
        assert record not in {s["recordId"] for s in told(nordlys.organisation, snapshots.take())}
        assert told(nordlys.organisation, first) == before, "what was known then does not change"

    def test_what_changes_nothing_that_is_told_leaves_the_statements_as_they_are(self) -> None:
        nordlys = founded(customer())
        own(nordlys, "Kari Moe", "30", address="Storgata 1, Bodø")
        before = told(nordlys.organisation, snapshots.take())
        kari = Party.objects.get(name="Kari Moe")
        parties.correct(kari, name="Kari Moe", country="NO", address="Storgata 2, Bodø", email="", phone="", by=nordlys.by)
        assert told(nordlys.organisation, snapshots.take()) == before


@pytest.mark.django_db
class TestDecided:
    """What two officers decided of each person, beside what was declared and determined."""

    BECAUSE = "The register shows that he sold in May."

    @pytest.fixture
    def found(self, nordlys: Founded, tmp_path: Path) -> Founded:
        cast.load_list(tmp_path)
        own(nordlys, "Kari Moe", "60")
        own(nordlys, "Nils Moe", "40")
        parties.declare_person(
            nordlys.organisation, name="Siri Vik", country="NO", birth_date="1980-02-01", roles=["director"], by=nordlys.by
        )
        return nordlys

    def decided(self, found: Founded, *, against: str = "", also: str = "") -> None:
        case, named = scenes.examine(found).case, Party.objects.filter(organisation=found.organisation)
        pks = [[party.pk for party in named.filter(name=name)] for name in (against, also)]
        decision = cases.propose(
            case, choice="approve", reason="identity_established", note="Asked for the articles.",
            owners=Departures(*pks, because=self.BECAUSE if against or also else ""), by=cast.staff("analyst"),
        )  # fmt: skip
        cases.take(decision, by=cast.staff("approver"))

    def of(self, statements: list[dict[str, Any]], name: str) -> dict[str, Any]:
        """The statement on what he holds of the customer."""
        details = ties(statements)[name, "Nordlys Modelling AS"]
        return next(statement for statement in statements if statement["recordDetails"] == details)

    def test_stands_in_the_standards_terms(self, found: Founded) -> None:
        before = self.of(told(found.organisation), "Nils Moe")
        assert set(flags(before["recordDetails"]).values()) == {True} and "annotations" not in before
        self.decided(found, against="Nils Moe", also="Siri Vik")
        statements = told(found.organisation)
        today = datetime.now(UTC).date().isoformat()
        kari, nils, siri = (self.of(statements, name) for name in ("Kari Moe", "Nils Moe", "Siri Vik"))
        assert flags(kari["recordDetails"]) == {("shareholding", "direct"): True}
        assert flags(nils["recordDetails"]) == {("shareholding", "direct"): False}
        assert flags(siri["recordDetails"]) == {("boardMember", "direct"): False, ("unknownInterest", "unknown"): True}
        for one in (kari, nils, siri):
            assert one["source"]["type"] == ["selfDeclaration", "verified"]
            assert [by["name"] for by in one["source"]["assertedBy"]] == ["Nordlys Modelling AS", settings.PROVIDER_NAME]
            assert (one["recordStatus"], one["statementDate"]) == ("updated", today)
        apart = ", otherwise than what was determined"
        assert [[note["description"] for note in one["annotations"]] for one in (kari, nils, siri)] == [
            [f"Decided on {today} with the approval: a beneficial owner."],
            [f"Decided on {today} with the approval: no beneficial owner{apart}."],
            [f"Decided on {today} with the approval: a beneficial owner{apart}."],
        ]
        assert nils["annotations"][0] | {"description": ""} == {
            "statementPointerTarget": "/recordDetails/interests", "motivation": "commenting", "creationDate": today,
            "createdBy": {"name": settings.PROVIDER_NAME}, "description": "",
        }  # fmt: skip
        assert nils["statementId"] != before["statementId"] and nils["recordId"] == before["recordId"]
        assert self.of(statements, "Alice Olsen")["source"]["type"] == ["selfDeclaration"], "nothing was decided of her"

        assert self.BECAUSE not in json.dumps(statements)
        whole = told(found.organisation, full=True)
        assert self.of(whole, "Nils Moe")["annotations"][0]["description"].endswith(f"{apart}. {self.BECAUSE}")

        standing = set(Interest.objects.live().values_list("pk", "share"))
        entered = filing.enter(found.organisation, filed.from_statements(statements, on=date.today()), only_try=True, by=found.by)
        assert (entered.refused, entered.named, entered.changed, len(entered.as_before)) == ([], [], [], 2)
        assert set(Interest.objects.live().values_list("pk", "share")) == standing

    def test_who_stands_in_is_no_owner_and_nobody_is(self, nordlys: Founded, tmp_path: Path) -> None:
        cast.load_list(tmp_path)
        for number in range(10):
            own(nordlys, f"Small Holder {number}", "10")
        self.decided(nordlys)
        statements = told(nordlys.organisation)
        alice, nobody = self.of(statements, "Alice Olsen"), self.of(statements, "")
        assert set(flags(alice["recordDetails"]).values()) == {False}
        assert "stands in as senior managing official" in alice["annotations"][0]["description"]
        assert nobody["recordDetails"]["interestedParty"]["description"] == "No beneficial owner was found."

    def test_who_has_no_place_in_it_is_no_owner_though_he_runs_the_company(self, found: Founded) -> None:
        assert True in flags(self.of(told(found.organisation), "Alice Olsen")["recordDetails"]).values()
        self.decided(found)
        assert set(DecidedOwner.objects.values_list("party__name", "standing")) == {("Kari Moe", "owner"), ("Nils Moe", "owner")}
        assert set(flags(self.of(told(found.organisation), "Alice Olsen")["recordDetails"]).values()) == {False}

    def test_says_nothing_of_who_was_named_since(self, found: Founded, monkeypatch: pytest.MonkeyPatch) -> None:
        self.decided(found)
        before = datetime.now(UTC) - timedelta(days=1)

        def earlier(reader: Reader) -> Decided | None:
            made = decided(reader)
            return replace(made, asked_at=before) if made else None

        monkeypatch.setattr(bods, "decided", earlier)
        assert True in flags(self.of(told(found.organisation), "Alice Olsen")["recordDetails"]).values()

    def test_found_owners_though_they_have_left_since(self, found: Founded) -> None:
        self.decided(found)
        for interest in Interest.objects.live():
            ownership.end(interest, by=found.by)
        own(found, "Fjord AS", "60", "company")
        nobody = self.of(told(found.organisation), "")["recordDetails"]["interestedParty"]
        assert nobody["description"] == "No beneficial owner has been identified from what was declared."

    def test_is_told_of_no_instant_before_it(self, found: Founded) -> None:
        then = uncommitted()
        self.decided(found, against="Nils Moe")
        reader = Reader(organisation=found.organisation.pk, valid_at=then.taken_at, snapshot=then, pack=packs.current())
        assert "annotations" not in json.dumps(bods.statements(reader))
