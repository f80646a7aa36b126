"""GET /api/v1/keys/changes and /api/v1/keys/snapshot: for gateways that keep a replica of what they may let in."""

import base64
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import rfc8785
from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import heads
from kyc.api.authentication import GatewayAuthentication
from kyc.api.problems import ProblemDetails, ProblemView, problem
from kyc.keys import feed
from kyc.keys.feed import BadCursor, Gone, Page, Position

LONGEST_WAIT = 30
# A stream ends by itself and is asked for again, so that no thread of the server is one gateway's for ever.
STREAM_SECONDS = 55
PULSE = 10
STEP = 0.25
# Of the threads of a process so many may wait at a time: the others go on answering.
WAITING = threading.BoundedSemaphore(int(os.environ.get("KEYHOLDER_FEED_WAITERS", "2")))
# Snapshots at a time: they are short, and whoever waits for changes shuts nobody out of one.
SNAPSHOTS = threading.BoundedSemaphore(2)
STREAM = "text/event-stream"
PURPOSE = b"Keyholder key snapshot\n"


class Change(serializers.Serializer[Any]):
    cursor = serializers.CharField(required=False)
    key = serializers.CharField(help_text="The key's public prefix.")
    active = serializers.BooleanField(help_text="Whether it may act at this moment, wherever it is used from.")
    reason = serializers.CharField(required=False, help_text="Why not, as in introspection.")
    organisation = serializers.IntegerField(required=False)
    project = serializers.CharField(required=False)
    entity = serializers.CharField(required=False)
    assurance = serializers.CharField(required=False)
    nbf = serializers.IntegerField(required=False, help_text="Before this it may not act.")
    exp = serializers.IntegerField(required=False, help_text="From this second on it may not act, without another change.")
    scope = serializers.CharField(required=False, allow_blank=True)
    tiers = serializers.ListField(child=serializers.CharField(), required=False)
    networks = serializers.ListField(child=serializers.CharField(), required=False, help_text="In CIDR; empty: anywhere.")
    cnf = serializers.DictField(required=False)
    at = serializers.IntegerField(required=False, help_text="When it changed.")


class Changes(serializers.Serializer[Any]):
    changes = Change(many=True)
    cursor = serializers.CharField(help_text="Where to go on.")
    more = serializers.BooleanField(help_text="Whether there is more already.")


