"""Amounts that limits count, as people write and read them: money is kept in millionths of its currency's unit."""

from decimal import Decimal

from django.utils.formats import number_format

from kyc.keys.pool_models import Unit

MILLION = 10**6
# Of a currency's unit, in which money is kept.
PLACES = 6


def shown(amount: int, currency: str = "") -> str:
    """Such as “1,234”, “250 EUR” or “0.50 EUR”, in the reader's language."""
    if not currency:
        return number_format(amount, force_grouping=True)
    money = (Decimal(amount) / MILLION).normalize()
    exponent = int(money.as_tuple().exponent)
    places = max(2, -exponent) if exponent < 0 else 0
    return f"{number_format(money, decimal_pos=places, force_grouping=True)} {currency}"


def measured(amount: int, unit: str, currency: str = "") -> str:
    """With what is counted: “500 requests”; money says so by its currency."""
    return shown(amount, currency) if currency else f"{shown(amount)} {str(Unit(unit).label).lower()}"


def kept(written: Decimal, unit: str) -> int | None:
    """The whole number that is kept; None where it has parts that are not counted."""
    if unit != Unit.MONEY:
        return int(written) if written == written.to_integral_value() else None
    return int(written.scaleb(PLACES)) if int(written.as_tuple().exponent) >= -PLACES else None
