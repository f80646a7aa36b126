"""Zones of ICAO Doc 9303: the standard's own specimens, what is made is read, and a single wrong character is seen."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.evidence.reading import mrz, states
from tests.kyc.evidence.reading import made
from tests.kyc.evidence.reading.made import Bearer

TODAY = date(2026, 11, 30)
# As printed in 9303-4 to 9303-7.
SPECIMENS = {
    "TD3": ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"],
    "TD1": ["I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"],
    "TD2": ["I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6"],
    "MRV-A": ["V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L8988901C4XXX4009078F96121096ZE184226B<<<<<<"],
    "MRV-B": ["V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "L8988901C4XXX4009078F9612109<<<<<<<<"],
}
LETTERS, ALNUM = st.characters(codec="ascii", categories=["Lu"]), st.characters(codec="ascii", categories=["Lu", "Nd"])
WORDS = st.lists(st.text(LETTERS, min_size=1, max_size=9), min_size=1, max_size=3).map(" ".join)
DAYS = st.dates(date(1930, 1, 1), date(2026, 11, 29))
BEARERS = st.builds(
    Bearer,
    surname=WORDS,
    given=st.one_of(st.just(""), WORDS),
    number=st.text(ALNUM, min_size=1, max_size=9),
    issuer=st.sampled_from(["UTO", "D", "GBR", "XPO"]),
    nationality=st.sampled_from(["UTO", "D", "FRA", "XXA"]),
    birth_date=DAYS.map(lambda day: f"{day:%y%m%d}"),
    sex=st.sampled_from("MF<"),
    expiry_date=DAYS.map(lambda day: f"{day:%y%m%d}"),
    optional=st.text(ALNUM, max_size=5),
)
FORMS = st.sampled_from([form.name for form in mrz.FORMATS])


class TestParse:
    @pytest.mark.parametrize("form", SPECIMENS)
    def test_reads_the_specimens_of_the_standard(self, form: str) -> None:
        zone = mrz.parse(SPECIMENS[form])
        assert (zone.format.name, zone.surname, zone.given) == (form, "ERIKSSON", "ANNA MARIA")
        if form != "MRV-A":
            assert zone.is_sound, zone.checks
        assert not zone.is_truncated

    def test_reads_each_field(self) -> None:
        zone = mrz.parse(SPECIMENS["TD3"])
        assert (zone.type, zone.issuer, zone.number, zone.nationality, zone.sex) == ("P", "UTO", "L898902C3", "UTO", "F")
        assert (zone.born(TODAY), zone.expires(TODAY), zone.optional) == ("1974-08-12", "2012-04-15", "ZE184226B")

    @given(FORMS, BEARERS)
    def test_reads_what_is_made(self, form: str, bearer: Bearer) -> None:
        lines = made.zone(form, bearer)
        zone = mrz.parse(lines)
        assert zone.is_sound, zone.checks
        assert (zone.number, zone.issuer, zone.nationality, zone.sex) == (
            bearer.number, bearer.issuer, bearer.nationality, bearer.sex,
        )  # fmt: skip
        assert (zone.birth_date, zone.expiry_date, zone.optional) == (bearer.birth_date, bearer.expiry_date, bearer.optional)
        if not zone.is_truncated:
            assert (zone.surname, zone.given) == (bearer.surname, bearer.given)

    @given(FORMS, BEARERS, st.data())
    def test_finds_one_wrong_character_wherever_a_digit_checks(self, form: str, bearer: Bearer, data: st.DataObject) -> None:
        """Weights 7, 3 and 1 see any change but one by a multiple of ten."""
        lines = made.zone(form, bearer)
        covered = [span for digit, spans in mrz.format_of(lines).checks.values() for span in (digit, *spans)]
        places = sorted({(span.line, at) for span in covered for at in range(span.start, span.end)})
        line, at = data.draw(st.sampled_from(places))
        wrong = data.draw(
            st.sampled_from(mrz.ALPHABET).filter(lambda one: mrz.VALUES[one] % 10 != mrz.VALUES[lines[line][at]] % 10)
        )
        lines[line] = lines[line][:at] + wrong + lines[line][at + 1 :]
        assert not mrz.parse(lines).is_sound

    @given(st.sampled_from(["TD1", "TD2"]), st.text(ALNUM, min_size=10, max_size=14))
    def test_reads_a_number_that_goes_on_in_the_optional_field(self, form: str, number: str) -> None:
        zone = mrz.parse(made.zone(form, Bearer(number=number)))
        assert (zone.number, zone.is_sound, zone.optional) == (number, True, "")

    def test_says_that_names_fill_their_field(self) -> None:
        zone = mrz.parse(made.zone("TD1", Bearer(surname="NILAVADHANANANDA", given="CHAYAPA DEJTHAMRONG")))
        assert zone.is_truncated and zone.given == "CHAYAPA DEJT"

    @pytest.mark.parametrize(
        "lines",
        [[], ["P<UTO"], ["<" * 44], ["<" * 44, "<" * 43], ["p" * 44, "p" * 44], ["V" + "<" * 29] * 3, ["P" + "É" * 43, "<" * 44]],
    )
    def test_refuses_what_is_no_zone(self, lines: list[str]) -> None:
        with pytest.raises(mrz.NotAZone):
            mrz.parse(lines)

    @given(st.lists(st.text(mrz.ALPHABET, min_size=30, max_size=44), max_size=3))
    def test_reads_or_refuses_anything(self, lines: list[str]) -> None:
        try:
            zone = mrz.parse(lines)
        except mrz.NotAZone:
            return
        zone.born(TODAY), zone.expires(TODAY)


class TestDates:
    @pytest.mark.parametrize(
        ("text", "born"),
        [
            ("740812", "1974-08-12"),
            ("261130", "2026-11-30"),
            ("261201", "1926-12-01"),
            ("271201", "1927-12-01"),
            ("74<<<<", "1974"),
            ("7408<<", "1974-08"),
            ("<<<<<<", ""),
            ("741301", ""),
            ("000229", "2000-02-29"),
            ("990229", ""),
        ],
    )
    def test_nobody_is_born_in_the_future(self, text: str, born: str) -> None:
        assert mrz.birth(text, TODAY) == born

    @pytest.mark.parametrize(("text", "until"), [("120415", "2012-04-15"), ("760101", "2076-01-01"), ("770101", "1977-01-01")])
    def test_nothing_is_valid_for_longer_than_fifty_years(self, text: str, until: str) -> None:
        assert mrz.expiry(text, TODAY) == until


class TestStates:
    @pytest.mark.parametrize(
        ("code", "country"), [("D", "DE"), ("DEU", "DE"), ("GBD", "GB"), ("UNO", ""), ("XXA", ""), ("RKS", "XK"), ("FRA", "FR")]
    )
    def test_knows_the_codes_of_the_standard(self, code: str, country: str) -> None:
        state = states.of(code)
        assert state and state.country == country

    @pytest.mark.parametrize("code", ["", "UTO", "DDR", "YUG", "QQQ", "DE", "0"])
    def test_knows_no_others(self, code: str) -> None:
        assert states.of(code) is None
