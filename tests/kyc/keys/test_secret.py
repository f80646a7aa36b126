"""The written form of a key."""

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kyc.keys import secret
from kyc.keys.secret import ALPHABET

# Made once with this code and kept: a key in a customer's hands must parse for ever.
KNOWN = "kh_live_ABCDEFGHIJKL" + "0123456789abcdefghijABCDEFGHIJ0123456789" + "4NJwgn"

LETTERS = st.text(ALPHABET, min_size=52, max_size=52)
# Any key that could be generated.
KEYS = st.tuples(st.sampled_from(["kh_live_", "kh_test_"]), LETTERS).map("".join).map(lambda body: body + secret.checksum(body))


class TestGenerate:
    @given(st.booleans())
    def test_parses_and_says_what_it_is_for(self, live: bool) -> None:
        written = secret.generate(live=live)
        assert secret.parse(written.text) == written
        assert written.text.startswith("kh_live_" if live else "kh_test_")
        assert len(written.text) == 8 + 12 + 40 + 6
        assert set(written.text[8:]) <= set(ALPHABET)
        assert (written.prefix, written.last_four) == (written.text[:20], written.text[-4:])

    def test_never_the_same_twice(self) -> None:
        made = [secret.generate() for _ in range(500)]
        assert len({written.prefix for written in made}) == len({written.text[20:60] for written in made}) == 500


class TestParse:
    def test_a_key_of_long_ago(self) -> None:
        written = secret.parse(KNOWN)
        assert written is not None
        assert (written.prefix, written.last_four) == ("kh_live_ABCDEFGHIJKL", KNOWN[-4:])

    @given(KEYS)
    def test_any_key(self, text: str) -> None:
        assert secret.parse(text) == secret.Written(text, text[:20])

    @given(KEYS, st.integers(0, 65), st.sampled_from(string.printable + "é٣ſ\0"))
    def test_no_key_with_one_character_changed(self, text: str, place: int, other: str) -> None:
        assume(text[place] != other)
        assert secret.parse(text[:place] + other + text[place + 1 :]) is None

    @given(KEYS, st.integers(0, 64))
    def test_no_key_with_two_neighbours_exchanged(self, text: str, place: int) -> None:
        assume(text[place] != text[place + 1])
        assert secret.parse(text[:place] + text[place + 1] + text[place] + text[place + 2 :]) is None

    @given(KEYS, st.integers(0, 65))
    def test_no_key_cut_or_grown(self, text: str, length: int) -> None:
        assert secret.parse(text[:length]) is None
        assert secret.parse(text + text[length]) is None

    @pytest.mark.parametrize("wrap", [" {}", "{} ", "{}\n", "\n{}", "\0{}", "{}\0", "Bearer {}", "{}{}", "\ufeff{}"])
    def test_no_key_with_anything_round_it(self, wrap: str) -> None:
        text = secret.generate().text
        assert secret.parse(wrap.format(text, text)) is None

    @given(st.text(max_size=200))
    def test_never_raises_on_any_text(self, text: str) -> None:
        assert secret.parse(text) is None

    @pytest.mark.parametrize("text", ["", "kh_live_", "kh_prod_" + KNOWN[8:], "KH_LIVE_" + KNOWN[8:], "٣" * 66, "a" * 10_000])
    def test_what_is_no_key(self, text: str) -> None:
        assert secret.parse(text) is None


class TestBase62:
    @pytest.mark.parametrize(
        ("number", "width", "text"),
        [(0, 6, "000000"), (61, 2, "0z"), (62, 2, "10"), (62**6 - 1, 6, "zzzzzz"), (2**32 - 1, 6, "4gfFC3")],
    )
    def test_writes_noughts_in_front(self, number: int, width: int, text: str) -> None:
        assert secret.base62(number, width) == text

    @given(st.integers(0, 2**32 - 1))
    def test_can_be_read_back(self, number: int) -> None:
        text = secret.base62(number, 6)
        assert len(text) == 6
        assert sum(ALPHABET.index(digit) * 62**place for place, digit in enumerate(reversed(text))) == number


class TestDigest:
    def test_is_hmac_sha256(self) -> None:
        # RFC 4231, test case 2.
        expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        assert secret.digest("what do ya want for nothing?", "Jefe") == expected

    @given(st.text(), st.text())
    def test_differs_with_the_pepper(self, text: str, pepper: str) -> None:
        assert secret.digest(text, pepper) != secret.digest(text, pepper + "x")


class TestWritten:
    def test_tells_its_secret_to_no_log(self) -> None:
        written = secret.generate()
        assert written.text[20:60] not in repr(written)
