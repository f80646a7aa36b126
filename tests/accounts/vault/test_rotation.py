"""Keys move under a new key-encryption key while the product runs, and go on moving after a kill."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as of_django
from django.db import connection

from accounts.models import Organisation
from accounts.vault import Subject, keyring, rotation, shredding, subjects
from accounts.vault.boxes import Tampered
from accounts.vault.models import SubjectKey
from kyc.parties.models import Party
from tests import cast
from tests.accounts.test_history import open_elsewhere

OLD, NEW = "an old key-encryption key of the tests", "a newer key-encryption key of the tests"
Keys = Callable[..., None]


@pytest.mark.django_db
class TestRotate:
    def test_moves_every_live_key_and_loses_no_value(self, keys: Keys) -> None:
        keys(v1=OLD)
        alice = cast.founded(cast.customer()).controller
        gone = shredding.shred(Subject.party(999, alice.organisation_id), reason="x", by=None)
        before = set(SubjectKey.objects.filter(destroyed_at=None).values_list("wrapped", flat=True))
        keys(v1=OLD, v2=NEW)
        assert [(step.done, step.left) for step in rotation.rotate(batch=1)] == [(1, 1), (2, 0)]
        keys(v2=NEW)
        subjects.cache.forget()
        assert Party.objects.get(pk=alice.pk).birth_date == "1984-03-17"
        live = SubjectKey.objects.filter(destroyed_at=None)
        assert set(live.values_list("wrapped_by", flat=True)) == {"2"}
        assert not before & set(live.values_list("wrapped", flat=True))
        assert SubjectKey.objects.get(pk=gone.pk).wrapped_by == "1"

    def test_repeated_does_nothing(self, keys: Keys) -> None:
        keys(v1=OLD, v2=NEW)
        cast.founded(cast.customer())
        assert list(rotation.rotate()) == []

    def test_without_the_old_key_it_says_which_is_missing(self, keys: Keys) -> None:
        keys(v1=OLD)
        alice = cast.founded(cast.customer()).controller
        keys(v2=NEW)
        subjects.cache.forget()
        with pytest.raises(keyring.KeyMissing, match="no key number 1"):
            _ = Party.objects.get(pk=alice.pk).birth_date

    def test_a_key_opens_for_its_own_subject_only(self, keys: Keys) -> None:
        keys(v1=OLD)
        cast.founded(cast.customer())
        one, other = SubjectKey.objects.all()
        SubjectKey.objects.filter(pk=one.pk).update(wrapped=other.wrapped)
        with pytest.raises(Tampered):
            _ = subjects.Held(SubjectKey.objects.get(pk=one.pk)).key


class TestAdd:
    def test_the_demos_file_gets_another_key_that_running_processes_find(self, settings: Any, tmp_path: Any) -> None:
        settings.VAULT_KEYS_FILE = file = tmp_path / "vault-keys"
        file.write_text(f"1:{OLD}\n")
        assert keyring.current() == "1"
        assert keyring.add() == keyring.current() == "2"
        assert keyring.written()["1"] == OLD
        assert file.stat().st_mode & 0o777 == 0o600

    def test_elsewhere_it_is_the_keepers_to_add(self, keys: Keys) -> None:
        keys(v1=OLD)
        with pytest.raises(keyring.NoFile, match="VAULT_KEYS"):
            keyring.add()


@pytest.mark.django_db(transaction=True)
class TestBeside:
    def test_what_another_has_in_hand_and_leaves_is_moved_before_it_ends(self, keys: Keys) -> None:
        keys(v1=OLD)
        organisation = Organisation.objects.create(name="Nordlys")
        Party.objects.create(organisation=organisation, kind="person", name="P", birth_date="1980-01-01")
        keys(v1=OLD, v2=NEW)
        release, steps = threading.Event(), []

        def leave() -> None:
            release.wait(10)

        with open_elsewhere(lambda: list(SubjectKey.objects.select_for_update()), leave):
            rotating = threading.Thread(target=lambda: (steps.extend(rotation.rotate()), connection.close()))
            rotating.start()
            time.sleep(0.3)
            assert rotating.is_alive() and not steps, "it waits for what is in another's hands"
            release.set()
        rotating.join(10)
        assert [(step.done, step.left) for step in steps] == [(1, 0)]


@pytest.mark.django_db(transaction=True)
class TestKilled:
    """A process of its own is killed in the midst, while values are read and written beside it."""

    def test_it_goes_on_where_it_was(self, keys: Keys, tmp_path: Any) -> None:
        keys(v1=OLD)
        organisation = Organisation.objects.create(name="Nordlys")
        rows = Party.objects.bulk_create(
            Party(organisation=organisation, kind="person", name=f"P{n}", birth_date=f"19{n:02}-01-01") for n in range(100)
        )
        written = f"1:{OLD},2:{NEW}"
        process = self.begun(written)
        while SubjectKey.objects.filter(wrapped_by="2").count() < 5:
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        moved = SubjectKey.objects.filter(wrapped_by="2").count()
        assert 0 < moved < 100
        keys(v1=OLD, v2=NEW)
        self.all_read(rows)
        late = Party.objects.create(organisation=organisation, kind="person", name="Late", birth_date="2000-01-01")
        assert sum(step.done for step in list(rotation.rotate())[-1:]) == 100 - moved
        keys(v2=NEW)
        self.all_read([*rows, late])

    def begun(self, written: str) -> "subprocess.Popen[bytes]":
        slow = (
            "import django; django.setup(); import time; from accounts.vault import rotation\n"
            "for step in rotation.rotate(batch=1): time.sleep(0.05)"
        )
        env = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.accounts.vault.rotating", "ROTATING": written}
        env["ROTATING_DATABASE"] = str(connection.settings_dict["NAME"])
        return subprocess.Popen([sys.executable, "-c", slow], cwd=of_django.BASE_DIR, env=env, stdout=-1, stderr=-1)

    def all_read(self, rows: list[Party]) -> None:
        subjects.cache.forget()
        told = {row.pk: row.birth_date for row in Party.objects.all()}
        assert told == {row.pk: row.birth_date for row in rows}
