"""Checks a report's file by itself, and where this installation's database is at hand against the register and the audit tree."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from django.core.management.base import CommandError, CommandParser
from django.db import Error

from accounts.management.named import NamedCommand
from reports import canonical, signing, verification
from reports.management.asked import BAD_USE
from reports.verification import Check

FAILED = 1
# No report of ours is larger, and something else need not be read whole.
LARGEST = 1 << 30
NEVER_ISSUED = {"awaiting": "It waits for an approval: it was never issued."}
AWAY = "The database of this installation is not at hand."


class Command(NamedCommand):
    help = (
        "Checks the signature, the certificate and every attachment of a report, whether it was issued here and still stands, "
        "and that its issue stands in the signed audit tree. Asks nobody. Prints JSON; ends with 1 where something failed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE.pdf", type=Path)
        parser.add_argument(
            "--roots", metavar="FILE", type=Path, help="certificates (PEM) to believe; by default the house's own"
        )
        parser.add_argument(
            "--clocks", metavar="FILE", type=Path, help="the same of authorities that tell the time; by default the house's own"
        )
        parser.add_argument("--offline", action="store_true", help="look at the file alone, also where a database is at hand")

    def handle(self, *args: Any, **options: Any) -> None:
        data = read(options["file"])
        if not data.startswith(b"%PDF-"):
            raise CommandError(f"{options['file']}: it is no PDF.", returncode=BAD_USE)
        known = None if options["offline"] else issued_at(data)
        roots, clocks = believed(options["roots"], signing.roots), believed(options["clocks"], signing.stamping_roots)
        checks = list(verification.examined(data, believed=roots, clocks=clocks, issued_at=known))
        status = "unknown"
        if all(check.passed is not False for check in checks):
            envelope = verification.attached(data).envelope
            status = verification.status_of(envelope)
            checks += of_register(data, envelope, is_offline=options["offline"])
        failed = [check.name for check in checks if check.passed is False]
        told = [check.told() for check in checks]
        self.stdout.write(
            json.dumps(
                {"sha256": canonical.sha256(data), "status": status, "checked": told, "failed": failed}, ensure_ascii=False
            )
        )
        if failed:
            raise CommandError("The file is not a sound report; see above.", returncode=FAILED)


def read(file: Path) -> bytes:
    try:
        if file.stat().st_size > LARGEST:
            raise CommandError(f"{file}: it is larger than any report.", returncode=BAD_USE)
        return file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}.", returncode=BAD_USE) from None


def believed(file: Path | None, own: Callable[[], tuple[x509.Certificate, ...]]) -> tuple[x509.Certificate, ...]:
    if file is None:
        return own()
    try:
        return signing.certificates(read(file))
    except ValueError:
        raise CommandError(f"{file}: it holds no certificates (PEM).", returncode=BAD_USE) from None


def issued_at(data: bytes) -> datetime | None:
    try:
        return verification.issued_at(data)
    except Error:
        return None


def of_register(data: bytes, envelope: dict[str, Any], *, is_offline: bool) -> list[Check]:
    """What was not issued stands in no register; that it is a draft a sound one says itself, and nobody takes it for more."""
    status = verification.status_of(envelope)
    if status == "draft":
        return [Check("register", None, "It is a draft: not issued and not registered.")]
    if status != "issued":
        return [Check("register", False, NEVER_ISSUED.get(status, "It does not say that it was issued."))]
    if is_offline:
        return [Check("register", None, "Not looked at.")]
    try:
        return list(verification.in_register(data, envelope))
    except Error:
        return [Check("register", None, AWAY)]
