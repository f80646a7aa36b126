"""Brings a database up to date: schema, shipped list, and in demo mode the demo. `make run` starts the rest after it."""

import os
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config import services


class Command(BaseCommand):
    help = "Migrates, loads the list the product ships with, seeds the demo; with --start also starts web, worker and beat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--start", metavar="CONF", help="the supervisor's configuration")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.DEMO:
            services.make_roles()
        commands = [["migrate", "--verbosity", "0"], ["update_lists", "--shipped"]]
        if settings.DEMO:
            commands.append(["seed_demo"])
        for command in commands:
            # Each in a process of its own: the schema is changed in the owner's role, all else in the app's.
            subprocess.run([sys.executable, "manage.py", *command], check=True, cwd=settings.BASE_DIR)
        if options["start"]:
            control = Path(sys.executable).parent / "supervisorctl"
            subprocess.run(
                [control, "-c", options["start"], "start", "web", "worker", "beat"], check=True, stdout=subprocess.DEVNULL
            )
            self.stdout.write(self.where())

    def where(self) -> str:
        address = f"http://127.0.0.1:{os.environ.get('KEYHOLDER_PORT', '8000')}"
        lines = ["", f"Keyholder is ready at {address}"]
        if settings.DEMO:
            lines += [f"  Sign in as someone:  {address}/demo/", f"  Mail it has sent:    {address}/demo/mail"]
        return "\n".join([*lines, "  Stop with Ctrl-C.", ""])
