"""Lets the demo's stories begin before today.

A case is late because days have passed, and nothing in the product may set a due date by hand. So the demo goes through its
actions at earlier moments. Only what those actions *say* of the time is earlier. The database keeps its own clock: when a row
was written, what is known since when, whether a link or a verification is good now, stay true to the hour of the seed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.utils import timezone


@contextmanager
def days_ago(days: float) -> Iterator[None]:
    """Actions in here take place that many days ago. The clock runs on meanwhile, so that what follows comes later."""
    now = timezone.now
    timezone.now = lambda: now() - timedelta(days=days)
    try:
        yield
    finally:
        timezone.now = now
