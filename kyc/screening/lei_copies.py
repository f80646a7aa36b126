"""GLEIF's golden copies, loaded from a file by the operator of the machine, each in place of the one before it of its level."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from django.db import connection, transaction
from django.utils.translation import gettext as _
from psycopg.errors import UniqueViolation

from accounts import audit
from accounts.refused import Refused
from kyc.evidence.lei_models import LegalEntity, LegalEntityParent, LeiCopy
from kyc.screening.entries import BadList
from kyc.screening.sources import gleif
from kyc.screening.sources.files import sha256
from kyc.screening.sources.gleif import Entity, Parent

ENTITY_COLUMNS = (
    "lei", "name", "names", "country", "hq_country", "jurisdiction", "authority", "number", "entity_status", "status",
    "renewal_on",
)  # fmt: skip
PARENT_COLUMNS = ("child", "parent", "kind", "is_active")


class BadCopy(Refused):
    """The file is no golden copy, or none that may take the place of the one that is here."""


def load(path: Path, *, day: date | None = None) -> LeiCopy:
    """Whole or not at all; what was there before answers meanwhile. The day it was published stands in its name, unless it is
    told. The same file again is silence. Raises BadCopy."""
    published = day or gleif.published(path)
    if published is None:
        raise BadCopy(_("The file's name does not say when it was published. Say it with --published YYYY-MM-DD."))
    try:
        level, rows = gleif.read(path)
        digest = sha256(path)
        newest = LeiCopy.objects.filter(level=level).order_by("-published", "-pk").first()
        if newest and newest.sha256 == digest and newest.published == published:
            return newest
        if newest and newest.published > published:
            day_of = {"day": newest.published.isoformat()}
            raise BadCopy(_("A golden copy of %(day)s is here, which is newer. Nothing has been loaded.") % day_of)
        return replace(level, rows, published, digest)
    except BadList as error:
        raise BadCopy(str(error)) from None


@transaction.atomic
def replace(level: str, rows: gleif.Rows, published: date, digest: str) -> LeiCopy:
    operator = audit.operator(None)
    model, columns = (LegalEntity, ENTITY_COLUMNS) if level == LeiCopy.Level.ENTITIES else (LegalEntityParent, PARENT_COLUMNS)
    model._default_manager.all().delete()
    statement = f"COPY {model._meta.db_table} ({', '.join(columns)}) FROM STDIN"
    count = 0
    try:
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in once(rows):
                copy.write_row(written(row))
                count += 1
    # Found by the database, since all numbers of a whole copy would take much memory.
    except UniqueViolation:
        raise BadList(str(_("An LEI stands in the file twice."))) from None
    if not count:
        raise BadList(str(_("The file holds no record.")))
    made = LeiCopy.objects.create(level=level, published=published, sha256=digest, rows=count, loaded_by=operator["operator"])
    said = {"level": level, "published": published.isoformat(), "rows": made.rows, "sha256": digest}
    audit.record("lei.loaded", target=made, by=None, **said, **operator)
    return made


def once(rows: gleif.Rows) -> Iterator[Entity | Parent]:
    """A relation that is told of two periods is one to us."""
    seen: set[Parent] = set()
    for row in rows:
        if isinstance(row, Parent):
            if row in seen:
                continue
            seen.add(row)
        yield row


def written(row: Entity | Parent) -> tuple[object, ...]:
    if isinstance(row, Parent):
        return tuple(row)
    as_kept = {"names": json.dumps(row.names, ensure_ascii=False), "renewal_on": row.renewal_on or None}
    return tuple((row._asdict() | as_kept)[name] for name in ENTITY_COLUMNS)
