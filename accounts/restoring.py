"""Back from a backup: into an empty database, as another incarnation of it, and proved to be what was backed up."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, backups, heads, incarnations, verification
from accounts.backups import DUMP, FILES, KEY_COLUMNS, KEYS, MANIFEST, SUBJECTS, BadFolder
from accounts.models import Incarnation
from accounts.refused import Refused
from accounts.vault import Erased, SealedField, keyring, places
from accounts.vault.subjects import cache

STAGE = """
CREATE TEMPORARY TABLE restored_key (LIKE accounts_subjectkey);
CREATE TEMPORARY TABLE restored_subject (id bigint PRIMARY KEY);
"""
# Keys of subjects that came after the backup seal nothing in it, and their numbers will be given anew.
TAKE = f"""
INSERT INTO accounts_subjectkey ({KEY_COLUMNS})
SELECT {KEY_COLUMNS} FROM restored_key JOIN restored_subject USING (id) ORDER BY id
"""  # noqa: S608  # nosec B608  # names of our own
COUNT_ON = "SELECT setval(pg_get_serial_sequence('accounts_subjectkey', 'id'), (SELECT max(id) FROM restored_subject))"


MIGRATIONS = "django_migrations"


class NotEmpty(Refused):
    """A backup is restored into nothing that is already there."""


class SecretsMissing(Refused):
    """What the backup was sealed and signed with is not at hand."""


@dataclass
class Restored:
    """What was restored and whether it is what was backed up."""

    manifest: dict[str, Any]
    incarnation: int = 0
    keys: int = 0
    keys_taken_at: str = ""
    found_by: int = 0
    lost: int | None = None
    failed: list[str] = field(default_factory=list)
    audit: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    def told(self) -> dict[str, Any]:
        taken = datetime.fromisoformat(self.manifest["taken_at"])
        return {
            "sound": not self.failed,
            "taken_at": self.manifest["taken_at"],
            "older_than_now_seconds": round((timezone.now() - taken).total_seconds(), 1),
            "lost_events": self.lost,
            "restored_in_seconds": round(self.seconds, 1),
            "incarnation": self.incarnation,
            "tables": len(self.manifest["tables"]),
            "rows": sum(rows for rows, _ in self.manifest["tables"].values()),
            "files": len(self.manifest["files"]),
            "subject_keys": self.keys,
            "subject_keys_taken_at": self.keys_taken_at,
            "found_by_number": self.found_by,
            "audit": self.audit,
            "failed": self.failed,
        }


def restore(folder: Path, keys: Path, *, reason: str, say: Callable[[str], object] = lambda line: None) -> Restored:
    """`folder` is as backups.made wrote it; `keys` may be a newer one's. Raises BadFolder, NotEmpty, SecretsMissing, Failed."""
    began = time.monotonic()
    done = Restored(manifest(folder))
    done.keys_taken_at = manifest(keys)["taken_at"]
    say("Reading what is to be restored")
    checked(folder, done.manifest["hashes"])
    checked(keys, manifest(keys)["hashes"])
    checked(folder / FILES, done.manifest["files"])
    at_hand(done.manifest)
    empty(done.manifest)
    say("Loading the database")
    backups.run(
        "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction",
        f"--dbname={connection.settings_dict['NAME']}", str(folder / DUMP),
    )  # fmt: skip
    # As it was loaded, before anything of ours is added to it.
    done.failed += differing("table", done.manifest["tables"], backups.content())
    done.failed += differing("guards", *without_rights(done.manifest["guards"], backups.guards()))
    done.incarnation = another_incarnation()
    # Brings a backup of an older version up to date, and gives the app its rights.
    call_command("migrate", verbosity=0)
    if done.manifest["tables"][MIGRATIONS] == backups.content_of(MIGRATIONS):
        done.failed += differing("guards", done.manifest["guards"], backups.guards())
    say("Taking in subject keys and files")
    done.keys = take_keys(folder, keys)
    backups.copied_files_back(done.manifest["files"], folder / FILES)
    done.found_by = found_again()
    done.lost = put_aside(done)
    record(done, reason)
    say("Verifying the audit log")
    done.audit = verification.verify().told()
    done.failed += [f"audit: {failure['what']}" for failure in done.audit["failed"]]
    done.seconds = time.monotonic() - began
    return done


def manifest(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / MANIFEST).read_text())
    except FileNotFoundError:
        sentence = _("%(folder)s holds no %(name)s: it is no backup, or one that was cut off.")
        raise BadFolder(sentence % {"folder": folder, "name": MANIFEST}) from None
    except (OSError, ValueError) as error:
        raise BadFolder(_("%(file)s can’t be read: %(error)s.") % {"file": folder / MANIFEST, "error": error}) from None
    if not isinstance(found, dict) or found.get("version") != backups.VERSION:
        sentence = _("%(file)s is not of version %(version)s, which is all that is known here.")
        raise BadFolder(sentence % {"file": folder / MANIFEST, "version": backups.VERSION})
    return found


