"""Lets requests through to a Python application only with an API key that Keyholder says is good now.

One file, the standard library alone: copy it beside your application.

    from keyholder_gateway import ASGIGate, Keyholder, WSGIGate

    keyholder = Keyholder("https://keyholder.example", credential=os.environ["KEYHOLDER_CREDENTIAL"])
    application = WSGIGate(application, keyholder)      # Flask, Django and others under WSGI
    app = ASGIGate(app, keyholder)                      # FastAPI, Starlette, Django and others under ASGI

The customer sends `Authorization: Bearer KEY` or `X-Api-Key: KEY`. What Keyholder says of a good key stands in
`environ["keyholder"]` and in `scope["state"]["keyholder"]`. Nothing is remembered, so a revoked key is refused with its next
request; and while Keyholder does not answer, nobody passes.

By which template prompts are made can be told to Keyholder with the counters of use (docs/usage.md), as a signature that is made
here and says nothing of what was asked:

    templates = Templates(os.environb[b"TEMPLATE_KEY"])  # 32 bytes or more that all of your gateways have and nobody else
    application = WSGIGate(application, keyholder, templates)

Then `environ["keyholder_template"]` and `scope["state"]["keyholder_template"]` hold it once the request's body was read; it is
empty where a prompt is too short to have a template.
"""

import asyncio
import base64
import hashlib
import http.client
import io
import json
import re
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
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


# What differs from one use of a template to the next, in the order in which it is taken out.
MASKS = (
    (re.compile(r"```.*?```", re.DOTALL), " code "),
    # None of them looks at the same letters over and over, whatever somebody sends.
    (re.compile(r"\"[^\"\n]*\"|\u201c[^\u201c\u201d]*\u201d|\u00ab[^\u00ab\u00bb]*\u00bb"), " quoted "),
    (re.compile(r"\b[a-z]+://\S+|(?<!\S)[^\s@]{1,64}@\S+"), " address "),
    (re.compile(r"\b\w*[0-9]\w*\b"), " number "),
    # A capital inside a sentence begins a name.
    (re.compile(r"(?<=[a-z,;] )[A-Z]\w*(?: [A-Z]\w*)*"), " name "),
)
WORD = re.compile(r"\w+")
# Two prompts of which the part s is the same have a band in common with probability 1 - (1 - s ** ROWS) ** BANDS.
BANDS, ROWS, BAND = 8, 5, 8
# A shape is told by so many words together, of the first so many words: what follows is mostly the matter and not the template.
TOGETHER, FIRST = 3, 512
# With fewer a prompt is like everybody's.
LEAST = 24
LARGEST = 1 << 20


class Templates:
    """MinHash signatures of the shape of prompts, under a key of your gateways: 86 characters of base64url."""

    def __init__(self, key: bytes) -> None:
        if len(key) < 32:
            raise ValueError("A key of templates has 32 bytes or more.")
        self.key = hashlib.blake2b(key, person=b"kh template").digest()

    def of(self, text: str) -> str:
        words = WORD.findall(masked(text[: FIRST * 40]).casefold())[:FIRST]
        if len(words) < LEAST:
            return ""
        least = self.least({" ".join(words[place : place + TOGETHER]) for place in range(len(words) - TOGETHER + 1)})
        bands = (least[place : place + ROWS] for place in range(0, BANDS * ROWS, ROWS))
        signature = b"".join(self.hashed(b"".join(band), BAND) for band in bands)
        return base64.urlsafe_b64encode(signature).decode().rstrip("=")

    def least(self, shape: Iterable[str]) -> list[bytes]:
        """Of each of BANDS * ROWS bins the least hash; a bin that nothing fell into borrows from the next that has one."""
        bins: list[bytes | None] = [None] * (BANDS * ROWS)
        for part in shape:
            found = self.hashed(part.encode(), 10)
            place, rest = int.from_bytes(found[:2], "big") % len(bins), found[2:]
            here = bins[place]
            bins[place] = rest if here is None else min(here, rest)
        return [next(b for b in (*bins[place:], *bins[:place]) if b is not None) for place in range(len(bins))]

    def hashed(self, part: bytes, size: int) -> bytes:
        return hashlib.blake2b(part, key=self.key, digest_size=size).digest()

    def of_body(self, body: bytes) -> str:
        """Of a request in JSON, as model APIs take it: `system`, `instructions`, `prompt`, `input` or `messages`."""
        try:
            asked = json.loads(body)
        except (ValueError, RecursionError):
            return ""
        return self.of("\n".join(prompts(asked))) if isinstance(asked, dict) else ""


