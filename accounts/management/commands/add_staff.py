"""Makes a staff account."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts import staff
from accounts.management.named import NamedCommand
from accounts.permissions import StaffRole
from accounts.refused import Refused


class Command(NamedCommand):
    help = "Makes a staff account and mails its owner a link, good once, to choose a password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", required=True)
        parser.add_argument("--role", required=True, choices=StaffRole.values)
        parser.add_argument("--print-link", action="store_true", help="print the link and mail nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        shown = options["print_link"]
        try:
            user, link = staff.add(email=options["email"], name=options["name"], role=options["role"], mailed=not shown, by=None)
        except Refused as refused:
            raise CommandError(str(refused), returncode=2) from refused
        self.stdout.write(link if shown else f"A link to choose a password is on its way to {user.email}.")
