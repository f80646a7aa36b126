from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.vault.erased import Erased
from kyc.parties import addresses, countries
from kyc.parties.addresses import LONGEST, PARTS, Address, convention, put_right, unpacked
from kyc.parties.wording import BadText

SOUND = [
    Address("NO", "Storgata 1", city="Tromsø", postal_code="9008"),
    Address("US", "1600 Amphitheatre Pkwy\nBuilding 40", city="Mountain View", area="CA", postal_code="94043"),
    Address("IE", "1 Grafton Street", city="Dublin 2", area="Co. Dublin", postal_code="D02 AF30"),
    Address("JP", "千代田区丸の内1-1", area="東京都", postal_code="100-0005"),
    Address("JP", "1-1 Marunouchi, Chiyoda-ku", area="東京都", postal_code="100-0005"),
    Address("CN", "建国路1号", district="朝阳区", city="北京市", area="北京市", postal_code="100022"),
    Address("HK", "1 Queen's Road", city="Central", area="Hong Kong Island"),
    Address("HK", "皇后大道1號", city="中環", area="Hong Kong Island"),
    Address("GB", "10 Downing Street", city="London", postal_code="SW1A 2AA"),
    Address("SG", "1 Raffles Place", postal_code="048616"),
    Address("AE", "Sheikh Zayed Road 1", area="أبو ظبي"),
]
PRINTED = [
    "Storgata 1\n9008 Tromsø\nNorway",
    "1600 Amphitheatre Pkwy\nBuilding 40\nMountain View, CA 94043\nUnited States",
    "1 Grafton Street\nDublin 2\nCo. Dublin\nD02 AF30\nIreland",
    "〒100-0005\n東京都\n千代田区丸の内1-1\nJapan",
    "1-1 Marunouchi, Chiyoda-ku, Tokyo\n100-0005\nJapan",
    "100022\n北京市朝阳区\n建国路1号\nChina",
    "1 Queen's Road\nCentral\nHong Kong Island\nHong Kong SAR China",
    "香港島\n中環\n皇后大道1號\nHong Kong SAR China",
    "10 Downing Street\nLondon\nSW1A 2AA\nUnited Kingdom",
    "1 Raffles Place\nSINGAPORE 048616\nSingapore",
    "Sheikh Zayed Road 1\nAbu Dhabi\nUnited Arab Emirates",
]


class TestConvention:
    @pytest.mark.parametrize(
        ("country", "rows"),
        [
            ("NO", [["street"], ["postal_code", "city"]]),
            ("US", [["street"], ["city", "area", "postal_code"]]),
            ("JP", [["postal_code"], ["area"], ["street"]]),
            ("CN", [["postal_code"], ["area", "city", "district"], ["street"]]),
            ("HK", [["area"], ["city"], ["street"]]),
            ("", [["street"], ["city"]]),
            ("../us", [["street"], ["city"]]),
        ],
    )
    def test_orders_the_parts_as_the_country_does(self, country: str, rows: list[list[str]]) -> None:
        assert convention(country).rows == rows

    @pytest.mark.parametrize(
        ("country", "part", "label"),
        [
            ("US", "area", "State"), ("US", "postal_code", "ZIP code"), ("IE", "area", "County"),
            ("IE", "postal_code", "Eircode"),
            ("IE", "district", "Townland"), ("JP", "area", "Prefecture"), ("IN", "postal_code", "PIN code"),
            ("HK", "area", "Area"), ("HK", "city", "District"), ("NO", "city", "Post town"), ("CN", "area", "Province"),
        ],
    )  # fmt: skip
    def test_names_them_as_the_country_does(self, country: str, part: str, label: str) -> None:
        assert str(convention(country).labels[part]) == label

    def test_is_known_of_every_country(self) -> None:
        for code in countries.names("en"):
            here = convention(code)
            assert "street" in here.parts and here.required <= set(here.parts), code
            assert all(here.labels[part] for part in here.parts)
            assert not here.areas or "area" in here.parts, code
            assert not here.example or not addresses.wrong_code(addresses.code_of(here.example), here, ""), code

    def test_offers_the_areas_in_both_scripts(self) -> None:
        assert convention("JP").areas["東京都"].label == "Tokyo (東京都)"
        assert convention("US").areas["CA"].label == "California"
        assert convention("GB").areas == {}


