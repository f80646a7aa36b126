"""Whether a key is good now, and for whom."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from kyc.cases.models import Entity
from kyc.keys import actions as keys
from kyc.keys import holds, linking, secret
from kyc.keys.introspection import introspect
from kyc.keys.models import Key, Link
from tests.cast import Founded
from tests.kyc.keys.scenes import Issued, issue

pytestmark = pytest.mark.django_db
INACTIVE = {"active": False}


def ended(issued: Issued, rui: User) -> None:
    Entity.objects.update(ended_at=timezone.now())


def expired(issued: Issued, rui: User) -> None:
    now = timezone.now()
    Entity.objects.update(valid_from=now - timedelta(days=2), valid_until=now - timedelta(seconds=1))


def not_yet(issued: Issued, rui: User) -> None:
    Entity.objects.update(valid_from=timezone.now() + timedelta(hours=1))


def unlinked(issued: Issued, rui: User) -> None:
    Link.objects.all().delete()


def link_ended(issued: Issued, rui: User) -> None:
    Link.objects.update(valid_to=timezone.now(), ended_because="test")


def revoked(issued: Issued, rui: User) -> None:
    keys.revoke(issued.key, by=rui)


def held(on: str) -> Callable[[Issued, User], None]:
    def hold(issued: Issued, rui: User) -> None:
        what = {"key": issued.key, "organisation": issued.key.organisation, "entity": Entity.objects.get()}
        holds.place(**{on: what[on]}, reason="why", by=rui)

    hold.__name__ = f"held_{on}"
    return hold


REASONS = [ended, expired, not_yet, unlinked, link_ended, revoked, held("key"), held("organisation"), held("entity")]


def flipped(text: str, place: int) -> str:
    return text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]


def resigned(text: str) -> str:
    """The text with a checksum that fits, as someone would who knows the form and not the secret."""
    return text[:-6] + secret.checksum(text[:-6])


class TestIntrospect:
    def test_tells_whose_key_it_is(self, nordlys: Founded, linked: Issued, entity: Entity) -> None:
        key = Key.objects.get()
        assert introspect(linked.secret) == {
            "active": True,
            "token_type": "api_key",
            "client_id": key.prefix,
            "sub": entity.reference,
            "entity": entity.reference,
            "assurance": entity.assurance,
            "organisation": nordlys.organisation.pk,
            "project": "Default",
            "responsible": f"party:{nordlys.controller.pk}",
            "responsible_status": {axis: {"standing": "foreign", "checked": False} for axis in ("ear", "iaas")},
            "scope": "",
            "tiers": [],
            "iat": int(key.issued_at.timestamp()),
            "exp": int(entity.valid_until.timestamp()),
        }

    def test_asks_once(self, linked: Issued, reads: Any) -> None:
        with reads(1):
            assert introspect(linked.secret)["active"] is True

    def test_asks_once_however_many_keys_and_holds_there_are(
        self, nordlys: Founded, linked: Issued, rui: User, reads: Any
    ) -> None:
        for number in range(5):
            issue(nordlys, f"key {number}")
            holds.lift(holds.place(key=linked.key, reason="why", by=rui), reason="done", by=rui)
        linking.run()
        with reads(1):
            assert introspect(linked.secret)["active"] is True

    @pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.__name__)
    def test_of_one_that_is_not_good_it_tells_nothing_else(
        self, linked: Issued, rui: User, reason: Callable[[Issued, User], None], reads: Any
    ) -> None:
        reason(linked, rui)
        with reads(1):
            assert introspect(linked.secret) == INACTIVE
        assert linked.state != "active"

    def test_an_entity_that_runs_out_unnoticed_is_noticed(self, linked: Issued) -> None:
        Entity.objects.update(valid_until=timezone.now() + timedelta(seconds=1))
        assert introspect(linked.secret)["active"] is True
        time.sleep(1.05)
        # Nothing has been written since, so the stored state is behind; the question is judged by the clock.
        assert linked.state == "active"
        assert introspect(linked.secret) == INACTIVE

    def test_one_not_linked_yet(self, issued: Issued) -> None:
        assert introspect(issued.secret) == INACTIVE

    @pytest.mark.parametrize("place", [0, 3, 8, 19, 20, 45, 59, 60, 65])
    def test_a_typing_error_costs_no_query(self, linked: Issued, place: int, reads: Any) -> None:
        with reads(0):
            assert introspect(flipped(linked.secret, place)) == INACTIVE

    @pytest.mark.parametrize("token", ["", "x", "\0", "kh_live_", "é" * 66, "a" * 10_000])
    def test_nonsense_costs_no_query(self, token: str, reads: Any) -> None:
        with reads(0):
            assert introspect(token) == INACTIVE

    @pytest.mark.parametrize("place", [8, 19, 20, 45, 59])
    def test_a_wrong_secret_or_unknown_key_under_a_good_checksum(self, linked: Issued, place: int, reads: Any) -> None:
        with reads(1):
            assert introspect(resigned(flipped(linked.secret, place))) == INACTIVE

    def test_a_test_key_is_not_the_live_one_of_the_same_letters(self, linked: Issued) -> None:
        assert introspect(resigned("kh_test_" + linked.secret[8:])) == INACTIVE

    def test_a_customers_key_is_none_to_a_gateway_for_test(self, linked: Issued, reads: Any) -> None:
        with reads(1):
            assert introspect(linked.secret, for_test=True) == INACTIVE

    def test_one_whose_pepper_is_gone(self, linked: Issued, settings: Any) -> None:
        settings.KEY_PEPPERS = {"2": "another"}
        assert introspect(linked.secret) == INACTIVE

    def test_an_empty_pepper_signs_nothing(self, linked: Issued, settings: Any) -> None:
        Key.objects.update(digest=secret.digest(linked.secret, ""))
        settings.KEY_PEPPERS = {"1": ""}
        assert introspect(linked.secret) == INACTIVE
