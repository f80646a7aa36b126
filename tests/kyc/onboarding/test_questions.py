"""What may well be mistyped is asked, and refuses nobody."""

import html
from typing import Any

import pytest
from django.test import Client

from kyc.evidence import actions as evidence
from kyc.evidence.actions import Misfiled
from kyc.evidence.models import Document
from kyc.onboarding.fields import Share
from kyc.parties import numbers
from kyc.parties.models import Party
from tests.cast import Founded, pdf

PERSON = {
    "name": "Kari Moe", "roles": ["signatory"], "country": "NO", "birth_date": "2020-05-01", "us_basis": "none",
}  # fmt: skip


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


@pytest.mark.django_db
class TestQuestions:
    def test_a_child_who_signs_is_asked_about_in_place_and_before_it_is_sent(self, nordlys: Founded, alices: Client) -> None:
        page = text(alices.post("/verification/people/add/", PERSON, follow=True))
        assert "Born on 2020-05-01, Kari Moe is under 18 years of age. Is this date right?" in page
        assert Party.objects.filter(name="Kari Moe").exists()
        assert "is under 18 years of age. Is this date right?" in text(alices.get("/verification/check/"))

    def test_a_grown_one_is_not(self, nordlys: Founded, alices: Client) -> None:
        alices.post("/verification/people/add/", PERSON | {"birth_date": "1980-05-01"})
        assert "Is this date right?" not in text(alices.get("/verification/check/"))

    def test_a_number_whose_check_digits_do_not_agree(self, nordlys: Founded, alices: Client) -> None:
        told = "The check digits of 918334207, the registration number of Nordlys Modelling AS, do not agree."
        assert told in text(alices.get("/verification/check/"))
        Party.objects.filter(pk=nordlys.party.pk).update(country="US")
        assert "check digits" not in text(alices.get("/verification/check/"))


@pytest.mark.parametrize(
    ("country", "number", "is_doubted"),
    [
        ("NO", "923 609 016", False),
        ("NO", "923 609 017", True),
        ("NO", "12", True),
        ("NO", "", False),
        ("FR", "732 829 320", False),
        ("FR", "732 829 320 00074", False),
        ("FR", "732 829 321", True),
        ("GB", "12", False),
    ],
)
def test_only_where_a_rule_is_known(country: str, number: str, is_doubted: bool) -> None:
    assert numbers.is_in_doubt(Party(kind="company", country=country, registration_number=number)) == is_doubted


@pytest.mark.django_db
class TestMisfiled:
    def test_what_is_about_the_company_is_not_filed_about_a_person(self, nordlys: Founded, alices: Client) -> None:
        sent = {"kind": "register_extract", "party": nordlys.controller.pk, "file": pdf()}
        answer = alices.post("/verification/documents/", sent)
        assert answer.status_code == 422
        assert "“Register extract” is a document of a company or a trust and not of Alice Olsen." in text(answer)
        assert not Document.objects.exists()

    def test_nor_a_passport_about_a_company(self, nordlys: Founded) -> None:
        with pytest.raises(Misfiled):
            evidence.upload(nordlys.organisation, kind="passport", party=nordlys.party, file=pdf(), by=nordlys.by)


@pytest.mark.django_db
class TestAllAtOnce:
    def test_the_company_page_says_all_that_is_wrong(self, nordlys: Founded, alices: Client) -> None:
        answer = alices.post("/verification/company/", {"phone": "12", "lei": "X", "domain": "not a domain", "country": "NO"})
        assert answer.status_code == 422
        assert {"name", "address_street", "hq_country", "phone", "lei", "domain"} <= set(answer.context["form"].errors)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("60,0 %", "60.0 %"), ("60,5", "60.5"), ("25,5-50", "25.5-50"), ("1.234,5", "1.234,5"), ("25", "25"), ("", "")],
)
def test_a_share_with_a_decimal_comma_is_that_share(typed: str, kept: str) -> None:
    assert Share().clean(typed) == kept


@pytest.mark.django_db
class TestCheck:
    def test_shows_what_is_declared_true(self, nordlys: Founded, alices: Client) -> None:
        holding = {
            "name": "Holding GmbH", "interest": "shareholding", "share": "60,5", "registration_number": "HRB 12345",
            "country": "DE", "hq_country": "AT", "held_for": "",
        }  # fmt: skip
        assert alices.post(f"/verification/owners/of/{nordlys.party.pk}/company/", holding).status_code == 302
        page = text(alices.get("/verification/check/"))
        persons = ("CEO", "in US law: No US citizen", "through no programme")
        for told in (*persons, "number HRB 12345", "Germany", "run from Austria", "60.5 %"):
            assert told in page, told
