"""What the API declines, in one shape: OAuth's, which whoever asks by RFC 7662 knows how to read."""

import logging
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.views import exception_handler

from config import jobs

logger = logging.getLogger(__name__)
# slow_down as OAuth has it (RFC 8628, section 3.5), and temporarily_unavailable (RFC 6749, section 4.1.2.1).
CODES = {
    401: "invalid_token", 403: "insufficient_scope", 429: "slow_down", 500: "server_error", 503: "temporarily_unavailable"
}  # fmt: skip
# DRF's names for what belongs to no field.
OF_NO_FIELD = {"detail", "non_field_errors"}
LONGEST = 300
# Whoever was told to wait comes again after so many seconds.
WAIT = 1
AWAY = "The database is busy or away. Send the same again in as many seconds as Retry-After says."
# A library's own words tell of its reader, not of the question. The first that fits is said.
SAID: dict[type[Exception], tuple[int, str]] = {
    RequestDataTooBig: (413, "The body is too large."),
    TooManyFieldsSent: (400, "The body has too many fields."),
    SuspiciousOperation: (400, "The request cannot be read."),
    exceptions.UnsupportedMediaType: (415, "Send application/x-www-form-urlencoded or application/json."),
    exceptions.MethodNotAllowed: (405, "This address does not answer to that method; the Allow header names those it knows."),
    exceptions.NotAcceptable: (406, "This address answers in none of the types that the Accept header names."),
    exceptions.Throttled: (429, "Too much that is not known came from here. Ask again in as many seconds as Retry-After says."),
    exceptions.NotFound: (404, "There is nothing at this address."),
    Http404: (404, "There is nothing at this address."),
    # Also a lock or a statement that took too long; what was begun is undone, or was done and is so once.
    OperationalError: (503, AWAY),
    InterfaceError: (503, AWAY),
}


def shaped(error: Exception, context: dict[str, Any]) -> JsonResponse | None:
    """`{"error": ..., "error_description": ...}`, whatever went wrong and whatever was accepted; None for a bug."""
    answer = exception_handler(error, context)
    if answer is None:
        return declined(error)
    _, sentence = ours(error) or (0, " ".join(sentences(answer.data)))
    kept = {name: value for name, value in answer.headers.items() if name != "Content-Type"}
    return JsonResponse(problem(answer.status_code, sentence), status=answer.status_code, headers=kept)


def declined(error: Exception) -> JsonResponse | None:
    """The same of what goes wrong outside a view."""
    if (found := ours(error)) is None:
        return None
    status, sentence = found
    return away(error) if status == 503 else JsonResponse(problem(status, sentence), status=status)


def away(error: Exception) -> JsonResponse:
    """Of jobs.DATABASE_IS_AWAY. The log has why."""
    logger.warning("not answered: %s", jobs.told(error))
    return JsonResponse(problem(503, AWAY), status=503, headers={"Retry-After": str(WAIT)})


def ours(error: Exception) -> tuple[int, str] | None:
    return next((said for kind, said in SAID.items() if isinstance(error, kind)), None)


def broken() -> JsonResponse:
    return JsonResponse(problem(500, "Something went wrong on our side. Try again later."), status=500)


def is_asked(request: HttpRequest) -> bool:
    """Whether the API was asked, and so a machine, which reads no page."""
    return request.path_info.startswith("/api/")


def problem(status: int, sentence: str) -> dict[str, str]:
    return {"error": CODES.get(status, "invalid_request"), "error_description": plain(sentence)}


def sentences(told: Any) -> Iterator[str]:
    if isinstance(told, dict):
        for name, value in told.items():
            found = " ".join(sentences(value))
            yield found if name in OF_NO_FIELD else f"{name}: {found}"
    elif isinstance(told, list):
        for value in told:
            yield from sentences(value)
    else:
        yield str(told)


def plain(text: str) -> str:
    """RFC 6749 allows a description printable ASCII without quotation marks and backslashes."""
    kept = (one for one in text.replace('"', "'") if one.isascii() and one.isprintable() and one != "\\")
    return "".join(kept)[:LONGEST]
