"""Compares everybody in a file with the lists."""

import csv
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError

from accounts.tables import BadTable, undecodable_line
from kyc.management.commands.update_lists import day
from kyc.rules import packs
from kyc.screening import batch, lists, weighing
from kyc.screening.models import ListVersion

MOST = 1000


class Command(BaseCommand):
    help = (
        "Writes a row for each entry that somebody in the file may be, best first, also those below the line of a hit. It "
        "asks the lists only: nothing is recorded, and no case is touched."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        told = f"CSV in UTF-8 with the columns {','.join(batch.COLUMNS)}; kind is {' or '.join(batch.KINDS)}, birth_date YYYY, "
        told += "YYYY-MM or YYYY-MM-DD, country a code of ISO 3166-1 such as DE; the last three may be empty or left out"
        parser.add_argument("file", type=Path, help=told)
        parser.add_argument("--out", type=Path, required=True, help=f"CSV with the columns {','.join(batch.FOUND)}")
        known = ", ".join(ListVersion.Source.values)
        parser.add_argument("--lists", default="", help=f"of {known}, with commas between; all active ones if left out")
        told = f"the weights to compare by, of {', '.join(weighing.versions())}; those in force now if left out"
        parser.add_argument("--configuration", default=weighing.CURRENT, help=told)
        told = "compare with the lists as published by that day, YYYY-MM-DD; with those in use now if left out"
        parser.add_argument("--as-of", type=day, help=told)
        parser.add_argument("--limit", type=int, default=10, help="how many entries at most for each row; 10 if left out")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["limit"] <= MOST:
            raise CommandError(f"--limit: {options['limit']} is not between 1 and {MOST}.", returncode=2)
        if options["out"].exists() and options["file"].exists() and options["out"].samefile(options["file"]):
            raise CommandError("--out: names the file that is read; name another.", returncode=2)
        by = options["configuration"]
        if by not in weighing.versions():
            known = ", ".join(weighing.versions())
            raise CommandError(f"--configuration: {by} is not known; there are {known}.", returncode=2)
        versions = self.versions(options["lists"], options["as_of"])
        # Of earlier weights the line is their own.
        line = packs.current().screening_threshold if by == weighing.CURRENT else weighing.configuration(by).line
        if not options["out"].parent.is_dir():
            raise CommandError(f"--out: {options['out']} can't be written, since its folder is not there.", returncode=2)
        with self.read(options["file"]) as file, self.written(options["out"]) as out:
            rows = csv.DictWriter(out, batch.FOUND, lineterminator="\n")
            rows.writeheader()
            index = lists.built([version.pk for version in versions])
            names = {version.pk: version.source for version in versions}
            for id, subject in batch.asked(file, source=str(options["file"])):
                found = batch.found(index, id, subject, lists=names, line=line, limit=options["limit"], configuration=by)
                rows.writerows(found)

    def versions(self, named: str, as_of: date | None) -> list[ListVersion]:
        active = {version.source: version for version in (lists.published_by(as_of) if as_of else lists.active_versions())}
        wanted = [source.strip() for source in named.split(",") if source.strip()] or sorted(active)
        for source in wanted:
            if source not in ListVersion.Source.values:
                known = ", ".join(ListVersion.Source.values)
                raise CommandError(f"--lists: {source} is not known; lists are {known}.", returncode=2)
            if source not in active:
                told = f"of {as_of} is not loaded" if as_of else "is not loaded"
                raise CommandError(f"--lists: {source} {told}; load it with update_lists first.", returncode=2)
        if not wanted:
            told = f"No list published by {as_of} is loaded" if as_of else "No list is loaded"
            raise CommandError(f"{told}; load one with update_lists first.", returncode=2)
        return [active[source] for source in dict.fromkeys(wanted)]

    @contextmanager
    def read(self, path: Path) -> Iterator[TextIO]:
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                yield file
        except UnicodeDecodeError:
            raise CommandError(f"{path}, line {undecodable_line(path)}: is not written in UTF-8.", returncode=2) from None
        except OSError as bad:
            raise CommandError(f"{bad.filename}: {bad.strerror}.", returncode=2) from bad
        except BadTable as bad:
            raise CommandError(str(bad), returncode=2) from bad

    @contextmanager
    def written(self, path: Path) -> Iterator[TextIO]:
        """What stands under that name is whole: it is written beside it, and left away where something goes wrong."""
        beside = path.with_name(f".{path.name}.part")
        try:
            file = beside.open("w", encoding="utf-8", newline="")
        except OSError as bad:
            raise CommandError(f"--out: {path} can't be written: {bad.strerror}.", returncode=2) from bad
        try:
            with file:
                yield file
            beside.replace(path)
        finally:
            with suppress(OSError):
                beside.unlink()
