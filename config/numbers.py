"""Numbers in the reader's language."""

from django.utils.formats import number_format


def rounded(number: float, places: int = 0) -> str:
    """Such as “1,234.5”; Django by itself cuts off what a float has beyond its places."""
    return number_format(round(number, places), places, force_grouping=True)
