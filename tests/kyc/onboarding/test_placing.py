"""Addresses in the fields of their country: what a form shows, takes, keeps and refuses."""

from typing import Any

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from kyc.onboarding.customer_forms import CompanyForm, IndividualForm
from kyc.onboarding.placing import LAY_OUT, standing
from kyc.parties import addresses
from kyc.parties.actions import declare_company
from kyc.parties.addresses import Address
from kyc.parties.models import Party
from kyc.parties.wording import BadText
from tests.cast import Founded, written

TOLD = {
    "name": "Nordlys AS", "legal_form": "AS", "registration_number": "1", "country": "NO", "hq_country": "NO",
    "phone": "+47 77 00 00 00",
}  # fmt: skip
ADDRESS = Address("NO", "Gate 1", city="Oslo", postal_code="0150")
KARI = {"name": "Kari Moe", "country": "NO", "birth_date": "1980-02-01", "us_basis": "none", "phone": "+4777000000"}


def form(kind: type[Any] = CompanyForm, stands: dict[str, Any] | None = None, **told: str) -> Any:
    data = QueryDict(mutable=True)
    data.update({**(KARI if kind is IndividualForm else TOLD), **told})
    return kind(data, stands=stands)


def shown(one: Any, place: str = "address") -> list[str]:
    """The visible parts in the order of the form."""
    return [field.name.removeprefix(f"{place}_") for field in one.visible_fields() if field.name.startswith(f"{place}_")]


@pytest.mark.django_db
class TestFields:
    @pytest.mark.parametrize(
        ("country", "parts"),
        [("NO", "street postal_code city"), ("US", "street city area postal_code"), ("JP", "postal_code area street"),
         ("HK", "area city street"), ("IE", "street district city area postal_code"), ("XX", "street city"), ("", "street city")],
    )  # fmt: skip
    def test_are_those_of_the_country_that_is_chosen(self, country: str, parts: str) -> None:
        assert shown(form(hq_country=country)) == parts.split()
        assert shown(form(IndividualForm, address_country=country)) == ["country", *parts.split()]

    def test_bear_its_words_and_offer_its_areas(self) -> None:
        one = form(hq_country="US")
        assert [one[f"address_{part}"].label for part in ("area", "postal_code")] == ["State", "ZIP code"]
        assert ("NY", "New York") in one.fields["address_area"].choices
        assert ("東京都", "Tokyo (東京都)") in form(hq_country="JP").fields["address_area"].choices

    def test_stand_together_under_the_name_of_the_address(self) -> None:
        page = render_to_string("components/form.html", {"form": form(hq_country="HK", address_postal_code="0150")})
        assert page.count("<fieldset") == page.count("</fieldset") == 2
        assert 'name="address_laid_out" value="HK"' in page
        assert (
            page.count('name="address_postal_code"') == page.count('type="hidden" name="address_postal_code" value="0150"') == 1
        )

    def test_another_country_is_laid_out_with_all_that_was_typed_and_nothing_is_wrong_yet(self) -> None:
        one = form(hq_country="HK", phone="12", shown="abc", **written(), **{LAY_OUT: "address"})
        assert not one.is_valid() and not one.errors
        kept = {"name": "Nordlys AS", "phone": "12", "shown": "abc", "address_street": "Gate 1", "address_postal_code": "0150"}
        assert {name: one[name].value() for name in kept} == kept
        assert shown(one) == ["area", "city", "street"]


