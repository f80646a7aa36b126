"""Publishers' names of countries."""

from collections import Counter

import pytest

from kyc.screening import countries
from kyc.screening.entries import Entry


class TestCode:
    @pytest.mark.parametrize(
        ("published", "code"),
        [
            ("Russia", "RU"),
            (" russia ", "RU"),
            ("Korea, North", "KP"),
            ("Burma", "MM"),
            ("Congo, Democratic Republic of the", "CD"),
            ("Cote d Ivoire", "CI"),
            ("Palestinian", "PS"),
            ("Region: Crimea", "UA"),
            ("Hong Kong", "HK"),
            ("Turkey", "TR"),
            ("Czech Republic", "CZ"),
            ("undetermined", ""),
            ("European Union", ""),
            ("Atlantis", ""),
            ("", ""),
        ],
    )
    def test_knows_the_names_of_lists(self, published: str, code: str) -> None:
        assert countries.code(published) == code

    def test_the_name_of_every_code_leads_back_to_it(self) -> None:
        assert {code: countries.code(countries.named(code)) for code in countries.english()} == {
            code: code for code in countries.english()
        }

    def test_every_code_given_is_a_country(self) -> None:
        assert set(countries.OTHERWISE.values()) <= set(countries.english())

    def test_reads_nearly_all_nationalities_of_the_shipped_list(self, shipped: list[Entry]) -> None:
        found = Counter(code for entry in shipped for code in entry.countries)
        assert found["RU"] > 3000
        assert set(found) <= set(countries.english())
        assert len(found) > 120


class TestNamed:
    def test_falls_back_to_the_code(self) -> None:
        assert (countries.named("NO"), countries.named("ZZ"), countries.named("")) == ("Norway", "ZZ", "")
