"""The page of what proves who a party is: who sees it, what it tells, and what officers do there."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import snapshots
from accounts.models import User
from kyc.cases.models import Case
from kyc.cases.obstacles import obstacles
from kyc.evidence import actions as evidence
from kyc.evidence import items
from kyc.evidence.item_models import EvidenceItem, Mismatch
from kyc.evidence.models import Document
from kyc.parties.models import Party
from tests import cast


def plain(page: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())


@pytest.fixture
def passport(case: Case, person: Party, by: User) -> Document:
    """Beside the one that he sent with the case."""
    return evidence.upload(case.organisation, kind="passport", file=cast.pdf(width=441), party=person, by=by)


@pytest.fixture
def item(case: Case, person: Party, ana: User) -> EvidenceItem:
    person.phone = "+4777000000"
    person.save()
    return items.record(person, kind="bank_account", number="NO9386011117947", by=ana)


def page_of(case: Case, party: Party) -> str:
    return f"/desk/cases/{case.pk}/parties/{party.pk}/evidence/"


class TestPage:
    def test_is_nothing_to_a_customer_nor_of_another_case(self, as_ana: Client, case: Case, person: Party, charlie: User) -> None:
        assert cast.signed_in(charlie).get(page_of(case, person)).status_code == 404
        assert as_ana.get(f"/desk/cases/{case.pk}/parties/{person.pk + 1000}/evidence/").status_code == 404

    def test_tells_the_level_and_the_shortest_way_to_the_next(
        self, as_ana: Client, case: Case, person: Party, item: EvidenceItem, ana: User
    ) -> None:
        told = plain(as_ana.get(page_of(case, person)))
        assert "NIST SP 800-63A-4 none reached the one we aim at Shortest way to IAL1:" in told
        assert "Account at a bank: validate it. Its issuer or a register confirmed it." in told
        items.verify(items.validate(item, method="issuer", by=ana), method="code", by=ana)
        told = plain(as_ana.get(page_of(case, person)))
        assert "NIST SP 800-63A-4 IAL1 the one we aim at By: Account at a bank (one piece)" in told
        assert "NO9386011117947" not in told and "••• 947" in told

    def test_of_a_company_it_goes_by_other_scales(self, as_ana: Client, case: Case) -> None:
        company = Party.objects.get(organisation=case.organisation, kind="company")
        told = plain(as_ana.get(page_of(case, company)))
        assert "Entity assurance" in told and "NIST" not in told

    def test_the_tab_of_people_names_the_level(self, as_ana: Client, case: Case, item: EvidenceItem, ana: User) -> None:
        items.verify(items.validate(item, method="issuer", by=ana), method="code", by=ana)
        told = plain(as_ana.get(f"/desk/cases/{case.pk}/", {"tab": "people"}))
        assert re.search(r"Evidence Alice Olsen IAL1", told) and "no level reached" in told

    def test_who_only_reads_is_offered_no_form(self, case: Case, person: Party, item: EvidenceItem) -> None:
        told = plain(cast.signed_in(cast.staff("auditor")).get(page_of(case, person)))
        assert "Account at a bank" in told and "Record evidence" not in told

    def test_keeps_what_was_told_at_the_opening(self, as_ana: Client, case: Case, person: Party) -> None:
        born = person.birth_date
        snapshots.take()
        told = plain(as_ana.get(page_of(case, person)))
        assert "As at opening" in told and born not in told
        assert f"{born[:4]}-••-••" in told


class TestElsewhere:
    """One passport behind two customers (DST-07)."""

    @pytest.fixture
    def twice(self, case: Case, person: Party, make: Any, ana: User) -> Case:
        other = make("Sorvik AS", email="bob@sorvik.example")
        same = {"kind": "passport", "issuing_country": "NO", "number": "N 123 4567", "by": ana}
        items.record(person, **same)
        items.record(Party.objects.get(organisation=other.organisation, kind="person"), **same | {"number": "n1234567"})
        return other

    def test_an_investigator_sees_with_whom(self, case: Case, person: Party, twice: Case) -> None:
        told = plain(cast.signed_in(cast.staff("investigator")).get(page_of(case, person)))
        assert "The same number elsewhere 1 Sorvik AS" in told

    def test_nobody_else_does(self, as_ana: Client, case: Case, person: Party, twice: Case) -> None:
        assert "Sorvik" not in plain(as_ana.get(page_of(case, person)))


class TestActs:
    def record(self, client: Client, case: Case, person: Party, document: Document | None, **told: Any) -> Any:
        given = {"kind": "passport", "document": document.pk if document else "", "issuer": "Politiet", "issuing_country": "NO"}
        return client.post(f"{page_of(case, person)}record/", given | told)

    def test_from_the_document_to_the_level(
        self, as_ana: Client, case: Case, person: Party, passport: Document, ana: User
    ) -> None:
        refused = self.record(as_ana, case, person, passport)
        assert refused.status_code == 422 and "You have not opened" in plain(refused)
        as_ana.get(f"/desk/cases/{case.pk}/documents/{passport.pk}/")
        until = timezone.localdate() + timedelta(days=900)
        given = {"number": "N1234567", "expires_on": str(until), "shown_name": "OLSEN ALICE"}
        assert self.record(as_ana, case, person, passport, **given).status_code == 302
        item = EvidenceItem.objects.get()
        for what, method in (("validate", "chip"), ("verify", "compared")):
            answer = as_ana.post(f"/desk/cases/{case.pk}/evidence/{item.pk}/{what}/", {"method": method, "result": "passed"})
            assert answer.status_code == 302
        item.refresh_from_db()
        assert (item.strength, item.verified_by, item.expires_on) == ("superior", ana, until)
        answer = as_ana.post(f"/desk/cases/{case.pk}/evidence/{item.pk}/withdraw/", {"reason": "Of another person."})
        item.refresh_from_db()
        assert answer.status_code == 302 and item.withdrawn_because == "Of another person."

    @pytest.mark.parametrize(
        ("what", "said", "sentence"),
        [
            ("validate", {}, "Say how."),
            ("validate", {"method": "inspected", "result": "failed"}, "Write what was wrong with it."),
            ("withdraw", {}, "Say why it counts no more."),
        ],
    )
    def test_bad_input_comes_back_with_a_sentence(
        self, as_ana: Client, case: Case, item: EvidenceItem, what: str, said: dict[str, str], sentence: str
    ) -> None:
        answer = as_ana.post(f"/desk/cases/{case.pk}/evidence/{item.pk}/{what}/", {"result": "passed"} | said)
        assert answer.status_code == 422 and sentence in plain(answer)

    @pytest.mark.parametrize(("what", "method"), [("validate", "inspected"), ("verify", "compared")])
    def test_only_by_who_has_opened_its_document(
        self, as_rui: Client, case: Case, person: Party, passport: Document, ana: User, what: str, method: str
    ) -> None:
        item = items.record(person, kind="passport", document=passport, number="N1234567", issuing_country="NO", by=ana)
        items.validate(item, method="features", by=ana)
        path, said = f"/desk/cases/{case.pk}/evidence/{item.pk}/{what}/", {"method": method, "result": "passed"}
        answer = as_rui.post(path, said)
        assert answer.status_code == 422 and "You have not opened" in plain(answer)
        as_rui.get(f"/desk/cases/{case.pk}/documents/{passport.pk}/")
        assert as_rui.post(path, said).status_code == 302

    def test_there_is_no_fourth_act(self, as_ana: Client, case: Case, item: EvidenceItem) -> None:
        assert as_ana.post(f"/desk/cases/{case.pk}/evidence/{item.pk}/forge/").status_code == 404

    @pytest.mark.parametrize(
        ("day", "how"),
        [
            ("1984-04-18", "1984-••-•• (differs in day and month)"),
            ("1984-04-17", "1984-••-•• (differs in the month)"),
            ("1984-03-18", "1984-••-•• (differs in the day)"),
        ],
    )
    def test_two_days_of_one_year_are_told_apart_and_not_shown(
        self, as_ana: Client, case: Case, person: Party, day: str, how: str
    ) -> None:
        assert person.birth_date == "1984-03-17"
        self.record(as_ana, case, person, None, number="N7654321", shown_birth_date=day)
        told = plain(as_ana.get(page_of(case, person)))
        assert f"There: {how}" in told and day not in told

    def test_a_difference_stops_an_approval_until_it_is_resolved(self, as_ana: Client, case: Case, person: Party) -> None:
        self.record(as_ana, case, person, None, number="N1234567")
        before = obstacles(case)
        self.record(as_ana, case, person, None, number="N7654321", shown_name="Alice Ohlsen", shown_birth_date="1990-01-01")
        assert [sentence for sentence in obstacles(case) if sentence not in before] == [
            "2 differences between documents and what was declared are open. Resolve them with the evidence of the party, under "
            "“People and ownership”."
        ]
        told = plain(as_ana.get(page_of(case, person)))
        assert "There: 1990-••-••" in told and "1990-01-01" not in told
        for row in Mismatch.objects.all():
            answer = as_ana.post(f"/desk/cases/{case.pk}/mismatches/{row.pk}/resolve/", {"resolution": "changed"})
            assert answer.status_code == 422 and "Write why" in plain(answer)
            said = {"resolution": "changed", "reason": "Married, page 3."}
            assert as_ana.post(f"/desk/cases/{case.pk}/mismatches/{row.pk}/resolve/", said).status_code == 302
        assert obstacles(case) == before

    def test_of_a_decided_case_nothing_is_judged(self, as_ana: Client, case: Case, item: EvidenceItem) -> None:
        Case.objects.filter(pk=case.pk).update(state="waiting")
        answer = as_ana.post(f"/desk/cases/{case.pk}/evidence/{item.pk}/validate/", {"method": "inspected", "result": "passed"})
        assert answer.status_code == 422
