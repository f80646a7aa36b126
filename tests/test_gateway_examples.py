# ruff: noqa: F811
"""What docs/gateway.md hands to strangers works: as it stands there, against a Keyholder that runs."""

import asyncio
import http.client
import importlib.util
import json
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address, ip_network
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from accounts import credentials
from accounts.models import User
from kyc.api.reasons import REASONS
from kyc.keys import actions as keys
from kyc.keys.models import Key
from tests.kyc.cases.conftest import ana, case, nordlys, rui, the_list  # noqa: F401  # fixtures
from tests.kyc.keys.conftest import entity, issued, linked  # noqa: F401  # fixtures
from tests.kyc.keys.scenes import Issued
from tests.running import free_port

pytestmark = pytest.mark.django_db(transaction=True)
BASE = Path(__file__).parents[1]
EXAMPLES = BASE / "docs" / "examples"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin")


def middleware() -> Any:
    spec = importlib.util.spec_from_file_location("keyholder_gateway", EXAMPLES / "keyholder_gateway.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def credential(db: None) -> str:
    return credentials.issue(name="edge", by=None)[1]


def wsgi(gate: Any, **headers: str) -> tuple[int, dict[str, str], bytes]:
    told: list[Any] = []
    environ = {"REMOTE_ADDR": "192.0.2.1"} | {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    body = b"".join(gate(environ, lambda status, sent: told.append((status, dict(sent)))))
    return int(told[0][0].split()[0]), told[0][1], body


def asgi(gate: Any, **headers: str) -> tuple[int, dict[str, str], bytes]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    pairs = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    asyncio.run(gate({"type": "http", "headers": pairs, "client": ("192.0.2.1", 5)}, receive, send))
    head = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], {name.title(): value for name, value in head.items()}, sent[1]["body"]


def wsgi_application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [])
    return [json.dumps(environ["keyholder"]).encode()]


async def asgi_application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(scope["state"]["keyholder"]).encode()})


GATES = {"wsgi": ("WSGIGate", wsgi_application, wsgi), "asgi": ("ASGIGate", asgi_application, asgi)}


@pytest.mark.parametrize("kind", GATES)
class TestMiddleware:
    def asking(self, kind: str, url: str, credential: str) -> Any:
        module = middleware()
        name, application, ask = GATES[kind]
        gate = getattr(module, name)(application, module.Keyholder(url, credential=credential))
        return lambda **headers: ask(gate, **headers)

    def test_a_good_key_passes_and_a_revoked_one_does_not(
        self,
        kind: str,
        live_server: Any,
        linked: Issued,
        rui: User,
        credential: str,
    ) -> None:
        asked = self.asking(kind, live_server.url, credential)
        for headers in ({"authorization": f"Bearer {linked.secret}"}, {"x_api_key": linked.secret}):
            status, _, body = asked(**headers)
            assert (status, json.loads(body)["client_id"]) == (200, linked.key.prefix)
        keys.revoke(linked.key, by=rui)
        status, head, body = asked(authorization=f"Bearer {linked.secret}")
        assert (status, head["Content-Type"], json.loads(body)["reason"]) == (403, "application/problem+json", "key_revoked")

    def test_where_it_comes_from_is_asked_too(self, kind: str, live_server: Any, linked: Issued, credential: str) -> None:
        Key.objects.update(allowed_networks=["198.51.100.0/24"])
        status, _, body = self.asking(kind, live_server.url, credential)(x_api_key=linked.secret)
        assert (status, json.loads(body)["reason"]) == (403, "network_not_allowed")

    @pytest.mark.parametrize("headers", [{}, {"authorization": "Basic x"}, {"x_api_key": "x"}, {"x_api_key": "\xff\x00"}])
    def test_what_is_no_key_is_asked_for_one(self, kind: str, live_server: Any, credential: str, headers: Any) -> None:
        status, head, _ = self.asking(kind, live_server.url, credential)(**headers)
        assert (status, head.get("WWW-Authenticate", head.get("Www-Authenticate"))) == (401, "Bearer")

    def test_nobody_passes_while_keyholder_is_away(self, kind: str, linked: Issued) -> None:
        asked = self.asking(kind, f"http://127.0.0.1:{free_port()}", "khgw_x")
        assert asked(x_api_key=linked.secret)[0] == 503

    def test_nobody_passes_once_the_gateway_is_revoked(self, kind: str, live_server: Any, linked: Issued) -> None:
        assert self.asking(kind, live_server.url, "khgw_00000000_x")(x_api_key=linked.secret)[0] == 503


