"""How a network stood: what is written anew since does not change a past day."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import scope
from kyc.desk import network_picture
from kyc.networks import standing
from kyc.networks.network_models import Network, NetworkMembership
from kyc.networks.standing import Shared
from tests import networked

# Each step in a transaction of its own, which has its time.
pytestmark = pytest.mark.django_db(transaction=True)


def test_how_sure_it_was_on_a_past_day_is_as_it_was_written_then() -> None:
    before = timezone.now()
    network = networked.network_of(networked.accounts(3, "Heron {} BV"), {}, at=before - timedelta(days=9))
    then = timezone.now()
    with scope.whole():
        NetworkMembership.objects.filter(network=network).update(confidence=0.4, via=["device"])
        Network.objects.filter(pk=network.pk).update(confidence=0.71)
    with scope.whole():
        network.refresh_from_db()
        assert [standing.sure(network, at) for at in (before, then, None)] == [None, 0.94, 0.71]
        told = []
        for at in (before, then, None):
            members = standing.surely(standing.members(network, at), at)
            drawn = network_picture.of(network, members, Shared([]), {}, {}).picture
            told.append((set(members.values_list("sure", flat=True)), drawn.accounts[0].note))
            assert all(
                (one.by_families or ["device"]) == (["contact", "payment"] if at == then else ["device"]) for one in members
            )
        assert told == [
            ({None}, "Not verified · 0 active keys"), ({0.9}, "Not verified · 0 active keys"), ({0.4}, "only 40 % sure"),
        ]  # fmt: skip
