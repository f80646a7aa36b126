"""GET /api/v1/authorize: the same judgement for proxies that go by a status alone, such as nginx with auth_request.

The customer's key is where the customer put it, in `Authorization: Bearer` or `X-Api-Key`; the proxy's own credential stands in
`X-Gateway-Credential`, and where the request came from in `X-Client-IP` and `X-Client-Country`, all three set by the proxy, which
must overwrite what a client sent under these names. 204 with headers, 401 for what is no key, 403 for a key that may not act,
each without a body."""

from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import Throttled

from accounts import certificates, credentials
from config import jobs
from kyc.api import errors, guessing, questions, reasons
from kyc.keys import asking, foreign, introspection
from kyc.keys.introspection import UNKNOWN, Judged

MINE = "The gateway's own credential is not known or has been revoked: set X-Gateway-Credential to khgw_..."
BOUND = "The gateway's own credential is bound to a client certificate, and that one did not come with it."
# A header of the answer, and what of the answer stands there.
HEADERS = {
    "X-Entity": "entity", "X-Assurance": "assurance", "X-Organisation": "organisation", "X-Project": "project",
    "X-Key": "client_id", "X-Scope": "scope", "X-Tiers": "tiers", "X-Expires": "exp",
}  # fmt: skip


def authorize(request: HttpRequest) -> tuple[HttpResponse, int | None]:
    """The answer, and the number of the gateway that asked."""
    meta = request.META
    credential = meta.get("HTTP_X_GATEWAY_CREDENTIAL", "")
    written = foreign.parse(shown(meta))
    try:
        said = introspection.conditions(meta.get("HTTP_X_CLIENT_IP", ""), meta.get("HTTP_X_CLIENT_COUNTRY", ""))
    except introspection.BadConditions as error:
        return refused(400, "bad_request", f"{error.name}: {error}"), None
    is_text = credential.isascii() and credential.isprintable()
    try:
        row = asking.ask(credential[:13] if is_text else None, written and written.prefix, said.address)
    except jobs.DATABASE_IS_AWAY as error:
        return away(error), None
    if row["gateway"] is None or not credentials.is_of(credential, row["gateway_digest"]):
        return stranger(request), None
    if certificates.is_bound_elsewhere(request, row["gateway_certificate"]):
        return stranger(request, BOUND), None
    judged = introspection.judge(row, written, for_test=row["for_test"], said=said)
    try:
        answer = questions.answered(judged, questions.Asked("", said), gateway=row["gateway"])
    except Throttled as error:
        return slowed(error), row["gateway"]
    return (granted(answer) if answer["active"] else denied(judged)), row["gateway"]


def shown(meta: dict[str, Any]) -> str:
    """The customer's key. Whoever sends two can't mean both: X-Api-Key counts where there is one."""
    if key := meta.get("HTTP_X_API_KEY", ""):
        return str(key)
    scheme, _, value = str(meta.get("HTTP_AUTHORIZATION", "")).partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def granted(answer: dict[str, Any]) -> HttpResponse:
    response = HttpResponse(status=204)
    for header, name in HEADERS.items():
        if name not in answer:
            continue
        response.headers[header] = in_header(answer[name])
    return response


def in_header(value: Any) -> str:
    """A project may be called anything, so what is no printable ASCII is percent-encoded."""
    return quote(" ".join(value) if isinstance(value, list) else str(value), safe=" !#$&'()*+,/:;=?@[]-._~")


def denied(judged: Judged) -> HttpResponse:
    """A key that is one of ours may not act; what is none is told by its status."""
    if judged.row is None or judged.reason == UNKNOWN.reason:
        response = refused(401, "key_unknown", reasons.REASONS["key_unknown"].requirement)
        response.headers["WWW-Authenticate"] = 'Bearer realm="keys", error="invalid_token"'
        return response
    told = reasons.told(judged.reason)
    response = refused(403, told["reason"], told["requirement"])
    response.headers["X-Fix"] = told["fix"]
    return response


def stranger(request: HttpRequest, why: str = MINE) -> HttpResponse:
    """It is the proxy that is wrong and not the customer: 403, which auth_request hands on as a refusal, so that it closes."""
    try:
        guessing.bad_credential(request)
    except Throttled as error:
        return slowed(error)
    return refused(403, "gateway_unknown", why)


def slowed(error: Throttled) -> HttpResponse:
    """Proxies know 401 and 403 alone; all else they take for a fault, and close."""
    response = refused(429, "slow_down", "Too much that is not known came from here.")
    response.headers["Retry-After"] = str(int(error.wait or 0))
    return response


def away(error: Exception) -> HttpResponse:
    """Proxies take this for a fault too, and let nobody pass."""
    shaped = errors.away(error)
    response = refused(shaped.status_code, errors.CODES[shaped.status_code], errors.AWAY)
    response.headers["Retry-After"] = shaped.headers["Retry-After"]
    return response


def refused(status: int, code: str, sentence: str) -> HttpResponse:
    response = HttpResponse(status=status)
    response.headers["X-Reason"] = code
    response.headers["X-Requirement"] = sentence
    return response
