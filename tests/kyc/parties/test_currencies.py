"""Which codes are of money."""

import pytest

from kyc.parties.currencies import is_currency


@pytest.mark.parametrize("code", ["EUR", "NOK", "JPY", "USD", "CHF", "XAF"])
def test_what_is_money_today(code: str) -> None:
    assert is_currency(code)


@pytest.mark.parametrize("code", ["ZZZ", "XXX", "XTS", "DEM", "eur", "", "EURO"])
def test_what_is_none(code: str) -> None:
    assert not is_currency(code)
