"""Draws a report as a draft: not issued, not registered; its report.json equals the issued one's."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone, translation

from accounts import audit, snapshots
from accounts.history import as_of
from accounts.models import Organisation, Snapshot
from accounts.refused import Refused
from kyc.rules import packs
from reports import building, envelope, pdf
from reports.facts import dossier
from reports.instants import BadInstant, Span, parse

REFUSED, BAD_USE = 1, 2


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=[dossier.KIND], metavar="KIND", help="R-03")
        parser.add_argument("--subject", type=int, help="the organisation's number; by default the first one")
        parser.add_argument("--from", dest="since", help="for reports over a period only")
        parser.add_argument("--valid-at", required=True, help="2026, 2026-11, 2026-11-23 or 2026-11-23T14:05:09Z, UTC")
        parser.add_argument("--known-at", required=True, help="the same")
        parser.add_argument("--out", required=True, type=Path, help="a folder; made when it is not there")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["since"]:
            raise CommandError(f"--from is for reports over a period; {options['kind']} shows one instant.", returncode=BAD_USE)
        valid, known = span("--valid-at", options["valid_at"]), span("--known-at", options["known_at"])
        snapshot = known_in(known)
        valid_at = valid.within(snapshot.taken_at) or valid.within(timezone.now())
        if valid_at is None:
            raise CommandError("--valid-at lies in the future; a report tells what was true.", returncode=REFUSED)
        subject = subject_of(options["subject"], snapshot)
        with translation.override(building.LANGUAGE):
            *_, (_, facts) = dossier.build(organisation=subject, valid_at=valid_at, snapshot=snapshot, pack=packs.current())
            written = write(facts, options["out"], options["kind"])
        told(subject, facts, written["sha256"])
        self.stdout.write(json.dumps(written))


def span(option: str, text: str) -> Span:
    try:
        return parse(text)
    except BadInstant as bad:
        raise CommandError(f"{option}: {bad}", returncode=BAD_USE) from None


def known_in(known: Span) -> Snapshot:
    if known.first <= timezone.now() <= known.last:
        # Asks for now, so what has been written since the last one counts.
        snapshots.tick()
    moment = known.within(timezone.now())
    if moment is None:
        raise CommandError("--known-at lies in the future; nobody knows yet what will be known.", returncode=REFUSED)
    try:
        return snapshots.at(moment)
    except Refused as refused:
        raise CommandError(str(refused), returncode=REFUSED) from None


def subject_of(subject: int | None, snapshot: Snapshot) -> int:
    known = as_of(Organisation, snapshot).order_by("pgh_obj_id")
    found = known.filter(pgh_obj_id=subject).first() if subject is not None else known.first()
    if found is None:
        named = f"Organisation {subject} is" if subject is not None else "No organisation is"
        raise CommandError(f"{named} {'not ' if subject is not None else ''}known at that time.", returncode=BAD_USE)
    return int(found.pgh_obj_id)


def write(facts: dict[str, Any], folder: Path, kind: str) -> dict[str, Any]:
    enclosed = envelope.draft(facts)
    files = pdf.files(facts, enclosed) | {f"{kind}.pdf": pdf.render(facts, enclosed)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
    except OSError as error:
        raise CommandError(f"--out: {folder}: {error.strerror}.", returncode=BAD_USE) from None
    cut = {name: facts[name] for name in ("report", "subject", "valid_at", "known_at")}
    return cut | {"sha256": enclosed["sha256"], "files": sorted(str(folder / name) for name in files)}


def told(subject: int, facts: dict[str, Any], sha256: str) -> None:
    with transaction.atomic():
        about = Organisation(pk=subject)
        audit.record("report.drafted", target=about, by=None, kind=facts["report"], sha256=sha256)
