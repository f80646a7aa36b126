"""How amounts are written and read."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.keys import limits
from kyc.keys.amounts import MILLION, kept, measured, shown


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (1234, "", "1,234"), (0, "", "0"), (250 * MILLION, "EUR", "250 EUR"), (250_500_000, "EUR", "250.50 EUR"),
        (1, "USD", "0.000001 USD"),
        (0, "CNY", "0 CNY"), (10**15, "EUR", "1,000,000,000 EUR"), (1_234_567_890, "EUR", "1,234.56789 EUR"),
    ],
)  # fmt: skip
def test_shown(amount: int, currency: str, text: str) -> None:
    assert shown(amount, currency) == text


def test_measured_says_what_is_counted() -> None:
    assert measured(500, "requests") == "500 requests" and measured(5 * MILLION, "money", "EUR") == "5 EUR"


@given(amount=st.integers(0, limits.HIGHEST))
def test_what_is_shown_of_money_is_what_was_kept(amount: int) -> None:
    text = shown(amount, "EUR").removesuffix(" EUR").replace(",", "")
    assert kept(Decimal(text), "money") == amount == limits.counted(Decimal(text), "money")


@pytest.mark.parametrize(
    ("written", "unit"),
    [("1.5", "requests"), ("-1", "money"), ("0.0000001", "money"), ("1e16", "tokens"), ("1e999999", "money"),
     ("1e-999999", "tokens"), ("1000000000.1", "money")],
)  # fmt: skip
def test_what_is_no_amount_is_refused(written: str, unit: str) -> None:
    with pytest.raises(limits.BadLimit):
        limits.counted(Decimal(written), unit)


def test_a_whole_number_may_be_written_with_places() -> None:
    assert [limits.counted(Decimal(text), "tokens") for text in ("5", "5.00", "1e9")] == [5, 5, 10**9]
