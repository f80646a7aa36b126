"""How much of the traffic names an end user, and keys that may be resold by somebody who has not said so."""

import pytest

from accounts.models import User
from kyc.directives.resellers import actions, traffic
from kyc.directives.resellers.actions import Terms
from kyc.keys.models import Hold, Key
from kyc.rules import packs
from tests.kyc.networks import used

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(ana: User) -> Key:
    """Two hundred end users in one day, and as many requests that name none."""
    made = used.key_of(1, ana)
    for number in range(200):
        used.use(made, hours=[9], days=1, each=1, end_user=f"{number:032x}")
    used.use(made, hours=[10], days=1, each=200)
    return made


def test_many_end_users_of_no_declared_reseller_are_asked_about_and_nothing_is_done(key: Key, ana: User) -> None:
    [found] = traffic.undeclared()
    assert (found.key, found.end_users) == (key.pk, packs.current().reselling("end_users"))
    assert not Hold.objects.exists()
    actions.enter(key.organisation, Terms(place="domestic", programme="ours"), by=ana)
    assert traffic.undeclared() == []


def test_coverage_is_the_part_of_requests_that_names_one(key: Key) -> None:
    covered = traffic.covered(key.organisation)
    assert covered.end_users == 200 and covered.named == 200 < covered.requests
    [month] = traffic.by_key(key.organisation)
    assert (month.end_users, month.named, month.requests) == (200, 200, covered.requests)
    assert covered.part == 200 * 100 // covered.requests
