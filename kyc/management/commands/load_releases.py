"""Takes in which models were released when, by which shifts of use are dated."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from accounts.management.named import NamedCommand
from accounts.refused import Refused
from kyc.networks import releases


class Command(NamedCommand):
    help = (
        "Takes a CSV file of whose,name,released_at,capability,source and prints one line of JSON: added, changed, unchanged. "
        "whose is ours or another; released_at a day or an instant in UTC; capability may be empty."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            loaded = releases.load(options["file"])
        except Refused as error:
            raise CommandError(str(error), returncode=2) from error
        self.stdout.write(json.dumps(asdict(loaded)))
