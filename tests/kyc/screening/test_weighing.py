"""Configurations of the weights: what an earlier one found is found with it again."""

import json
from pathlib import Path
from typing import Any

import pytest

from kyc.screening import weighing
from kyc.screening.index import Index
from kyc.screening.match import Subject
from kyc.screening.weighing import Agreement

# As the code of that version answered: entry, score and name of the first four.
EARLIER = ("2026-11", "2026-12")
ANSWERS = [
    (version, asked)
    for version in EARLIER
    for asked in json.loads(Path(__file__).with_name(f"answers_{version}.json").read_text())
]
WHOLE = Agreement(1.0, 1.0, 16.0, 0.0, 0.0, 1.0)


class TestConfiguration:
    def test_one_that_is_not_there(self) -> None:
        with pytest.raises(KeyError):
            weighing.configuration("1999-01")

    @pytest.mark.parametrize("version", weighing.versions())
    def test_names_only_figures_that_there_are(self, version: str) -> None:
        known = {"at", *weighing.figures(weighing.NONE)}
        assert all(given.keys() <= known for given in weighing.configuration(version).weights.values())

    def test_pairs_as_it_did_then(self) -> None:
        assert [weighing.configuration(version).pairing for version in (*EARLIER, weighing.CURRENT)] == [1, 2, 3]


class TestAnEarlierConfiguration:
    @pytest.mark.parametrize(("version", "asked"), ANSWERS, ids=[f"{version} {asked['name']}" for version, asked in ANSWERS])
    def test_gives_the_answers_that_it_gave(self, shipped_index: Index, version: str, asked: dict[str, Any]) -> None:
        subject = Subject(str(asked["name"]), str(asked["kind"]))
        found = shipped_index.find(subject, limit=4, version=version)
        # Legal forms that are known since make the other words of the lists rarer by a little.
        known = [[entry, pytest.approx(score, abs=0.002), name] for entry, score, name in asked["found"]]
        assert [[match.entry.id, match.score, match.name] for match in found] == known
        assert {match.configuration for match in found} <= {version}

    def test_differs_from_the_present_one(self, shipped_index: Index) -> None:
        subject = Subject("Владимир Путин")
        then, now = (shipped_index.find(subject, version=version)[0].score for version in ("2026-11", "2026-12"))
        assert then == 1 > now


class TestWhole:
    def test_the_same_words_are_1(self) -> None:
        assert weighing.configuration().alike(WHOLE, "person") == 1

    def test_a_name_read_from_another_script_is_less(self) -> None:
        read = Agreement(1.0, 1.0, 16.0, 0.0, 0.0, 1.0, is_read=True)
        assert weighing.configuration().alike(read, "person") < 1
