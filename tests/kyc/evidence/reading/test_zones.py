"""Zones on pictures: found and read, or not read at all. How often is measured by tests/bench/test_reading.py."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from kyc.evidence.reading import zones
from tests.bench import specimens

SEED = 900000


def grey(jpeg: bytes) -> NDArray[np.uint8]:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    return np.asarray(picture, np.uint8)


class TestRead:
    @pytest.mark.parametrize("form", specimens.SIZES)
    def test_reads_each_format_from_a_photograph(self, form: str) -> None:
        made = specimens.specimen(form, SEED)
        found = zones.read(grey(made.jpeg))
        assert found and found.zone.lines == made.lines and found.zone.is_sound

    @pytest.mark.parametrize("quarters", [1, 2, 3])
    def test_reads_what_lies_on_its_side_and_says_where(self, quarters: int) -> None:
        made = specimens.specimen("TD1", SEED)
        upright, turned = zones.read(grey(made.jpeg)), zones.read(np.rot90(grey(made.jpeg), quarters).copy())
        assert upright and turned and turned.zone == upright.zone
        span = upright.zone.format.spans["number"]
        before, after = np.array(upright.corners(span)), np.array(turned.corners(span))
        for _ in range(quarters):
            # A quarter against the clock: what was at the right is at the top.
            before = np.column_stack([before[:, 1], 1 - before[:, 0]])
        assert np.abs(before - after).max() < 0.02

    def test_says_where_each_field_is(self) -> None:
        made = specimens.specimen("TD3", SEED)
        found = zones.read(grey(made.jpeg))
        assert found
        for name, span in found.zone.format.spans.items():
            corners = np.array(found.corners(span))
            assert (corners > 0).all() and (corners < 1).all(), name
        names, number = (found.corners(found.zone.format.spans[name]) for name in ("names", "number"))
        assert names[0][1] < number[0][1] and names[0][0] < names[1][0]

    @pytest.mark.parametrize("quarters", [0, 1, 2, 3])
    def test_the_picture_is_straightened_by_what_was_read(self, quarters: int) -> None:
        turned = np.rot90(grey(specimens.specimen("TD3", SEED).jpeg), quarters).copy()
        found = zones.read(turned)
        assert found
        straight = found.straight(turned)
        again = zones.read(straight)
        assert again and again.zone == found.zone
        left, right, *_ = again.corners(again.zone.format.spans["names"])
        high, wide = straight.shape
        across, down = (right[0] - left[0]) * wide, (right[1] - left[1]) * high
        assert across > 0 and abs(down) < 0.02 * across

    def test_reads_none_where_none_is(self) -> None:
        random = np.random.default_rng(SEED)
        assert zones.read(random.integers(0, 255, (700, 900), np.uint8).astype(np.uint8)) is None
        assert zones.read(np.full((50, 50), 255, np.uint8)) is None

    def test_reads_none_that_is_too_blurred(self) -> None:
        made = specimens.specimen("TD3", SEED)
        found = zones.read(np.asarray(cv2.GaussianBlur(grey(made.jpeg), (0, 0), 6), np.uint8))
        assert found is None
