"""Fills an empty installation with the demo."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from demo import seed


class Command(BaseCommand):
    help = "Seeds five organisations and the cast, once; prints the demo gateway's credential."

    def handle(self, *args: Any, **options: Any) -> None:
        credential = seed.run()
        if credential:
            path = settings.DATA_DIR / "demo-gateway"
            path.touch(mode=0o600)
            path.write_text(credential + "\n")
            self.stdout.write(f"Seeded the demo. Its gateway's credential stands in {path}")
