"""Checks that nobody has changed the audit log."""

import json
import os
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts import audit, checking, heads, proving, verification
from accounts.management.named import NamedCommand


class Command(NamedCommand):
    help = (
        "Computes every leaf of the audit tree anew and compares it with all signed heads: those in the database, those in the "
        "file outside it, and with --head those that somebody else has kept. Prints JSON; ends with 1 where something failed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--head", metavar="FILE", type=Path, help="heads kept elsewhere, one line of JSON each")
        parser.add_argument("--processes", metavar="N", type=int, default=os.cpu_count() or 1, help="by default one a processor")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            kept = ours(options["head"]) if options["head"] else ()
        except proving.Unusable as error:
            raise CommandError(str(error), returncode=proving.BAD_INPUT) from None
        findings = verification.verify(kept, processes=options["processes"])
        self.stdout.write(json.dumps(findings.told()))
        checking.record(findings, audit.operator(None).items())
        if findings.failed:
            raise CommandError("The audit log is not what was signed; see above.", returncode=proving.FAILED)


def ours(file: Path) -> list[heads.Head]:
    """What somebody has kept of this house's heads. Another house's, given by mistake, is no sign that anything was altered.
    Raises Unusable."""
    kept = proving.kept_heads(file)
    for head in kept:
        if not heads.is_signed(head):
            raise proving.Unusable(
                f"{file}: the head of {head.size} events is signed by no key that is known here. It is not this house's; or its "
                "key was changed, then name the former one in AUDIT_PAST_KEYS."
            )
    return kept
