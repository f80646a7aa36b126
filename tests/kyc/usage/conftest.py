"""Keys of two customers, and a gateway that counts what they are used for."""

import pytest

from accounts import credentials
from accounts.models import GatewayCredential
from tests.kyc.cases.conftest import ana, case, nordlys, rui, the_list  # noqa: F401  # fixtures
from tests.kyc.keys.conftest import entity, issued, linked, sorvik  # noqa: F401  # fixtures


@pytest.fixture
def gateway(db: None) -> GatewayCredential:
    return credentials.issue(name="edge", by=None)[0]
