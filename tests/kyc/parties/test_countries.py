"""Countries as people choose them."""

from kyc.parties import countries


class TestNames:
    def test_holds_every_assigned_code_and_kosovo(self) -> None:
        assert len(countries.names("en")) == 250

    def test_stands_in_the_readers_language(self) -> None:
        assert countries.name("NO", "de") == "Norwegen"
        assert countries.name("NO", "zh-hans") == "挪威"

    def test_falls_back_to_english_and_to_the_code(self) -> None:
        assert countries.name("NO", "xx-nonsense") == "Norway"
        assert countries.name("??", "en") == "??"


class TestIsCountry:
    def test_knows_countries_from_groups_and_noise(self) -> None:
        assert countries.is_country("NO")
        assert countries.is_country("XK")
        assert not any(countries.is_country(code) for code in ("EU", "UN", "ZZ", "no", "", "NOR", "001"))