class Application(BaseHTTPRequestHandler):
    """What stands behind the proxy: answers with the headers that it was sent."""

    def do_GET(self) -> None:
        body = json.dumps(dict(self.headers.items())).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def proxy(folder: Path, keyholder: str, credential: str) -> Iterator[str]:
    """nginx with the file of the documentation, in which only addresses and the credential are others."""
    behind = ThreadingHTTPServer(("127.0.0.1", 0), Application)
    Thread(target=behind.serve_forever, daemon=True).start()
    port = free_port()
    text = (EXAMPLES / "nginx.conf").read_text()
    for old, new in {
        "127.0.0.1:8000": keyholder, "127.0.0.1:9000": f"127.0.0.1:{behind.server_port}", "127.0.0.1:8080": f"127.0.0.1:{port}",
        "khgw_...": credential,
    }.items():  # fmt: skip
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (folder / "nginx.conf").write_text(f"daemon off;\nuser root;\n{text}")
    process = subprocess.Popen([str(NGINX), "-p", str(folder), "-c", "nginx.conf"], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while fetched(f"http://127.0.0.1:{port}/", "")[0] == 0:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(timeout=20)
        behind.shutdown()


def fetched(url: str, key: str, **more: str) -> tuple[int, dict[str, str], dict[str, str]]:
    """Status, headers of the answer, and what the application was sent; 0 while nobody listens."""
    asked = urllib.request.Request(url, headers=({"Authorization": f"Bearer {key}"} if key else {}) | more)
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.status, dict(answer.headers.items()), json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers.items()), {}
    except urllib.error.URLError:
        return 0, {}, {}


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed: apt-get install nginx-light")
class TestNginx:
    def test_a_good_key_passes_and_no_other(
        self,
        live_server: Any,
        linked: Issued,
        rui: User,
        credential: str,
        tmp_path: Path,
    ) -> None:
        with proxy(tmp_path, live_server.url.removeprefix("http://"), credential) as url:
            status, _, sent = fetched(url, linked.secret, **{"X-Entity": "forged", "X-Gateway-Credential": "forged"})
            assert status == 200
            assert sent["X-Key"] == linked.key.prefix and sent["X-Entity"] != "forged" and "Authorization" not in sent
            assert fetched(url, "")[0] == fetched(url, "kh_live_no")[0] == 401
            keys.revoke(linked.key, by=rui)
            status, head, _ = fetched(url, linked.secret)
            assert (status, head["X-Reason"]) == (403, "key_revoked") and head["X-Fix"].startswith("http")

    def test_nobody_passes_while_keyholder_is_away(self, linked: Issued, tmp_path: Path) -> None:
        with proxy(tmp_path, f"127.0.0.1:{free_port()}", "khgw_x") as url:
            assert fetched(url, linked.secret)[0] == 500

    def test_nobody_passes_once_the_proxy_is_revoked(self, live_server: Any, linked: Issued, tmp_path: Path) -> None:
        with proxy(tmp_path, live_server.url.removeprefix("http://"), "khgw_00000000_x") as url:
            assert fetched(url, linked.secret)[0] == 403


# Who signs, and whom.
AUTHORITY, NAMES = "gateways' authority", ("edge", "other")


def signed(name: str, key: Any, by: Any = None, *, address: str = "") -> Any:
    """A certificate for a day; by itself, where nobody is named."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    issuer, signer = (by[0].subject, by[1]) if by else (subject, key)
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
    )
    if address:
        made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
    return made.sign(signer, hashes.SHA256())


def write(folder: Path, name: str, certificate: Any, key: Any) -> None:
    (folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    kept = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / f"{name}.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, *kept))


@pytest.fixture
def certificates(tmp_path: Path) -> dict[str, str]:
    """Of the server and two gateways, in files that the configuration names; the gateways' fingerprints."""
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in (AUTHORITY, "server", *NAMES)}
    authority = signed(AUTHORITY, keys[AUTHORITY])
    write(tmp_path, "gateways-ca", authority, keys[AUTHORITY])
    write(tmp_path, "server", signed("server", keys["server"], address="127.0.0.1"), keys["server"])
    made = {name: signed(name, keys[name], (authority, keys[AUTHORITY])) for name in NAMES}
    for name, certificate in made.items():
        write(tmp_path, name, certificate, keys[name])
    return {name: certificate.fingerprint(hashes.SHA256()).hex(":") for name, certificate in made.items()}


