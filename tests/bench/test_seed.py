"""How long the demo takes to load, on an empty database: a newcomer waits for its first five, and a minute for all."""

import time
from typing import Any

import pytest

from demo import seed
from tests import cast, figures

pytestmark = [pytest.mark.bench, pytest.mark.django_db(transaction=True)]
MOST = 60


class TestSeed:
    def test_all_of_it_is_there_within_a_minute(self, settings: Any) -> None:
        # With the product's own password hashing, as at a newcomer's.
        settings.PASSWORD_HASHERS = [name for name in settings.PASSWORD_HASHERS if "MD5" not in name]
        cast.load_list()
        started = time.perf_counter()
        seed.begin()
        first = time.perf_counter() - started
        seed.complete()
        took = time.perf_counter() - started
        told = {
            "organisations": seed.loaded(),
            "the first five": f"{first:.1f} s",
            "all": f"{took:.1f} s",
            "at most": f"{MOST} s",
        }
        figures.keep("seed", seeds=[], figures=told)
        assert seed.loaded() == seed.TOTAL
        assert took <= MOST
