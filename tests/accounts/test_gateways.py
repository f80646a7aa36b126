"""The administrator's pages of the gateways' credentials."""

import re
from ipaddress import ip_network
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts import credentials
from accounts.models import AuditEvent, GatewayCredential
from accounts.permissions import StaffRole
from tests import cast

pytestmark = pytest.mark.django_db
LIST, ISSUE = "/gateways/", "/gateways/issue/"


@pytest.fixture
def client() -> Client:
    cache.clear()
    return cast.signed_in(cast.staff("administrator", "Omar Said"))


class TestTheDoor:
    @pytest.mark.parametrize("role", [*sorted({*StaffRole.values} - {"administrator"}), ""])
    def test_is_the_administrators(self, role: str) -> None:
        credential, _ = credentials.issue(name="edge-1", by=None)
        outsider = cast.signed_in(cast.staff(role) if role else cast.customer())
        for path in (LIST, ISSUE, f"{LIST}{credential.pk}/revoke/"):
            assert outsider.get(path).status_code == 404
            assert outsider.post(path, {"name": "mine"}).status_code == 404
            assert Client().get(path)["Location"].startswith("/account/login/")
        assert GatewayCredential.objects.filter(revoked_at__isnull=True).count() == 1


class TestTheList:
    def test_empty_says_what_to_do(self, client: Client) -> None:
        assert "No gateway has a credential" in client.get(LIST).content.decode()

    def test_shows_what_is_in_use_and_below_what_was_revoked(self, client: Client) -> None:
        for name in ("zeta", "alpha", "old"):
            made, secret = credentials.issue(name=name, for_test=name == "alpha", by=None)
        credentials.revoke(made, by=None)
        page = client.get(LIST).content.decode()
        assert re.findall(r'<th scope="row"><bdi>(.*?)</bdi>', page) == ["alpha", "zeta", "old"]
        assert made.prefix in page and secret not in page
        assert page.count("/revoke/") == 2
        assert "sandboxes" in page


class TestIssuing:
    def test_shows_the_credential_once_and_it_works(self, client: Client) -> None:
        answer = client.post(ISSUE, {"name": "edge-1"})
        secret = answer.context["secret"]
        assert secret in answer.content.decode()
        assert "no-store" in answer["Cache-Control"]
        assert credentials.authenticate(secret) == GatewayCredential.objects.get()
        assert not GatewayCredential.objects.get().for_test
        assert secret not in client.get(LIST).content.decode()
        event = AuditEvent.objects.get()
        assert (event.verb, event.actor) == ("gateway.credential_issued", "Omar Said")
        assert secret not in str(event.details)

    def test_for_tests(self, client: Client) -> None:
        answer = client.post(ISSUE, {"name": "edge-1", "for_test": "on"})
        assert answer.context["credential"].for_test
        assert "no customer" in answer.content.decode()

    @pytest.mark.parametrize(
        ("name", "sentence"), [("edge-1", "is called edge-1 already"), ("", "required"), ("x" * 101, "At most 100")]
    )
    def test_says_what_is_wrong_with_the_name(self, client: Client, name: str, sentence: str) -> None:
        credentials.issue(name="edge-1", by=None)
        answer = client.post(ISSUE, {"name": name})
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
        assert GatewayCredential.objects.count() == 1


class TestRevoking:
    def test_ends_it_at_once_and_is_silence_the_second_time(self, client: Client) -> None:
        credential, secret = credentials.issue(name="edge-1", by=None)
        for _ in range(2):
            told = client.post(f"{LIST}{credential.pk}/revoke/", follow=True).content.decode()
            assert "The credential of edge-1 works no longer." in told
        assert credentials.authenticate(secret) is None
        assert AuditEvent.objects.filter(verb="gateway.credential_revoked").count() == 1

    def test_one_that_is_missing_is_missing(self, client: Client) -> None:
        assert client.post(f"{LIST}999999/revoke/").status_code == 404
        assert client.get(f"{LIST}999999/revoke/").status_code == 405


class TestACertificate:
    def test_is_asked_for_only_where_a_proxy_is_believed(self, client: Client) -> None:
        assert 'name="certificate"' not in client.get(ISSUE).content.decode()
        assert client.post(ISSUE, {"name": "edge"}).status_code == 200

    def test_binds_the_credential_and_is_shown_in_the_list(self, client: Client, settings: Any) -> None:
        settings.CLIENT_CERT_PROXIES = [ip_network("192.0.2.1")]
        assert 'name="certificate"' in client.get(ISSUE).content.decode()
        assert client.post(ISSUE, {"name": "edge", "certificate": "AB:" * 31 + "AB"}).status_code == 200
        bound = GatewayCredential.objects.get().certificate
        assert len(bound) == 43 and f"{bound[:12]}…" in client.get(LIST).content.decode()

    @pytest.mark.parametrize(("proxies", "written"), [(["192.0.2.1"], "nonsense"), ([], "AB" * 32)])
    def test_that_is_none_or_would_not_be_read_is_refused_at_its_field(
        self, client: Client, settings: Any, proxies: list[str], written: str
    ) -> None:
        settings.CLIENT_CERT_PROXIES = [ip_network(proxy) for proxy in proxies]
        answer = client.post(ISSUE, {"name": "edge", "certificate": written})
        assert answer.status_code == 422 and list(answer.context["form"].errors) == ["certificate"]
        assert not GatewayCredential.objects.exists()
