"""Checks files of the Beneficial Ownership Data Standard 0.4, writes a customer's structure as one, and enters one."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from accounts.management.named import NamedCommand
from accounts.models import Organisation, User
from accounts.permissions import NotPermitted
from accounts.refused import Refused
from kyc.ownership import filed, filing
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
        enter = verbs.add_parser("import", help="names the owners that a file states; without --apply only tries it")
        enter.add_argument("file", type=Path, metavar="FILE")
        enter.add_argument("organisation", metavar="ORG", help="the organisation's number")
        enter.add_argument("--by", required=True, metavar="EMAIL", help="the member of the organisation who declares it")
        enter.add_argument("--apply", action="store_true", help="enters it, all or nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verb"] == "check":
            self.check_file(options["file"], is_complete=options["complete"])
        elif options["verb"] == "import":
            self.enter(options["file"], options["organisation"], options["by"], is_applied=options["apply"])
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

    def enter(self, file: Path, organisation: str, email: str, *, is_applied: bool) -> None:
        statements = loaded(file)
        for error in schema.errors(statements):
            raise CommandError(f"{file}, {error.path}: {error.message}.", returncode=BAD_USE)
        row = Organisation.objects.filter(pk=number(organisation, option="ORG")).first()
        member = User.objects.filter(email__iexact=email).first()
        if row is None or member is None:
            raise CommandError(f"There is no organisation {organisation}, or nobody with {email}.", returncode=BAD_USE)
        try:
            found = filing.enter(
                row, filed.from_statements(statements, on=datetime.now(UTC).date()), only_try=not is_applied, by=member
            )
        except (filed.BadFile, Refused, NotPermitted) as bad:
            raise CommandError(f"{file}: {bad}", returncode=BAD_USE) from None
        self.write(asdict(found))
        if found.refused:
            raise CommandError(f"{file}: {len(found.refused)} refused, so nothing was entered.", returncode=BAD_USE)

    def write(self, found: Any) -> None:
        self.stdout.write(json.dumps(found, ensure_ascii=False, indent=2, default=str))


def loaded(file: Path) -> Any:
    try:
        return load(file)
    except OSError as bad:
        raise CommandError(f"{file}: {bad.strerror}.", returncode=BAD_USE) from bad
    except Unreadable as bad:
        raise CommandError(str(bad), returncode=BAD_USE) from bad
