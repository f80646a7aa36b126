"""Moves a member of staff to another role, or ends the account."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts import staff
from accounts.management.named import NamedCommand
from accounts.models import User
from accounts.permissions import StaffRole
from accounts.refused import Refused

NONE = "none"


class Command(NamedCommand):
    help = "Changes a staff role; none ends the account. Either holds from the person's next request."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--role", required=True, choices=[*StaffRole.values, NONE])

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email__iexact=options["email"]).first()
        if user is None:
            raise CommandError(f"Nobody signs in with {options['email']}.", returncode=2)
        role = "" if options["role"] == NONE else options["role"]
        try:
            staff.change_role(user, role=role, by=None)
        except Refused as refused:
            raise CommandError(str(refused), returncode=2) from refused
        self.stdout.write(f"{user.email}: {role or 'no access'}")
