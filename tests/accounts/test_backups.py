"""What a backup is, and that all comes back from it into another cluster: rows, guards, files, proofs, and what was known."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts import backups, heads, restoring
from accounts.backups import BadFolder
from accounts.restoring import Restored
from tests.figures import Measures
from tests.running import BASE, Installation, environment, open_folder, python

SECRETS = ("vault-keys", "vault-index-key", "audit-signing-key")
LONGEST = 600


class TestFolder:
    def test_one_with_something_in_it_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "here").mkdir()
        (tmp_path / "here" / "notes").touch()
        with pytest.raises(BadFolder, match="not empty"):
            backups.made(tmp_path / "here", tmp_path / "keys")

    @pytest.mark.parametrize(("folder", "keys"), [("a", "a"), ("a", "a/keys"), ("a/rest", "a")])
    def test_keys_stand_apart(self, tmp_path: Path, folder: str, keys: str) -> None:
        with pytest.raises(BadFolder, match=r"kept apart|not empty"):
            backups.made(tmp_path / folder, tmp_path / keys)

    def test_one_that_was_cut_off_is_no_backup(self, tmp_path: Path) -> None:
        (tmp_path / "database.dump").touch()
        (tmp_path / "manifest.json.new").write_text("{}")
        with pytest.raises(BadFolder, match="cut off"):
            restoring.restore(tmp_path, tmp_path, reason="A drill.")

    @pytest.mark.parametrize("written", ["", "[]", "{}", '{"version": 2}', "\udcff"])
    def test_nor_is_one_that_another_version_wrote(self, tmp_path: Path, written: str) -> None:
        (tmp_path / "manifest.json").write_bytes(written.encode("utf-8", "surrogateescape"))
        with pytest.raises(BadFolder, match=r"manifest\.json"):
            restoring.restore(tmp_path, tmp_path, reason="A drill.")


class TestHeadsOutside:
    """What outlived the database tells how much of it is lost."""

    def put_aside(self, folder: Path, *lines: str) -> Restored:
        folder.mkdir()
        (folder / "heads.jsonl").write_text("".join(lines))
        done = Restored({"head": {"size": 2}}, incarnation=2)
        done.lost = restoring.put_aside(done)
        assert [file.name for file in folder.iterdir()] == ["heads-before-incarnation-2.jsonl"]
        return done

    @pytest.mark.parametrize(("sizes", "lost"), [((1, 2, 5), 3), ((1, 2), 0), ((1,), 0), ((), 0)])
    def test_counts_what_came_after_the_backup(self, heads_folder: Path, sizes: tuple[int, ...], lost: int) -> None:
        lines = [heads.signed(size=size, root=b"r" * 32, at=timezone.now()).line() for size in sizes]
        assert self.put_aside(heads_folder, *lines).lost == lost

    def test_says_so_where_that_cannot_be_told(self, heads_folder: Path) -> None:
        done = self.put_aside(heads_folder, "{}\n")
        assert done.lost is None and done.failed[0].startswith("outside file: ")

    def test_without_any_nothing_is_told(self, heads_folder: Path) -> None:
        assert restoring.put_aside(Restored({"head": None})) is None


def test_rights_are_given_by_the_migration_and_compared_after_it() -> None:
    told, found = restoring.without_rights({"trigger": [1, "a"], "table right": [9, "b"]}, {"trigger": [1, "a"]})
    assert restoring.differing("guards", told, found) == []
    assert restoring.differing("guards", {"trigger": [1, "a"]}, {"trigger": [2, "c"]}) == ["guards: trigger"]


def manage(state: Path, *arguments: str, ends: int = 0) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=BASE, env=environment(state), capture_output=True, text=True, timeout=LONGEST)
    assert done.returncode == ends, f"{arguments}: {done.stderr}"
    return done


def shell(state: Path, *lines: str) -> Any:
    """What the last line comes to, in that installation."""
    *before, last = lines
    script = "; ".join(["import json", *before, f"print(json.dumps({last}))"])
    return json.loads(manage(state, "shell", "--no-imports", "-c", script).stdout)


PARTY = "from kyc.parties.models import Party"


def born(state: Path, party: int) -> str:
    return str(shell(state, PARTY, f"str(Party.objects.get(pk={party}).birth_date)"))


def digests(state: Path) -> set[tuple[str, ...]]:
    rows = shell(
        state,
        "from accounts.vault.models import SearchDigest as D",
        "list(map(list, D.objects.values_list('place', 'row', 'digest')))",
    )
    return {tuple(map(str, row)) for row in rows}


def dossier(state: Path, folder: Path, instant: str) -> bytes:
    manage(state, "render_report", "R-03", "--subject", "1", "--valid-at", instant, "--known-at", instant, "--out", str(folder))
    return (folder / "report.json").read_bytes()


@contextmanager
def another(folder: Path, source: Path) -> Iterator[Path]:
    """A new installation with the secrets of `source` and the heads that it had written outside its database."""
    folder.mkdir()
    for name in SECRETS:
        shutil.copy2(source / name, folder / name)
    shutil.copytree(source / "audit-heads", folder / "audit-heads")
    try:
        yield folder
    finally:
        python(folder, "-m", "config.services", "stop")


@dataclass
class Backup:
    state: Path
    folder: Path
    keys: Path
    newer_keys: Path
    said: dict[str, Any]
    seconds: float
    # Whom the older backup knows, and who was erased after it.
    erased: int
    birth_date: str
    found_by: set[tuple[str, ...]]
    dossier: bytes
    instant: str


@pytest.fixture(scope="module")
def backup(installation: Installation) -> Iterator[Backup]:
    """Written while everything runs; afterwards somebody is erased, and keys are backed up once more."""
    with open_folder() as folder:
        state = installation.state
        people = "Party.objects.filter(kind='person').exclude(birth_date='').exclude(phone='')"
        erased = shell(state, PARTY, f"{people}.latest('pk').pk")
        birth_date, found_by = born(state, erased), digests(state)
        instant = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 1))
        printed = dossier(state, folder / "printed", instant)
        began = time.monotonic()
        said = json.loads(manage(state, "backup", str(folder / "older"), "--keys-to", str(folder / "older-keys")).stdout)
        seconds = time.monotonic() - began
        manage(state, "shred_subject", f"party:{erased}", "--reason", "A drill.")
        manage(state, "backup", str(folder / "newer"), "--keys-to", str(folder / "newer-keys"))
        # Until the sweeper has signed what came after the backup, and written it to the file outside.
        time.sleep(5)
        yield Backup(
            state, folder / "older", folder / "older-keys", folder / "newer-keys", said, seconds, erased, birth_date, found_by,
            printed, instant,
        )  # fmt: skip


def restored(backup: Backup, state: Path, keys: Path) -> dict[str, Any]:
    done = manage(state, "restore", str(backup.folder), "--keys", str(keys), "--reason", "A drill.")
    return dict(json.loads(done.stdout))


@pytest.mark.soak
class TestDrill:
    def test_everything_comes_back_and_is_proved_to_be_what_it_was(self, backup: Backup, measures: Measures) -> None:
        assert backup.said["missing"] == 0 and backup.said["files"] > 40 and backup.said["rows"] > 10_000
        with another(backup.folder.parent / "second", backup.state) as state:
            told = restored(backup, state, backup.keys)
            assert (told["sound"], told["failed"], told["incarnation"]) == (True, [], 2)
            assert told["audit"]["sound"] and told["audit"]["checked"]["heads"] > 0
            assert (told["files"], told["rows"]) == (backup.said["files"], backup.said["rows"])
            assert told["lost_events"] >= 1, "the erasure came after the backup, and the heads outside know of it"
            assert born(state, backup.erased) == backup.birth_date
            assert digests(state) == backup.found_by
            measures("drill: backup of the demo, s", round(backup.seconds, 1))
            measures("drill: restored and verified (RTO), s", told["restored_in_seconds"])
            measures("drill: the backup was so old (RPO), s", told["older_than_now_seconds"])
            self.goes_on(backup, state)
            again = manage(state, "restore", str(backup.folder), "--keys", str(backup.keys), "--reason", "Again.", ends=2)
            assert "tables already" in again.stderr

    def goes_on(self, backup: Backup, state: Path) -> None:
        """In the restored database numbers of transactions begin anew; what was known before stays."""
        assert dossier(state, state / "printed", backup.instant) == backup.dossier
        assert manage(state, "issue_gateway", "drill").stdout.strip()
        asked = "list(map(list, A.objects.values_list('verb', 'incarnation')))"
        newest = dict(shell(state, "from accounts.models import AuditEvent as A", asked))
        assert newest["database.restored"] == newest["gateway.credential_issued"] == 2
        assert dossier(state, state / "printed again", backup.instant) == backup.dossier

    def test_with_newer_keys_who_was_erased_since_stays_so(self, backup: Backup) -> None:
        with another(backup.folder.parent / "third", backup.state) as state:
            told = restored(backup, state, backup.newer_keys)
            assert told["sound"] is True
            assert born(state, backup.erased).startswith("erased on ")
            gone = {found for found in backup.found_by if found not in digests(state)}
            assert gone and all(place.startswith("kyc_party.") and row == str(backup.erased) for place, row, _ in gone)

    def test_what_was_changed_in_it_is_not_restored(self, backup: Backup) -> None:
        dump = backup.folder / "database.dump"
        sound = dump.read_bytes()
        with another(backup.folder.parent / "fourth", backup.state) as state:
            try:
                dump.write_bytes(sound[:-1] + bytes([sound[-1] ^ 1]))
                done = manage(state, "restore", str(backup.folder), "--keys", str(backup.keys), "--reason", "A drill.", ends=2)
            finally:
                dump.write_bytes(sound)
            assert "is not what was backed up" in done.stderr
            (state / "vault-keys").write_text("7:another key-encryption key of the tests\n")
            done = manage(state, "restore", str(backup.folder), "--keys", str(backup.keys), "--reason", "A drill.", ends=2)
            assert "VAULT_KEYS lacks number 1" in done.stderr
