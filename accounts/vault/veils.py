"""While somebody looks at pages that were made for another, a sealed value is read masked, whatever reads it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from accounts.vault.erased import Unreadable

# Takes the row, the name of the column and the value; returns what is shown in its place.
Mask = Callable[[Any, str, str], str]
drawn: ContextVar[Mask | None] = ContextVar("drawn", default=None)


class Veiled(Unreadable):
    """Stands for a value that its reader does not see. Never written in the value's place."""


class NotShown(Exception):
    """A file has no mask."""


@contextmanager
def veiled(mask: Mask) -> Iterator[None]:
    before = drawn.set(mask)
    try:
        yield
    finally:
        drawn.reset(before)


def over(instance: Any, field: str, value: str) -> str:
    """As its reader sees it."""
    mask = drawn.get()
    return value if mask is None or not value or isinstance(value, Unreadable) else Veiled(mask(instance, field, value))
