"""Numbers as people read them."""

import pytest
from django.utils import translation

from config.numbers import rounded


@pytest.mark.parametrize(
    ("number", "places", "language", "read"),
    [
        (21932.6, 0, "en", "21,933"), (0.4999, 0, "en", "0"), (99.96, 1, "en", "100.0"), (0.123456, 3, "en", "0.123"),
        (0.0006, 3, "en", "0.001"), (1234.56, 1, "de", "1.234,6"), (7.0, 0, "en", "7"),
    ],
)  # fmt: skip
def test_are_rounded_to_the_nearest(number: float, places: int, language: str, read: str) -> None:
    with translation.override(language):
        assert rounded(number, places) == read
