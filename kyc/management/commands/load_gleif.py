"""Loads GLEIF's golden copy, by which the LEIs that customers name are checked."""

import json
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from accounts.management.named import NamedCommand
from accounts.refused import Refused
from kyc.screening import lei_copies


class Command(NamedCommand):
    help = (
        "Takes a golden copy of GLEIF, level 1 (entities) or level 2 (parents), CSV or XML, also gzipped or in a ZIP, in place "
        "of the one before it of the same level, and prints one line of JSON: level, published, rows, sha256. An older one is "
        "refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--file", type=Path, required=True)
        parser.add_argument("--published", type=date.fromisoformat, help="the day, where the file's name does not say it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            loaded = lei_copies.load(options["file"], day=options["published"])
        except Refused as error:
            raise CommandError(str(error), returncode=2) from error
        told = {"level": loaded.level, "published": loaded.published.isoformat(), "rows": loaded.rows, "sha256": loaded.sha256}
        self.stdout.write(json.dumps(told))
