"""Checks that nobody has changed the audit log."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from accounts import audit, heads, verification
from accounts.management.named import NamedCommand
from accounts.models import AuditHead

FAILED, BAD_INPUT = 1, 2


class Command(NamedCommand):
    help = (
        "Computes every leaf of the audit tree anew and compares it with all signed heads: those in the database, those in the "
        "file outside it, and with --head those that somebody else has kept. Prints JSON; ends with 1 where something failed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--head", metavar="FILE", type=Path, help="heads kept elsewhere, one line of JSON each")

    def handle(self, *args: Any, **options: Any) -> None:
        outside = read(options["head"]) if options["head"] else []
        if heads.path().exists():
            outside += read(heads.path())
        findings = verification.verify(outside)
        self.stdout.write(json.dumps(findings.told()))
        record(findings)
        if findings.failed:
            raise CommandError("The audit log is not what was signed; see above.", returncode=FAILED)


def record(findings: verification.Findings) -> None:
    """So that the page of the trail can say up to where it was checked, and when."""
    if (last := findings.last) is None:
        return
    verb = "audit.found_altered" if findings.failed else "audit.verified"
    told = {"count": last.size, "failed": sorted(findings.failed)}
    with transaction.atomic():
        audit.record(verb, target=AuditHead(size=last.size), by=None, **told, **audit.operator(None))


def read(file: Path) -> list[heads.Head]:
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
