"""What a proxy tells of a client certificate, and who is believed about it."""

import base64
from hashlib import sha256
from ipaddress import ip_network
from typing import Any
from urllib.parse import quote

import pytest
from django.db import IntegrityError, transaction
from django.test import RequestFactory

from accounts import certificates, credentials
from accounts.models import AuditEvent, GatewayCredential

DER = b"\x30\x82 stands for a certificate"
PRINT = base64.urlsafe_b64encode(sha256(DER).digest()).decode().rstrip("=")
HEX = sha256(DER).hexdigest()
COLONS = ":".join(HEX[at : at + 2] for at in range(0, 64, 2)).upper()
BASE64 = base64.b64encode(DER).decode()
PEM = f"-----BEGIN CERTIFICATE-----\n{BASE64}\n-----END CERTIFICATE-----\n"
SECRET = "s" * 40


@pytest.fixture
def trusted(settings: Any) -> None:
    settings.CLIENT_CERT_PROXIES = [ip_network("192.0.2.0/24"), ip_network("2001:db8::1")]
    settings.CLIENT_CERT_SECRET = SECRET


def request(*, peer: str = "192.0.2.7", secret: str | None = SECRET, **headers: str) -> Any:
    told = headers if secret is None else headers | {"HTTP_X_CLIENT_CERT_SECRET": secret}
    return RequestFactory().post("/api/v1/introspect", REMOTE_ADDR=peer, **told)  # type: ignore[arg-type]  # headers


class TestShown:
    @pytest.mark.parametrize(
        "header",
        [
            {"HTTP_CLIENT_CERT": f":{BASE64}:"},
            {"HTTP_X_CLIENT_CERT": quote(PEM)},
            {"HTTP_X_CLIENT_CERT": quote(PEM, safe="")},
            {"HTTP_X_CLIENT_CERT_SHA256": HEX},
            {"HTTP_X_CLIENT_CERT_SHA256": COLONS},
            {"HTTP_X_CLIENT_CERT_SHA256": PRINT},
            {"HTTP_X_CLIENT_CERT_SHA256": PRINT, "HTTP_CLIENT_CERT": ""},
        ],
    )
    @pytest.mark.parametrize("peer", ["192.0.2.7", "2001:db8::1"])
    def test_is_read_in_each_form(self, trusted: None, header: dict[str, str], peer: str) -> None:
        assert certificates.shown(request(peer=peer, **header)) == PRINT

    @pytest.mark.parametrize(
        "forged",
        [
            {"peer": "198.51.100.7"}, {"peer": ""}, {"peer": "unix:"}, {"peer": "2001:db8::2"}, {"secret": None}, {"secret": ""},
            {"secret": SECRET[:-1]}, {"secret": SECRET + "s"}, {"secret": "é\udcff"},
            {"peer": "198.51.100.7", "HTTP_X_FORWARDED_FOR": "192.0.2.7"},
            {"HTTP_X_CLIENT_CERT_SHA256": PRINT}, {"HTTP_CLIENT_CERT": f":{BASE64}:,:{BASE64}:"},
        ],
        ids=str,
    )  # fmt: skip
    def test_nobody_else_is_believed_and_no_two_words(self, trusted: None, forged: dict[str, Any]) -> None:
        assert certificates.shown(request(**({"HTTP_CLIENT_CERT": f":{BASE64}:"} | forged))) == ""

    @pytest.mark.parametrize(
        "header",
        [
            {"HTTP_CLIENT_CERT": BASE64}, {"HTTP_CLIENT_CERT": ":"}, {"HTTP_CLIENT_CERT": "::"}, {"HTTP_CLIENT_CERT": ":é:"},
            {"HTTP_X_CLIENT_CERT": PEM.replace("BEGIN", "END")}, {"HTTP_X_CLIENT_CERT": quote(PEM + PEM)},
            {"HTTP_X_CLIENT_CERT_SHA256": HEX[:-1]}, {"HTTP_X_CLIENT_CERT_SHA256": PRINT[:-1] + "="}, {},
        ],
        ids=str,
    )  # fmt: skip
    def test_what_is_no_certificate_is_none(self, trusted: None, header: dict[str, str]) -> None:
        assert certificates.shown(request(**header)) == ""
        assert certificates.is_bound_elsewhere(request(**header), PRINT)

    def test_unless_told_no_header_is_read(self, settings: Any) -> None:
        assert settings.CLIENT_CERT_PROXIES == []
        told = request(peer="127.0.0.1", secret="", HTTP_X_CLIENT_CERT_SHA256=PRINT)
        assert certificates.shown(told) == "" and certificates.is_bound_elsewhere(told, PRINT)
        assert not certificates.is_bound_elsewhere(told, "")


@pytest.mark.django_db
class TestBinding:
    @pytest.mark.parametrize("written", [PRINT, HEX, COLONS, f"sha256 Fingerprint={COLONS}", f" {HEX.upper()}\n"])
    def test_takes_the_fingerprint_as_tools_print_it(self, trusted: None, written: str) -> None:
        credential, _ = credentials.issue(name="edge", certificate=written, by=None)
        assert GatewayCredential.objects.get().certificate == credential.certificate == PRINT
        assert AuditEvent.objects.get(verb="gateway.credential_issued").details["certificate"] == PRINT

    @pytest.mark.parametrize("written", ["x", PEM, HEX[:-2], "sha1 Fingerprint=" + COLONS[:59]])
    def test_takes_nothing_else(self, trusted: None, written: str) -> None:
        with pytest.raises(credentials.certificates.BadThumbprint):
            credentials.issue(name="edge", certificate=written, by=None)
        assert not GatewayCredential.objects.exists()

    def test_is_refused_where_no_proxy_is_believed(self) -> None:
        with pytest.raises(credentials.certificates.NotRead):
            credentials.issue(name="edge", certificate=PRINT, by=None)

    def test_the_database_takes_a_thumbprint_or_nothing(self) -> None:
        with pytest.raises(IntegrityError, match="gateway_bound_to_a_thumbprint"), transaction.atomic():
            GatewayCredential.objects.create(name="x", prefix="khgw_0123abcd", digest="0" * 64, certificate="x" * 42)
