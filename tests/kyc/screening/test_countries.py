"""Publishers' names of countries."""

from collections import Counter

import pytest

from kyc.parties import countries as assigned
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
        assert {code: countries.code(countries.named(code)) for code in assigned.names("en")} == {
            code: code for code in assigned.names("en")
        }

    @pytest.mark.parametrize("published", ["Canary Islands", "Ceuta & Melilla", "Diego Garcia", "Ascension Island"])
    def test_a_part_of_a_country_that_nobody_can_declare_is_none(self, published: str) -> None:
        """One table for both: what a list says and a customer can't would never agree."""
        assert countries.code(published) == ""

    def test_every_code_given_is_a_country(self) -> None:
        assert set(countries.OTHERWISE.values()) <= set(assigned.names("en"))

    def test_reads_nearly_all_nationalities_of_the_shipped_list(self, shipped: list[Entry]) -> None:
        found = Counter(code for entry in shipped for code in entry.countries)
        assert found["RU"] > 3000
        assert set(found) <= set(assigned.names("en"))
        assert len(found) > 120


class TestNamed:
    def test_falls_back_to_the_code(self) -> None:
        assert (countries.named("NO"), countries.named("ZZ"), countries.named("")) == ("Norway", "ZZ", "")
