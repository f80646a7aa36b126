"""A file of keys that were issued elsewhere, sent by an administrator: tried first, then taken over by a word.

What `import_estate` does at once, a worker does here in parts. Each part of a hundred accounts is one transaction, with how far
the file has come, so that whoever takes over from a worker that died goes on where it was."""

import io
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import acting, audit, scope, vault
from accounts.models import User
from accounts.permissions import Permission, require
from accounts.refused import Refused
from accounts.tables import BadTable
from config import jobs
from kyc.keys import estate_file, importing
from kyc.keys.estate_file import WHOLE_KEY, Fault, Line
from kyc.keys.estate_import_models import EstateImport

S = EstateImport.State
# Of a file as it comes; above the hundred thousand keys that were measured (tests/bench/test_estate.py).
LARGEST, MOST_ROWS = 30_000_000, 200_000
# Sentences about lines that are kept; the others are counted.
MOST_FAULTS = 1000
# What nobody has said a word about is discarded after so long.
UNBEGUN = timedelta(days=7)


class Imports(jobs.Queue):
    """Files to be tried or taken over, and those about which nobody says a word."""

    def is_waiting(self) -> bool:
        return super().is_waiting() or forgotten().exists()


QUEUE = Imports(
    name="keys.imports",
    model=EstateImport,
    field="state",
    ready=S.WAITING,
    failed=S.FAILED,
    # Renewed while the work goes on.
    lease=timedelta(seconds=20),
    since="asked_at",
)


class BadFile(Refused):
    """The file is no table of keys, and nothing of it is kept."""

    field = "file"


class NotHeld(Refused):
    """It does not wait for a word any more."""


class FormsMissing(Refused):
    """The operator has not said how such keys are written."""

    field = "file"


def parsed(text: str, name: str, today: Any) -> list[Line | Fault]:
    """Raises BadTable."""
    return list(estate_file.read(io.StringIO(text, newline=""), source=name, today=today))


def send(text: str, *, name: str, by: User) -> EstateImport:
    """Has the file tried; nothing is taken over by it. One in which whole keys stand is not kept. It is read before its
    transaction begins, since that takes seconds. Raises BadFile, FormsMissing, NotPermitted."""
    require(by, Permission.ESTATE_IMPORT)
    if not settings.ESTATE_FORMS:
        raise FormsMissing(_("ESTATE_FORMS is not set: whoever runs this machine says in it how such keys are written."))
    rows = checked(text, name)
    with scope.everything():
        made = EstateImport.objects.create(name=name, rows=rows, asked_by=by, content=vault.sealed(text, purpose=purpose(by)))
        audit.record("estate.file_sent", target=made, by=by, rows=rows)
        jobs.woke("estate.file_sent")
    return made


def checked(text: str, name: str) -> int:
    """How many rows it has."""
    try:
        found = parsed(text, name, timezone.localdate())
    except BadTable as bad:
        raise BadFile(str(bad)) from None
    if not found:
        raise BadFile(_("The file has no rows."))
    if len(found) > MOST_ROWS:
        raise BadFile(_("The file has more than %(most)s rows. Send it in parts.") % {"most": f"{MOST_ROWS:,}"})
    if shown := [one.number for one in found if isinstance(one, Fault) and one.sentence == WHOLE_KEY]:
        raise BadFile(
            _("Line %(line)s: a whole key stands in it, where only its digest may. Nothing of the file was kept; roll that key.")
            % {"line": shown[0]}
        )
    return len(found)


def purpose(by: User) -> str:
    return f"estate:{by.pk}"


@transaction.atomic
def begin(row: EstateImport, *, by: User) -> None:
    """Has what was tried taken over. Raises NotHeld, NotPermitted."""
    found = held(row, by=by)
    found.state, found.begun_at, found.begun_by = S.WAITING, timezone.now(), by
    found.save(update_fields=["state", "begun_at", "begun_by"])
    EstateImport.objects.filter(pk=found.pk).update(**counts(importing.Imported(), at=0))
    audit.record("estate.file_begun", target=found, by=by, keys=found.new)
    jobs.woke("estate.file_sent")


@transaction.atomic
def discard(row: EstateImport, *, by: User) -> None:
    """Nothing of it is kept, also of one that could not be read to its end. Raises NotHeld, NotPermitted."""
    found = held(row, S.FAILED, by=by)
    found.state, found.content = S.DISCARDED, ""
    found.save(update_fields=["state", "content"])
    audit.record("estate.file_discarded", target=found, by=by)


def held(row: EstateImport, *others: str, by: User) -> EstateImport:
    require(by, Permission.ESTATE_IMPORT)
    found = EstateImport.objects.select_for_update().get(pk=row.pk)
    if found.state not in (S.HELD, *others):
        raise NotHeld(_("This file does not wait for a word any more."))
    return found


def forgotten() -> Any:
    return EstateImport.objects.filter(state__in=[S.HELD, S.FAILED], asked_at__lt=timezone.now() - UNBEGUN)


def run() -> None:
    forgotten().update(state=S.DISCARDED, content="")
    for claim in QUEUE.claims():
        with claim, acting.on_behalf_of(str(claim.row.begun_by or claim.row.asked_by)):
            work(claim)


def work(claim: jobs.Claim) -> None:
    """From where it stands to its end. The lease is renewed meanwhile, and each part is fenced."""
    row: EstateImport = claim.row
    text = vault.opened(row.content, purpose=purpose(row.asked_by))
    if text is None:
        raise ValueError("The file can't be opened: it was sealed under another SECRET_KEY.")
    with claim.kept_up():
        lines, faults = importing.sorted_out(parsed(text, row.name, timezone.localdate(row.asked_at)))
        accounts = importing.grouped(lines)
        told = importing.Imported(row.at, row.keys, row.new, row.unchanged, [])
        kept, refused = ([tuple(one) for one in row.faults], row.refused) if row.at else (named(faults), len(faults))
        for at in range(row.at, len(accounts), importing.PART):
            with scope.everything(), transaction.atomic():
                importing.write(accounts[at : at + importing.PART], told, apply=row.begun_at is not None)
                kept, refused = [*kept, *named(told.refused)], refused + len(told.refused)
                told.refused = []
                columns = counts(told, at=min(at + importing.PART, len(accounts))) | {"refused": refused}
                if not claim.mine().update(**columns, faults=kept[:MOST_FAULTS], accounts=len(accounts)):
                    raise jobs.Fenced(QUEUE.name)
    ended(claim, refused=refused, faults=sorted(kept)[:MOST_FAULTS], accounts=len(accounts))


def named(faults: Sequence[Fault]) -> list[tuple[int, str]]:
    return [(fault.number, fault.sentence) for fault in faults]


def counts(told: importing.Imported, *, at: int) -> dict[str, Any]:
    found = {"at": at, "keys": told.keys, "new": told.new, "unchanged": told.unchanged}
    return found | ({"refused": 0, "faults": []} if not at else {})


def ended(claim: jobs.Claim, **columns: Any) -> None:
    row: EstateImport = claim.row
    if row.begun_at is None:
        with claim.finish(state=S.HELD, **columns):
            return
    with claim.finish(state=S.DONE, content="", done_at=timezone.now(), **columns):
        done = EstateImport.objects.get(pk=row.pk)
        audit.record("estate.file_imported", target=done, by=None, keys=done.new, count=done.accounts)
