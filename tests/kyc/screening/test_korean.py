"""Korean names in Latin letters, from Korean letters and from Chinese characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.screening import korean, normalise
from kyc.screening.entries import Entry
from kyc.screening.index import Index
from kyc.screening.match import Subject


class TestRead:
    @pytest.mark.parametrize(
        ("name", "read"),
        [
            ("김정은", "kim jong un"), ("金正恩", "kim jong un"), ("김 정은", "kim jong un"), ("박영식", "pak yong sik"),
            ("朴永植", "pak yong sik"), ("이설주", "ri sol ju"), ("李雪主", "ri sol ju"), ("崔龍海", "choe ryong hae"),
            ("郑贤", "jong hyon"), ("車明", "cha myong"), ("남궁민수", "nam kung min su"), ("南宮珉", "nam kung min"),
            ("", ""), ("Kim Jong Un", ""), ("Юн", ""), ("习近平", ""), ("田中角栄", ""), ("たなか", ""), ("김", ""),
            ("현대자동차주식회사", ""),
        ],
    )  # fmt: skip
    def test_as_lists_write_them(self, name: str, read: str) -> None:
        assert korean.read(name) == read

    @pytest.mark.parametrize("country", ["CN", "TW", "JP"])
    def test_chinese_characters_not_of_whom_they_are_read_otherwise(self, country: str) -> None:
        assert korean.read("金正恩", country) == ""
        assert korean.read("김정은", country) == korean.read("金正恩", "KP") == "kim jong un"

    @given(st.text(alphabet=st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1, max_size=5))
    def test_every_syllable_is_a_latin_word(self, name: str) -> None:
        assert all(word.isascii() and word.isalpha() for word in map(korean.latin, name))
        read = korean.read(name)
        assert not read or (normalise.words(read) == read.split() and len(read.split()) == len(name))


class TestFind:
    def test_both_readings_are_asked_and_the_closer_one_is_told(self) -> None:
        index = Index([Entry("1", "person", "KIM, Jong Un"), Entry("2", "person", "LI, Ming")])
        [match] = index.find(Subject("金正恩"), least=0.86)
        assert match.entry.id == "1"
        assert match.reasons[0] == "“金正恩” is written in Chinese characters, and was read as in Korea: “kim jong un”."
        [match] = index.find(Subject("李明"), least=0.86)
        assert match.entry.id == "2"
        assert match.reasons[0] == "“李明” is written in Chinese characters, and was compared in Latin letters as “li ming”."

    def test_a_company_has_no_family_name(self) -> None:
        assert Index([Entry("1", "company", "KIM, Jong Un")]).find(Subject("金正恩", "company"), least=0.5) == []


class TestSound:
    @pytest.mark.parametrize(
        "one_syllable",
        ["che je jae chae choe", "gyu kyu", "ju chu", "pak park bak", "ri lee yi li", "su soo", "jong jeong chong jung"],
    )
    def test_of_its_romanisations_is_one(self, one_syllable: str) -> None:
        assert len({korean.sound(word) for word in one_syllable.split()} - {""}) == 1

    @pytest.mark.parametrize("word", ["", "smith", "abdul", "x", "ng", "ivan"])
    def test_of_another_word_is_none(self, word: str) -> None:
        assert korean.sound(word) == ""

    @given(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3))
    def test_of_every_syllable_as_it_is_read(self, syllable: str) -> None:
        assert korean.sound(korean.latin(syllable))


class TestIsName:
    @pytest.mark.parametrize("name", ["Kim Jong Un", "CHOE Ryong Hae", "Kyu-Chang JU", "Man-pok CHO'NG"])
    def test_of_syllables_with_a_family_name(self, name: str) -> None:
        assert korean.is_name(normalise.words(name))

    @pytest.mark.parametrize("name", ["Kim", "John Lee", "Il Bok", "Kim Jong Un Il Sung", ""])
    def test_no_other(self, name: str) -> None:
        assert not korean.is_name(normalise.words(name))


@pytest.fixture(scope="module")
def index() -> Index:
    return Index([Entry("1", "person", "Kyu-Chang CHU"), Entry("2", "person", "PAK Che-Son"), Entry("3", "person", "Jane CHU")])


class TestOtherRomanisations:
    @pytest.mark.parametrize(("asked", "entry"), [("JU Gyu Chang", "1"), ("Park Je-Son", "2"), ("Bak Jae Son", "2")])
    def test_are_found(self, index: Index, asked: str, entry: str) -> None:
        found = index.find(Subject(asked))[0]
        assert (found.entry.id, found.score >= 0.86) == (entry, True)

    def test_are_no_other_peoples(self, index: Index) -> None:
        assert index.find(Subject("Jane Ju"), least=0.86) == []
