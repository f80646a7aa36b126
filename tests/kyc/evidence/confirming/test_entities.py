"""What the list says of a company against what it says of itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.evidence.confirming import entities
from kyc.evidence.confirming.entities import Declared, Listed, Owner, compared, is_same_name, is_valid, undeclared
from tests.kyc.screening import golden

LISTED = Listed(
    "5493001KJTIIGC8Y1R12", ("Nordlys Modelling AS",), "NO", "NO", "NO", "918 334 207", status="ISSUED", entity_status="ACTIVE"
)
DECLARED = Declared(("Nordlys Modelling AS",), "NO", "NO", "918334207")


class TestValid:
    # Of Bloomberg, GLEIF itself and Apple, as published.
    @pytest.mark.parametrize("lei", ["5493001KJTIIGC8Y1R12", "506700GE1G29325QX363", "HWUPKR0MPOU8FGXBT394"])
    def test_check_digits_that_agree(self, lei: str) -> None:
        assert is_valid(lei)

    @given(st.integers(0, 10**14 - 1), st.integers(0, 17), st.integers(1, 9))
    def test_one_digit_that_is_mistyped_is_found(self, number: int, place: int, by: int) -> None:
        good = golden.lei(number)
        digit = (int(good[place]) + by) % 10
        assert is_valid(good) and not is_valid(f"{good[:place]}{digit}{good[place + 1 :]}")


class TestSameName:
    @pytest.mark.parametrize(
        ("declared", "listed"),
        [
            ("Nordlys Modelling AS", "NORDLYS MODELLING A.S."),
            ("Acme Limited", "ACME LTD."),
            ("Müller & Söhne AG", "Muller und Sohne Aktiengesellschaft"),
            ("Газпром", "Gazprom"),
            ("Fjord-Data Oy", "FJORD DATA OY"),
        ],
    )
    def test_is_one_however_it_is_written(self, declared: str, listed: str) -> None:
        assert is_same_name([declared], [listed])

    @pytest.mark.parametrize(
        ("declared", "listed"),
        [("Nordlys AS", "Nordlys Modelling AS"), ("Acme Ltd", "Acme Inc"), ("", ""), ("&", "-"), ("Acme 1 AS", "Acme 2 AS")],
    )
    def test_and_another_is_another(self, declared: str, listed: str) -> None:
        assert not is_same_name([declared], [listed])


class TestCompared:
    def test_what_agrees_is_good(self) -> None:
        assert compared(DECLARED, LISTED).is_good

    @pytest.mark.parametrize("status", ["LAPSED", "RETIRED", "MERGED", "ANNULLED", "DUPLICATE", "CANCELLED", ""])
    def test_an_lei_that_nobody_keeps_up_is_the_same_and_not_good(self, status: str) -> None:
        found = compared(DECLARED, Listed(**{**vars(LISTED), "status": status}))
        assert found.is_same and not found.is_good and found.status == (status or "UNKNOWN")

    def test_nor_is_one_of_a_company_that_is_gone(self) -> None:
        found = compared(DECLARED, Listed(**{**vars(LISTED), "entity_status": "INACTIVE"}))
        assert found.is_inactive and not found.is_good

    @pytest.mark.parametrize(
        ("field", "value"), [("names", ("Sydlys Modelling AS",)), ("jurisdiction", "SE"), ("number", "918334208")]
    )
    def test_another_name_country_or_number_is_another_company(self, field: str, value: object) -> None:
        assert not compared(DECLARED, Listed(**{**vars(LISTED), field: value})).is_same

    def test_another_headquarters_is_told_and_makes_no_other(self) -> None:
        found = compared(DECLARED, Listed(**{**vars(LISTED), "hq_country": "SE"}))
        assert found.is_same and found.verdicts["hq_country"] == "differs"

    def test_what_either_does_not_say_is_untold(self) -> None:
        found = compared(Declared(("Nordlys Modelling AS",)), LISTED)
        assert found.is_same and set(found.verdicts.values()) == {"agrees", "untold"}

    def test_a_state_of_the_united_states_is_formed_there(self) -> None:
        listed = Listed(**{**vars(LISTED), "jurisdiction": "US-DE", "country": "US"})
        assert compared(Declared(DECLARED.names, "US"), listed).verdicts["country"] == "agrees"


class TestUndeclared:
    def test_a_parent_is_known_by_lei_or_else_by_name(self) -> None:
        parent = Owner("P1", ("Fjord Holding AS",))
        assert undeclared([parent], [Owner("P1", ("Another name",))]) == []
        assert undeclared([parent], [Owner("", ("FJORD HOLDING A/S", "Fjord Holding AS"))]) == []
        assert undeclared([parent], [Owner("P2", ("Fjord Holding AS",))]) == [parent]
        assert undeclared([parent], []) == [parent]
        assert entities.undeclared([Owner("P1", ("",))], [Owner("", ("Fjord",))]) == [Owner("P1", ("",))]
