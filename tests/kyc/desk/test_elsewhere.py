"""On the case page: companies that another customer named too."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from kyc.cases.models import Case
from kyc.parties.models import Party, Sameness
from tests import cast
from tests.kyc.desk.conftest import made

pytestmark = pytest.mark.django_db
LEI = "5493001KJTIIGC8Y1R12"


@pytest.fixture
def sorvik(case: Case) -> Case:
    """Another customer's, whose company bears the same LEI."""
    other = made("Sorvik AS", email="bo@sorvik.example")
    Party.objects.filter(kind="company").update(lei=LEI)
    return other


def page(client: Client, case: Case) -> str:
    text = client.get(f"/desk/cases/{case.pk}/", {"tab": "people"}).content.decode()
    found = re.search(r'id="elsewhere".*?</section>', text, re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()) if found else ""


def company(case: Case) -> Party:
    return Party.objects.get(organisation=case.organisation, kind="company")


def rule(client: Client, case: Case, other: Case, **said: str) -> Any:
    return client.post(f"/desk/cases/{case.pk}/parties/{company(case).pk}/same/{company(other).pk}/", said)


class TestElsewhere:
    def test_names_the_other_customer_and_by_what(self, as_ana: Client, case: Case, sorvik: Case) -> None:
        shown = page(as_ana, case)
        assert "Nordlys Modelling AS is named by Sorvik AS too, by the same LEI, the same number in the Brønnøysund" in shown
        assert sorvik.number in shown and "to rule on" in shown
        assert "Sorvik AS is named by Nordlys Modelling AS too" in page(as_ana, sorvik)

    def test_says_nothing_where_nobody_shares_a_number(self, as_ana: Client, case: Case) -> None:
        assert page(as_ana, case) == ""

    def test_tells_nothing_of_who_has_not_sent_anything(self, as_ana: Client, case: Case, sorvik: Case) -> None:
        Case.objects.filter(pk=sorvik.pk).update(state="draft", submitted_at=None, submitted_by=None)
        assert page(as_ana, case) == ""

    def test_an_officer_rules_with_a_reason_and_it_stands_at_both(
        self, as_ana: Client, ana: User, case: Case, sorvik: Case
    ) -> None:
        assert rule(as_ana, case, sorvik, ruling="same", reason="One LEI.").status_code == 302
        assert Sameness.objects.get().ruled_by == ana
        for one in (case, sorvik):
            assert "The same company" in page(as_ana, one) and "One LEI. Ana Maric" in page(as_ana, one)
        assert rule(as_ana, sorvik, case, ruling="different", reason="Mistyped there.").status_code == 302
        assert "Not the same" in page(as_ana, case) and "Mistyped there." in page(as_ana, case)

    def test_what_the_two_declared_differently_is_told_at_both_and_in_the_list(
        self, as_ana: Client, case: Case, sorvik: Case
    ) -> None:
        mine, listed = company(case), "/desk/cases/differences/"
        Party.objects.filter(pk=mine.pk).update(hq_country="SE", legal_form="ASA")
        assert "difference" not in page(as_ana, case)
        rule(as_ana, case, sorvik, ruling="same", reason="One LEI.")
        for one, sides in ((case, "ASA AS Run from Sweden Norway"), (sorvik, "AS ASA Run from Norway Sweden")):
            assert "2 differences" in page(as_ana, one) and f"Legal form {sides}" in page(as_ana, one)
            assert f"/desk/cases/{one.pk}/?tab=people#elsewhere" in as_ana.get(listed).content.decode()
        Party.objects.filter(pk=mine.pk).update(hq_country="NO", legal_form="AS")
        assert "What the two customers declared of it agrees." in page(as_ana, case)
        assert "#elsewhere" not in as_ana.get(listed).content.decode()
        Party.objects.filter(pk=mine.pk).update(hq_country="SE")
        rule(as_ana, sorvik, case, ruling="different", reason="Mistyped there.")
        assert "difference" not in page(as_ana, case)
        assert "#elsewhere" not in as_ana.get(listed).content.decode()

    def test_what_is_missing_is_said_and_what_was_typed_stays(self, as_ana: Client, case: Case, sorvik: Case) -> None:
        answer = rule(as_ana, case, sorvik, ruling="", reason="One LEI.")
        text = answer.content.decode()
        assert answer.status_code == 422 and "Say whether it is the same company." in text and "One LEI.</textarea>" in text
        assert "Write by what you tell" in rule(as_ana, case, sorvik, ruling="same", reason=" ").content.decode()
        assert not Sameness.objects.exists()

    def test_who_only_reads_rules_on_nothing(self, auditor: User, case: Case, sorvik: Case) -> None:
        reading = cast.signed_in(auditor)
        assert "is named by Sorvik AS too" in page(reading, case) and "By what you tell" not in page(reading, case)
        assert rule(reading, case, sorvik, ruling="same", reason="One LEI.").status_code in {403, 404}

    def test_the_customer_learns_nothing(self, as_ana: Client, alice: User, case: Case, sorvik: Case) -> None:
        rule(as_ana, case, sorvik, ruling="same", reason="One LEI.")
        as_alice = cast.signed_in(alice)
        Party.objects.filter(pk=company(sorvik).pk).update(legal_form="ASA")
        assert "1 difference" in page(as_ana, case)
        for path in ("/verification/", "/verification/check/", "/verification/owners/", "/verification/company/"):
            answer = as_alice.get(path, follow=True)
            told = answer.content.decode()
            assert answer.status_code == 200 and "Nordlys" in told, path
            assert "Sorvik" not in told and "ASA" not in told and "difference" not in told, path
