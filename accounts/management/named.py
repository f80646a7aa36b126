"""A command whose rows can be told from those of requests and tasks."""

import os
import pwd
from typing import Any

from django.core.management.base import BaseCommand

from accounts import acting


def system_user() -> str:
    """Who runs this process on this machine."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


class NamedCommand(BaseCommand):
    """Names itself and the system user who runs it in every history row it writes."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        with acting.named(command=type(self).__module__.rpartition(".")[2], operator=system_user()):
            return super().execute(*args, **options)
