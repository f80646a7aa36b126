"""Loads a publisher's own list file as a dated version."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from accounts.management.named import NamedCommand
from accounts.refused import Refused
from kyc.screening import lists
from kyc.screening.entries import BadList
from kyc.screening.models import ListVersion


def day(text: str) -> date:
    return datetime.strptime(text, "%Y-%m-%d").date()


class Command(NamedCommand):
    help = "Stores a list version and prints one line of JSON: version, published, added, changed, removed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--source", choices=ListVersion.Source.values)
        parser.add_argument("--file", type=Path)
        for name in ("aliases", "addresses", "comments"):
            parser.add_argument(f"--{name}", type=Path, help=f"the publisher's file of {name}, if it has one")
        told = "the publisher's date, YYYY-MM-DD; if left out, the one that the file names, or today"
        parser.add_argument("--published", type=day, help=told)
        parser.add_argument("--shipped", action="store_true", help="load the dated list that the product ships with, once")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["shipped"]:
            if not ListVersion.objects.filter(source=ListVersion.Source.OFAC_SDN).exists():
                primary, aliases = lists.SHIPPED_FILES
                lists.load(ListVersion.Source.OFAC_SDN, primary=primary, aliases=aliases, published=lists.SHIPPED_DATE)
            return
        if not options["source"] or not options["file"]:
            raise CommandError("Name --source and --file.", returncode=2)
        try:
            loaded = lists.load(
                options["source"],
                primary=options["file"],
                aliases=options["aliases"],
                addresses=options["addresses"],
                comments=options["comments"],
                published=options["published"],
            )
        except BadList as error:
            raise CommandError(str(error), returncode=2) from error
        except Refused as error:
            raise CommandError(f"{options['file']}: {error}", returncode=2) from error
        self.stdout.write(json.dumps(asdict(loaded)))
