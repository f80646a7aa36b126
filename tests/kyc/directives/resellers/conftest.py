"""A customer in the register, and one assessment that it failed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from kyc.directives.resellers import actions
from kyc.directives.resellers.actions import Terms
from kyc.directives.resellers.models import Reseller, ResellerAssessment
from tests.cast import Founded
from tests.kyc.keys.conftest import ana, case, entity, issued, linked, nordlys, rui, sorvik, the_list  # noqa: F401  # fixtures


@pytest.fixture
def reseller(nordlys: Founded, ana: User) -> Reseller:  # noqa: F811
    return actions.enter(nordlys.organisation, Terms(place="foreign", programme="ours"), by=ana)


@pytest.fixture
def failed(reseller: Reseller, ana: User) -> ResellerAssessment:  # noqa: F811
    known = timezone.localdate() - timedelta(days=3)
    return actions.assess(
        reseller, assessed_on=timezone.localdate(), findings="No identities are checked.", complies=False, known_on=known, by=ana
    )
