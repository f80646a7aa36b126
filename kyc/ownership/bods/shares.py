"""A share as the standard writes it: per cent as numbers, exact or by its bounds, and back."""

from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import Any

from kyc.ownership.shares import NOTHING, ONE, UNKNOWN, Interval, exactly

# Decimals of a per cent; what needs more is written by the two that it lies between.
DECIMALS = Decimal("0.0001")
# The power of ten below which a per cent is nobody's share, but a number made to be worked on for hours.
SMALLEST = -30


def written(share: Interval) -> dict[str, Any] | None:
    """Nothing of a share that isn't known."""
    if share == UNKNOWN:
        return None
    if share.is_exact:
        least, most = rounded(share.min, ROUND_FLOOR), rounded(share.min, ROUND_CEILING)
        return {"exact": least} if least == most else {"minimum": least, "maximum": most}
    least = rounded(share.min, ROUND_FLOOR)
    return {"exclusiveMinimum" if share.above else "minimum": least, "maximum": rounded(share.max, ROUND_CEILING)}


def rounded(part: Fraction, to: str) -> int | float:
    value = part * 100
    number = (Decimal(value.numerator) / Decimal(value.denominator)).quantize(DECIMALS, rounding=to)
    return int(number) if number == number.to_integral_value() else float(number)


def stated(share: Mapping[str, Any]) -> Interval:
    """What the standard's numbers say; all that nobody stated is open. Raises ValueError where no share can be so."""
    if "exact" in share:
        return exactly(part(share["exact"]))
    if not share:
        return UNKNOWN
    above = "exclusiveMinimum" in share
    least = bound(share, "exclusiveMinimum", "minimum", otherwise=NOTHING)
    most = bound(share, "maximum", "exclusiveMaximum", otherwise=ONE)
    if least > most or (above and least == most):
        raise ValueError("the share's least is more than its most.")
    return Interval(least, most, above)


def bound(share: Mapping[str, Any], *names: str, otherwise: Fraction) -> Fraction:
    return next((part(share[name]) for name in names if name in share), otherwise)


def part(number: Any) -> Fraction:
    """Of a number of per cent."""
    if isinstance(number, Decimal) and number.is_finite() and number.adjusted() < SMALLEST and number:
        raise ValueError("a share has too many noughts.")
    found = Fraction(str(number)) / 100
    if not NOTHING <= found <= ONE:
        raise ValueError(f"a share of {number} per cent can't be.")
    return found
