"""Helps a member of staff who lost the second factor."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts import staff
from accounts.management.named import NamedCommand
from accounts.models import User
from accounts.refused import Refused


class Command(NamedCommand):
    help = "Takes a second factor and its recovery codes away and ends all sessions; the next sign-in sets up a new one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email__iexact=options["email"]).first()
        if user is None:
            raise CommandError(f"Nobody signs in with {options['email']}.", returncode=2)
        try:
            staff.reset_second_factor(user, by=None)
        except Refused as refused:
            raise CommandError(str(refused), returncode=2) from refused
        self.stdout.write(f"{user.email}: signed out everywhere; the next sign-in sets up a new second factor.")
