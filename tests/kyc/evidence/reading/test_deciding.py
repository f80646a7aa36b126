"""Check digits decide between readings, and never make one up."""

from datetime import date

import numpy as np
import pytest
from numpy.typing import NDArray

from kyc.evidence.reading import mrz
from kyc.evidence.reading.deciding import decided, likeliest
from kyc.evidence.reading.glyphs import CLASSES
from tests.kyc.evidence.reading import made
from tests.kyc.evidence.reading.made import Bearer

TODAY = date(2026, 11, 30)
LINES = made.zone("TD3", Bearer())


def seen(lines: list[str], doubts: dict[tuple[int, int], dict[str, float]] | None = None) -> NDArray[np.float32]:
    """Scores of cells that show these lines clearly, but for the doubts: of a cell, how likely which characters are."""
    scores = np.full((len(lines), len(lines[0]), len(CLASSES)), -20.0, np.float32)
    for row, line in enumerate(lines):
        for column, one in enumerate(line):
            for character, likely in (doubts or {}).get((row, column), {one: 0.0}).items():
                scores[row, column, CLASSES.index(character)] = likely
    return scores


def changed(line: int, at: int, to: str) -> list[str]:
    lines = [*LINES]
    lines[line] = lines[line][:at] + to + lines[line][at + 1 :]
    return lines


class TestDecided:
    def test_reads_what_is_clear(self) -> None:
        reading = decided(seen(LINES), mrz.TD3)
        assert reading and reading.zone.lines == tuple(LINES) and reading.zone.is_sound

    def test_a_check_digit_decides_a_doubt(self) -> None:
        # The number L898902C3 is seen rather as L89890ZC3.
        reading = decided(seen(LINES, {(1, 6): {"Z": -0.3, "2": -1.2}}), mrz.TD3)
        assert reading and reading.zone.number == "L898902C3"

    def test_two_readings_that_satisfy_every_digit_are_none(self) -> None:
        """A and K are ten apart, so that no check digit tells one from the other."""
        lines = made.zone("TD3", Bearer(number="A12345678"))
        assert decided(seen(lines, {(1, 0): {"A": -0.5, "K": -1.0}}), mrz.TD3) is None

    def test_what_no_digit_checks_must_be_sure(self) -> None:
        assert decided(seen(LINES, {(0, 6): {"R": -0.6, "P": -0.8}}), mrz.TD3) is None

    def test_what_satisfies_the_digits_but_was_hardly_seen_is_none(self) -> None:
        assert decided(seen(changed(1, 6, "Z"), {(1, 0): {"L": -0.1, "I": -6.0}}), mrz.TD3) is None

    def test_what_is_printed_wrongly_is_read_as_it_stands(self) -> None:
        reading = decided(seen(changed(1, 13, "8")), mrz.TD3)
        assert reading and not reading.zone.is_sound and reading.zone.born(TODAY) == "1984-08-12"
        assert not reading.zone.checks["birth_date"]

    @pytest.mark.parametrize("form", [mrz.TD1, mrz.TD2, mrz.MRV_A, mrz.MRV_B])
    def test_reads_each_format(self, form: mrz.Format) -> None:
        lines = made.zone(form.name, Bearer())
        reading = decided(seen(lines), form)
        assert reading and reading.zone.lines == tuple(lines)

    def test_a_passport_is_no_visa(self) -> None:
        assert decided(seen(LINES), mrz.MRV_A) is None


class TestLikeliest:
    def test_goes_from_the_likeliest_on_and_twice_nowhere(self) -> None:
        choices = [[(0.0, 1), (1.0, 2), (1.5, 3)], [(0.0, 5)], [(0.0, 7), (0.4, 8)], [(0.0, 1), (0.9, 2)]]
        found = [*likeliest(choices)]
        assert [loss for loss, _ in found] == sorted(loss for loss, _ in found)
        assert len(found) == len({picks for _, picks in found}) == 12
        assert all(loss == pytest.approx(sum(c[p][0] for c, p in zip(choices, picks, strict=True))) for loss, picks in found)
