"""A score is the sum of the factors that fired."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.risk.scoring import HIGHEST, Reason, score
from kyc.rules import packs
from kyc.rules.packs import Pack

SHIPPED = packs.current()
CODES = sorted(SHIPPED.data["risk"]["factors"])


def pack(**points: int) -> Pack:
    """The shipped pack with these factors in place of its own."""
    factors = {code: {"points": value, "sentence": f"{code} holds."} for code, value in points.items()}
    return replace(SHIPPED, data={**SHIPPED.data, "risk": {**SHIPPED.data["risk"], "factors": factors}})


class TestScore:
    @pytest.mark.parametrize(
        ("codes", "value", "band"),
        [
            ([], 0, "low"),
            (["headquarters_elsewhere"], 5, "low"),
            (["unaccounted_ownership"], 20, "low"),
            (["elevated_country"], 25, "medium"),
            (["unaccounted_ownership", "headquarters_elsewhere"], 25, "medium"),
            (["open_hits", "elevated_country"], 55, "medium"),
            (["open_hits", "elevated_country", "headquarters_elsewhere"], 60, "high"),
            (["listed_party"], 80, "high"),
            (["listed_party", "listed_ownership"], 100, "high"),
            (CODES, 100, "high"),
        ],
    )
    def test_of_the_shipped_pack(self, codes: list[str], value: int, band: str) -> None:
        result = score(codes, SHIPPED)
        assert (result.value, result.band) == (value, band)

    def test_reasons_stand_heaviest_first_with_their_sentences(self) -> None:
        assert score(["deep_chain", "open_hits", "headquarters_elsewhere"], SHIPPED).reasons == (
            Reason("open_hits", 30, "Possible matches are waiting for a ruling."),
            Reason("deep_chain", 10, "Owners stand three or more levels above the customer."),
            Reason("headquarters_elsewhere", 5, "Headquarters and country of formation differ."),
        )

    def test_equal_weights_stand_by_name(self) -> None:
        assert [reason.code for reason in score(["b", "c", "a"], pack(a=5, b=5, c=5)).reasons] == ["a", "b", "c"]

    def test_a_factor_unknown_to_the_pack_is_an_error_and_not_nothing(self) -> None:
        with pytest.raises(KeyError):
            score(["nonsense"], SHIPPED)

    def test_what_speaks_for_a_customer_never_goes_below_nothing(self) -> None:
        result = score(["long_known", "elevated"], pack(long_known=-40, elevated=25))
        assert (result.value, result.band) == (0, "low")
        assert [reason.code for reason in result.reasons] == ["elevated", "long_known"]

    def test_a_factor_fires_once_however_often_it_is_named(self) -> None:
        assert score(["open_hits", "open_hits"], SHIPPED) == score(["open_hits"], SHIPPED)

    @given(st.lists(st.sampled_from(CODES), unique=True))
    def test_order_never_matters(self, codes: list[str]) -> None:
        assert score(codes, SHIPPED) == score(sorted(codes), SHIPPED) == score(codes[::-1], SHIPPED)

    @given(st.sets(st.sampled_from(CODES)), st.sampled_from(CODES))
    def test_one_more_reason_never_lowers_it(self, codes: set[str], more: str) -> None:
        before, after = score(codes, SHIPPED), score(codes | {more}, SHIPPED)
        bands = ["low", "medium", "high"]
        assert before.value <= after.value
        assert bands.index(before.band) <= bands.index(after.band)

    @given(st.dictionaries(st.text("abcdef", min_size=1), st.integers(-200, 200)))
    def test_is_the_sum_within_0_and_100_and_its_band_the_packs(self, points: dict[str, int]) -> None:
        ours = pack(**points)
        result = score(list(points), ours)
        assert result.value == min(HIGHEST, max(0, sum(points.values())))
        assert result.band == ours.band(result.value)
        assert {(reason.code, reason.points) for reason in result.reasons} == set(points.items())
        assert [reason.points for reason in result.reasons] == sorted(points.values(), reverse=True)
