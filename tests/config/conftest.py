from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.config.launched import verb
from tests.running import open_folder


@pytest.fixture
def state() -> Iterator[Path]:
    """Of a new installation, with nothing in it yet."""
    with open_folder() as folder:
        yield folder / "state"
        verb(folder / "state", "stop")
