"""An incident, and who investigates it; the compartment is open unless a test closes it."""

from collections.abc import Iterator
from datetime import date

import pytest

from accounts import scope
from accounts.models import User
from kyc.networks import actions
from kyc.networks.models import Incident
from tests import cast
from tests.cast import Founded
from tests.stage import scene

TOLD = {"title": "Answers copied by night", "kind": "extraction", "confidence": "medium", "detected_on": date(2026, 11, 2)}
BLOCKS = {name: f"The {name}." for name in ("who", "what", "when", "where", "why", "how")}


@scene
def nordlys() -> Founded:
    return cast.founded(cast.customer())


@scene
def ines() -> User:
    return cast.staff("investigator", "Ines Caldeira")


@pytest.fixture
def opened(ines: User) -> Iterator[None]:
    with scope.of_officer(ines):
        yield


@pytest.fixture
def incident(opened: None, ines: User) -> Incident:
    return actions.open_incident(**TOLD, by=ines)
