"""A credential for a gateway."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts import credentials
from accounts.management.named import NamedCommand
from accounts.refused import Refused


class Command(NamedCommand):
    help = "Prints a new gateway credential. It is shown this once and kept nowhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="what tells this gateway from others")
        parser.add_argument(
            "--test", action="store_true", help="for a test gateway: it knows the keys of sandboxes and no others"
        )

        parser.add_argument(
            "--certificate", default="", metavar="SHA256", help="the fingerprint of the client certificate that it is bound to"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            asked = {"name": options["name"], "for_test": options["test"], "certificate": options["certificate"]}
            _, text = credentials.issue(**asked, by=None)
        except Refused as refused:
            raise CommandError(str(refused), returncode=2) from refused
        self.stdout.write(text)
