"""Alice, who fills in Nordlys, and Charlie, who has no business there."""

import pytest
from django.test import Client

from accounts.models import User
from tests.cast import Founded, customer, founded, signed_in


@pytest.fixture
def alice(db: None) -> User:
    return customer()


@pytest.fixture
def nordlys(alice: User) -> Founded:
    return founded(alice)


@pytest.fixture
def alices(nordlys: Founded) -> Client:
    return signed_in(nordlys.by)


@pytest.fixture
def other(db: None) -> Founded:
    return founded(customer("charlie@other.example", "Charlie"), name="Other AS", person="Charlie Other")
