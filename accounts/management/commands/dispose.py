"""Erases what is past its last day. The only command in the database's *eraser* role (manage.py)."""

import json
import time
from argparse import ArgumentParser
from collections import Counter
from datetime import date, timedelta
from typing import Any

from django.core.management.base import CommandError
from django.db import close_old_connections
from django.utils import timezone

from accounts import disposal
from accounts.management.named import NamedCommand
from accounts.planning import AT, next_night
from config import jobs

AGAIN = timedelta(minutes=10)


class Command(NamedCommand):
    help = (
        "Erases the records whose last day has passed and that no legal hold keeps: one line of JSON for each class of each "
        "organisation, the certificate, one for each class of what is of none, such as mail about accounts, and one for each "
        "order to erase what a person asked to be erased. With --dry-run it erases nothing and says how much it would."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="erases nothing; counts by class")
        parser.add_argument("--on", type=date.fromisoformat, help="of a dry run: as on that day, YYYY-MM-DD; by default today")
        parser.add_argument("--every-night", action="store_true", help=f"goes on for ever, and erases at {AT:%H:%M} UTC")

    def handle(self, *args: Any, **options: Any) -> None:
        today = timezone.now().date()
        if options["on"] and not options["dry_run"]:
            raise CommandError("--on goes with --dry-run only: nothing is erased before its day.", returncode=2)
        if options["dry_run"]:
            self.count(options["on"] or today)
        elif options["every_night"]:
            self.every_night()
        else:
            self.dispose(today)

    def count(self, on: date) -> None:
        found = Counter(due.record_class.code for due in disposal.planned(on))
        told = {
            "on": on.isoformat(),
            "classes": dict(sorted(found.items())),
            "of_no_organisation": disposal.houses_due(on),
            "orders": len(disposal.ordered()),
            "left_accounts": len(disposal.leavers()),
        }
        self.stdout.write(json.dumps(told))

    def dispose(self, on: date) -> None:
        for number in disposal.ordered():
            if order := disposal.carry_out(number):
                self.stdout.write(json.dumps(disposal.told_order(order), sort_keys=True))
        for number in disposal.leavers():
            if made := disposal.forget_leaver(number):
                self.stdout.write(json.dumps(disposal.told(made), sort_keys=True))
        for code in disposal.houses_due(on):
            if made := disposal.dispose_of_houses(code, on=on):
                self.stdout.write(json.dumps(disposal.told(made), sort_keys=True))
        for due in disposal.planned(on):
            if made := disposal.dispose(due, on=on):
                self.stdout.write(json.dumps(disposal.told(made), sort_keys=True))
                # A pipe or a log would show it only when many have come together.
                self.stdout.flush()
        for dispose in disposal.APART:
            dispose(on)

    def every_night(self) -> None:
        """Goes on with the same night where the database went away under it."""
        at = next_night(timezone.now())
        while True:
            time.sleep(max(0.0, (at - timezone.now()).total_seconds()))
            try:
                self.dispose(timezone.now().date())
                at = next_night(timezone.now())
            except jobs.DATABASE_IS_AWAY as error:
                self.stderr.write(jobs.told(error))
                at = timezone.now() + AGAIN
            close_old_connections()
