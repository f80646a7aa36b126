"""What one regime makes of a structure in a file."""

import json
from argparse import ArgumentParser
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kyc.ownership import table
from kyc.ownership.graph import Graph
from kyc.ownership.regimes import determine
from kyc.ownership.rule import REGIMES, rule
from kyc.rules import packs


class Command(BaseCommand):
    help = "Prints as JSON the verdict of one regime on every party of a structure, with shares as exact fractions."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help=f"CSV with the columns {','.join(table.COLUMNS)}")
        parser.add_argument("--subject", required=True, help="the id of the party that is examined")
        parser.add_argument("--regime", required=True, choices=REGIMES)
        parser.add_argument("--listed", default="", help="ids of listed parties, with commas between; nobody if left out")
        parser.add_argument("--as-of", default="", help="the day, YYYY, YYYY-MM or YYYY-MM-DD; today if left out")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            day = table.first_day(options["as_of"]) if options["as_of"] else datetime.now(UTC).date()
        except ValueError as bad:
            raise CommandError(f"--as-of: {bad}", returncode=2) from bad
        graph = self.graph(options["file"], day)
        listed = {name.strip() for name in options["listed"].split(",")} - {""}
        self.check(graph, options["subject"], listed, options["file"])
        found = determine(
            graph,
            subject=options["subject"],
            rule=rule(packs.current(), options["regime"], on=day),
            listed=listed & set(graph.ids),
            as_of=str(day),
        )
        self.stdout.write(json.dumps(found.as_json(), ensure_ascii=False, indent=2))

    def graph(self, file: Path, day: date) -> Graph:
        try:
            with file.open(encoding="utf-8-sig", newline="") as lines:
                return table.read(lines, source=str(file), on=day)
        except OSError as bad:
            raise CommandError(f"{file}: {bad.strerror}.", returncode=2) from bad
        except table.BadTable as bad:
            raise CommandError(str(bad), returncode=2) from bad

    def check(self, graph: Graph, subject: str, listed: set[str], file: Path) -> None:
        if subject not in graph.ids:
            raise CommandError(f"{file}: the subject {subject} occurs in no line.", returncode=2)
        for name in sorted(listed - set(graph.ids)):
            self.stderr.write(f"{file}: {name} is listed and occurs in no line; it changes nothing.")
