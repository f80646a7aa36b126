#!/usr/bin/env python3
"""Commands of Keyholder. Those that change the schema act as the database's owner, the disposal as its eraser, all others as its
app role."""

import os
import sys

OWNER_COMMANDS = {
    "migrate", "makemigrations", "flush", "sqlflush", "pgtrigger", "remove_stale_contenttypes", "createcachetable", "backup",
    "restore",
}  # fmt: skip

ERASER_COMMANDS = {"dispose"}


def main() -> None:
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    if command in OWNER_COMMANDS:
        os.environ["KEYHOLDER_DB_ROLE"] = "owner"
    if command in ERASER_COMMANDS:
        os.environ["KEYHOLDER_DB_ROLE"] = "eraser"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line
    from django.db.utils import ProgrammingError
    from psycopg.errors import UndefinedTable

    try:
        execute_from_command_line(sys.argv)
    except ProgrammingError as error:
        if not isinstance(error.__cause__, UndefinedTable):
            raise
        print("The database has no tables of Keyholder yet: run `manage.py migrate` first.", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
