"""A backup of one moment: the database without its subject keys, the sealed files, and the keys in another folder, which is kept
for a shorter time. So what is erased today is unreadable in every backup whose keys are gone, or are newer than the erasure.

    FOLDER/database.dump   PostgreSQL's own format, without what would outlive its purpose (LEFT_OUT)
    FOLDER/files/          the vault's files, sealed as they are
    FOLDER/subjects        which subject keys belong to it, by number
    FOLDER/manifest.json   written last: hashes of all that, and of each table's rows; what triggers and rights there were
    KEYS/subject-keys, KEYS/manifest.json
"""

import hashlib
import json
import os
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.files import File
from django.db import connection, models, transaction
from django.utils.translation import gettext as _

from accounts import sequencer
from accounts.models import Incarnation
from accounts.refused import Refused
from accounts.vault import VaultFileField, places, searching
from accounts.vault.models import SubjectKey
from config import postgres

VERSION = 1
DUMP, FILES, SUBJECTS, KEYS, MANIFEST = "database.dump", "files", "subjects", "subject-keys", "manifest.json"
# Keys stand apart, digests are made anew of what they are of, and who holds a stolen backup shall not hold anybody's session.
LEFT_OUT = ("accounts_subjectkey", "accounts_searchdigest", "django_session", "usersessions_usersession")
KEY_COLUMNS = "id, kind, ref, organisation_id, wrapped, wrapped_by, made_at, destroyed_at, destroyer, why"
BLOCK = 1024 * 1024

# The same for the same rows, in whatever order and on whatever machine.
CONTENT = "SELECT count(*), coalesce(sum(('x' || left(md5(t::text), 15))::bit(60)::bigint), 0)::text FROM {} AS t"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
# PostgreSQL writes a constraint's casts and brackets in another way once it has read them from a dump.
GUARDS = r"""
SELECT 'trigger', concat_ws(' ', tgrelid::regclass, tgname, tgenabled, pg_get_triggerdef(oid))
FROM pg_trigger WHERE NOT tgisinternal
UNION ALL
SELECT 'constraint', concat_ws(' ', conrelid::regclass, conname, convalidated,
    regexp_replace(pg_get_constraintdef(oid), '::(character varying|text)(\[\])?|[()]', '', 'g'))
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0
UNION ALL
SELECT 'function', concat_ws(' ', oid::regprocedure, prosecdef, proconfig, md5(prosrc))
FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL
SELECT 'policy', concat_ws(' ', tablename, policyname, permissive, roles, cmd, qual, with_check)
FROM pg_policies WHERE schemaname = 'public'
UNION ALL
SELECT 'wall', concat_ws(' ', relname, relrowsecurity, relforcerowsecurity)
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
UNION ALL
SELECT 'table right', concat_ws(' ', c.relname, a.grantee::regrole, a.privilege_type)
FROM pg_class c, aclexplode(c.relacl) a WHERE c.relnamespace = 'public'::regnamespace AND a.grantee <> c.relowner
UNION ALL
SELECT 'column right', concat_ws(' ', c.relname, t.attname, a.grantee::regrole, a.privilege_type)
FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a WHERE c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT 'function right', concat_ws(' ', p.oid::regprocedure, a.grantee::regrole)
FROM pg_proc p, aclexplode(p.proacl) a WHERE p.pronamespace = 'public'::regnamespace AND a.grantee <> p.proowner
"""


class BadFolder(Refused):
    """Where a backup is to be written, or read, is not as it must be."""


class Failed(Exception):
    """One of PostgreSQL's own programs did not do its work; says what it said."""


def made(folder: Path, keys: Path) -> dict[str, Any]:
    """Writes it while Keyholder runs; what it says of it. Raises BadFolder, Failed."""
    for place in (folder, keys):
        fresh(place)
    if keys.resolve().is_relative_to(folder.resolve()) or folder.resolve().is_relative_to(keys.resolve()):
        raise BadFolder(_("Subject keys are kept apart from the rest: choose a folder for them that is not inside the other’s."))
    with one_moment() as snapshot:
        dump(folder / DUMP, snapshot)
        copied_out(KEY_COLUMNS, keys / KEYS)
        copied_out("id", folder / SUBJECTS)
        found = facts()
        names = sorted(file_names())
    # Afterwards: files are written before the row that names them, and none is ever changed.
    copied, missing = copied_files(names, folder / FILES)
    told = {"version": VERSION, **found, "files": copied, "missing": missing}
    finish(keys, {"version": VERSION, "taken_at": found["taken_at"], "hashes": {KEYS: hashed(keys / KEYS)}})
    finish(folder, {**told, "hashes": {name: hashed(folder / name) for name in (DUMP, SUBJECTS)}})
    return told


