"""How many machine-readable zones are read from photographs, how many of them wrongly, and how long that takes on one core.

Each specimen counts once; all its degradations are drawn together. The seeds are no others than these, and neither the network's
weights nor a threshold were fitted to them.
"""

import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from statistics import quantiles

import cv2
import numpy as np
import pytest

from kyc.evidence.reading import licences, quality, signs, zones
from tests import figures
from tests.bench import licences as licences_drawn
from tests.bench import specimens

pytestmark = pytest.mark.bench
SEEDS = range(1, 101)
LEAST_READ, MOST_SECONDS = 0.95, 3.0
# A barcode has no lines of print to go by, and where a module is blurred into the next it is not read at all.
LEAST_CODES = 0.9
# As telephones save, and how large something is that was drawn over.
GOOD, PATCH = 75, (200, 130)
MOST_FALSE, LEAST_SEEN = 0.02, 0.4


def outcome(form: str, seed: int) -> tuple[str, float]:
    """read, unread or wrong, and seconds of processor from the JPEG to the zone."""
    cv2.setNumThreads(1)
    made = specimens.specimen(form, seed)
    started = time.process_time()
    grey = cv2.imdecode(np.frombuffer(made.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    found = zones.read(np.asarray(grey, np.uint8))
    took = time.process_time() - started
    if found is None or not found.zone.is_sound:
        return "unread", took
    return ("read" if found.zone.lines == made.lines else "wrong"), took


class TestReading:
    def test_of_zones_on_photographs(self) -> None:
        told, share, wrong, times = {}, {}, 0, []
        with ProcessPoolExecutor(max_workers=2) as pool:
            found_of = {form: [*pool.map(partial(outcome, form), SEEDS)] for form in specimens.SIZES}
        for form, found in found_of.items():
            count = Counter(how for how, _ in found)
            times += [took for _, took in found]
            wrong += count["wrong"]
            share[form] = count["read"] / len(found)
            told[form] = f"{share[form]:.1%} of {len(found)} read with all check digits right, {count['wrong']} wrongly"
        told["a page"] = f"95 % within {quantiles(times, n=20)[-1]:.2f} s of one core, the longest {max(times):.2f} s"
        told["drawn together"] = (
            f"turned within {specimens.TURN:.0f} degrees, perspective {specimens.PERSPECTIVE:.0%}, blur {specimens.BLUR}, "
            f"noise {specimens.NOISE}, JPEG {specimens.QUALITY}"
        )
        figures.keep("reading", seeds=[SEEDS[0], SEEDS[-1]], figures=told)
        assert wrong == 0
        assert min(share.values()) >= LEAST_READ
        assert max(times) <= MOST_SECONDS


def licence(seed: int) -> tuple[str, float]:
    """As `outcome`, of the barcode of a licence."""
    cv2.setNumThreads(1)
    made = licences_drawn.specimen(seed)
    started = time.process_time()
    grey = cv2.imdecode(np.frombuffer(made.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    found = licences.read(np.asarray(grey, np.uint8))
    took = time.process_time() - started
    if found is None:
        return "unread", took
    is_it = (found.licence.number, found.licence.surname) == (made.told["DAQ"], made.told["DCS"])
    return ("read" if is_it else "wrong"), took


class TestLicences:
    def test_of_barcodes_on_photographs(self) -> None:
        with ProcessPoolExecutor(max_workers=2) as pool:
            found = [*pool.map(licence, SEEDS)]
        count, times = Counter(how for how, _ in found), [took for _, took in found]
        told = {
            "PDF417": f"{count['read'] / len(found):.1%} of {len(found)} read, {count['wrong']} wrongly",
            "module": f"{licences_drawn.MODULE} mm, disturbed as the zones are",
            "a page": f"95 % within {quantiles(times, n=20)[-1]:.2f} s of one core, the longest {max(times):.2f} s",
        }
        figures.keep("licences", seeds=[SEEDS[0], SEEDS[-1]], figures=told)
        assert count["wrong"] == 0
        assert count["read"] / len(found) >= LEAST_CODES and max(times) <= MOST_SECONDS


def clean_and_patched(form: str, seed: int) -> tuple[bool, bool, bool]:
    """Of a photograph nothing was done to: whether a sign is seen in it, a fault is complained of, and the sign where something
    was drawn over it, saved as well as a telephone does."""
    cv2.setNumThreads(1)
    jpeg = specimens.specimen(form, seed, GOOD).jpeg
    grey = np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE), np.uint8)
    is_false, is_blamed = signs.patch(grey) is not None, bool(quality.faults(grey))
    high, wide = grey.shape
    grey[high // 3 : high // 3 + PATCH[1], wide // 2 : wide // 2 + PATCH[0]] = 200
    _, coded = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, GOOD])
    drawn = np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.uint8)
    return is_false, is_blamed, signs.patch(drawn) is not None


class TestSigns:
    def test_of_clean_photographs_and_of_ones_drawn_over(self) -> None:
        each = [(form, seed) for form in specimens.SIZES for seed in SEEDS[:20]]
        with ProcessPoolExecutor(max_workers=2) as pool:
            found = [*pool.map(clean_and_patched, *zip(*each, strict=True))]
        false, blamed, seen = (sum(column) / len(found) for column in zip(*found, strict=True))
        told = {
            "false alarms": f"a region without noise is seen in {false:.1%} of {len(found)} clean photographs, JPEG {GOOD}",
            "complaints": f"a fault is told of {blamed:.1%} of them",
            "found": f"of {PATCH[0]} by {PATCH[1]} pixels that were drawn over, {seen:.1%} are seen",
        }
        figures.keep("tampering", seeds=[SEEDS[0], SEEDS[19]], figures=told)
        assert false <= MOST_FALSE and blamed <= MOST_FALSE and seen >= LEAST_SEEN
