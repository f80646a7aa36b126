"""Each fault of a picture is told, and none of a picture that is good."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from kyc.evidence.reading.quality import Fault, faults
from tests.bench import specimens
from tests.kyc.evidence.reading.test_zones import grey

SEEDS = range(910000, 910003)
Grey = NDArray[np.uint8]


def blurred(good: Grey) -> Grey:
    return np.asarray(cv2.GaussianBlur(good, (0, 0), 5), np.uint8)


def dark(good: Grey) -> Grey:
    return np.asarray(good * 0.18, np.uint8)


def shining(good: Grey) -> Grey:
    return np.asarray(cv2.circle(good.copy(), (good.shape[1] // 2, good.shape[0] // 2), 110, 255, -1), np.uint8)


def cut(good: Grey) -> Grey:
    return good[:, : int(good.shape[1] * 0.6)].copy()


class TestFaults:
    @pytest.mark.parametrize("form", ["TD1", "TD3"])
    @pytest.mark.parametrize("seed", SEEDS)
    def test_none_of_what_can_be_read(self, form: str, seed: int) -> None:
        assert faults(grey(specimens.specimen(form, seed).jpeg)) == []

    @pytest.mark.parametrize(
        ("spoil", "fault"),
        [(blurred, Fault.BLURRED), (dark, Fault.TOO_DARK), (shining, Fault.GLARE), (cut, Fault.CUT_OFF)],
    )
    @pytest.mark.parametrize("seed", SEEDS)
    def test_the_one_that_was_made(self, spoil: Callable[[Grey], Grey], fault: Fault, seed: int) -> None:
        assert fault in faults(spoil(grey(specimens.specimen("TD3", seed).jpeg)))

    def test_a_stamp_is_too_small_whatever_else_it_is(self) -> None:
        assert faults(np.zeros((90, 120), np.uint8)) == [Fault.TOO_SMALL]

    def test_of_one_colour(self) -> None:
        assert Fault.TOO_DARK in faults(np.full((800, 800), 40, np.uint8))
