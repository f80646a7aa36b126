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

from kyc.evidence.reading import zones
from tests import figures
from tests.bench import specimens

pytestmark = pytest.mark.bench
SEEDS = range(1, 101)
LEAST_READ, MOST_SECONDS = 0.95, 3.0


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
