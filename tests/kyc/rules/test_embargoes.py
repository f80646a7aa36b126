"""Where services may not go, and since when."""

from datetime import date

import pytest

from kyc.parties import countries
from kyc.rules import embargoes, packs

TODAY = date(2026, 11, 30)


class TestEvery:
    def test_has_its_legal_basis_source_and_dates(self) -> None:
        for one in embargoes.every():
            assert one.basis and one.source.startswith("https://") and one.status in packs.STATUSES, one.code
            assert date.fromisoformat(one.since) and (
                not one.until or date.fromisoformat(one.until) > date.fromisoformat(one.since)
            )
            assert countries.is_country(one.country) and all(region.startswith(f"{one.country}-") for region in one.regions)


class TestOf:
    @pytest.mark.parametrize(
        ("country", "region", "on", "code"),
        [
            ("IR", "", TODAY, "iran"),
            ("IR", "IR-23", TODAY, "iran"),
            ("CU", "", TODAY, "cuba"),
            ("KP", "", date(2016, 3, 15), None),
            ("KP", "", date(2016, 3, 16), "north_korea"),
            ("UA", "", TODAY, None),
            ("UA", "UA-30", TODAY, None),
            ("UA", "UA-43", TODAY, "crimea"),
            ("UA", "UA-14", date(2022, 2, 20), None),
            ("UA", "UA-14", TODAY, "donetsk_luhansk"),
            ("SY", "", date(2025, 6, 29), "syria"),
            ("SY", "", date(2025, 6, 30), None),
            ("SY", "", TODAY, None),
            ("NO", "", TODAY, None),
            ("", "", TODAY, None),
        ],
    )
    def test_by_place_and_day(self, country: str, region: str, on: date, code: str | None) -> None:
        found = embargoes.of(country, region, on=on)
        assert (found and found.code) == code
