"""What the progress page says of each stage is words."""

import pytest

from reports import stages
from reports.facts import dossier

CODES = [name for name, _ in (*dossier.SECTIONS, *dossier.CLOSING)]


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
