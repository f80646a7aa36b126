"""A verified customer of whom a listed party came to own most, which two officers have ruled on."""

import pytest

from accounts.models import User
from kyc.cases import examining, telling
from kyc.directives.blocked import finding
from kyc.directives.blocked.models import BlockedRecord
from kyc.keys import reassessing
from kyc.ownership import actions as ownership
from kyc.ownership.models import Interest
from kyc.screening.models import Hit
from tests import cast
from tests.cast import Founded
from tests.kyc.cases import scenes
from tests.kyc.keys.conftest import ana, case, entity, issued, linked, nordlys, rui, sorvik, the_list  # noqa: F401  # fixtures
from tests.kyc.keys.scenes import Issued
from tests.stage import scene


@scene
def sonia() -> User:
    return cast.staff("approver", "Sónia Teles")


@scene
def sold(nordlys: Founded, linked: Issued) -> Hit:  # noqa: F811
    """To Karpov, who may be whom the list names: the keys are held, and the match waits for a ruling."""
    telling.tell(nordlys.organisation, changed=["owners"], by=nordlys.by)
    own = Interest.objects.live().get(owner=nordlys.controller)
    ownership.change_share(own, share="40", by=nordlys.by)
    scenes.own(nordlys, scenes.KARPOV, "60")
    examining.run()
    reassessing.run()
    return Hit.objects.open().get()


@scene
def same(sold: Hit, ana: User, rui: User) -> Hit:  # noqa: F811
    ruled = cast.ruled(sold, ruling="true", reason="confirmed_by_customer", by=ana, second=rui)
    examining.run()
    return ruled


@pytest.fixture
def found(same: Hit) -> BlockedRecord:
    finding.run()
    return BlockedRecord.objects.get()
