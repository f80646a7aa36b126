"""The demo, seeded as on a fresh installation."""

from typing import Any

import pytest

from demo import seed
from tests import cast


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


@pytest.fixture
def gateway(db: None) -> str:
    """The demo gateway's credential, which the seed hands over."""
    cast.load_list()
    return seed.run()
