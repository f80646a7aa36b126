"""Two spellings of one thing."""

import pytest

from kyc.parties import comparing


class TestIsSameNumber:
    @pytest.mark.parametrize(
        ("one", "other", "same"),
        [
            ("918 334 207", "918334207", True),
            ("HRB 12-345 b", "hrb12345B", True),
            ("00918334207", "918334207", True),
            ("９１８３３４２０７", "918334207", True),
            ("918334207", "918334208", False),
            ("9183342070", "918334207", False),
        ],
    )
    def test_letters_and_digits_count(self, one: str, other: str, same: bool) -> None:
        assert comparing.is_same_number(one, other) is same


class TestIsSameAddress:
    @pytest.mark.parametrize(
        ("one", "other", "same"),
        [
            ("Strandgata 1, 9008 Tromsø", "9008 TROMSO, Strandgata 1", True),
            ("北京市海淀区1号", "北京市海淀区1号", True),
            ("Strandgata 1, Tromsø", "Strandgata 2, Tromsø", False),
        ],
    )
    def test_words_count_and_not_their_order(self, one: str, other: str, same: bool) -> None:
        assert comparing.is_same_address(one, other) is same


class TestIsSameName:
    @pytest.mark.parametrize(
        ("shown", "names", "same"),
        [
            ("OLSEN ALICE", ("Alice Olsen",), True),
            ("Alice Ohlsen", ("Alice Olsen",), False),
            ("王小明", ("Wang Xiaoming", "王小明"), True),
        ],
    )
    def test_in_whichever_script_and_order(self, shown: str, names: tuple[str, ...], same: bool) -> None:
        assert comparing.is_same_name(shown, *names) is same
