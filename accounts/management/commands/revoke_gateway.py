"""Ends a gateway's credential."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts import credentials
from accounts.management.named import NamedCommand
from accounts.models import GatewayCredential
from accounts.organisations import printable


class Command(NamedCommand):
    help = "Ends the gateway credential of that name, from the gateway's next call on and for good."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:
        live = GatewayCredential.objects.filter(revoked_at__isnull=True).order_by("pk")
        found = live.filter(name=printable(options["name"]))
        if not found:
            names = ", ".join(live.values_list("name", flat=True)) or "none"
            raise CommandError(f"No gateway in use is called {options['name']}. In use: {names}.", returncode=2)
        for credential in found:
            credentials.revoke(credential, by=None)
        self.stdout.write(f"{options['name']} is refused from its next call on.")
