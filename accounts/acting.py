"""In whose hands a change is: person and request, command or task, named in every history row written meanwhile, however it
is written."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from typing import Any

import pghistory
from django.db import connection

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


@contextmanager
def in_turns() -> Iterator[None]:
    """For a transaction that holds what several people did: each history row says its place in it, and `turn` whose it is;
    outside of any turn it is the product's. To be opened outside the transaction; inside another such block it is that one."""
    with pghistory.context() as now:
        if "place" in now.metadata:
            yield
            return
    places = count(1)

    def placed(execute: Callable[..., Any], *statement: Any) -> Any:
        pghistory.context(place=next(places))
        return execute(*statement)

    with connection.execute_wrapper(placed), named(user=None, place=0):
        yield


@contextmanager
def turn(user: int | None) -> Iterator[None]:
    """What is written inside is that user's; None is the product itself. Places go on."""
    with pghistory.context() as now:
        before = now.metadata.get("user")
        now.metadata["user"] = user
        try:
            yield
        finally:
            now.metadata["user"] = before
