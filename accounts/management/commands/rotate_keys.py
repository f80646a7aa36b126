"""Brings every key of a person, organisation or report under the newest key-encryption key."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts.management.named import NamedCommand
from accounts.refused import Refused
from accounts.vault import keyring, rotation


class Command(NamedCommand):
    help = (
        "Wraps the keys of all subjects anew under the highest number in VAULT_KEYS, while the product runs. Stopped or killed, "
        "it goes on where it was when it is begun again. All processes must have been started with the new key before."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--new", action="store_true", help="in demo mode: first add a key to the installation's own file")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["new"]:
                self.stdout.write(f"Key {keyring.add()} was added.")
            for step in rotation.rotate():
                self.stdout.write(f"{step.done} moved to key {step.version}, {step.left} left")
        except (Refused, keyring.KeyMissing) as error:
            raise CommandError(str(error), returncode=2) from error
        self.stdout.write(f"Every key is wrapped by key {keyring.current()}. Older ones can be taken out of VAULT_KEYS.")
