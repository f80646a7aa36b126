"""A gateway's credential that is bound to a client certificate, at every address where it may be shown."""

import json
from ipaddress import ip_network
from typing import Any

import pytest
from django.test import Client

from accounts import credentials
from tests.accounts.test_certificates import HEX, SECRET
from tests.kyc.keys.scenes import Issued

pytestmark = pytest.mark.django_db
WITH = {"X-Client-Cert-SHA256": HEX, "X-Client-Cert-Secret": SECRET}
OTHER = WITH | {"X-Client-Cert-SHA256": HEX[::-1]}
FORGED = {"X-Client-Cert-SHA256": HEX}


@pytest.fixture
def bound(settings: Any) -> str:
    settings.CLIENT_CERT_PROXIES = [ip_network("127.0.0.1")]
    settings.CLIENT_CERT_SECRET = SECRET
    return credentials.issue(name="bound", certificate=HEX, by=None)[1]


def introspect(credential: str, token: str, *, kind: str = "application/json", **headers: str) -> Any:
    client = Client(headers={"Authorization": f"Bearer {credential}", **headers})
    body = json.dumps({"token": token}) if kind == "application/json" else f"token={token}"
    return client.generic("POST", "/api/v1/introspect", body, content_type=kind)


class TestBound:
    @pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded; charset=UTF-8"])
    def test_introspects_with_its_certificate_alone(self, bound: str, linked: Issued, kind: str) -> None:
        assert introspect(bound, linked.secret, kind=kind, **WITH).json()["active"] is True
        for headers in ({}, OTHER, FORGED):
            answer = introspect(bound, linked.secret, kind=kind, **headers)
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
            assert "bound to a client certificate" in answer.json()["error_description"]

    def test_authorizes_with_its_certificate_alone(self, bound: str, linked: Issued) -> None:
        def status(**headers: str) -> Any:
            sent = {"X-Gateway-Credential": bound, "X-Api-Key": linked.secret, **headers}
            answer = Client().get("/api/v1/authorize", headers=sent)
            return answer.status_code, answer.headers.get("X-Reason")

        assert status(**WITH) == (204, None)
        assert {status(), status(**OTHER), status(**FORGED)} == {(403, "gateway_unknown")}

    @pytest.mark.parametrize(
        ("method", "address"),
        [
            ("GET", "keys/changes"),
            ("GET", "keys/snapshot"),
            ("POST", "usage"),
            ("POST", "limits/reserve"),
            ("POST", "limits/settle"),
        ],
    )
    def test_is_refused_without_it_at_every_other_address(self, bound: str, method: str, address: str) -> None:
        def status(**headers: str) -> int:
            client = Client(headers={"Authorization": f"Bearer {bound}", **headers})
            answer = client.generic(method, f"/api/v1/{address}", b"{}", content_type="application/json")
            if answer.streaming:
                answer.getvalue()
            return answer.status_code

        assert status(**WITH) in {200, 400}
        assert {status(), status(**OTHER), status(**FORGED)} == {401}

    def test_is_good_for_nothing_once_no_proxy_is_believed(self, bound: str, linked: Issued, settings: Any) -> None:
        settings.CLIENT_CERT_PROXIES = []
        assert introspect(bound, linked.secret, **WITH).status_code == 401


class TestUnbound:
    def test_is_good_whatever_certificate_comes(self, bound: str, gateway: str, linked: Issued) -> None:
        for headers in ({}, WITH, OTHER, FORGED):
            assert introspect(gateway, linked.secret, **headers).json()["active"] is True
