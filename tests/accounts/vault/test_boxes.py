"""What is sealed opens under its key, at its place, unchanged; and in no other way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.vault import boxes
from accounts.vault.boxes import Tampered

KEY = bytes(range(32))


class TestSeal:
    @given(st.binary(max_size=300), st.text(max_size=40))
    def test_opens_to_what_was_sealed(self, plain: bytes, bound: str) -> None:
        assert boxes.unseal(KEY, boxes.seal(KEY, plain, bound=bound), bound=bound) == plain

    def test_is_never_twice_the_same(self) -> None:
        assert len({boxes.seal(KEY, b"Alice", bound="x") for _ in range(50)}) == 50

    def test_does_not_hold_what_was_sealed(self) -> None:
        assert b"1984-03-17" not in boxes.seal(KEY, b"1984-03-17", bound="x")

    @pytest.mark.parametrize("place", range(0, 12 + 5 + 16, 4))
    def test_one_bit_changed_is_found(self, place: int) -> None:
        box = bytearray(boxes.seal(KEY, b"Alice", bound="x"))
        box[place] ^= 1
        with pytest.raises(Tampered):
            boxes.unseal(KEY, bytes(box), bound="x")

    @pytest.mark.parametrize("box", [b"", b"short", bytes(12), bytes(28)])
    def test_what_was_never_sealed_is_found(self, box: bytes) -> None:
        with pytest.raises(Tampered):
            boxes.unseal(KEY, box, bound="x")

    def test_neither_another_place_nor_another_key_opens_it(self) -> None:
        box = boxes.seal(KEY, b"Alice", bound="here")
        with pytest.raises(Tampered, match="there"):
            boxes.unseal(KEY, box, bound="there")
        with pytest.raises(Tampered):
            boxes.unseal(boxes.new_key(), box, bound="here")


class TestDerived:
    def test_is_another_key_for_every_purpose_and_salt(self) -> None:
        made = {boxes.derived(KEY, "a"), boxes.derived(KEY, "b"), boxes.derived(KEY, "a", salt=b"1"), boxes.derived(b"x", "a")}
        assert len(made) == 4
        assert boxes.derived(KEY, "a") == boxes.derived(KEY, "a")