@contextmanager
def ending_tls(folder: Path, keyholder: str, secret: str) -> Iterator[int]:
    """nginx with the other file of the documentation, in which only the addresses and the secret are others. Its port."""
    port = free_port()
    text = (EXAMPLES / "nginx_mtls.conf").read_text()
    for old, new in {
        "127.0.0.1:8000": keyholder, "127.0.0.1:8443": f"127.0.0.1:{port}", "at-least-32-characters-of-chance": secret,
    }.items():  # fmt: skip
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (folder / "nginx.conf").write_text(f"daemon off;\nuser root;\n{text}")
    process = subprocess.Popen([str(NGINX), "-p", str(folder), "-c", "nginx.conf"], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)


def asked(folder: Path, port: int, path: str, *, shows: str = "", **headers: str) -> tuple[int, str]:
    """Status and body of the answer to who shows that certificate."""
    context = ssl.create_default_context(cafile=str(folder / "server.pem"))
    if shows:
        context.load_cert_chain(folder / f"{shows}.pem", folder / f"{shows}.key")
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=20)
    body, kind = ("token=" + headers.pop("token"), "application/x-www-form-urlencoded") if "token" in headers else (None, "")
    sent = {name.replace("__", "-"): value for name, value in headers.items()} | ({"Content-Type": kind} if kind else {})
    connection.request("POST" if body else "GET", path, body, sent)
    answer = connection.getresponse()
    told = answer.status, answer.read().decode()
    connection.close()
    return told


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed: apt-get install nginx-light")
class TestNginxWithCertificates:
    def test_a_bound_credential_is_good_with_its_certificate_alone(
        self, live_server: Any, linked: Issued, certificates: dict[str, str], tmp_path: Path, settings: Any
    ) -> None:
        settings.CLIENT_CERT_PROXIES, settings.CLIENT_CERT_SECRET = [ip_network("127.0.0.1")], "s" * 40
        _, text = credentials.issue(name="bound", certificate=certificates["edge"], by=None)
        keyholder = live_server.url.removeprefix("http://")
        with ending_tls(tmp_path, keyholder, "s" * 40) as port:

            def status(shows: str = "", **headers: str) -> int:
                told = asked(
                    tmp_path,
                    port,
                    "/api/v1/introspect",
                    shows=shows,
                    token=linked.secret,
                    Authorization=f"Bearer {text}",
                    **headers,
                )
                assert ('"active":true' in told[1]) == (told[0] == 200)
                return told[0]

            assert status("edge") == 200
            assert status() == status("other") == 401
            digest = certificates["edge"]
            for forged in (
                {"X__Client__Cert__SHA256": digest},
                {"X__Client__Cert__SHA256": digest, "X__Client__Cert__Secret": "s" * 40},
                {"X_Client_Cert_SHA256": digest},
            ):
                assert status(**forged) == status("other", **forged) == 401
                assert status("edge", **forged) == 200
            sent = {"X__Gateway__Credential": text, "X__Api__Key": linked.secret}
            assert asked(tmp_path, port, "/api/v1/authorize", shows="edge", **sent)[0] == 204
            assert asked(tmp_path, port, "/api/v1/authorize", **sent)[0] == 403
            # People come to the same server without a certificate.
            assert asked(tmp_path, port, "/healthz")[0] == 200

    def test_nobody_who_goes_past_the_proxy_is_believed(
        self, live_server: Any, linked: Issued, certificates: dict[str, str], settings: Any
    ) -> None:
        """From the proxy's own address, with the certificate and without the secret."""
        settings.CLIENT_CERT_PROXIES, settings.CLIENT_CERT_SECRET = [ip_network("127.0.0.1")], "s" * 40
        _, text = credentials.issue(name="bound", certificate=certificates["edge"], by=None)
        sent = {"Authorization": f"Bearer {text}", "X-Client-Cert-SHA256": certificates["edge"], "X-Client-Cert-Secret": "guess"}
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(
                urllib.request.Request(f"{live_server.url}/api/v1/introspect", f"token={linked.secret}".encode(), sent),
                timeout=20,
            )


class TestTheDocument:
    def test_names_every_file_and_every_reason(self) -> None:
        text = (BASE / "docs" / "gateway.md").read_text()
        assert {path.name for path in EXAMPLES.iterdir() if path.is_file()} <= set(re.findall(r"examples/([\w.]+)", text))
        assert set(REASONS) <= set(re.findall(r"`(\w+)`", text))
