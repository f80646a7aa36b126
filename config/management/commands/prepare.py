"""Brings a database up to date: schema, shipped list, and in demo mode the demo. `make run` serves from the middle of it on, as
soon as the demo has what its tour goes by."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from config import postgres

# Alone it takes seconds; a machine that does much else is waited for.
READY_WITHIN = 300
MIGRATIONS = "django_migrations"


class Command(BaseCommand):
    help = "Migrates, loads the list the product ships with, seeds the demo; with --start also starts web, worker and beat."
    # They run in `migrate`, which is the first thing done here.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--start", metavar="CONF", help="the supervisor's configuration")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.DEMO:
            postgres.make_roles()
            if is_new():
                self.stdout.write("Making the database and the demo; this happens once and takes half a minute.")
                self.stdout.flush()
        if is_behind():
            self.migrate()
        call_command("update_lists", "--shipped")
        if settings.DEMO:
            call_command("seed_demo", part="first", stdout=self.stdout)
        if options["start"]:
            self.start(options["start"])
            self.stdout.write(self.where())
            self.stdout.flush()
        if settings.DEMO:
            call_command("seed_demo", part="rest", stdout=self.stdout)

    def migrate(self) -> None:
        """In a process of its own: the schema is changed in the owner's role, all else in the app's."""
        done = subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=settings.BASE_DIR)
        if done.returncode:
            raise CommandError("The database could not be brought up to date, see above. Keyholder does not serve.")

    def start(self, conf: str) -> None:
        control = Path(sys.executable).parent / "supervisorctl"
        subprocess.run([control, "-c", conf, "start", "serving:*"], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + READY_WITHIN
        while not is_ready():
            if time.monotonic() > deadline:
                raise CommandError("The pages do not answer, see above. Stop with Ctrl-C.")
            time.sleep(0.1)

    def where(self) -> str:
        lines = ["", f"Keyholder is ready at {address()}"]
        if settings.DEMO:
            lines += [f"  Sign in as someone:  {address()}/demo/", f"  Mail it has sent:    {address()}/demo/mail"]
        return "\n".join([*lines, "  Stop with Ctrl-C.", ""])


def is_new() -> bool:
    return MIGRATIONS not in connection.introspection.table_names()


def is_behind() -> bool:
    """Whether there is a migration that this database has not seen."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def address() -> str:
    return f"http://127.0.0.1:{os.environ.get('KEYHOLDER_PORT', '8000')}"


def is_ready() -> bool:
    try:
        with urllib.request.urlopen(f"{address()}/readyz", timeout=5) as answer:  # noqa: S310  # nosec B310  # our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
