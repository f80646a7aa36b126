"""Fills an empty installation with the demo, and goes on with one that was begun."""

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings

from accounts.management.named import NamedCommand
from demo import seed

EVERY = 5


class Command(NamedCommand):
    help = (
        "Makes forty organisations, two sandboxes, accounts that have only signed up and the cast, whatever of them is missing; "
        "keeps the gateway's credential."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--part", choices=["first", "rest"], help="only what the tour needs, or only the others")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["part"] != "rest":
            seed.begin()
            self.hand_over()
        if options["part"] != "first":
            self.complete()

    def hand_over(self) -> None:
        path = settings.DATA_DIR / "demo-gateway"
        if path.exists() and seed.is_ours(path.read_text()):
            return
        text = seed.credential()
        # Renamed when whole, so that a kill leaves no half of it.
        part = path.with_name("demo-gateway.part")
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        part.write_text(text + "\n")
        part.rename(path)
        self.stdout.write(f"Seeded the demo. Its gateway's credential stands in {path}")

    def complete(self) -> None:
        started = time.monotonic()
        made: list[int] = []

        def tell(there: int) -> None:
            made.append(there)
            if there % EVERY == 0 and there < seed.TOTAL:
                self.stdout.write(f"The demo is loading: {there} of {seed.TOTAL} organisations.")
                self.stdout.flush()

        seed.complete(tell)
        if made:
            took = time.monotonic() - started
            self.stdout.write(f"The demo is complete: {made[-1]} organisations, the last {len(made)} in {took:.0f} s.")
