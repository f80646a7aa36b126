"""Alice, who fills in Nordlys, and Charlie, who has no business there."""

import pytest
from django.test import Client

from accounts.models import User
from tests.cast import Founded, customer, founded, signed_in
from tests.stage import scene


@scene
def alice() -> User:
    return customer()


@scene
def nordlys(alice: User) -> Founded:
    return founded(alice)


@pytest.fixture
def alices(nordlys: Founded) -> Client:
    return signed_in(nordlys.by)


@scene
def other() -> Founded:
    return founded(customer("charlie@other.example", "Charlie"), name="Other AS", person="Charlie Other")