def masked(text: str) -> str:
    for pattern, instead in MASKS:
        text = pattern.sub(instead, text)
    return text


def prompts(asked: dict[str, Any]) -> Iterator[str]:
    """What the customer's program writes: the system's part and the first of the user's, and none of the answers."""
    for name in ("system", "instructions", "prompt"):
        yield from texts(asked.get(name))
    said = asked.get("messages", asked.get("input"))
    if isinstance(said, str):
        yield said
    turns = [turn for turn in said if isinstance(turn, dict)] if isinstance(said, list) else []
    for role in ("system", "developer", "user"):
        first = next((turn for turn in turns if turn.get("role") == role), {})
        yield from texts(first.get("content"))


def texts(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        yield from (part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str))


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
    def __init__(
        self, application: Callable[..., Iterable[bytes]], keyholder: Keyholder, templates: Templates | None = None
    ) -> None:
        self.application, self.keyholder, self.templates = application, keyholder, templates

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        key = key_of(environ.get("HTTP_AUTHORIZATION", ""), environ.get("HTTP_X_API_KEY", ""))
        # Behind a proxy of your own this is the proxy: let it set REMOTE_ADDR, and believe no header that a client can send.
        answer, (status, body) = judged(self.keyholder, key, environ.get("REMOTE_ADDR", ""))
        if answer is not None:
            environ["keyholder"] = answer
            self.look(environ)
            return self.application(environ, start_response)
        start_response(
            f"{status} {http.client.responses[status]}",
            [("Content-Type", "application/problem+json"), ("Content-Length", str(len(body))), *challenge(status)],
        )
        return [body]

    def look(self, environ: dict[str, Any]) -> None:
        """Reads the body and puts it back."""
        length = environ.get("CONTENT_LENGTH") or ""
        if self.templates and length.isdigit() and 0 < int(length) <= LARGEST:
            body = environ["wsgi.input"].read(int(length))
            environ["wsgi.input"] = io.BytesIO(body)
            environ["keyholder_template"] = self.templates.of_body(body)


class ASGIGate:
    def __init__(self, app: Callable[..., Awaitable[None]], keyholder: Keyholder, templates: Templates | None = None) -> None:
        self.app, self.keyholder, self.templates = app, keyholder, templates

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
            state = {**scope.get("state", {}), "keyholder": answer}
            await self.app({**scope, "state": state}, self.looking(receive, state), send)
            return
        told = [("content-type", "application/problem+json"), ("content-length", str(len(body))), *challenge(status)]
        pairs = [(name.lower().encode(), value.encode()) for name, value in told]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": body})

    def looking(self, receive: Any, state: dict[str, Any]) -> Any:
        """Passes the body on as it comes, and has its template when it has come."""
        if self.templates is None:
            return receive
        templates, parts, size = self.templates, list[bytes](), 0

        async def passing() -> Any:
            nonlocal size
            message = await receive()
            if message.get("type") == "http.request" and size <= LARGEST:
                size += len(message.get("body", b""))
                parts.append(message.get("body", b""))
                if not message.get("more_body") and size <= LARGEST:
                    state["keyholder_template"] = await asyncio.to_thread(templates.of_body, b"".join(parts))
            return message

        return passing


def challenge(status: int) -> list[tuple[str, str]]:
    return [("WWW-Authenticate", "Bearer")] if status == 401 else []