@pytest.mark.django_db
class TestWritten:
    def test_is_told_as_one_address(self) -> None:
        one = form(**written(), **written("JP", of="registered_address", area="東京都", postal_code="100-0005", city=""))
        assert one.is_valid(), one.errors
        assert one.told["address"] == Address("NO", "Gate 1", city="Oslo", postal_code="0150")
        assert one.told["registered_address"] == Address("JP", "Gate 1", area="東京都", postal_code="100-0005")
        assert not any(name.startswith(("address_", "registered_address_")) for name in one.told)

    @pytest.mark.parametrize(
        ("told", "wrong"),
        [
            ({}, {"address_street", "address_city", "address_postal_code"}),
            (written(postal_code="99"), {"address_postal_code"}),
            (written(street="a\x00b"), {"address_street"}),
            ({**written(), "hq_country": "XX"}, {"hq_country"}),
            ({**written(), **written(of="registered_address")}, {"registered_address_country"}),
            (
                {**written(), **written("US", of="registered_address", area="QC", postal_code="12207")},
                {"registered_address_area"},
            ),
        ],
    )
    def test_what_is_wrong_stands_beside_its_field(self, told: dict[str, str], wrong: set[str]) -> None:
        assert set(form(**told).errors) == wrong

    def test_where_none_is_needed_a_country_alone_is_none(self) -> None:
        one = form(**written(), registered_address_country="JP")
        assert one.is_valid() and one.told["registered_address"] == ""

    def test_a_part_that_the_country_has_no_place_for_is_not_lost(self) -> None:
        """Typed into the fields that the page shows while no country is chosen."""
        told = {**written("JP", area="東京都", postal_code="100-0005", city="Chiyoda"), "address_laid_out": ""}
        said = form(IndividualForm, **told).errors
        assert list(said) == ["address_street"] and "“Chiyoda”" in said["address_street"][0]
        seen = form(IndividualForm, **{**told, "address_laid_out": "JP"})
        assert seen.is_valid() and seen.told["address"] == Address("JP", "Gate 1", area="東京都", postal_code="100-0005")

    def test_what_was_told_in_one_piece_may_stay_so(self) -> None:
        stands = {"hq_country": "NO", "address_street": "Gate 1, Oslo", "address": "Gate 1, Oslo"}
        left = form(stands=stands, address_street="Gate 1,\r\nOslo")
        assert left.is_valid() and left.told["address"] == "Gate 1, Oslo"
        assert set(form(stands=stands, address_street="Gate 2, Oslo").errors) == {"address_city", "address_postal_code"}

    def test_what_was_told_in_one_piece_does_not_move_to_another_country(self) -> None:
        stands = {"hq_country": "NO", "address_street": "Gate 1, Oslo", "address": "Gate 1, Oslo"}
        assert "address_city" in form(stands=stands, hq_country="SE", address_street="Gate 1, Oslo").errors


@pytest.mark.django_db
class TestPages:
    def test_a_country_is_chosen_and_its_fields_are_filled_in(self, alices: Client, nordlys: Founded) -> None:
        path = reverse("onboarding:company")
        before = Party.objects.get(pk=nordlys.party.pk).address
        first = alices.get(path)
        assert "So far it stands in one piece" in first.content.decode()
        told = {**TOLD, "hq_country": "JP", "shown": first.context["form"]["shown"].value()}
        laid = alices.post(path, {**told, "address_street": "Marunouchi 1-1", LAY_OUT: "address"})
        assert laid.status_code == 200 and "Prefecture" in laid.content.decode()
        assert Party.objects.get(pk=nordlys.party.pk).address == before

        parts = written(street="Marunouchi 1-1", area="東京都", postal_code="100-0005", city="")
        assert alices.post(path, {**told, **parts}).status_code == 302
        party = Party.objects.get(pk=nordlys.party.pk)
        assert party.address == "Marunouchi 1-1, Tokyo\n100-0005\nJapan"
        again = alices.get(path)
        assert again.context["form"]["address_area"].value() == "東京都"
        assert "in one piece" not in again.content.decode()
        assert "Marunouchi 1-1, Tokyo<br>100-0005<br>Japan" in alices.get(reverse("onboarding:check")).content.decode()

    def test_of_two_tabs_the_later_sees_the_parts_that_the_earlier_saved(self, alices: Client) -> None:
        path = reverse("onboarding:company")
        opened = alices.get(path).context["form"]["shown"].value()
        assert alices.post(path, {**TOLD, **written(), "shown": opened}).status_code == 302
        later = alices.post(path, {**TOLD, **written(street="Gate 2"), "shown": opened})
        assert later.context["form"].errors["address_street"] == ["“<bdi>Gate 1</bdi>” is what stands here now."]


@pytest.mark.django_db
class TestAction:
    def test_refuses_headquarters_in_another_country(self, nordlys: Founded) -> None:
        with pytest.raises(BadText) as bad:
            declare_company(nordlys.organisation, **{**TOLD, "hq_country": "SE"}, address=ADDRESS, by=nordlys.by)
        assert bad.value.field == "hq_country"

    def test_seals_the_parts_beside_the_text(self, nordlys: Founded) -> None:
        declare_company(nordlys.organisation, **TOLD, address=ADDRESS, registered_address="As in the register", by=nordlys.by)
        party = Party.objects.get(pk=nordlys.party.pk)
        assert addresses.of(party, "address") == ADDRESS
        assert party.address == ADDRESS.text
        assert (party.registered_address, addresses.of(party, "registered_address")) == ("As in the register", None)
        stands = standing(party, CompanyForm.places)
        assert (stands["address_city"], stands["registered_address_street"]) == ("Oslo", "As in the register")
        assert "address" not in stands and stands["registered_address"] == "As in the register"
