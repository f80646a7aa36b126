"""Where a building puts what it has read: a folder of its own that goes with it, and with the next one where its worker was
killed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory, gettempdir

# Behind it the process.
PREFIX = "keyholder-networks-"


@contextmanager
def folder() -> Iterator[Path]:
    """For nobody else to read."""
    tidy()
    with TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def tidy() -> None:
    """Takes out what processes have left that are no more."""
    for left in Path(gettempdir()).glob(f"{PREFIX}*"):
        process = left.name.removeprefix(PREFIX).partition("-")[0]
        if process.isdecimal() and not lives(int(process)):
            rmtree(left, ignore_errors=True)


def lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
