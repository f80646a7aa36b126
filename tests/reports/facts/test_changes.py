"""Every change with its time and the person, and direct identifiers only by that they changed."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from django.db import transaction
from django.utils import timezone

from accounts import audit, snapshots
from kyc.keys import appeals
from kyc.parties import payments
from kyc.parties.models import Party
from reports import canonical
from reports.facts.changes import details, difference, value
from tests import cast
from tests.reports import story
from tests.reports.story import Life

PERSON = SimpleNamespace(kind="person")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def rows(life: Life, stage: str) -> list[dict[str, str]]:
    return life.then[stage].facts["changes"]["rows"]  # type: ignore[no-any-return]  # rows of text


def told(life: Life, what: str, stage: str = "afterwards") -> list[tuple[str, str, str]]:
    return [(row["which"], row["change"], row["by"]) for row in rows(life, stage) if row["what"] == what]


@pytest.mark.django_db(transaction=True)
class TestPayment:
    BANK: ClassVar = {"kind": "bank", "institution": "DNB", "country": "NO", "source": "revenue"}
    REST = "institution: DNB; country: Norway (NO); source: Income from our business"

    def test_another_holder_and_another_account_are_told_and_the_number_is_not(self) -> None:
        found = cast.founded(cast.customer())
        means = payments.declare(
            found.organisation, **self.BANK, holder="Nordlys", reference="NO93 8601 1117 947", by=found.by
        )  # fmt: skip
        means = payments.change(means, **self.BANK, holder="Alice Olsen", by=found.by)
        then = snapshots.take()
        payments.change(means, **self.BANK, holder="Alice Olsen", reference="DE89 3704 0044 0532 0130 00", by=found.by)
        facts = story.dossier_of(found.organisation)
        today = timezone.now().date()
        assert [
            (row["which"], row["change"])
            for row in facts["changes"]["rows"]
            if row["what"] == "payment" and row["which"].startswith("Bank")
        ] == [
            (
                "Bank account, •••• 7947",
                f"recorded; holder: Nordlys; {self.REST}",
            ),
            ("Bank account, •••• 7947", "holder: Nordlys → Alice Olsen"),
            ("Bank account, •••• 7947", f"ended on: none → {today}"),
            (
                "Bank account, •••• 3000",
                f"recorded; holder: Alice Olsen; {self.REST}",
            ),
        ]
        assert [row["ending"] for row in facts["payment"]] == ["•••• 4242", "•••• 3000"]
        before = story.dossier_of(found.organisation, valid_at=then.taken_at)
        assert [row["ending"] for row in before["payment"]] == ["•••• 4242", "•••• 7947"]
        assert "8601" not in canonical.encode(facts).decode()


@pytest.mark.django_db(transaction=True)
def test_an_officer_whom_nobody_is_told_of_is_an_officer() -> None:
    found, ines = cast.founded(cast.customer()), cast.staff("investigator", "Ines Caldeira")
    with transaction.atomic(), audit.unnamed():
        placed = appeals.restrict(found.organisation, kind="hold", told="terms", is_taken=True, by=ines)
    with transaction.atomic(), audit.unnamed():
        appeals.end(placed, reason="It was undone", is_taken=True, by=ines)
    told = [row for row in story.dossier_of(found.organisation)["changes"]["rows"] if row["what"] == "hold"]
    assert [(row["by"], row["role"]) for row in told] == [("An officer", "")] * 2


class TestDifference:
    @pytest.mark.parametrize(
        ("field", "old", "new", "sentence"),
        [
            ("name", "A", "A", ""),
            ("name", "A", "B", "name: A → B"),
            ("hq_country", "", "SE", "headquarters country: none → Sweden (SE)"),
            ("share", "60", "1/3", "share: 60 % → ≈ 33.33 %"),
            ("share", "60", "", "share: 60 % → unknown"),
            ("valid_to", None, date(2026, 1, 2), "ended on: none → 2026-01-02"),
            ("met_at", None, NOON, "met at: none → 2026-11-24 12:00:00 UTC"),
            ("birth_date", "1984-03-17", "1984-03-18", "birth date changed (not shown)"),
            ("address", "Here 1", "", "address changed (not shown)"),
            ("registration_number", "1", "2", "registration number changed (not shown)"),
        ],
    )
    def test_it_is_said_in_words(self, field: str, old: Any, new: Any, sentence: str) -> None:
        assert difference(PERSON, field, old, new) == sentence

    @pytest.mark.parametrize("kind", ["company", "state"])
    def test_what_stands_in_a_public_register_is_told(self, kind: str) -> None:
        told = difference(SimpleNamespace(kind=kind), "registration_number", "1", "2")
        assert told == "registration number: 1 → 2"

    def test_a_share_is_set_as_everywhere(self) -> None:
        assert value("share", "25-50") == "25 % to 50 %"


class TestDetails:
    @pytest.fixture
    def row(self) -> Any:
        return Party(kind="company", name="Nordlys", country="NO", registration_number="918334207", birth_date="")

    def test_a_new_row_is_told_with_what_it_said(self, row: Any) -> None:
        row.pgh_label = "insert"
        told = details(None, row, ("kind", "name", "country", "hq_country", "registration_number"), "Nordlys (NO)")
        assert told == "recorded; kind: Company; country: Norway (NO); registration number: 918334207"

    def test_of_a_person_identifiers_are_only_told_to_be_there(self, row: Any) -> None:
        row.pgh_label, row.kind, row.birth_date = "insert", "person", "1984-03-17"
        assert details(None, row, ("birth_date", "registration_number")) == (
            "recorded; birth date (not shown); registration number (not shown)"
        )

    def test_a_row_that_is_gone_is_said_to_be(self, row: Any) -> None:
        row.pgh_label = "delete"
        assert details(row, row, ("name",)) == "deleted"


class TestChanges:
    def test_the_earliest_record_is_told(self, life: Life) -> None:
        for stage in life.then:
            found = life.then[stage].facts["changes"]
            assert found["earliest"] == found["rows"][0]["at"]

    def test_every_change_names_the_role_of_who_made_it(self, life: Life) -> None:
        assert {(row["by"], row["role"]) for row in rows(life, "lived")} == {
            ("Alice Olsen", "owner of the account"),
            ("Ana Maric", "analyst"),
            ("Rui Duarte", "approver"),
            ("Keyholder", ""),
        }

    def test_they_stand_in_the_order_in_which_they_were_recorded(self, life: Life) -> None:
        times = [row["at"] for row in rows(life, "afterwards")]
        assert times == sorted(times)
        changes = life.then["afterwards"].facts["changes"]
        assert changes["total"] == changes["printed"] == len(times) > 50

    def test_each_stage_goes_on_where_the_one_before_ended(self, life: Life) -> None:
        before, after = rows(life, "examined"), rows(life, "approved")
        assert after[: len(before)] == before
        assert len(after) > len(before)

    def test_every_change_names_who_made_it_also_outside_a_request(self, life: Life) -> None:
        assert {row["by"] for row in rows(life, "lived")} == {"Alice Olsen", "Ana Maric", "Rui Duarte", "Keyholder"}

    def test_the_product_itself_is_named_where_a_worker_did_it(self, life: Life) -> None:
        assert [(change, by) for which, change, by in told(life, "case", "examined")][-2:] == [
            ("state: Being filled in → Being examined", "Alice Olsen"),
            ("state: Being examined → To review", "Keyholder"),
        ]

    def test_a_member_is_named(self, life: Life) -> None:
        assert told(life, "member", "signed_up") == [("Owner: Alice Olsen", "recorded", "Alice Olsen")]

    def test_identifiers_are_told_to_have_changed_and_not_from_what_to_what(self, life: Life) -> None:
        party = dict((which, change) for which, change, _ in told(life, "party") if "→" in change)
        assert party["Sudlys Modelling AS (NO)"] == (
            "name: Nordlys Modelling AS → Sudlys Modelling AS; native name: none → Южный Свет; legal form: AS → ASA; "
            "headquarters country: Norway (NO) → Sweden (SE); registration number: 918334207 → 918334999; "
            "address: Strandgata 12, Tromsø → Storgata 1, Bodø; phone changed (not shown)"
        )
        assert "birth date changed (not shown)" in party["Alice B. Olsen (1984, SE)"]

    def test_a_ruling_a_share_and_a_hold_are_told_with_both_values(self, life: Life) -> None:
        assert ("Alice B. Olsen (1984, SE) in Sudlys Modelling AS (NO), 55 %", "share: 60 % → 55 %", "Alice Berg") in told(
            life, "interest"
        )
        assert any("ruling: none → Another" in change and by == "Ana Maric" for _, change, by in told(life, "possible match"))
        assert any("lift reason: none → it was another key" in change for _, change, _ in told(life, "hold"))

    def test_what_a_lease_does_to_a_row_is_no_change(self, life: Life) -> None:
        changes = [change for which, change, _ in told(life, "examination") if which == "round 1" or "round" in which]
        assert changes.count("recorded; state: Being examined") == 2
        assert changes.count("state: Being examined → Examined") == 2
        assert len(changes) == 4
