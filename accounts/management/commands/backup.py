"""Writes a backup."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from accounts import backups
from accounts.management.named import NamedCommand
from accounts.refused import Refused


class Command(NamedCommand):
    help = (
        "Writes the database and the sealed files as they are at one moment into FOLDER, and the keys of people, organisations "
        "and reports into KEYS, while Keyholder runs. Both are new or empty. Keep KEYS elsewhere, and for a shorter time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", metavar="FOLDER", type=Path)
        parser.add_argument("--keys-to", metavar="KEYS", type=Path, required=True, help="another folder, for subject keys")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            told = backups.made(options["folder"], options["keys_to"])
        except (Refused, OSError, backups.Failed) as error:
            raise CommandError(str(error), returncode=2) from error
        for name in told["missing"]:
            self.stderr.write(f"{name}: a row names this file and it is not there.")
        rows = sum(count for count, _ in told["tables"].values())
        said = {"taken_at": told["taken_at"], "tables": len(told["tables"]), "rows": rows, "files": len(told["files"])}
        self.stdout.write(json.dumps({**said, "missing": len(told["missing"]), "head": told["head"]}))
