"""Barcodes of American and Canadian licences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.evidence.reading import licences
from tests.kyc.evidence.reading import cards


class TestParse:
    @pytest.mark.parametrize("version", range(2, 11))
    def test_reads_each_version(self, version: int) -> None:
        licence = licences.parse(cards.text(cards.BEARER, version=version))
        assert (licence.version, licence.country, licence.jurisdiction) == (version, "US", "VA")
        assert (licence.surname, licence.given, licence.number) == ("PUBLIC", "JOHN QUINCY", "D12345678")
        assert (licence.birth_date, licence.issue_date, licence.expiry_date) == ("1990-01-31", "2024-02-15", "2032-02-15")
        assert (licence.sex, licence.address) == ("M", "123 NORTH STATE ST, ANYTOWN VA 22222")

    def test_reads_the_first_version_whose_days_begin_with_the_year(self) -> None:
        licence = licences.parse(cards.text(cards.FIRST, version=1))
        assert (licence.surname, licence.given, licence.birth_date) == ("PUBLIC", "JOHN QUINCY", "1990-01-31")

    def test_reads_a_canadian_one_whose_days_do_too(self) -> None:
        licence = licences.parse(cards.text(cards.CANADIAN, issuer="636012"))
        assert (licence.country, licence.birth_date, licence.address) == (
            "CA", "1990-01-31", "123 NORTH STATE ST, ANYTOWN ON M5V 2T6",
        )  # fmt: skip

    def test_reads_given_names_of_version_two_and_cards_that_are_no_licences(self) -> None:
        told = {key: value for key, value in cards.BEARER.items() if key not in {"DAC", "DAD"}} | {"DCT": "JOHN,QUINCY"}
        assert licences.parse(cards.text(told, version=3, kind="ID")).given == "JOHN QUINCY"

    def test_an_impossible_day_is_none(self) -> None:
        assert licences.parse(cards.text(cards.BEARER | {"DBB": "13311990"})).birth_date == ""

    @pytest.mark.parametrize("text", ["", "@", "https://example.com", "ANSI 636000", cards.text({"DCS": "PUBLIC"})])
    def test_refuses_what_is_no_licence(self, text: str) -> None:
        with pytest.raises(licences.NotALicence):
            licences.parse(text)

    @given(st.text())
    def test_takes_anything(self, text: str) -> None:
        try:
            licences.parse("ANSI 636000090002DL" + text)
        except licences.NotALicence:
            return


class TestRead:
    @pytest.mark.parametrize("seed", range(4))
    def test_reads_a_photograph_and_says_where(self, seed: int) -> None:
        found = licences.read(cards.photographed(cards.text(cards.BEARER), seed))
        assert found and found.licence.number == "D12345678"
        corners = np.array(found.corners)
        assert (corners > 0).all() and (corners < 1).all() and corners[2].tolist() > corners[0].tolist()

    def test_reads_none_where_none_is(self) -> None:
        assert licences.read(np.full((200, 300), 255, np.uint8)) is None
        assert licences.read(cards.photographed("just a text of something else", 1)) is None