class EitherWay(BaseContentNegotiation):
    """A stream to who accepts one, else JSON."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


@contextmanager
def waiting() -> Iterator[bool]:
    """Whether there is room for one more that waits."""
    has_room = WAITING.acquire(blocking=False)
    try:
        yield has_room
    finally:
        if has_room:
            WAITING.release()


def document(page: Page) -> dict[str, Any]:
    return {"changes": page.changes, "cursor": str(page.cursor), "more": page.is_full}


AFTER = OpenApiParameter(
    "after",
    {"type": "string", "pattern": f"^{feed.WRITTEN.pattern}$"},
    description="The cursor of the last answer or of a snapshot.",
)
WAIT = OpenApiParameter(
    "wait", {"type": "integer", "minimum": 0, "maximum": LONGEST_WAIT}, description="For how many seconds to wait for a change."
)
REFUSALS = dict.fromkeys((400, 401, 405, 429), ProblemDetails)


def described(answers: dict[int, Any]) -> dict[Any, Any]:
    return {(status, "application/problem+json") if told is ProblemDetails else status: told for status, told in answers.items()}


@method_decorator(cache_control(no_store=True), name="dispatch")
class KeyChanges(ProblemView):
    """Every change of whether keys may act, in order and without a gap; at once, after a while, or as server-sent events."""

    authentication_classes = [GatewayAuthentication]
    renderer_classes = [JSONRenderer]
    content_negotiation_class = EitherWay

    @extend_schema(
        parameters=[AFTER, WAIT],
        responses={
            (200, "application/json"): Changes,
            (200, STREAM): OpenApiTypes.STR,
            **described({**REFUSALS, 410: ProblemDetails, 503: ProblemDetails}),
        },
    )
    def get(self, request: Request) -> Any:
        for_test = request.user.for_test
        is_stream = STREAM in request.headers.get("Accept", "")
        written = request.query_params.get("after") or (request.headers.get("Last-Event-Id", "") if is_stream else "")
        try:
            after = feed.parsed(written) if written else None
            wait = seconds(request.query_params.get("wait", ""))
            first = feed.read(after, for_test=for_test)
        except BadCursor as error:
            return problem(400, "bad_cursor", str(error))
        except Gone as error:
            return problem(410, "cursor_gone", str(error), fix="api:snapshot")
        if is_stream:
            return streamed(first, for_test=for_test)
        return Response(document(waited(first, for_test=for_test, until=time.monotonic() + wait)))


def seconds(text: str) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdecimal()) or len(text) > 2 or int(text) > LONGEST_WAIT:
        raise BadCursor(f"wait is a whole number of seconds from 0 to {LONGEST_WAIT}.")
    return int(text)


def waited(page: Page, *, for_test: bool, until: float) -> Page:
    """The first page with a change; an empty one when the time is over, or where too many wait already."""
    with waiting() as has_room:
        while not page.changes and has_room and time.monotonic() < until:
            time.sleep(STEP)
            page = feed.read(page.cursor, for_test=for_test)
    return page


def streamed(first: Page, *, for_test: bool) -> HttpResponse | StreamingHttpResponse:
    if not WAITING.acquire(blocking=False):
        return problem(
            503, "too_many_streams", "As many wait here as may at a time. Ask without a stream.", **{"Retry-After": "5"}
        )
    answer = StreamingHttpResponse(Stream(first, for_test=for_test), content_type=STREAM)
    answer.headers["X-Accel-Buffering"] = "no"
    return answer


class Stream:
    """Events with their cursors as ids, by which a client that lost the connection goes on. Closed, it makes room."""

    room = WAITING

    def __init__(self, first: Page, *, for_test: bool) -> None:
        self.page, self.for_test, self.is_open = first, for_test, True
        self.events = self.told()

    def __iter__(self) -> "Stream":
        return self

    def __next__(self) -> bytes:
        try:
            return next(self.events)
        except BaseException:
            # Also where the database went away in the middle: the client comes back with its last id.
            self.close()
            raise

    def close(self) -> None:
        if self.is_open:
            self.is_open = False
            self.room.release()

    def told(self) -> Iterator[bytes]:
        ends, pulse = time.monotonic() + STREAM_SECONDS, 0.0
        while time.monotonic() < ends:
            for change in self.page.changes:
                yield f"id: {change['cursor']}\nevent: key\ndata: {json.dumps(change)}\n\n".encode()
            if self.page.changes or time.monotonic() >= pulse:
                # Without data it is no event, but the client remembers the id.
                yield f"id: {self.page.cursor}\n\n".encode()
                pulse = time.monotonic() + PULSE
            if not self.page.is_full:
                time.sleep(STEP)
            self.page = feed.read(self.page.cursor, for_test=self.for_test)


@method_decorator(cache_control(no_store=True), name="dispatch")
class Snapshot(ProblemView):
    """All keys that are not revoked, as JSON lines: a first line with the cursor to go on from, a line a key, and a last one with
    the hash of all lines before it, signed (Ed25519) with the key that signs the heads of the audit log."""

    authentication_classes = [GatewayAuthentication]
    renderer_classes = [JSONRenderer]
    content_negotiation_class = EitherWay

    @extend_schema(
        responses={(200, "application/jsonl"): OpenApiTypes.STR, **described({**REFUSALS, 503: ProblemDetails})},
    )
    def get(self, request: Request) -> Any:
        if not SNAPSHOTS.acquire(blocking=False):
            return problem(503, "too_many_streams", "As many snapshots are being read as may at a time.", **{"Retry-After": "5"})
        return StreamingHttpResponse(Lines(for_test=request.user.for_test), content_type="application/jsonl")


class Lines(Stream):
    room = SNAPSHOTS

    def __init__(self, *, for_test: bool) -> None:
        self.for_test, self.is_open = for_test, True
        self.events = self.signed(feed.end())

    def signed(self, cursor: Position) -> Iterator[bytes]:
        hashed, number = sha256(), 0
        at = timezone.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        head = {"keyholder": "keys", "version": 1, "cursor": str(cursor), "at": at, "for_test": self.for_test}
        for line in self.lines(head):
            hashed.update(line)
            number += 1
            yield line
        yield trailer(hashed.hexdigest(), number - 1)

    def lines(self, head: dict[str, Any]) -> Iterator[bytes]:
        yield (json.dumps(head) + "\n").encode()
        for state in feed.every(for_test=self.for_test):
            yield (json.dumps(state) + "\n").encode()


def trailer(digest: str, keys: int) -> bytes:
    key = heads.signing_key()
    facts = {"keys": keys, "sha256": digest, "key": heads.fingerprint(key.public_key())}
    signature = base64.b64encode(key.sign(PURPOSE + rfc8785.dumps(facts))).decode()
    return (json.dumps({**facts, "signature": signature}) + "\n").encode()
