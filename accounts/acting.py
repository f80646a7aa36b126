"""In whose hands a change is: person and request, command or task, named in every history row written meanwhile, however it
is written."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import pghistory

for_whom: ContextVar[str] = ContextVar("for_whom", default="")


@contextmanager
def named(**who: Any) -> Iterator[None]:
    """Inside another block it adds to what that says, and takes it back at its end. To be opened outside the transaction: what
    is said holds until that ends."""
    with pghistory.context() as now:
        before = dict(now.metadata)
        now.metadata.update(who)
        try:
            yield
        finally:
            now.metadata.clear()
            now.metadata.update(before)


@contextmanager
def on_behalf_of(whom: str) -> Iterator[None]:
    """What is written inside is done for somebody else than who does it: in history and in the audit."""
    token = for_whom.set(whom)
    try:
        with named(on_behalf_of=whom):
            yield
    finally:
        for_whom.reset(token)
