"""Checks that nobody has changed the audit log."""

import json
import os
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts import audit, checking, heads, verification
from accounts.management.named import NamedCommand

FAILED, BAD_INPUT = 1, 2


class Command(NamedCommand):
    help = (
        "Computes every leaf of the audit tree anew and compares it with all signed heads: those in the database, those in the "
        "file outside it, and with --head those that somebody else has kept. Prints JSON; ends with 1 where something failed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--head", metavar="FILE", type=Path, help="heads kept elsewhere, one line of JSON each")
        parser.add_argument("--processes", metavar="N", type=int, default=os.cpu_count() or 1, help="by default one a processor")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = verification.verify(kept_heads(options["head"]) if options["head"] else (), processes=options["processes"])
        self.stdout.write(json.dumps(findings.told()))
        checking.record(findings, audit.operator(None).items())
        if findings.failed:
            raise CommandError("The audit log is not what was signed; see above.", returncode=FAILED)


def kept_heads(file: Path) -> list[heads.Head]:
    try:
        with file.open(encoding="utf-8") as lines:
            found = list(heads.read(lines))
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}.", returncode=BAD_INPUT) from None
    except UnicodeDecodeError:
        raise CommandError(f"{file}: it is no text.", returncode=BAD_INPUT) from None
    except heads.Unreadable as error:
        raise CommandError(f"{file}: {error}.", returncode=BAD_INPUT) from None
    if not found:
        raise CommandError(f"{file}: no head stands in it.", returncode=BAD_INPUT)
    return found
