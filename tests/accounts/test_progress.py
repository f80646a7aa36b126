"""The words for how long a job has waited; those for where it stands are told by tests/kyc/desk/test_live.py."""

from datetime import timedelta

import pytest

from accounts import progress


class TestRoughly:
    @pytest.mark.parametrize(
        ("seconds", "words"), [(10, "10 s"), (19.9, "10 s"), (119, "110 s"), (120, "2 min"), (3601, "60 min")]
    )
    def test_in_tens_of_seconds_then_minutes(self, seconds: float, words: str) -> None:
        assert progress.roughly(timedelta(seconds=seconds)) == words
