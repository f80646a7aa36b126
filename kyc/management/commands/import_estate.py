"""Takes over the accounts and keys that a provider had before."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone

from accounts.management.named import NamedCommand
from accounts.tables import BadTable, undecodable_line
from kyc.keys import estate_file, importing

BAD_FILE = 2


class Command(NamedCommand):
    help = (
        "Takes over accounts and keys that were issued elsewhere, by a CSV file of digests (docs/files.md), and prints one line "
        "of JSON: accounts, keys, new, unchanged, refused, applied. Without --apply nothing is changed. Refused rows are told on "
        "standard error, by file, line and reason, and the others are taken; then it ends with 2."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--apply", action="store_true", help="write it; else only say what would be written")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        if not settings.ESTATE_FORMS:
            raise CommandError("ESTATE_FORMS is not set: say in it how such a key is written.", returncode=BAD_FILE)
        try:
            with file.open(encoding="utf-8-sig", newline="") as lines:
                found = list(estate_file.read(lines, source=file.name, today=timezone.localdate()))
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}.", returncode=BAD_FILE) from None
        except UnicodeDecodeError:
            told = f"{file.name}, line {undecodable_line(file)}: not in UTF-8."
            raise CommandError(told, returncode=BAD_FILE) from None
        except BadTable as bad:
            raise CommandError(str(bad), returncode=BAD_FILE) from None
        done = importing.load(found, apply=options["apply"])
        for fault in done.refused:
            self.stderr.write(f"{file.name}, line {fault.number}: {fault.sentence}.")
        self.stdout.write(json.dumps(done.told() | {"applied": options["apply"]}))
        if done.refused:
            raise CommandError(f"{len(done.refused)} rows were refused.", returncode=BAD_FILE)
