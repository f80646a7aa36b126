"""The short way to an answer: a gateway's plain question, answered before the middleware that only people need.

No session, no language, no form and no page stands behind the question whether a key is good, and what they cost is several times
what the answer does. Whatever is not plain (another method, another form, a body that is no question, a credential that is
unknown) goes on to the view of the same address, which says what is wrong: so there is one place for that, and it is
kyc/api/views.py. Headers, TLS and the log are as everywhere."""

import json
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from django.core.exceptions import DisallowedHost, RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from rest_framework.exceptions import ParseError, Throttled

from accounts import access_log, audit, certificates, credentials
from accounts.headers import Handler
from config import jobs
from kyc.api import authorizing, bodies, errors, questions
from kyc.api.authentication import shown
from kyc.keys import asking, foreign, introspection

Lane = Callable[[HttpRequest], HttpResponse | None]
FORM = frozenset({"application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-8"})
JSON = frozenset({"application/json", "application/json; charset=utf-8"})
# A question takes less.
LONGEST = 4096
KNOWN = ("token", "token_type_hint", "client_ip", "client_country", "reasons")
ENCODED = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class NotPlain(Exception):
    """To be read by the view."""


class LaneMiddleware:
    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        lane = LANES.get(request.path_info)
        if lane is None:
            return self.get_response(request)
        token = audit.request_id.set(secrets.token_hex(8))
        try:
            response = lane(request)
            if response is not None:
                response.headers["X-Request-Id"] = audit.request_id.get()
                return response
        finally:
            audit.request_id.reset(token)
        return self.get_response(request)


def introspect(request: HttpRequest) -> HttpResponse | None:
    try:
        credential, values = plain(request)
        asked = questions.Asked(values["token"], questions.conditions(values), is_true(values.get("reasons", False)))
    except (NotPlain, introspection.BadConditions):
        return None
    written = foreign.parse(asked.token)
    try:
        row = asking.ask(credential[:13], written and written.prefix, asked.said.address)
    except jobs.DATABASE_IS_AWAY as error:
        return told(request, errors.away(error), gateway=None)
    if row["gateway"] is None or not credentials.is_of(credential, row["gateway_digest"]):
        return None
    if certificates.is_bound_elsewhere(request, row["gateway_certificate"]):
        return None
    judged = introspection.judge(row, written, for_test=row["for_test"], said=asked.said)
    try:
        body = ENCODED(questions.answered(judged, asked, gateway=row["gateway"]))
    except Throttled as error:
        return told(request, slowed(error), gateway=row["gateway"])
    return told(request, HttpResponse(body, content_type="application/json"), gateway=row["gateway"])


def authorize(request: HttpRequest) -> HttpResponse | None:
    if request.method not in {"GET", "HEAD"} or not is_here(request):
        return None
    response, gateway = authorizing.authorize(request)
    return told(request, response, view="api:authorize", gateway=gateway)


def slowed(error: Throttled) -> JsonResponse:
    answer = errors.shaped(error, {})
    assert answer is not None  # nosec B101  # DRF's own exception
    return answer


def told(request: HttpRequest, response: HttpResponse, *, gateway: int | None, view: str = "api:introspect") -> HttpResponse:
    response.headers["Cache-Control"] = "no-store"
    if response.status_code != 204:
        response.headers["Content-Length"] = str(len(response.content))
    access_log.tell_machine(request, response.status_code, view=view, gateway=gateway)
    return response


def plain(request: HttpRequest) -> tuple[str, dict[str, Any]]:
    """The gateway's credential and the fields of the question. Raises NotPlain."""
    meta = request.META
    credential = shown(meta.get("HTTP_AUTHORIZATION", ""))
    length = meta.get("CONTENT_LENGTH") or ""
    if request.method != "POST" or not credential or not length.isdecimal() or int(length) > LONGEST or not is_here(request):
        raise NotPlain
    if bodies.is_encoded(meta.get("HTTP_CONTENT_ENCODING", "")):
        raise NotPlain
    if (kind := meta.get("CONTENT_TYPE", "").lower()) not in FORM | JSON:
        raise NotPlain
    try:
        values = read(kind, request.body)
    except RequestDataTooBig:
        raise NotPlain from None
    token = values.get("token")
    if not isinstance(token, str) or not token:
        raise NotPlain
    return credential, values


def is_here(request: HttpRequest) -> bool:
    try:
        request.get_host()
    except DisallowedHost:
        return False
    return True


def read(kind: str, body: bytes) -> dict[str, Any]:
    try:
        if kind in JSON:
            found = bodies.read(body, wrong="")
        else:
            pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=20)
            found = dict(pairs)
            if len(found) < len(pairs):
                raise NotPlain
    except (ValueError, ParseError):
        raise NotPlain from None
    if not isinstance(found, dict) or any(not isinstance(found.get(name, ""), str) for name in KNOWN[:4]):
        raise NotPlain
    return found


def is_true(value: Any) -> bool:
    if value is True or value == "true":
        return True
    if value is False or value == "false":
        return False
    raise NotPlain


LANES: dict[str, Lane] = {"/api/v1/introspect": introspect, "/api/v1/authorize": authorize}
