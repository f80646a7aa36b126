import contextlib
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kyc.ownership.shares import UNKNOWN, BadShare, Interval, as_stated, parse, part, per_cent, shown, text

fractions = st.fractions(min_value=0, max_value=1, max_denominator=10**12)


def exact(value: str) -> Interval:
    return Interval(Fraction(value), Fraction(value))


class TestParse:
    @pytest.mark.parametrize(
        ("told", "meant"),
        [
            ("25", exact("1/4")),
            ("24.99", exact("2499/10000")),
            ("33.5 %", exact("67/200")),
            ("1/3", exact("1/3")),
            ("50/100", exact("1/2")),
            ("100", exact("1")),
            (" 50\u00a0% ", exact("1/2")),
            ("25-50", Interval(Fraction(1, 4), Fraction(1, 2))),
            ("25 % – 50 %", Interval(Fraction(1, 4), Fraction(1, 2))),
            (">50", Interval(Fraction(1, 2), Fraction(1), above=True)),
            ("", UNKNOWN),
            ("   ", UNKNOWN),
        ],
    )
    def test_reads_what_people_write(self, told: str, meant: Interval) -> None:
        assert parse(told) == meant

    @pytest.mark.parametrize(
        ("told", "reason"),
        [
            ("33,5", "decimals after a point"),
            ("-5", "between 0 and 100"),
            ("101", "between 0 and 100"),
            ("3/2", "between 0 and 100"),
            (">100", "between 0 and 100"),
            ("99-101", "between 0 and 100"),
            ("50-25", "from the smaller to the larger"),
            ("1/0", "divided by nothing"),
            ("0", "leave the owner out"),
            ("٢٥", "digits 0 to 9"),
            ("half", "such as 25"),
            ("1e2", "such as 25"),
            ("nan", "such as 25"),
            ("25.", "such as 25"),
            ("50%%", "such as 25"),
            ("1/3 %", "such as 25"),
            ("<50", "such as 25"),
        ],
    )
    def test_refuses_with_a_sentence_that_helps(self, told: str, reason: str) -> None:
        with pytest.raises(BadShare, match=reason):
            parse(told)

    def test_a_share_of_nothing_may_be_read_where_that_is_wanted(self) -> None:
        assert parse("0", zero=True) == exact("0")

    def test_24_99_is_not_25(self) -> None:
        assert parse("24.99").min < Fraction(1, 4) == parse("25").min

    @given(fractions.filter(bool))
    def test_a_fraction_of_one_comes_back_the_same(self, share: Fraction) -> None:
        assert parse(f"{share.numerator}/{share.denominator}") == Interval(share, share)

    @given(st.text(max_size=12))
    def test_any_text_is_a_share_or_refused(self, told: str) -> None:
        with contextlib.suppress(BadShare):
            found = parse(told)
            assert 0 <= found.min <= found.max <= 1


class TestText:
    @pytest.mark.parametrize(("share", "told"), [("1/4", "1/4"), ("0", "0"), ("1", "1"), ("50/100", "1/2")])
    def test_is_a_fraction_of_one(self, share: str, told: str) -> None:
        assert text(Fraction(share)) == told

    def test_may_have_more_digits_than_python_writes_of_a_number(self) -> None:
        assert text(Fraction(1, 10**5000 + 1)) == f"1/1{'0' * 4999}1"


class TestPerCent:
    @pytest.mark.parametrize(
        ("share", "told"),
        [
            ("1/2", "50 %"),
            ("1", "100 %"),
            ("0", "0 %"),
            ("2499/10000", "24.99 %"),
            ("3/16", "18.75 %"),
            ("1/3", "≈ 33.33 %"),
            ("2/3", "≈ 66.67 %"),
            ("499999/1000000", "49.9999 %"),
            ("49999999/100000000", "49.999999 %"),
            ("1/10000000", "0.00001 %"),
        ],
    )
    def test_says_when_it_is_rounded(self, share: str, told: str) -> None:
        assert per_cent(Fraction(share)) == told

    @given(fractions)
    @example(Fraction(1, 250_000_000_000))
    def test_never_claims_to_be_exact_when_it_is_not(self, share: Fraction) -> None:
        told = per_cent(share)
        is_same = Fraction(told.strip("≈ %")) == share * 100
        assert is_same != told.startswith("≈")


class TestPart:
    @pytest.mark.parametrize(
        ("share", "told"),
        [("1/2", "50 %"), ("1/3", "1/3"), ("2/999", "2/999"), ("1/1001", "≈ 0.1 %"), ("1/8", "12.5 %"), ("1", "100 %")],
    )
    def test_is_a_short_fraction_where_per_cent_would_be_rounded(self, share: str, told: str) -> None:
        assert part(Fraction(share)) == told

    @given(fractions)
    def test_what_carries_no_sign_is_exact(self, share: Fraction) -> None:
        told = part(share)
        if not told.startswith("≈"):
            assert parse(told, zero=True).min == share


class TestShown:
    @pytest.mark.parametrize(
        ("told", "shown_as"), [("", "unknown"), (">50", "over 50 %"), ("25-50", "25 % to 50 %"), ("24.99", "24.99 %")]
    )
    def test_tells_what_is_known(self, told: str, shown_as: str) -> None:
        assert shown(parse(told)) == shown_as


class TestAsStated:
    @pytest.mark.parametrize(
        ("told", "kept"),
        [
            ("50", "50 %"),
            ("1/3", "1/3 (≈ 33.33 %)"),
            ("50/100", "50/100 (50 %)"),
            ("25-50", "25 to 50 %"),
            (">50", "over 50 %"),
            ("", "unknown"),
            ("0", "0 %"),
        ],
    )
    def test_a_fraction_stays_one_and_a_range_is_short(self, told: str, kept: str) -> None:
        assert as_stated(told) == kept
