"""What the API declines, in one shape: OAuth's, which whoever asks by RFC 7662 knows how to read."""

from collections.abc import Iterator
from typing import Any

from rest_framework.response import Response
from rest_framework.views import exception_handler

CODES = {401: "invalid_token", 403: "insufficient_scope"}
# DRF's names for what belongs to no field.
OF_NO_FIELD = {"detail", "non_field_errors"}
LONGEST = 300


def shaped(error: Exception, context: dict[str, Any]) -> Response | None:
    """`{"error": ..., "error_description": ...}`, whatever went wrong; None for a bug, which is no answer."""
    answer = exception_handler(error, context)
    if answer is not None:
        code = CODES.get(answer.status_code, "invalid_request")
        answer.data = {"error": code, "error_description": plain(" ".join(sentences(answer.data)))}
    return answer


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
