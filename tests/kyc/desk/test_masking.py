"""Officers see enough of a person's identifiers to tell people apart, and the whole only when they ask."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEvent, User
from accounts.vault import shredding
from kyc.cases.models import Case
from kyc.parties import masks
from kyc.parties.models import Party
from tests import cast

TABS = ["summary", "people", "use", "documents", "screening", "risk", "keys", "timeline"]
WHOLE = ("1984-03-17", "77000000", "4777000000")


class TestMasks:
    @pytest.mark.parametrize(
        ("field", "value", "shown"),
        [
            ("birth_date", "1984-03-17", "1984-••-••"),
            ("birth_date", "1984", "1984"),
            ("phone", "+4777000123", "••• 123"),
            ("phone", "12345", "•••"),
            ("address", "Strandgata 12, Tromsø", "•••, Tromsø"),
            ("address", "Strandgata 12\n9008 Tromsø\nNorway", "•••, Norway"),
            ("address", "Strandgata 12", "•••"),
            ("address", "Strandgata 12, 9008 Tromsø", "•••"),
        ],
    )
    def test_leave_enough_to_tell_apart(self, field: str, value: str, shown: str) -> None:
        assert masks.MASKS[field](value) == shown


@pytest.mark.django_db
class TestCasePage:
    def page(self, client: Client, case: Case, tab: str) -> str:
        return client.get(f"/desk/cases/{case.pk}/?tab={tab}").content.decode()

    @pytest.mark.parametrize("tab", TABS)
    def test_sends_no_identifier_of_a_person_whole(self, case: Case, as_ana: Client, tab: str) -> None:
        text = self.page(as_ana, case, tab)
        assert [value for value in WHOLE if value in text] == []
        assert "••• 000" in text

    def test_shows_a_companys_registered_address(self, case: Case, as_ana: Client) -> None:
        assert "Strandgata 12" in self.page(as_ana, case, "summary")

    def reveal(self, client: Client, case: Case, **typed: str) -> Any:
        alice = Party.objects.get(organisation=case.organisation, kind="person")
        return client.post(f"/desk/cases/{case.pk}/parties/{alice.pk}/reveal/?tab=people", typed)

    def test_shows_one_to_who_asks_this_once(self, case: Case, as_ana: Client) -> None:
        answer = self.reveal(as_ana, case, field="birth_date", purpose="match")
        assert answer.status_code == 200
        assert "1984-03-17" in answer.content.decode() and "77000000" not in answer.content.decode()
        assert "1984-03-17" not in self.page(as_ana, case, "people")
        assert AuditEvent.objects.get(verb="field.revealed").details["field"] == "birth_date"

    def test_tells_in_the_timeline_who_had_it_shown_and_what_for(self, case: Case, as_ana: Client) -> None:
        self.reveal(as_ana, case, field="birth_date", purpose="match")
        text = self.page(as_ana, case, "timeline")
        assert "had an identifier shown" in text and "to tell from a listed person" in text

    def test_asks_what_for(self, case: Case, as_ana: Client) -> None:
        answer = self.reveal(as_ana, case, field="birth_date", purpose="")
        assert answer.status_code == 422
        assert "Say what you need it for." in answer.content.decode()
        assert "1984-03-17" not in answer.content.decode()

    def test_offers_it_only_to_who_may(self, case: Case, as_ana: Client, auditor: User) -> None:
        assert "/reveal/" in self.page(as_ana, case, "people")
        assert "/reveal/" not in self.page(cast.signed_in(auditor), case, "people")

    def test_masks_the_tax_number_of_a_company_too_until_it_is_asked_for(self, case: Case, as_ana: Client) -> None:
        nordlys = Party.objects.get(organisation=case.organisation, kind="company")
        nordlys.tax_number, nordlys.tax_country = "995525828", "NO"
        nordlys.save()
        for tab in ("summary", "people"):
            text = self.page(as_ana, case, tab)
            assert "••• 828" in text and "995525828" not in text
        where = f"/desk/cases/{case.pk}/parties/{nordlys.pk}/reveal/?tab=people"
        assert "995525828" in as_ana.post(where, {"field": "tax_number", "purpose": "match"}).content.decode()
        assert AuditEvent.objects.get(verb="field.revealed").details["field"] == "tax_number"

    def test_says_in_which_register_a_number_stands(self, case: Case, as_ana: Client) -> None:
        assert "Brønnøysundregistrene (NO-BRC)" in self.page(as_ana, case, "summary")
        assert "NO-BRC" in self.page(as_ana, case, "people")

    @pytest.mark.parametrize("tab", TABS)
    def test_says_of_erased_data_that_they_are(self, case: Case, as_ana: Client, tab: str) -> None:
        for party in Party.objects.filter(organisation=case.organisation):
            key = shredding.shred(party.sealed_for, reason="Asked for.", by=None)
        text = self.page(as_ana, case, tab)
        assert "At a glance" in text
        if tab in {"summary", "people"}:
            assert f"certificate {key.certificate}" in text or "certificate ER-" in text


@pytest.mark.django_db
class TestQueue:
    def test_finds_a_case_by_the_lei_of_any_of_its_companies(self, case: Case, as_ana: Client) -> None:
        Party.objects.filter(organisation=case.organisation, kind="company").update(lei="5493001KJTIIGC8Y1R12")
        for text, is_found in (("5493 001k jtii gc8y 1r12", True), ("5493001KJTIIGC8Y1R1", False)):
            assert (f"/desk/cases/{case.pk}/" in as_ana.get("/desk/cases/", {"q": text}).content.decode()) is is_found

    @pytest.mark.parametrize("text", ["918 334 207", "+47 77 00 00 00"])
    def test_finds_a_case_by_an_exact_number(self, case: Case, as_ana: Client, text: str) -> None:
        found = as_ana.get("/desk/cases/", {"q": text}).content.decode()
        assert f"/desk/cases/{case.pk}/" in found
        assert f"/desk/cases/{case.pk}/" not in as_ana.get("/desk/cases/", {"q": text[:-1]}).content.decode()
