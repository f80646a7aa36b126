"""Which models were released when, from a file that an administrator keeps: of ours, and of other providers'."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.refused import Refused
from kyc.networks.indication_models import ModelRelease
from kyc.usage.rows import BadRow, checked_model

COLUMNS = ("whose", "name", "released_at", "capability", "source")
LONGEST = {"name": 100, "capability": 40, "source": 300}


class BadReleases(Refused):
    """The file, the line and the reason."""


@dataclass(frozen=True)
class Loaded:
    added: int
    changed: int
    unchanged: int


@transaction.atomic
def load(path: Path) -> Loaded:
    """What the file says of a model stands; of what it does not name, what was said before stays. Raises BadReleases."""
    rows = {(one["whose"], one["name"]): one for one in read(path)}
    known = {(one.whose, one.name): one for one in ModelRelease.objects.select_for_update()}
    added = changed = 0
    for where, told in rows.items():
        found = known.get(where)
        if found is None:
            ModelRelease.objects.create(**told)
            added += 1
        elif any(getattr(found, name) != value for name, value in told.items()):
            for name, value in told.items():
                setattr(found, name, value)
            found.save()
            changed += 1
    return Loaded(added, changed, len(rows) - added - changed)


def read(path: Path) -> Iterator[dict[str, object]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadReleases(_("%(file)s can't be read as text in UTF-8.") % {"file": path}) from error
    lines = csv.DictReader(text.splitlines())
    if tuple(lines.fieldnames or ()) != COLUMNS:
        raise BadReleases(_("%(file)s, line 1: the columns are %(columns)s.") % {"file": path, "columns": ",".join(COLUMNS)})
    for row in lines:
        try:
            yield checked(row)
        except ValueError as error:
            raise BadReleases(
                _("%(file)s, line %(line)s: %(why)s") % {"file": path, "line": lines.line_num, "why": error}
            ) from error


def checked(row: dict[str, str]) -> dict[str, object]:
    """Raises ValueError."""
    if None in row or None in row.values():
        raise ValueError(_("a row has as many fields as there are columns."))
    told = {name: row[name].strip() for name in COLUMNS}
    if told["whose"] not in ModelRelease.Whose.values:
        raise ValueError(_("whose is ours or another."))
    for name, longest in LONGEST.items():
        if len(told[name]) > longest:
            raise ValueError(_("%(name)s has at most %(count)s characters.") % {"name": name, "count": longest})
    if not told["name"] or not told["source"]:
        raise ValueError(_("name and source are needed."))
    if told["whose"] == ModelRelease.Whose.OURS:
        try:
            checked_model(told["name"])
        except BadRow as error:
            raise ValueError(_("of ours, a model is named as gateways name it.")) from error
    return told | {"released_at": instant(told["released_at"])}


def instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(_("released_at is a day or an instant in UTC, such as 2026-11-30T09:00:00Z.")) from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
