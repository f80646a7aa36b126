"""Whoever writes of networks at once waits for each other in one order, and never in a circle."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts import organisations, scope
from accounts.models import User
from kyc.networks import joining, ruling
from kyc.networks.network_models import Attachment, Network, NetworkMembership
from tests import cast, networked

pytestmark = pytest.mark.django_db(transaction=True)
WAITS = "SELECT count(*) FROM pg_locks WHERE locktype = %s AND NOT granted"
FREE = "SELECT 1 FROM kyc_network WHERE id = %s FOR KEY SHARE NOWAIT"


def beside(pool: ThreadPoolExecutor, verb: Callable[[], Any]) -> "Future[Any]":
    """In a connection of its own, as an investigator's request."""

    def done() -> Any:
        try:
            with scope.whole():
                return verb()
        finally:
            connection.close()

    return pool.submit(done)


def one_waits(kind: str) -> bool:
    with connection.cursor() as cursor:
        for _ in range(200):
            cursor.execute(WAITS, [kind])
            if cursor.fetchone()[0]:
                return True
            cursor.execute("SELECT pg_sleep(0.02)")
    return False


@pytest.fixture
def ines() -> User:
    return cast.staff("investigator", "Ines Caldeira")


def test_who_attaches_waits_for_who_rules_and_holds_no_network_meanwhile(ines: User) -> None:
    network, newcomer = networked.six(), networked.accounts(1, "Newcomer {}")[0]
    with scope.whole():
        proposed = Attachment.objects.create(network=network, organisation=newcomer, bits=9, proposed_at=timezone.now())
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic(), scope.whole():
            ruling.one_at_a_time()
            attached = beside(pool, lambda: joining.attach(proposed, reason="The same clerk.", by=ines))
            assert one_waits("advisory")
            with connection.cursor() as cursor:
                # As the foreign key of a ruling does.
                cursor.execute(FREE, [network.pk])
        assert attached.result(timeout=10).organisation == newcomer


def test_a_customer_works_on_while_a_building_puts_him_into_a_network(ines: User) -> None:
    network, customer = networked.six(), networked.accounts(1, "Newcomer {}")[0]

    def held() -> int:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '500ms'")
            return organisations.held(customer.pk).pk

    with ThreadPoolExecutor(1) as pool, transaction.atomic(), scope.whole():
        NetworkMembership.objects.create(
            network=Network(pk=network.pk), organisation=customer, confidence=1, since=timezone.now(), how="attached"
        )
        # What names him is looked at by the foreign key when the building commits, and then for a moment.
        assert beside(pool, held).result(timeout=10) == customer.pk
