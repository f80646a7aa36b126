"""What the newer endpoints decline, as problem details (RFC 9457), each with what to do about it."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.http import JsonResponse
from rest_framework import exceptions, serializers
from rest_framework.views import exception_handler

from kyc.api import errors

TYPE = "application/problem+json"
# By status, where the one who declines says nothing better.
FIXES = {
    400: "Change what is sent, and send it again.",
    401: "Show a credential that an administrator of this service has issued and not revoked.",
    405: "Ask by one of the methods that the Allow header names.",
    413: "Send fewer rows at once.",
    415: "Send application/json, plain or with Content-Encoding: gzip.",
    429: "Send the same again in as many seconds as Retry-After says.",
}


class ProblemDetails(serializers.Serializer[Any]):
    """RFC 9457."""

    type = serializers.CharField(help_text="about:blank: the status says what kind of problem it is.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="A sentence for people; its words may change.")
    fix = serializers.CharField(help_text="What to do about it.")


@dataclass
class Declined(Exception):
    """A status of ours, with a sentence and what to do about it."""

    status: int
    detail: str
    fix: str = ""
    wait: int = 0


def answer(status: int, detail: str, fix: str = "", headers: dict[str, str] | None = None) -> JsonResponse:
    told = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "fix": fix or FIXES.get(status, FIXES[400]),
    }
    return JsonResponse(told, status=status, headers=headers, content_type=TYPE)


def shaped(error: Exception, context: dict[str, Any]) -> JsonResponse | None:
    """As kyc.api.errors.shaped, in this shape; None for a bug."""
    if isinstance(error, Declined):
        return answer(error.status, error.detail, error.fix, {"Retry-After": str(error.wait)} if error.wait else None)
    told = exception_handler(error, context)
    if told is None:
        found = errors.ours(error)
        return answer(*found) if found else None
    kept = {name: value for name, value in told.headers.items() if name != "Content-Type"}
    if isinstance(error, exceptions.UnsupportedMediaType):
        return answer(415, "The body is of another type than this address takes.", headers=kept)
    _, sentence = errors.ours(error) or (0, " ".join(errors.sentences(told.data)))
    return answer(told.status_code, sentence, headers=kept)
