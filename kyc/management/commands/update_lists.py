"""Loads a publisher's list as a dated version, from a file or from the publisher."""

import json
from argparse import ArgumentParser
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from accounts.management.named import NamedCommand
from accounts.refused import Refused
from kyc.screening import lists, updating
from kyc.screening.entries import BadList
from kyc.screening.lists import Loaded
from kyc.screening.models import ListVersion

# What is said of a file that is named.
OF_A_FILE = ("aliases", "addresses", "comments", "published", "may_shrink")


def day(text: str) -> date:
    return datetime.strptime(text, "%Y-%m-%d").date()


class Command(NamedCommand):
    help = (
        "Stores a list version and prints one line of JSON: version, published, added, changed, removed, and whether it is "
        "active (in use). Without --file it is fetched from its publisher."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--source", choices=ListVersion.Source.values)
        parser.add_argument("--all", action="store_true", help="fetch every list that has an address")
        parser.add_argument("--file", type=Path)
        for name in ("aliases", "addresses", "comments"):
            parser.add_argument(f"--{name}", type=Path, help=f"the publisher's file of {name}, if it has one")
        told = "the publisher's date, YYYY-MM-DD; if left out, the one that the file names, or today. Of a file that is loaded, "
        told += "it corrects the day"
        parser.add_argument("--published", type=day, help=told)
        parser.add_argument("--may-shrink", action="store_true", help="take the file though it has far fewer entries")
        parser.add_argument("--shipped", action="store_true", help="load the dated list that the product ships with, once")

    def handle(self, *args: Any, **options: Any) -> None:
        check(options)
        if options["shipped"]:
            shipped()
        elif options["all"]:
            self.fetch(settings.LISTS)
        elif options["source"] and options["file"]:
            self.stdout.write(json.dumps(asdict(loaded(options))))
        elif options["source"] in settings.LISTS:
            self.fetch([options["source"]])
        elif options["source"]:
            raise CommandError(f"No address is set for {options['source']}. Name --file.", returncode=2)
        else:
            raise CommandError("Name --source and --file, or --all.", returncode=2)

    def fetch(self, sources: Iterable[str]) -> None:
        """Each by itself: what one publisher does keeps no other list from its day."""
        failed = []
        for source in sources:
            try:
                self.stdout.write(json.dumps({"source": source, **asdict(updating.fetch(source))}))
            except (BadList, Refused) as error:
                failed.append(f"{source}: {error}")
        if failed:
            raise CommandError("\n".join(failed), returncode=2)


def check(options: dict[str, Any]) -> None:
    """What would be read by nobody is refused."""
    alone = next((f"with --{name}" for name in ("all", "shipped") if options[name]), "")
    unread = ("source", "file", *OF_A_FILE) if alone else () if options["file"] else OF_A_FILE
    if named := [name.replace("_", "-") for name in unread if options[name]]:
        raise CommandError(f"--{named[0]}: means nothing {alone or 'without --file'}.", returncode=2)


def shipped() -> None:
    if not ListVersion.objects.filter(source=ListVersion.Source.OFAC_SDN).exists():
        primary, aliases = lists.SHIPPED_FILES
        lists.load(ListVersion.Source.OFAC_SDN, primary=primary, aliases=aliases, published=lists.SHIPPED_DATE)


def loaded(options: dict[str, Any]) -> Loaded:
    """Whoever mistypes a file's name is told, and nobody else."""
    file: Path = options["file"]
    others = {name: options[name] for name in OF_A_FILE}
    try:
        return lists.load(options["source"], primary=file, **others)
    except (BadList, Refused) as error:
        said = str(error) if isinstance(error, BadList) else f"{file}: {error}"
        if file.is_file():
            updating.refused(options["source"], said, is_fetched=False)
        raise CommandError(said, returncode=2) from error
