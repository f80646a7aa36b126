"""Releases of models come from a file that an administrator keeps; what is wrong with it is said with file, line and reason."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from kyc.networks.indication_models import ModelRelease

pytestmark = pytest.mark.django_db
HEAD = "whose,name,released_at,capability,source\n"
OURS = "ours,atlas-max-2,2026-11-20T09:00:00Z,reasoning,Our notes\n"
THEIRS = "another,Rival 3,2026-11-25,,https://rival.example/news\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "releases.csv"


def loaded(file: Path, text: str, capsys: pytest.CaptureFixture[str]) -> dict[str, int]:
    file.write_text(text)
    call_command("load_releases", str(file))
    return dict(json.loads(capsys.readouterr().out))


def test_are_taken_in_once_and_corrected(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert loaded(file, HEAD + OURS + THEIRS, capsys) == {"added": 2, "changed": 0, "unchanged": 0}
    assert loaded(file, HEAD + OURS + THEIRS, capsys) == {"added": 0, "changed": 0, "unchanged": 2}
    assert loaded(file, HEAD + THEIRS.replace("25", "26"), capsys) == {"added": 0, "changed": 1, "unchanged": 0}
    told = {one.name: one.released_at for one in ModelRelease.objects.all()}
    assert told == {"atlas-max-2": datetime(2026, 11, 20, 9, tzinfo=UTC), "Rival 3": datetime(2026, 11, 26, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("name,released_at\n", "line 1: the columns are"),
        ("", "line 1: the columns are"),
        (HEAD + OURS + "theirs,Rival 3,2026-11-25,,x\n", "line 3: whose is ours or another"),
        (HEAD + "another,Rival 3,soon,,x\n", "line 2: released_at is a day"),
        (HEAD + "another,Rival 3,2026-11-25,,\n", "line 2: name and source are needed"),
        (HEAD + "another,Rival 3\n", "line 2: a row has as many fields"),
        (HEAD + "another,Rival 3,2026-11-25,,x,y\n", "line 2: a row has as many fields"),
        (HEAD + f"another,{'x' * 101},2026-11-25,,x\n", "line 2: name has at most 100"),
        (HEAD + "ours,atlas max,2026-11-25,,x\n", "line 2: of ours, a model is named as gateways name it"),
    ],
)
def test_badly_told_are_refused_whole(file: Path, text: str, why: str) -> None:
    file.write_text(text)
    with pytest.raises(CommandError, match=why) as error:
        call_command("load_releases", str(file))
    assert error.value.returncode == 2 and not ModelRelease.objects.exists()


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_is_none_is_refused(file: Path, content: bytes | None) -> None:
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CommandError, match="can't be read"):
        call_command("load_releases", str(file))
