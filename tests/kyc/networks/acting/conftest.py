"""Two verified customers with a key each, ruled to be one hand, and who investigates them."""

from datetime import timedelta

import pytest

from accounts.models import User
from kyc.keys import linking
from kyc.networks import spreading
from kyc.networks.controller_models import Controller
from tests import cast
from tests.cast import Founded
from tests.kyc.keys.conftest import ana, case, entity, issued, linked, nordlys, rui, sorvik, the_list  # noqa: F401  # fixtures
from tests.kyc.keys.scenes import Issued, issue
from tests.kyc.networks.acting import two as hands
from tests.stage import scene


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreading, "SPREAD", timedelta())


@pytest.fixture
def as_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is where no test has to wait."""
    monkeypatch.setattr(spreading, "SPREAD", timedelta(seconds=40))


@scene
def vasco() -> User:
    return cast.staff("investigator", "Vasco Reis")


@scene
def second(linked: Issued, sorvik: Founded) -> Issued:  # noqa: F811
    made = issue(sorvik)
    linking.run()
    made.key.refresh_from_db()
    return made


@scene
def controller(linked: Issued, second: Issued, ines: User, vasco: User) -> Controller:  # noqa: F811
    return hands.ruled(linked.key.organisation, second.key.organisation, by=ines, second=vasco)
