"""The shipped list, read and indexed once a run."""

import pytest

from kyc.screening import lists
from kyc.screening.entries import Entry
from kyc.screening.index import Index
from kyc.screening.sources import ofac


@pytest.fixture(scope="session")
def shipped() -> list[Entry]:
    return list(ofac.read(*map(lists.lines, lists.SHIPPED_FILES)))


@pytest.fixture(scope="session")
def shipped_index(shipped: list[Entry]) -> Index:
    return Index(shipped)
