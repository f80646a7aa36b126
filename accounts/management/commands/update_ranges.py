"""Loads a file of VPN, hosting or proxy ranges, by which it is told whether an address is many people's."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from accounts import ranges
from accounts.management.named import NamedCommand
from accounts.refused import Refused


class Command(NamedCommand):
    help = (
        "Takes a file of ranges in place of the one before it of the same source, and prints one line of JSON: source, rows, "
        "sha256. Networks in CIDR or operators as AS64500, a line each, all of the class --class; or CSV of cidr,class,name."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--source", required=True, help="the name of the file's publisher, in small letters")
        parser.add_argument("--file", type=Path, required=True)
        parser.add_argument("--class", dest="as_class", default="", help=f"one of {', '.join(ranges.KNOWN)}")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            loaded = ranges.load(options["file"], source=options["source"], as_class=options["as_class"])
        except Refused as error:
            raise CommandError(str(error), returncode=2) from error
        self.stdout.write(json.dumps({"source": loaded.source, "rows": loaded.rows, "sha256": loaded.sha256}))
