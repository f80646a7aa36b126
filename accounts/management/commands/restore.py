"""Restores a backup into an empty database."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from accounts import backups, restoring
from accounts.management.named import NamedCommand
from accounts.refused import Refused

FAILED, BAD_INPUT = 1, 2


class Command(NamedCommand):
    help = (
        "Loads what `backup` wrote into an empty database, with its own subject keys or newer ones, as another incarnation; then "
        "compares rows, triggers, rights, files and the audit log with what was backed up. Prints JSON; ends with 1 where "
        "something differs. Keyholder is stopped meanwhile, and the secrets of the installation are in the environment."
    )
    # They ask the database, which is empty.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", metavar="FOLDER", type=Path)
        parser.add_argument("--keys", metavar="KEYS", type=Path, required=True, help="its folder of subject keys, or a newer")
        parser.add_argument("--reason", required=True, help="why, as it will stand in the audit trail")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = restoring.restore(
                options["folder"], options["keys"], reason=options["reason"], say=lambda line: self.stderr.write(f"{line} ...")
            )
        except (Refused, OSError, backups.Failed) as error:
            raise CommandError(str(error), returncode=BAD_INPUT) from error
        self.stdout.write(json.dumps(done.told()))
        if done.failed:
            raise CommandError("What was restored is not what was backed up; see above.", returncode=FAILED)
