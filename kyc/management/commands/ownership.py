"""What one regime makes of a structure in a file."""

import json
from argparse import ArgumentParser
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.tables import BadTable, undecodable_line
from kyc.ownership import table
from kyc.ownership.bods import reading, schema, statements
from kyc.ownership.graph import Graph
from kyc.ownership.interests import BODS_TYPES
from kyc.ownership.regimes import determine
from kyc.ownership.rule import REGIMES, rule
from kyc.rules import packs

FILE_HELP = (
    "JSON of the Beneficial Ownership Data Standard 0.4, whose ids are the records'; or "
    f"CSV in UTF-8 with the columns {','.join(table.COLUMNS)}. interest is empty (a shareholding) or a type of BODS: "
    f"{', '.join(BODS_TYPES)}. owner_kind is person or entity, owner_country a code of ISO 3166-1 such as DE, share per cent "
    "(25), a fraction (1/3), a range (25-50, >50) or empty"
)
# No regime here is older, and no rule is known to come so late: such a year is a slip of the hand.
YEARS = range(1900, 2200)


class Command(BaseCommand):
    help = "Prints as JSON the verdict of one regime on every party of a structure, with shares as exact fractions."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help=FILE_HELP)
        parser.add_argument("--subject", required=True, help="the id of the party that is examined")
        parser.add_argument("--regime", required=True, choices=REGIMES)
        parser.add_argument("--listed", default="", help="ids of listed parties, with commas between; nobody if left out")
        parser.add_argument("--as-of", default="", help="the day, YYYY, YYYY-MM or YYYY-MM-DD; today if left out")

    def handle(self, *args: Any, **options: Any) -> None:
        day = self.day(options["as_of"])
        graph = self.graph(options["file"], day)
        listed = {name.strip() for name in options["listed"].split(",")} - {""}
        self.check(graph, options["subject"], listed, options["file"])
        found = determine(
            graph,
            subject=options["subject"],
            rule=rule(packs.current(), options["regime"], on=day),
            listed=listed,
            as_of=str(day),
        )
        self.stdout.write(json.dumps(found.as_json(), ensure_ascii=False, indent=2))

    def day(self, text: str) -> date:
        if not text:
            return datetime.now(UTC).date()
        try:
            day = table.first_day(text)
        except ValueError as bad:
            raise CommandError(f"--as-of: {bad}", returncode=2) from bad
        if day.year not in YEARS:
            raise CommandError(f"--as-of: {text} is not between {YEARS.start} and {YEARS.stop - 1}.", returncode=2)
        return day

    def graph(self, file: Path, day: date) -> Graph:
        if file.suffix.lower() == ".json":
            return self.declared(file, day)
        try:
            with file.open(encoding="utf-8-sig", newline="") as lines:
                return table.read(lines, source=str(file), on=day)
        except OSError as bad:
            raise CommandError(f"{file}: {bad.strerror}.", returncode=2) from bad
        except UnicodeDecodeError:
            raise CommandError(f"{file}, line {undecodable_line(file)}: is not written in UTF-8.", returncode=2) from None
        except BadTable as bad:
            raise CommandError(str(bad), returncode=2) from bad

    def declared(self, file: Path, day: date) -> Graph:
        try:
            found = statements.load(file)
            for error in schema.errors(found):
                raise CommandError(f"{file}, {error.path}: {error.message}.", returncode=2)
            return reading.structure(statements.read(found), on=day)
        except OSError as bad:
            raise CommandError(f"{file}: {bad.strerror}.", returncode=2) from bad
        except statements.Unreadable as bad:
            raise CommandError(str(bad), returncode=2) from bad
        except reading.BadStatement as bad:
            raise CommandError(f"{file}, {bad}", returncode=2) from bad

    def check(self, graph: Graph, subject: str, listed: set[str], file: Path) -> None:
        if subject not in graph.ids:
            raise CommandError(f"{file}: the subject {subject} occurs in no line.", returncode=2)
        strange = sorted(listed - set(graph.ids))
        if strange:
            raise CommandError(f"{file}: {', '.join(strange)} after --listed occurs in no line.", returncode=2)