def checked(folder: Path, hashes: dict[str, str]) -> None:
    for name, expected in hashes.items():
        file = folder / name
        if not file.is_file():
            raise BadFolder(_("%(file)s is missing from the backup.") % {"file": file})
        if backups.hashed(file) != expected:
            raise BadFolder(_("%(file)s is not what was backed up.") % {"file": file})


def at_hand(told: dict[str, Any]) -> None:
    """Without them the data would come back and could not be read."""
    missing = [version for version in told["vault_keys"] if version not in keyring.written()]
    if missing:
        sentence = _("VAULT_KEYS lacks number %(missing)s, under which subject keys are wrapped.")
        raise SecretsMissing(sentence % {"missing": ", ".join(missing)})
    if told["index_key"] != backups.index_key():
        raise SecretsMissing(_("VAULT_INDEX_KEY is not the one that the backup was made with: nothing would be found by number."))
    if told["head"] and told["head"]["key"] not in heads.known_keys():
        raise SecretsMissing(
            _("The audit log is signed with another key: give that as AUDIT_SIGNING_KEY, or its public key in AUDIT_PAST_KEYS.")
        )


def empty(told: dict[str, Any]) -> None:
    if found := connection.introspection.table_names():
        sentence = _("The database has %(count)s tables already. Restore into a new one, and let Keyholder be stopped.")
        raise NotEmpty(sentence % {"count": len(found)})
    place = places.place()
    for name, expected in told["files"].items():
        if place.exists(name) and backups.hashed(place.open(name)) != expected:
            sentence = _("%(file)s is there already and is another file than the backup’s.")
            raise NotEmpty(sentence % {"file": name})


def differing(what: str, expected: dict[str, Any], found: dict[str, Any]) -> list[str]:
    return [f"{what}: {name}" for name in sorted({*expected, *found}) if expected.get(name) != found.get(name)]


def without_rights(*guards: dict[str, Any]) -> list[dict[str, Any]]:
    """No role has any before the migration."""
    return [{kind: found for kind, found in some.items() if not kind.endswith(" right")} for some in guards]


def another_incarnation() -> int:
    """Whichever cluster this is: the trail must tell the rows that came back from those that are new."""
    last = Incarnation.objects.latest("number")
    with connection.cursor() as cursor:
        cursor.execute("SELECT system_identifier FROM pg_control_system()")
        return Incarnation.objects.create(number=last.number + 1, system_identifier=cursor.fetchone()[0]).number


@transaction.atomic
def take_keys(folder: Path, keys: Path) -> int:
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
        for table, columns, file in (("restored_key", KEY_COLUMNS, keys / KEYS), ("restored_subject", "id", folder / SUBJECTS)):
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as rows, file.open("rb") as read:
                while block := read.read(backups.BLOCK):
                    rows.write(block)
        cursor.execute(TAKE)
        taken = int(cursor.rowcount)
        cursor.execute(COUNT_ON)
        cursor.execute("DROP TABLE restored_key, restored_subject")
    cache.forget()
    return taken


def found_again() -> int:
    """What exact numbers are found by, made anew of every value that can still be read."""
    count = 0
    for model in apps.get_models():
        sealed = [one for one in model._meta.concrete_fields if isinstance(one, SealedField) and one.indexed_as]
        if not sealed or hasattr(model, "pgh_tracked_model"):
            continue
        for row in model._base_manager.iterator(chunk_size=500):
            for one in sealed:
                value = getattr(row, one.attname)
                if value and not isinstance(value, Erased):
                    one.index(row, value)
                    count += 1
    return count


def put_aside(done: Restored) -> int | None:
    """The file of heads outside, where it outlived the database: kept under another name, since it tells of events that are lost.
    How many those are; None where that can't be told."""
    if not heads.path().exists():
        return None
    lost = None
    try:
        with heads.opened() as file:
            last = heads.last_exported(file)
        backed_up = done.manifest["head"]["size"] if done.manifest["head"] else 0
        lost = max(0, last.size - backed_up) if last else 0
    except heads.Unreadable as error:
        done.failed.append(f"outside file: its last line is no head: {error}")
    heads.path().rename(heads.path().with_name(f"{heads.path().stem}-before-incarnation-{done.incarnation}.jsonl"))
    return lost


def record(done: Restored, reason: str) -> None:
    told = {"backup": done.manifest["taken_at"], "count": done.lost, "failed": done.failed, **audit.operator(None)}
    with transaction.atomic():
        audit.record(incarnations.RESTORED, target=Incarnation(number=done.incarnation), by=None, reason=reason, **told)
