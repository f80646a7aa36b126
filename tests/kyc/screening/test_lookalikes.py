"""Names that are written so that machines read another than people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.screening import lookalikes, normalise
from kyc.screening.entries import Entry
from kyc.screening.index import Index
from kyc.screening.match import Subject

PUTIN = Index([Entry("1", "person", "PUTIN, Vladimir"), Entry("2", "company", "Gazprom"), Entry("3", "person", "POPOB, Ivan")])
LINE = 0.86


class TestReadings:
    @pytest.mark.parametrize(
        ("name", "readings"),
        [
            ("Vladimir Рutin", ["Vladimir putin"]), ("Vladimir Ꮲutin", ["Vladimir putin"]), ("Ivan РОРОВ", ["Ivan popob"]),
            ("V l a d i m i r P u t i n", ["Vladimir Putin"]), ("Газпрoм", ["Газпром"]), ("Put0n", ["Puton"]),
            ("Li1", ["Lii", "Lil"]), ("ｖladimir", []), ("Иван Petrov", []), ("Владимир Путин", []), ("J. R. R. Tolkien", []),
            ("成龙 Jackie", []), ("Nguyễn Thị Ánh", []), ("山田A郎", []), ("Ahmed III", []), ("", []), ("John 3", []),
        ],
    )  # fmt: skip
    def test_only_what_shows_otherwise(self, name: str, readings: list[str]) -> None:
        assert lookalikes.readings(name, is_person=True) == readings

    @pytest.mark.parametrize("name", ["A B C D Ltd", "3M 7Eleven", "G4S"])
    def test_of_a_company_digits_and_letters_apart_are_its_name(self, name: str) -> None:
        assert lookalikes.readings(name, is_person=False) == []

    @given(st.text(max_size=40), st.booleans())
    def test_few_and_never_the_name_itself(self, name: str, is_person: bool) -> None:
        found = lookalikes.readings(name, is_person=is_person)
        assert len(found) <= lookalikes.MOST and name not in found


class TestFind:
    @pytest.mark.parametrize(
        "name",
        [
            "Vladimir Рutin", "Vladimir Ρutin", "Vladimir Ꮲutin", "Vladimir ᑭutin", "Vladimir ₽utin", "Vladimir Pսtin",
            "V1adimir Put1n", "V l a d i m i r P u t i n", "V.l.a.d.i.m.i.r P.u.t.i.n",
            "Vladimir Putin\U000e007a\U000e007a\U000e007a", "Vlad\U000e007aimir Pu\U000e0061tin", "Vla\u200bdimir Pu\u00adtin",
            "V\u2060l\u200dadimir Putin", "\u202eVladimir Putin", "Vladimir Pu\ufe0ftin", "Vladimir\u3164 Putin",
        ],
    )  # fmt: skip
    def test_a_listed_person_written_otherwise_is_a_hit(self, name: str) -> None:
        assert [match.entry.id for match in PUTIN.find(Subject(name), least=LINE)] == ["1"]

    def test_the_reason_says_so(self) -> None:
        [match] = PUTIN.find(Subject("Vladimir Рutin"), least=LINE)
        assert match.reasons[0] == "“Vladimir Рutin” is not written as it looks; it was compared as “Vladimir putin”."

    def test_a_company_too(self) -> None:
        assert [match.entry.id for match in PUTIN.find(Subject("Gаzprоm", "company"), least=LINE)] == ["2"]

    @given(st.sampled_from(range(0xE0000, 0xE0080)), st.integers(0, 14))
    def test_what_is_drawn_as_nothing_is_read_as_nothing(self, mark: int, at: int) -> None:
        name = "Vladimir Putin"
        assert normalise.words(name[:at] + chr(mark) * 3 + name[at:]) == normalise.words(name)
