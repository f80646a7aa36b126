"""A live key is changed without another secret: by whom, what is in force at once, and what is told of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEvent, Membership, User
from accounts.permissions import NotPermitted
from kyc.keys import actions as keys
from kyc.keys import changing, introspection
from kyc.keys.models import Key, KeyChange
from kyc.keys.terms import BadTerms
from tests.cast import Founded
from tests.kyc.keys.scenes import Issued

pytestmark = pytest.mark.django_db
HERE, THERE = introspection.conditions("192.0.2.7", ""), introspection.conditions("198.51.100.7", "")
NETWORKS = ["192.0.2.0/24"]


def change(key: Key, *, by: User, **asked: Any) -> Key:
    return changing.change(key, **{"name": key.name, "networks": key.allowed_networks} | asked, by=by)


def reason(issued: Issued, said: introspection.Conditions) -> str:
    return introspection.judged(issued.secret, for_test=False, said=said).reason


class TestByWhom:
    def test_an_outsider_and_a_member_who_owns_nothing_are_refused(self, linked: Issued, sorvik: Founded, rui: User) -> None:
        bob = User.objects.create(email="bob@nordlys.example")
        Membership.objects.create(organisation=linked.key.organisation, user=bob, role="member")
        for by in (sorvik.by, rui, bob):
            with pytest.raises(NotPermitted):
                change(linked.key, networks=NETWORKS, by=by)
        assert Key.objects.get(pk=linked.key.pk).allowed_networks == []
        assert not AuditEvent.objects.filter(verb="key.changed").exists()

    def test_nothing_is_changed_that_is_not_recorded(self, linked: Issued, monkeypatch: Any) -> None:
        monkeypatch.setattr(audit, "record", lambda *_args, **_more: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            change(linked.key, networks=NETWORKS, by=linked.key.issued_by)
        assert Key.objects.get(pk=linked.key.pk).allowed_networks == []


class TestNetworks:
    def test_are_in_force_with_the_next_question(self, linked: Issued) -> None:
        assert reason(linked, THERE) == ""
        change(linked.key, networks=NETWORKS, by=linked.key.issued_by)
        assert (reason(linked, HERE), reason(linked, THERE)) == ("", "network_not_allowed")
        change(linked.key, networks=["198.51.100.7"], by=linked.key.issued_by)
        assert (reason(linked, HERE), reason(linked, THERE)) == ("network_not_allowed", "")
        change(linked.key, networks=[], by=linked.key.issued_by)
        assert (reason(linked, HERE), reason(linked, THERE)) == ("", "")

    def test_are_told_to_gateways_that_keep_a_copy_and_recorded(self, linked: Issued) -> None:
        before = KeyChange.objects.filter(key_id=linked.key.pk).count()
        change(linked.key, networks=NETWORKS, by=linked.key.issued_by)
        assert KeyChange.objects.filter(key_id=linked.key.pk).count() == before + 1
        event = AuditEvent.objects.get(verb="key.changed")
        assert event.actor_id == linked.key.issued_by.pk
        assert event.details == {
            "prefix": linked.key.prefix, "changed": "allowed_networks", "networks": 1, "networks_before": 0,
        }  # fmt: skip

    def test_of_bad_ones_each_line_has_its_sentence(self, linked: Issued) -> None:
        with pytest.raises(BadTerms) as refused:
            change(linked.key, networks=["192.0.2.0/24", "here", "", "10.0.0.1/8"], by=linked.key.issued_by)
        one, two = refused.value.sentences
        assert one.startswith("Line 2: “here” is no IP network.") and two.startswith("Line 4: “10.0.0.1/8”")
        assert Key.objects.get(pk=linked.key.pk).allowed_networks == []


class TestLife:
    def test_ends_sooner_and_never_later(self, linked: Issued) -> None:
        sooner = timezone.now() + timedelta(days=3)
        assert change(linked.key, expires_at=sooner, by=linked.key.issued_by).expires_at == sooner
        with pytest.raises(changing.NotSooner, match="Roll it for a longer one"):
            change(linked.key, expires_at=sooner + timedelta(seconds=1), by=linked.key.issued_by)
        assert Key.objects.get(pk=linked.key.pk).expires_at == sooner

    def test_of_what_is_over_nothing_is_changed(self, linked: Issued) -> None:
        keys.revoke(linked.key, by=linked.key.issued_by)
        with pytest.raises(changing.NotChanged, match="is revoked"):
            change(linked.key, name="another", by=linked.key.issued_by)

    def test_nor_of_what_has_expired(self, linked: Issued) -> None:
        Key.objects.update(expires_at=timezone.now() - timedelta(seconds=1), state="held")
        with pytest.raises(changing.NotChanged, match="has expired"):
            change(linked.key, name="another", by=linked.key.issued_by)


class TestName:
    def test_is_another_and_no_gateway_is_told(self, linked: Issued) -> None:
        before = KeyChange.objects.count()
        assert change(linked.key, name=" nightly ", by=linked.key.issued_by).name == "nightly"
        assert KeyChange.objects.count() == before
        with pytest.raises(changing.NameMissing):
            change(linked.key, name=" ", by=linked.key.issued_by)

    def test_as_it_was_is_silence(self, linked: Issued) -> None:
        change(linked.key, by=linked.key.issued_by)
        assert not AuditEvent.objects.filter(verb="key.changed").exists()
