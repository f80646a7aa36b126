"""What docs/gateway.md hands to strangers works: as it stands there, against a Keyholder that runs."""

import asyncio
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

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
        linked: Issued,  # noqa: F811
        rui: User,  # noqa: F811
        credential: str,
    ) -> None:
        asked = self.asking(kind, live_server.url, credential)
        for headers in ({"authorization": f"Bearer {linked.secret}"}, {"x_api_key": linked.secret}):
            status, _, body = asked(**headers)
            assert (status, json.loads(body)["client_id"]) == (200, linked.key.prefix)
        keys.revoke(linked.key, by=rui)
        status, head, body = asked(authorization=f"Bearer {linked.secret}")
        assert (status, head["Content-Type"], json.loads(body)["reason"]) == (403, "application/problem+json", "key_revoked")

    def test_where_it_comes_from_is_asked_too(self, kind: str, live_server: Any, linked: Issued, credential: str) -> None:  # noqa: F811
        Key.objects.update(allowed_networks=["198.51.100.0/24"])
        status, _, body = self.asking(kind, live_server.url, credential)(x_api_key=linked.secret)
        assert (status, json.loads(body)["reason"]) == (403, "network_not_allowed")

    @pytest.mark.parametrize("headers", [{}, {"authorization": "Basic x"}, {"x_api_key": "x"}, {"x_api_key": "\xff\x00"}])
    def test_what_is_no_key_is_asked_for_one(self, kind: str, live_server: Any, credential: str, headers: Any) -> None:
        status, head, _ = self.asking(kind, live_server.url, credential)(**headers)
        assert (status, head.get("WWW-Authenticate", head.get("Www-Authenticate"))) == (401, "Bearer")

    def test_nobody_passes_while_keyholder_is_away(self, kind: str, linked: Issued) -> None:  # noqa: F811
        asked = self.asking(kind, f"http://127.0.0.1:{free_port()}", "khgw_x")
        assert asked(x_api_key=linked.secret)[0] == 503

    def test_nobody_passes_once_the_gateway_is_revoked(self, kind: str, live_server: Any, linked: Issued) -> None:  # noqa: F811
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
        linked: Issued,  # noqa: F811
        rui: User,  # noqa: F811
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

    def test_nobody_passes_while_keyholder_is_away(self, linked: Issued, tmp_path: Path) -> None:  # noqa: F811
        with proxy(tmp_path, f"127.0.0.1:{free_port()}", "khgw_x") as url:
            assert fetched(url, linked.secret)[0] == 500

    def test_nobody_passes_once_the_proxy_is_revoked(self, live_server: Any, linked: Issued, tmp_path: Path) -> None:  # noqa: F811
        with proxy(tmp_path, live_server.url.removeprefix("http://"), "khgw_00000000_x") as url:
            assert fetched(url, linked.secret)[0] == 403


class TestTheDocument:
    def test_names_every_file_and_every_reason(self) -> None:
        text = (BASE / "docs" / "gateway.md").read_text()
        assert {path.name for path in EXAMPLES.iterdir() if path.is_file()} <= set(re.findall(r"examples/([\w.]+)", text))
        assert set(REASONS) <= set(re.findall(r"`(\w+)`", text))
