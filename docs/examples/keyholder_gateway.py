"""Lets requests through to a Python application only with an API key that Keyholder says is good now.

One file, the standard library alone: copy it beside your application.

    from keyholder_gateway import ASGIGate, Keyholder, WSGIGate

    keyholder = Keyholder("https://keyholder.example", credential=os.environ["KEYHOLDER_CREDENTIAL"])
    application = WSGIGate(application, keyholder)      # Flask, Django and others under WSGI
    app = ASGIGate(app, keyholder)                      # FastAPI, Starlette, Django and others under ASGI

The customer sends `Authorization: Bearer KEY` or `X-Api-Key: KEY`. What Keyholder says of a good key stands in
`environ["keyholder"]` and in `scope["state"]["keyholder"]`. Nothing is remembered, so a revoked key is refused with its next
request; and while Keyholder does not answer, nobody passes.
"""

import asyncio
import http.client
import json
import threading
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import urlencode, urlsplit

Answer = dict[str, Any]


class Away(Exception):
    """Keyholder did not answer, or not to this gateway."""


class Keyholder:
    """Asks over one kept connection a thread. `credential` is the gateway's own, as `issue_gateway` printed it."""

    def __init__(self, url: str, *, credential: str, seconds: float = 2.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise ValueError(f"{url!r} is no address of a Keyholder")
        self.kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self.host, self.path, self.seconds = parts.netloc, parts.path.rstrip("/") + "/api/v1/introspect", seconds
        self.headers = {"Authorization": f"Bearer {credential}", "Content-Type": "application/x-www-form-urlencoded"}
        self.kept = threading.local()

    def ask(self, key: str, *, client_ip: str = "", client_country: str = "") -> Answer:
        """What RFC 7662 has, and of a key that may not act also reason, requirement and fix. Raises Away."""
        asked = {"token": key, "client_ip": client_ip, "client_country": client_country, "reasons": "true"}
        body = urlencode({name: value for name, value in asked.items() if value})
        # The server may have closed a connection that was not used for a while; the question changes nothing, so it is put again.
        for attempt in (1, 2):
            try:
                return self.answered(body)
            except (OSError, http.client.HTTPException) as error:
                self.forget()
                if attempt == 2:
                    raise Away(str(error) or type(error).__name__) from error
        raise Away("not asked")

    def answered(self, body: str) -> Answer:
        connection = getattr(self.kept, "connection", None)
        if connection is None:
            connection = self.kept.connection = self.kind(self.host, timeout=self.seconds)
        connection.request("POST", self.path, body, self.headers)
        response = connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise Away(f"Keyholder answered {response.status}")
        try:
            found = json.loads(content)
        except ValueError:
            raise Away("Keyholder's answer is no JSON") from None
        return found if isinstance(found, dict) else {"active": False}

    def forget(self) -> None:
        connection = getattr(self.kept, "connection", None)
        self.kept.connection = None
        if connection is not None:
            connection.close()


def key_of(authorization: str, api_key: str) -> str:
    if api_key:
        return api_key
    scheme, _, value = authorization.partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def problem(status: int, title: str, **more: Any) -> tuple[int, bytes]:
    """RFC 9457."""
    return status, json.dumps({"type": "about:blank", "title": title, "status": status, **more}).encode()


def refusal(answer: Answer) -> tuple[int, bytes]:
    if answer.get("reason", "key_unknown") == "key_unknown":
        return problem(401, "This is no key.")
    told = {"detail": answer.get("requirement", ""), "fix": answer.get("fix", ""), "reason": answer["reason"]}
    return problem(403, "This key may not act.", **told)


def judged(keyholder: Keyholder, key: str, client_ip: str) -> tuple[Answer | None, tuple[int, bytes]]:
    """The answer of a good key, or what to refuse with."""
    if not key or not (key.isascii() and key.isprintable()):
        return None, problem(401, "Send an API key: Authorization: Bearer ...")
    try:
        answer = keyholder.ask(key, client_ip=client_ip)
    except Away:
        return None, problem(503, "Keys cannot be checked at the moment.")
    return (answer, (200, b"")) if answer.get("active") is True else (None, refusal(answer))


class WSGIGate:
    def __init__(self, application: Callable[..., Iterable[bytes]], keyholder: Keyholder) -> None:
        self.application, self.keyholder = application, keyholder

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        key = key_of(environ.get("HTTP_AUTHORIZATION", ""), environ.get("HTTP_X_API_KEY", ""))
        # Behind a proxy of your own this is the proxy: let it set REMOTE_ADDR, and believe no header that a client can send.
        answer, (status, body) = judged(self.keyholder, key, environ.get("REMOTE_ADDR", ""))
        if answer is not None:
            environ["keyholder"] = answer
            return self.application(environ, start_response)
        start_response(
            f"{status} {http.client.responses[status]}",
            [("Content-Type", "application/problem+json"), ("Content-Length", str(len(body))), *challenge(status)],
        )
        return [body]


class ASGIGate:
    def __init__(self, app: Callable[..., Awaitable[None]], keyholder: Keyholder) -> None:
        self.app, self.keyholder = app, keyholder

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            # A web socket is closed before it is opened, since nobody asked about it.
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        key = key_of(headers.get("authorization", ""), headers.get("x-api-key", ""))
        client = scope.get("client") or ("", 0)
        answer, (status, body) = await asyncio.to_thread(judged, self.keyholder, key, client[0])
        if answer is not None:
            await self.app({**scope, "state": {**scope.get("state", {}), "keyholder": answer}}, receive, send)
            return
        told = [("content-type", "application/problem+json"), ("content-length", str(len(body))), *challenge(status)]
        pairs = [(name.lower().encode(), value.encode()) for name, value in told]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": body})


def challenge(status: int) -> list[tuple[str, str]]:
    return [("WWW-Authenticate", "Bearer")] if status == 401 else []
