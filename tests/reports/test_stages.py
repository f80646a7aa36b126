"""What the progress page says of each stage is words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reports import stages
from reports.facts.catalogue import CATALOGUE
from reports.models import Report

CODES = [name for frame in CATALOGUE.values() for name, _ in (*frame.sections, *frame.closing)]
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class TestTold:
    def test_every_stage_of_the_work_has_words_and_no_other(self) -> None:
        assert set(stages.WORDS) == {*CODES, stages.PAGES}

    @pytest.mark.parametrize(
        ("stage", "words"),
        [
            ("access", "entity, keys and holds"),
            ("pages", "drawing the pages"),
            ("", ""),
            ("of_an_older_release", "the next section"),
        ],
    )
    def test_it_is_said_in_words(self, stage: str, words: str) -> None:
        assert stages.told(stage) == words


def waiting(**values: Any) -> Report:
    return Report(state="requested", requested_at=NOW - 60 * SECOND, **values)


class TestStuck:
    @pytest.mark.parametrize(
        ("values", "sentence"),
        [
            ({}, "The report: no worker has taken it for 60 s. It is taken up by itself"),
            (
                {"claims": 1, "claimed_until": NOW - SECOND, "job_token": 7},
                "The report: the worker that was at it has fallen silent. Another takes",
            ),
            (
                {"claims": 2, "claimed_until": NOW + SECOND, "job_token": 8},
                "The report: a worker went away in the middle, and another is at it now.",
            ),
            (
                {"claims": 1, "errors": 1, "failure": "OSError: disk full", "claimed_until": NOW + 3 * SECOND},
                "The report: tried 1 of 3 times, and each time an error came. Tried again by itself in 3 s. OSError: disk full",
            ),
            (
                {"claims": 3, "errors": 2, "failure": "OSError: disk full", "claimed_until": NOW + SECOND, "job_token": 9},
                "The report: a worker is at it; it takes seconds. OSError: disk full",
            ),
        ],
        ids=["untaken", "died", "after a death", "rests", "tried again"],
    )
    def test_it_says_why_nothing_moves_and_what_happens_next(self, values: dict[str, Any], sentence: str) -> None:
        assert stages.stuck(waiting(**values), NOW).startswith(sentence)

    @pytest.mark.parametrize(
        "values",
        [
            {"requested_at": NOW - 9 * SECOND},
            {"claims": 1, "claimed_until": NOW + SECOND, "job_token": 7},
            {"state": "issued"},
            {"state": "failed", "errors": 3, "failure": "OSError"},
        ],
        ids=["just asked", "at work", "issued", "failed"],
    )
    def test_it_is_silent_while_all_goes_well_and_when_it_is_over(self, values: dict[str, Any]) -> None:
        report = waiting()
        for name, value in values.items():
            setattr(report, name, value)
        assert stages.stuck(report, NOW) == ""
