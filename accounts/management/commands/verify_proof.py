"""Checks the proof of one audit event, without the database."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import proofs
from accounts.management.commands.verify_audit import BAD_INPUT, FAILED, kept_heads


class Command(BaseCommand):
    help = (
        "Checks a proof that an auditor took from the audit trail, by nothing but the file, and with --head that its head is one "
        "that somebody has kept, or goes on from it. Prints as JSON what it proves; ends with 1 where it proves nothing."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="the proof")
        parser.add_argument("--head", metavar="FILE", type=Path, help="heads kept elsewhere, one line of JSON each")

    def handle(self, *args: Any, **options: Any) -> None:
        file = options["file"]
        try:
            text = file.read_text(encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}.", returncode=BAD_INPUT) from None
        except UnicodeDecodeError:
            raise CommandError(f"{file}: it is no text.", returncode=BAD_INPUT) from None
        try:
            found = proofs.proved(text, kept=kept_heads(options["head"]) if options["head"] else ())
        except proofs.Disproved as error:
            raise CommandError(f"{file} proves nothing: {error}.", returncode=FAILED) from None
        self.stdout.write(json.dumps(found.told(), ensure_ascii=False, indent=2))
