"""Whether a key is good now, and for whom."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts import scope
from accounts.models import User
from kyc.api import reasons
from kyc.cases.models import Entity
from kyc.keys import actions as keys
from kyc.keys import holds, introspection, linking, secret
from kyc.keys.introspection import BadConditions, Judged, introspect
from kyc.keys.models import Key, Link, Place
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
            "scope": " ".join(key.scopes),
            "tiers": key.tiers,
            "iat": int(key.issued_at.timestamp()),
            "exp": int(min(key.expires_at or entity.valid_until, entity.valid_until).timestamp()),
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


def judged(issued: Issued, address: str = "", country: str = "") -> Judged:
    return introspection.judged(issued.secret, for_test=False, said=introspection.conditions(address, country))


class TestReasons:
    CODES = {
        "ended": "entity_ended", "expired": "entity_expired", "not_yet": "entity_not_yet_valid", "unlinked": "key_not_linked",
        "link_ended": "key_not_linked", "revoked": "key_revoked", "held_key": "key_held", "held_organisation": "key_held",
        "held_entity": "key_held",
    }  # fmt: skip

    @pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.__name__)
    def test_one_code_for_each(self, linked: Issued, rui: User, reason: Callable[[Issued, User], None]) -> None:
        reason(linked, rui)
        found = judged(linked)
        assert (found.answer, found.reason) == (INACTIVE, self.CODES[reason.__name__])

    def test_an_unlinked_and_an_unknown_one(self, issued: Issued) -> None:
        assert judged(issued).reason == "key_not_linked"
        assert introspection.judged("x", for_test=False).reason == "key_unknown"

    def test_a_key_dies_on_the_second_of_its_expiry(self, linked: Issued) -> None:
        until = timezone.now() + timedelta(seconds=1)
        Key.objects.update(expires_at=until)
        assert judged(linked).answer["exp"] == int(until.timestamp())
        time.sleep(1.05)
        assert judged(linked).reason == "key_expired"

    def test_every_code_is_told_with_what_is_needed_and_a_page(self) -> None:
        codes = {
            *self.CODES.values(),
            "key_unknown",
            "key_expired",
            "network_not_allowed",
            "network_not_told",
            "embargoed_region",
        }
        assert codes <= set(reasons.REASONS)
        for code in reasons.REASONS:
            told = reasons.told(code)
            assert told["requirement"] and told["fix"].startswith("http")


class TestFromWhere:
    @pytest.mark.parametrize(
        ("address", "reason"),
        [
            ("192.0.2.7", ""),
            ("::ffff:192.0.2.7", ""),
            ("2001:db8::1", ""),
            ("192.0.3.7", "network_not_allowed"),
            ("2001:db9::1", "network_not_allowed"),
            ("", "network_not_told"),
        ],
    )
    def test_only_from_the_networks_that_it_is_limited_to(self, linked: Issued, address: str, reason: str) -> None:
        Key.objects.update(allowed_networks=["192.0.2.0/24", "2001:db8::/32"])
        assert judged(linked, address).reason == reason

    def test_from_anywhere_where_it_is_not_limited(self, linked: Issued) -> None:
        assert judged(linked, "203.0.113.9").reason == judged(linked).reason == ""

    @pytest.mark.parametrize(
        ("address", "country", "reason"),
        [
            ("192.0.2.7", "", "embargoed_region"),
            ("192.0.2.129", "", ""),
            ("198.51.100.1", "", "embargoed_region"),
            ("198.51.101.1", "", ""),
            ("203.0.113.1", "IR", "embargoed_region"),
            ("", "CU", "embargoed_region"),
            ("", "SY", ""),
            ("203.0.113.1", "NO", ""),
        ],
    )
    def test_from_no_embargoed_region(self, linked: Issued, address: str, country: str, reason: str) -> None:
        """By the most exact network, and by the gateway's own word."""
        for network, where, region in (
            ("192.0.2.0/24", "IR", ""), ("192.0.2.128/25", "AE", ""),
            ("198.51.100.0/24", "UA", "UA-43"), ("198.51.101.0/24", "UA", "UA-30"),
        ):  # fmt: skip
            Place.objects.create(network=network, country=where, region=region)
        found = judged(linked, address, country)
        assert (found.answer == INACTIVE, found.reason) == (bool(reason), reason)

    def test_where_it_came_from_is_told_on(self, linked: Issued) -> None:
        Place.objects.create(network="192.0.2.0/24", country="SE")
        assert judged(linked, "192.0.2.1", "DK").seen == ("DK", "SE")
        assert judged(linked, "192.0.2.1", "SE").seen == ("SE",)
        assert judged(linked).seen == ()

    @pytest.mark.parametrize("text", ["x", "1.2.3", "1.2.3.4/32", "fe80::1%eth0", "::g", "٣.1.1.1", "1.2.3.4\0"])
    def test_what_is_no_address(self, text: str) -> None:
        with pytest.raises(BadConditions) as bad:
            introspection.conditions(text, "")
        assert bad.value.name == "client_ip"

    @pytest.mark.parametrize("text", ["ZZ", "no", "NOR", "N", "\0\0", "EU"])
    def test_what_is_no_country(self, text: str) -> None:
        with pytest.raises(BadConditions) as bad:
            introspection.conditions("", text)
        assert bad.value.name == "client_country"


class TestWhatItMay:
    def test_is_told(self, linked: Issued) -> None:
        thumbprint = "A" * 43
        Key.objects.update(scopes=["models.read", "chat"], tiers=["frontier"], confirmation={"jkt": thumbprint}, is_service=True)
        found = judged(linked).answer
        assert (found["scope"], found["tiers"], found["cnf"]) == ("models.read chat", ["frontier"], {"jkt": thumbprint})
        assert found["service"] is True


class TestTheDatabase:
    def test_answers_outside_of_any_scope_and_shows_nothing_else(self, linked: Issued) -> None:
        """As the web process asks, to which no row is shown otherwise."""
        with scope.opened(scope.NOTHING):
            assert not Key.objects.exists()
            assert introspect(linked.secret)["active"] is True

    def test_lets_nobody_else_ask(self, linked: Issued) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT p.prosecdef, has_function_privilege('eraser', p.oid, 'EXECUTE'), "
                "has_function_privilege('app', p.oid, 'EXECUTE') "
                "FROM pg_proc p WHERE p.proname = 'kh_introspect'"
            )
            assert cursor.fetchall() == [(True, False, True)]

    def test_lets_nobody_ask_for_a_key_from_elsewhere_alone(self, linked: Issued) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT bool_or(has_function_privilege(role, p.oid, 'EXECUTE')) FROM pg_proc p, unnest(%s::text[]) AS role "
                "WHERE p.proname = 'kh_estate'",
                [["app", "eraser"]],
            )
            assert cursor.fetchall() == [(False,)]
