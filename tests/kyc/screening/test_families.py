"""Words of which one may stand for another."""

import pytest

from kyc.rules import packs
from kyc.screening import families
from kyc.screening.entries import Entry
from kyc.screening.index import Index
from kyc.screening.match import Subject
from kyc.screening.normalise import LINKING, words

LINE = packs.current().screening_threshold
ENTRIES = [
    Entry("1", "person", "Oleg Leonidovich SLIZHEVSKY"),
    Entry("2", "person", "Yusuf Ahmed NUROW"),
    Entry("3", "company", "SANAYE MOTORSAZI ALVAND PRIVATE COMPANY"),
    Entry("4", "company", "VTB STRAKHOVANIE OOO"),
    Entry("5", "person", "Mushir AL-HABAL"),
    *(Entry(str(number), "company", f"{word} INDUSTRIES") for number, word in enumerate(["Kadmon", "Beltran", "Ostrava"], 10)),
]


@pytest.fixture(scope="module")
def index() -> Index:
    return Index(ENTRIES)


def best(index: Index, name: str, kind: str) -> tuple[str, bool]:
    found = index.find(Subject(name, kind))
    return (found[0].entry.id, found[0].score >= LINE) if found else ("", False)


class TestRead:
    def test_each_word_has_the_others_of_all_its_families(self) -> None:
        found = families.read("# a remark\nbank banco\nbank banque\n")
        assert found == {"bank": {"banco", "banque"}, "banco": {"bank"}, "banque": {"bank"}}


class TestOf:
    @pytest.mark.parametrize(("one", "other"), [("oleg", "aleh"), ("joseph", "yusuf"), ("insurance", "strakhovanie")])
    def test_goes_both_ways(self, one: str, other: str) -> None:
        assert other in families.of(one) and one in families.of(other)

    @pytest.mark.parametrize(("one", "other"), [("oleg", "igor"), ("bank", "insurance"), ("ali", "omar"), ("", "bank")])
    def test_others_are_no_kin(self, one: str, other: str) -> None:
        assert other not in families.of(one)

    def test_every_member_is_one_word_as_names_are_read(self) -> None:
        members = {word for line in families.FAMILIES.read_text().splitlines() if line[:1] != "#" for word in line.split()}
        assert len(members) > 500
        assert [word for word in members if words(word) != [word]] == []


class TestFind:
    @pytest.mark.parametrize(
        ("name", "kind", "entry"),
        [
            ("Aleh Leanidavich Slizheuski", "person", "1"),
            ("Joseph Ahmed Nurow", "person", "2"),
            ("Alvand Motorsazi Industries", "company", "3"),
            ("VTB Insurance", "company", "4"),
            ("Moshir Elhabal", "person", "5"),
        ],
    )
    def test_another_form_is_found(self, index: Index, name: str, kind: str, entry: str) -> None:
        assert best(index, name, kind)[0] == entry

    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("Igor Slizhkov", "person"),
            ("Northwind Sanaye", "company"),
            ("Tyrol Insurance", "company"),
        ],
    )
    def test_kin_alone_is_no_hit(self, index: Index, name: str, kind: str) -> None:
        assert not best(index, name, kind)[1]

    def test_the_reason_names_it(self, index: Index) -> None:
        (found, *_) = index.find(Subject("VTB Insurance", "company"))
        assert "“Insurance” is another form of “STRAKHOVANIE”, or the same in another language." in found.reasons


class TestCalled:
    @pytest.mark.parametrize(("one", "other"), [("misha", "mikhail"), ("nacho", "ignacio"), ("bob", "robert")])
    def test_what_is_short_for_a_name_either_way(self, one: str, other: str) -> None:
        assert other in families.called(one)
        assert one in families.called(other)

    def test_of_others_nothing(self) -> None:
        assert families.called("zubaydah") == frozenset()

    def test_no_line_has_a_word_that_is_left_out_of_names(self) -> None:
        assert families.nicknames().keys().isdisjoint(LINKING)
