"""The zone beside what stands above it."""

from datetime import date

from kyc.evidence.reading.visual import Beside, compared
from tests.kyc.evidence.reading.test_papers import words

TODAY = date(2026, 11, 30)
ZONE = {
    "surname": "ERIKSSON",
    "given": "ANNA MARIA",
    "number": "L898902C3",
    "birth_date": "1974-08-12",
    "expiry_date": "2032-04-15",
}
PAGE = "Passport No L898902C3\nEriksson\nAnna Maria\n12.08.1974 F\n15.04.2032\nP<UTOERIKSSON<<ANNA<MARIA"


class TestCompared:
    def test_what_stands_there_too_is_the_same(self) -> None:
        found = compared(words(PAGE), ZONE, TODAY)
        assert {seen.beside for seen in found.values()} == {Beside.SAME}
        assert found["surname"].spot and found["surname"].spot.text == "Eriksson"

    def test_a_number_that_was_read_clearly_and_is_nearly_it_differs(self) -> None:
        found = compared(words(PAGE.replace("L898902C3", "L898802C3")), ZONE, TODAY)
        assert found["number"].beside == Beside.DIFFERS and found["surname"].beside == Beside.SAME

    def test_what_was_not_found_says_nothing(self) -> None:
        found = compared(words("Passport\nP<UTOERIKSSON<<ANNA<MARIA"), ZONE, TODAY)
        assert {seen.beside for seen in found.values()} == {Beside.UNREAD}
