"""Checks files of the Beneficial Ownership Data Standard 0.4, and writes a customer's structure as one."""

import json
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from accounts.management.named import NamedCommand
from kyc.ownership.bods import network, schema
from kyc.ownership.bods.statements import Unreadable, items, load
from kyc.rules import packs
from reports import bods
from reports.facts.reader import Reader
from reports.management.asked import known_in, number, span, subject_of, valid_in

FAILED, BAD_USE = 1, 2


class Command(NamedCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        check = verbs.add_parser("check", help="says what is wrong with a file; exit 1 where the schema is not met")
        check.add_argument("file", type=Path, metavar="FILE")
        check.add_argument("--complete", action="store_true", help="statements must fit each other too, or the exit is 1")
        export = verbs.add_parser("export", help="writes who owns and controls one customer")
        export.add_argument("organisation", metavar="ORG", help="the organisation's number")
        export.add_argument("--valid-at", required=True, help="2026, 2026-11, 2026-11-23 or 2026-11-23T14:05:09Z, UTC")
        export.add_argument("--known-at", required=True, help="the same")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verb"] == "check":
            self.check_file(options["file"], is_complete=options["complete"])
        else:
            self.export(options["organisation"], options["valid_at"], options["known_at"])

    def check_file(self, file: Path, *, is_complete: bool) -> None:
        statements = loaded(file)
        errors = list(schema.errors(statements))
        findings = network.findings(statements, today=datetime.now(UTC).date())
        is_valid = not errors and not (is_complete and findings)
        self.write(
            {
                "file": str(file),
                "statements": len(items(statements)),
                "valid": is_valid,
                "schema": [error.as_json() for error in errors],
                "network": [finding.as_json() for finding in findings],
            }
        )
        if not is_valid:
            what = f"{len(errors)} against the schema" if errors else f"{len(findings)} between the statements"
            raise CommandError(f"{file}: {what}.", returncode=FAILED)

    def export(self, organisation: str, valid: str, known: str) -> None:
        valid_at, known_at = span("--valid-at", valid), span("--known-at", known)
        asked, snapshot = number(organisation, option="ORG"), known_in(known_at)
        moment = valid_in(valid_at, snapshot)
        reader = Reader(organisation=subject_of(asked, snapshot), valid_at=moment, snapshot=snapshot, pack=packs.current())
        self.write(bods.statements(reader))

    def write(self, found: Any) -> None:
        self.stdout.write(json.dumps(found, ensure_ascii=False, indent=2, default=str))


def loaded(file: Path) -> Any:
    try:
        return load(file)
    except OSError as bad:
        raise CommandError(f"{file}: {bad.strerror}.", returncode=BAD_USE) from bad
    except Unreadable as bad:
        raise CommandError(str(bad), returncode=BAD_USE) from bad
