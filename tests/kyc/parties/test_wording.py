"""Text that people type about parties."""

import pytest

from kyc.parties.wording import is_same_person


class TestIsSamePerson:
    @pytest.mark.parametrize(
        ("typed", "name"),
        [
            ("alice olsen", "Alice Olsen"),
            ("  Olsen,  Alice ", "Alice Olsen"),
            ("Jose Nunez", "José Núñez"),
            ("Jürgen Groß", "JURGEN GROSS"),
            ("Oystein Lokke", "Øystein Løkke"),
            ("Sean O'Brien", "Seán O\u2019Brien"),
            ("Anne-Marie Vik", "Anne Marie Vik"),
            ("Mariana de la Cruz", "Mariana dela Cruz"),
            ("王小明", "王小明"),
            ("Иван Петров", "Петров Иван"),
        ],
    )
    def test_one_name_however_it_is_written(self, typed: str, name: str) -> None:
        assert is_same_person(typed, "Somebody Else", name)

    @pytest.mark.parametrize(
        ("typed", "name"),
        [("Z", "Alice Olsen"), ("Alice", "Alice Olsen"), ("Alice Olsen Berg", "Alice Olsen"), ("—", ""), ("!", "?")],
    )
    def test_another_is_another(self, typed: str, name: str) -> None:
        assert not is_same_person(typed, name)
