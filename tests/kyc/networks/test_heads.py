"""Why an indicator gives no points, in a sentence that its figures bear out."""

import pytest

from kyc.networks import heads
from kyc.rules import indicators

RULES = indicators.load()


class TestQuiet:
    @pytest.mark.parametrize(
        ("figure", "line", "said"),
        [
            (7.0, 7.0, "Does not stand out."),
            (12.0, 7.0, "More than its peers', but it gives points above 14 only."),
            (14.5, 7.0, "More than its peers', but by too little for a point."),
        ],
    )
    def test_says_what_the_rules_ask_for(self, figure: float, line: float, said: str) -> None:
        assert RULES.indicator("hours").floor == 14
        assert heads.quiet({"figure": figure, "line": line}, RULES.indicator("hours")) == said
