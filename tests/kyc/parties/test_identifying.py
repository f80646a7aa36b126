"""By which numbers a party is known: what each is a number of, and which of them cannot be right."""

import re
from typing import Any

import pytest

from accounts.vault import searching
from kyc.ownership import actions as ownership
from kyc.parties import actions as parties
from kyc.parties import identifying, registers, taxes
from kyc.parties.models import Party
from kyc.parties.wording import BadText
from tests.cast import Founded, customer, founded
from tests.stage import scene

LEI = "5493001KJTIIGC8Y1R12"


@scene
def nordlys() -> Founded:
    return founded(customer(), told=False)


def company(nordlys: Founded, **told: Any) -> Party:
    return ownership.declare_owner(
        nordlys.organisation, owned=nordlys.party, kind="company", name="Fjord AS", share="10",
        **{"country": "NO", "hq_country": "NO", "registration_number": "918334207", **told}, by=nordlys.by,
    ).owner  # fmt: skip


class TestRegisters:
    def test_each_code_is_one_of_its_country(self) -> None:
        for one in registers.known().values():
            assert re.fullmatch(r"[A-Z]{2}-[A-Z_]+(-CR)?", one.code) and one.code.startswith(one.country) and one.name

    def test_no_country_has_two_main_ones(self) -> None:
        main = [one.country for one in registers.known().values() if one.main]
        assert len(main) == len(set(main)) > 30

    @pytest.mark.parametrize(
        ("code", "country", "scheme"),
        [
            ("", "GB", "GB-COH"),
            ("GB-CHC", "GB", "GB-CHC"),
            ("US-DE-CR", "US", "US-DE-CR"),
            ("", "US", ""),
            ("", "KE", "KE-"),
            ("", "", ""),
        ],
    )
    def test_a_number_is_of_the_register_told_or_of_the_one_of_its_country(self, code: str, country: str, scheme: str) -> None:
        assert registers.scheme(code, country) == scheme


class TestTaxNumbers:
    @pytest.mark.parametrize(
        ("number", "country"),
        [
            ("12-3456789", "US"), ("DE 136 695 976", "DE"), ("FR 40 303 265 045", "FR"), ("GB 980 7806 84", "GB"),
            ("NO 995 525 828 MVA", "NO"), ("995525828", "NO"), ("anything at all", "KE"),
        ],
    )  # fmt: skip
    def test_what_can_be_one(self, number: str, country: str) -> None:
        assert taxes.is_possible(number, country)

    @pytest.mark.parametrize(
        ("number", "country"), [("12-345678", "US"), ("DE136695978", "DE"), ("995525829", "NO"), ("FR 41 303 265 045", "FR")]
    )
    def test_what_cannot(self, number: str, country: str) -> None:
        assert not taxes.is_possible(number, country)

    def test_the_ways_to_write_one_number_come_to_the_same(self) -> None:
        assert {taxes.compact(text, "DE") for text in ("DE136695976", "136 695 976", "DE 136.695.976")} == {"136695976"}

    def test_every_rule_that_is_named_is_there(self) -> None:
        assert [country for country, kinds in taxes.KINDS.items() if len(taxes.rules(country)) != len(kinds)] == []


@pytest.mark.django_db
class TestDeclared:
    def test_all_of_a_company_stand_with_what_they_are(self, nordlys: Founded) -> None:
        owner = company(nordlys, country="US", register="US-DE-CR", lei=LEI.lower(), tax_number="12-3456789")
        owner = Party.objects.get(pk=owner.pk)
        assert (owner.register, owner.lei, owner.tax_number, owner.tax_country) == ("US-DE-CR", LEI, "123456789", "US")
        assert identifying.register_name(owner) == "Delaware, Division of Corporations (US-DE-CR)"

    def test_the_one_register_of_the_country_goes_without_saying(self, nordlys: Founded) -> None:
        owner = company(nordlys, register="NO-BRC")
        assert (owner.register, identifying.scheme(owner)) == ("", "NO-BRC")
        parties.correct(owner, name="Fjord AS", country="SE", hq_country="SE", registration_number="1", by=nordlys.by)
        assert identifying.scheme(Party.objects.get(pk=owner.pk)) == "SE-BLV"

    @pytest.mark.parametrize(
        ("field", "told", "words"),
        [
            ("lei", {"lei": "5493001KJTIIGC8Y1R13"}, "not a valid LEI"),
            ("register", {"register": "US-DE-CR"}, "is a register of United States, and what stands here was formed in Norway"),
            ("register", {"register": "XX-1"}, "Choose a register"),
            ("tax_number", {"tax_number": "995525829"}, "cannot be a tax number of Norway"),
            ("tax_number", {"tax_number": "DE136695978", "tax_country": "DE"}, "cannot be a tax number of Germany"),
            ("tax_country", {"tax_number": "1", "tax_country": "ZZ"}, "Choose a country"),
        ],
    )
    def test_what_cannot_be_right_is_refused_at_its_field(
        self, nordlys: Founded, field: str, told: dict[str, str], words: str
    ) -> None:
        with pytest.raises(BadText, match=words) as bad:
            company(nordlys, **told)
        assert bad.value.field == field
        assert not Party.objects.filter(name="Fjord AS").exists()

    def test_of_the_customer_too(self, nordlys: Founded) -> None:
        told = {"legal_form": "AS", "registration_number": "918334207", "country": "NO", "hq_country": "NO", "address": "Oslo 1"}
        party = parties.declare_company(
            nordlys.organisation, name="Nordlys", phone="+4777000000", tax_number="NO 995 525 828 MVA", **told, by=nordlys.by
        )
        assert (party.tax_number, party.tax_country) == ("995525828MVA", "NO")
        parties.declare_company(nordlys.organisation, name="Nordlys", phone="+4777000000", **told, by=nordlys.by)
        party = Party.objects.get(pk=party.pk)
        assert (party.tax_number, party.tax_country) == ("", "")

    def test_what_is_not_given_of_an_owner_stays(self, nordlys: Founded) -> None:
        owner = company(nordlys, lei=LEI, tax_number="995525828")
        parties.correct(owner, name="Fjord ASA", country="NO", hq_country="NO", registration_number="1", by=nordlys.by)
        owner = Party.objects.get(pk=owner.pk)
        assert (owner.name, owner.lei, owner.tax_number, owner.tax_country) == ("Fjord ASA", LEI, "995525828", "NO")

    def test_the_tax_number_is_found_by_its_digest(self, nordlys: Founded) -> None:
        owner = company(nordlys, tax_number="995 525 828")
        assert list(searching.matches("995525828").values_list("place", "row")) == [("kyc_party.tax_number", owner.pk)]

    def test_two_of_one_name_are_told_apart_by_the_lei(self, nordlys: Founded) -> None:
        company(nordlys, registration_number="", lei=LEI)
        other = company(nordlys, registration_number="", lei="529900T8BM49AURSDO55")
        assert Party.objects.filter(name="Fjord AS").count() == 2 and other.lei != LEI
