"""What is looked for on a paper, and where it stands."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.evidence.reading import papers, programs
from kyc.evidence.reading.programs import Word

TODAY = date(2026, 11, 30)
PAPER = """Brønnøysundregistrene
Nordlys Modelling AS Organisation number 912 345 678
Storgata 12, 0155 Oslo, Norway
Register extract of 3 March 2026"""


def words(text: str) -> list[Word]:
    """A word after the other, each line a tenth lower."""
    return [
        Word(word, 1, (1, 1, row), (0.1 * at, 0.1 * row, 0.1 * at + 0.09, 0.1 * row + 0.05), 0.95)
        for row, line in enumerate(text.splitlines())
        for at, word in enumerate(line.split())
    ]


class TestName:
    @pytest.mark.parametrize("wanted", ["Nordlys Modelling AS", "NORDLYS MODELLING AS", "Nordlys Modeling AS"])
    def test_is_found_in_its_order(self, wanted: str) -> None:
        spot = papers.name(words(PAPER), wanted)
        assert spot and spot.text == "Nordlys Modelling AS" and spot.box == pytest.approx((0, 0.1, 0.29, 0.15))

    @pytest.mark.parametrize("wanted", ["Modelling Nordlys AS", "Sørlys Modelling AS", "", "Nordlys Modelling AB"])
    def test_is_no_other(self, wanted: str) -> None:
        assert papers.name(words(PAPER), wanted) is None


class TestNumber:
    @pytest.mark.parametrize("wanted", ["912345678", "912 345 678", "912.345.678"])
    def test_is_found_however_it_is_spaced(self, wanted: str) -> None:
        spot = papers.number(words(PAPER), wanted)
        assert spot and spot.text == "912 345 678"

    @pytest.mark.parametrize("wanted", ["912345679", "12345678", "912345", "", "12"])
    def test_is_found_whole_or_not_at_all(self, wanted: str) -> None:
        assert papers.number(words(PAPER), wanted) is None


class TestAddress:
    def test_is_found_where_most_of_it_stands(self) -> None:
        spot = papers.address(words(PAPER), "Storgata 12\n0155 Oslo")
        assert spot and spot.text == "Storgata 12, 0155 Oslo,"

    def test_is_no_other_in_the_same_town(self) -> None:
        assert papers.address(words(PAPER), "Karl Johans gate 1, 0154 Oslo") is None


class TestLatest:
    @pytest.mark.parametrize(
        ("text", "day"),
        [
            ("of 3 March 2026", date(2026, 3, 3)),
            ("March 3, 2026", date(2026, 3, 3)),
            ("den 3. März 2026", date(2026, 3, 3)),
            ("le 1er mars 2026", date(2026, 3, 1)),
            ("3 de marzo de 2026", date(2026, 3, 3)),
            ("03.04.2026", date(2026, 4, 3)),
            ("04/13/2026", date(2026, 4, 13)),
            ("2026-02-30 or 2026-02-03", date(2026, 2, 3)),
            ("born 1980-01-01, printed 2026-10-01", date(2026, 10, 1)),
        ],
    )
    def test_reads_days_as_people_write_them(self, text: str, day: date) -> None:
        found = papers.latest(words(text), TODAY)
        assert found and found[0] == day

    @pytest.mark.parametrize("text", ["", "2027-01-01", "31 Foo 2026", "1890-01-01", "99.99.9999"])
    def test_none_in_the_future_or_impossible(self, text: str) -> None:
        assert papers.latest(words(text), TODAY) is None

    @given(st.text(max_size=80))
    def test_takes_anything(self, text: str) -> None:
        papers.latest(words(text), TODAY)
        papers.name(words(text), text), papers.number(words(text), text), papers.address(words(text), text)


class TestWords:
    def test_of_the_table_that_both_programs_write(self) -> None:
        tsv = "level\tpage_num\n1\t1\t0\t0\t0\t0\t0\t0\t200\t100\t-1\t\n5\t1\t1\t1\t1\t1\t20\t10\t60\t20\t96.5\tHello\n5\tx\n"
        [word] = programs.words(tsv)
        assert (word.text, word.page, word.box, word.certainty) == ("Hello", 1, (0.1, 0.1, 0.4, 0.3), 0.965)

    def test_a_program_that_is_missing_is_named(self) -> None:
        with pytest.raises(programs.NotHere, match="no-such-program"):
            programs.run(["no-such-program"], b"")