class TestPutRight:
    @pytest.mark.parametrize(("address", "text"), list(zip(SOUND, PRINTED, strict=True)))
    def test_takes_what_is_sound_and_prints_it_as_the_post_does(self, address: Address, text: str) -> None:
        assert put_right(address) == (address, {})
        assert address.text == text

    @pytest.mark.parametrize(
        ("address", "wrong"),
        [
            (Address("XX", "Gate 1"), {"country": "Choose a country from the list.", "city": "This is needed."}),
            (Address("NO"), {"street": "This is needed.", "city": "This is needed.", "postal_code": "This is needed."}),
            (
                Address("NO", "Gate 1", city="Oslo", postal_code="99"),
                {"postal_code": "This is no postal code of Norway. One looks like 0025."},
            ),
            (
                Address("US", "1 Main St", city="Albany", area="NY", postal_code="1220"),
                {"postal_code": "This is no ZIP code of United States. One looks like 95014."},
            ),
            (
                Address("US", "1 Main St", city="Albany", area="NY", postal_code="94043"),
                {"postal_code": "There is no such code in New York. Look at both again."},
            ),
            (
                Address("US", "1 Main St", city="Albany", area="New York", postal_code="12207"),
                {"area": "Choose one from the list."},
            ),
            (
                Address("IE", "1 Main St", city="Cork", postal_code="1234"),
                {"postal_code": "This is no Eircode of Ireland. One looks like A65 F4E2."},
            ),
            (Address("HK", "1 Queen's Road"), {"area": "This is needed."}),
            (Address("NO", "Gate\u202e 1", city="Oslo", postal_code="0150"), {"street": None}),
            (Address("NO", "x" * 501, city="Oslo", postal_code="0150"), {"street": None}),
        ],
    )
    def test_says_of_each_part_what_is_wrong(self, address: Address, wrong: dict[str, str | None]) -> None:
        said = put_right(address)[1]
        assert said.keys() == wrong.keys()
        assert all(wrong[part] in {None, said[part]} and said[part] for part in said)

    @pytest.mark.parametrize(
        ("country", "typed", "kept"),
        [("JP", "１００－０００５", "100-0005"), ("JP", "〒100-0005", "100-0005"), ("IE", " d02  af30 ", "D02 AF30"),
         ("PL", "00–950", "00-950"), ("GB", "sw1a 2aa", "SW1A 2AA")],
    )  # fmt: skip
    def test_reads_a_code_as_it_is_meant(self, country: str, typed: str, kept: str) -> None:
        here = convention(country)
        told = dict.fromkeys(here.required, "Ab") | {"postal_code": typed}
        told |= {"area": "東京都"} if country == "JP" else {}
        found, wrong = put_right(Address(country, **told))
        assert (found.postal_code, wrong) == (kept, {})

    def test_leaves_out_what_the_country_has_no_place_for(self) -> None:
        told = Address("HK", "1 Queen's Road", city="Central", area="Hong Kong Island", postal_code="0150", sorting_code="7")
        assert put_right(told)[0] == Address("HK", "1 Queen's Road", city="Central", area="Hong Kong Island")

    @given(st.sampled_from(sorted(countries.names("en"))), st.fixed_dictionaries({part: st.text(max_size=40) for part in PARTS}))
    def test_once_put_right_stays_right_and_is_kept_whole(self, country: str, told: dict[str, str]) -> None:
        found, wrong = put_right(Address(country, **told))
        assert wrong.keys() <= {*PARTS}
        if not wrong:
            assert put_right(found) == (found, {})
            assert unpacked(found.packed) == found
            assert len(found.text) <= LONGEST and "\n\n" not in found.text


class TestUnpacked:
    @pytest.mark.parametrize("text", ["", "•••", Erased(date(2026, 5, 1), "C-1")])
    def test_is_nothing_where_nothing_can_be_read(self, text: str) -> None:
        assert unpacked(text) is None


class TestPlace:
    def of(self, **known: str) -> Any:
        return SimpleNamespace(**{"address": "", "address_parts": "", **known})

    def test_keeps_the_parts_and_the_text_that_they_make(self) -> None:
        party = self.of()
        addresses.place(party, "address", SOUND[0])
        assert party.address == PRINTED[0]
        assert party.address_parts == '{"city":"Tromsø","country":"NO","postal_code":"9008","street":"Storgata 1"}'
        assert addresses.of(party, "address") == SOUND[0]

    def test_a_text_is_kept_as_one_and_ends_the_parts_of_another(self) -> None:
        party = self.of(address=PRINTED[0], address_parts=SOUND[0].packed)
        addresses.place(party, "address", PRINTED[0])
        assert addresses.of(party, "address") == SOUND[0]
        addresses.place(party, "address", " Oslo  1 ")
        assert (party.address, party.address_parts) == ("Oslo 1", "")

    @pytest.mark.parametrize(
        ("told", "field"),
        [("", "address"), ("x" * 1001, "address"), (Address("NO", "Gate 1", city="Oslo"), "address_postal_code"),
         (Address("XX", "Gate 1"), "address_country")],
    )  # fmt: skip
    def test_refuses_what_is_wrong_and_says_where(self, told: str | Address, field: str) -> None:
        party = self.of()
        with pytest.raises(BadText) as bad:
            addresses.place(party, "address", told, required=True)
        assert bad.value.field == field
        assert party.address == ""
