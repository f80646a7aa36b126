"""Loads where networks are, by which requests from embargoed regions are refused."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from accounts.management.named import NamedCommand
from accounts.refused import Refused
from kyc.keys import embargo


class Command(NamedCommand):
    help = (
        "Takes a CSV file of network,country,region in place of the one before it, and prints one line of JSON: rows, sha256. "
        "Networks in CIDR, countries by ISO 3166-1, regions by ISO 3166-2 or empty."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            loaded = embargo.load(options["file"])
        except Refused as error:
            raise CommandError(str(error), returncode=2) from error
        self.stdout.write(json.dumps({"rows": loaded.rows, "sha256": loaded.sha256}))
