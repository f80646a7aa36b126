"""The demo's agency, on a machine with no virus scanner as on one with it."""

from typing import Any

import pytest

from accounts import scope
from demo import agencies, hands, seed
from kyc.evidence.agency_models import AgencyRuling

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("scanner", ["answers", "is away"])
def test_is_confirmed_by_its_contract(settings: Any, scanner: str) -> None:
    if scanner == "is away":
        settings.CLAMAV_SOCKET = "/nowhere/clamd.sock"
    seed.people()
    with scope.everything():
        hands.account(agencies.RUNS, "Ioana Pop", "brightfold.example", "RO", 50)
        agencies.declare([hands.account(*row) for row in hands.AGENCY])
        ruling = AgencyRuling.objects.live().get()
        assert (ruling.agency.name, ruling.ruling) == (agencies.SAID["name"], "confirmed")
        assert ruling.document and ruling.document.is_openable
