"""Signs of a computer's work on a picture. How often they are false is measured by tests/bench/test_reading.py."""

import cv2
import numpy as np
import pytest

from kyc.evidence.reading import signs
from tests.bench import specimens
from tests.kyc.evidence.reading.test_zones import grey

SEED = 920000


class TestEditor:
    @pytest.mark.parametrize(
        ("origin", "named"),
        [
            ({"Producer": "Adobe Photoshop for Windows"}, "Adobe Photoshop for Windows"),
            ({"Software": "GIMP 3.0"}, "GIMP 3.0"),
            ({"Producer": "Canon iR-ADV C3525", "Creator": "Scanner"}, ""),
            ({}, ""),
        ],
    )
    def test_by_what_the_file_says_of_itself(self, origin: dict[str, str], named: str) -> None:
        assert signs.editor(origin) == named


class TestIsScreenshot:
    def test_a_telephones_screen(self) -> None:
        assert signs.is_screenshot(np.full((2532, 1170), 240, np.uint8), "image/png")
        assert signs.is_screenshot(np.full((1170, 2532), 240, np.uint8), "image/jpeg")

    def test_not_another_size_nor_a_photograph_of_that_size(self) -> None:
        noisy = np.random.default_rng(SEED).normal(120, 8, (2532, 1170)).clip(0, 255).astype(np.uint8)
        assert not signs.is_screenshot(noisy, "image/jpeg")
        assert not signs.is_screenshot(np.full((2531, 1170), 240, np.uint8), "image/png")


class TestPatch:
    def test_where_something_was_drawn_over_a_photograph(self) -> None:
        picture = grey(specimens.specimen("TD3", SEED, 90).jpeg)
        assert signs.patch(picture) is None
        high, wide = picture.shape
        picture[high // 3 : high // 3 + 130, wide // 2 : wide // 2 + 200] = 200
        done, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])
        assert done
        found = signs.patch(grey(coded.tobytes()))
        assert found
        left, top, right, bottom = found
        assert abs(left - 0.5) < 0.05 and abs(top - 1 / 3) < 0.05 and right > left and bottom > top

    def test_not_of_what_was_drawn_whole(self) -> None:
        assert signs.patch(np.full((500, 700), 255, np.uint8)) is None
        assert signs.patch(np.zeros((10, 10), np.uint8)) is None
