"""A gateway with its credential, and the keys that it asks about."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts import credentials
from tests.kyc.cases import scenes
from tests.kyc.cases.conftest import ana, case, nordlys, rui, the_list  # noqa: F401  # fixtures
from tests.kyc.keys.conftest import entity, issued, linked  # noqa: F401  # fixtures

Ask = Callable[..., Any]


@pytest.fixture
def gateway(db: None) -> str:
    return credentials.issue(name="edge", by=scenes.person("omar@keyholder.example", "Omar", "administrator"))[1]


@pytest.fixture
def ask(gateway: str) -> Ask:
    """Posts to introspect as the gateway; a 500 is an answer here, not an exception."""

    def asked(data: Any = None, *, content_type: str = "application/json", credential: str = gateway, **headers: str) -> Any:
        client = Client(raise_request_exception=False)
        sent = {"Authorization": f"Bearer {credential}"} | headers
        return client.generic("POST", "/api/v1/introspect", data, content_type=content_type, headers=sent)

    return asked