def fresh(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise BadFolder(_("%(folder)s is not empty: a backup is written into a folder of its own.") % {"folder": folder})


@contextmanager
def one_moment() -> Iterator[str]:
    """All is read as it was at one moment, while others write on; its name, by which other programs read the same."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        # However long the copying takes.
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0]


def environment() -> dict[str, str]:
    """Of PostgreSQL's programs, so that a password stands in no list of processes."""
    held = connection.settings_dict
    asked = {"PGDATABASE": held["NAME"], "PGUSER": held["USER"], "PGPASSWORD": held["PASSWORD"], "PGHOST": held["HOST"]}
    asked |= {"PGPORT": held["PORT"], "PGOPTIONS": ""}
    asked |= {f"PG{name.upper()}": value for name, value in held["OPTIONS"].items() if name.startswith("ssl")}
    return {**os.environ, **{name: str(value) for name, value in asked.items() if value}}


def run(program: str, *arguments: str) -> None:
    command = [str(postgres.binaries() / program), *arguments]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"{program}: {done.stderr.strip()}")


def dump(file: Path, snapshot: str) -> None:
    file.touch(mode=0o600)
    left_out = [f"--exclude-table-data=public.{table}" for table in LEFT_OUT]
    run("pg_dump", "-Fc", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={file}", *left_out)


def copied_out(columns: str, file: Path) -> None:
    """Of every subject key."""
    query = f"COPY (SELECT {columns} FROM accounts_subjectkey ORDER BY id) TO STDOUT"  # noqa: S608  # nosec B608  # names of our own
    with connection.cursor() as cursor, open(file, "xb", opener=private) as out, cursor.copy(query) as rows:
        for block in rows:
            out.write(block)


def private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def facts() -> dict[str, Any]:
    """What a restored database is compared with, and what it needs."""
    last = sequencer.last_head()
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
        taken_at = cursor.fetchone()[0]
    return {
        "taken_at": taken_at,
        "incarnation": Incarnation.objects.latest("number").number,
        "head": sequencer.said(last).facts() if last else None,
        "tables": content(),
        "guards": guards(),
        "vault_keys": sorted(SubjectKey.objects.exclude(wrapped=b"").values_list("wrapped_by", flat=True).distinct()),
        "index_key": index_key(),
    }


def content() -> dict[str, list[Any]]:
    """Of each table how many rows it has and what they come to."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        return {table: content_of(table) for (table,) in cursor.fetchall() if table not in LEFT_OUT}


def content_of(table: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(CONTENT.format(connection.ops.quote_name(table)))
        return list(cursor.fetchone())


def guards() -> dict[str, list[Any]]:
    """Of each kind of what guards the rows how many there are, and their hash."""
    listed: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(GUARDS)
        for kind, one in cursor.fetchall():
            listed.setdefault(kind, []).append(one)
    return {kind: [len(some), hashlib.sha256("\n".join(sorted(some)).encode()).hexdigest()] for kind, some in listed.items()}


def index_key() -> str:
    """By which it is known again, and nothing else."""
    return hashlib.sha256(searching.index_key(settings.VAULT_INDEX_KEY, "backup")).hexdigest()


def file_fields() -> Iterator[tuple[type[models.Model], VaultFileField]]:
    for model in apps.get_models():
        yield from ((model, field) for field in model._meta.concrete_fields if isinstance(field, VaultFileField))


def file_names() -> set[str]:
    """Every file that a row names, also one of history."""
    found: set[str] = set()
    for model, field in file_fields():
        found.update(model._base_manager.exclude(**{field.name: ""}).values_list(field.name, flat=True))
    return found


def copied_files(names: Iterable[str], folder: Path) -> tuple[dict[str, str], list[str]]:
    """Their hashes, and those that are not there."""
    copied, missing, place = {}, [], places.place()
    for name in names:
        if place.exists(name):
            copied[name] = copied_file(place.open(name), folder / name)
        else:
            missing.append(name)
    return copied, missing


def copied_file(source: File, target: Path) -> str:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with source as read, open(target, "xb", opener=private) as out:
        while block := read.read(BLOCK):
            digest.update(block)
            out.write(block)
    return digest.hexdigest()


def copied_files_back(names: Iterable[str], folder: Path) -> None:
    """Those that are there already were compared before."""
    place = places.place()
    for name in names:
        if not place.exists(name):
            with (folder / name).open("rb") as read:
                place.save(name, File(read, name))


def hashed(file: Path | File) -> str:
    with file.open("rb") as read:
        return hashlib.file_digest(read, "sha256").hexdigest()


def finish(folder: Path, manifest: dict[str, Any]) -> None:
    """Linked into place when all else stands, so that one that was cut off is none."""
    beside = folder / f"{MANIFEST}.new"
    with open(beside, "x", opener=private) as file:
        json.dump(manifest, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(folder / MANIFEST)
