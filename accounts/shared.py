"""Small notes in the cache that all processes share. While it is away nothing is noted or found, and no request fails."""

import time
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError

from config import jobs

AWAY = (RedisError, OSError)
# After a failure nobody asks for so many seconds, so that a cache that hangs does not hold up every request.
QUIET = 2.0
outage = jobs.Outage("the cache")
quiet_until = 0.0


def note(key: str, value: str, *, seconds: int) -> bool:
    """Whether it is noted."""
    return bool(asked("set", key, value, seconds))


def note_first(key: str, *, seconds: int) -> bool:
    """True for the first within so many seconds."""
    return asked("add", key, 1, seconds) is True


def counted(key: str, *, seconds: int, by: int = 1) -> int:
    """How often this was asked within so many seconds, this time included, or what it comes to of `by`; 0 while the cache is
    away."""
    asked("add", key, 0, seconds)
    try:
        return asked("incr", key, by) or 0
    except ValueError:
        # Its time ended between the two.
        return 0


def found(key: str) -> str | None:
    value = asked("get", key)
    return value if isinstance(value, str) else None


def forget(key: str) -> None:
    asked("delete", key)


def asked(what: str, *arguments: Any) -> Any:
    """What the cache answers, None while it is away; setting, which answers nothing, says True."""
    global quiet_until  # one cache, so one silence for the whole process
    if time.monotonic() < quiet_until:
        return None
    try:
        answer = getattr(cache, what)(*arguments)
    except AWAY as error:
        quiet_until = time.monotonic() + QUIET
        outage.goes_on(error)
        return None
    outage.ends()
    return True if what == "set" else answer
