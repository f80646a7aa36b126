"""What the newer addresses decline, as RFC 9457 has it: with a sentence, and where to mend it.

Introspection keeps OAuth's form (kyc/api/errors.py), which RFC 7662's readers know."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

KIND = "application/problem+json"
TITLES = {
    400: "The question cannot be read", 401: "No gateway's credential", 403: "The key may not do that",
    404: "Nothing is here", 405: "Not by this method",
    406: "Not in this form", 409: "Told otherwise before", 410: "Gone", 413: "Too much at once", 415: "Not in this form",
    429: "Too many", 500: "Our fault", 503: "Busy",
}  # fmt: skip


# Where a status alone would say what is not so.
TITLE_OF = {"not_signed": "Not signed"}


class ProblemDetails(serializers.Serializer[Any]):
    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="A sentence for people; its words may change.")
    fix = serializers.CharField(help_text="An absolute address where it can be mended, or read how.")


def problem(
    status: int, code: str, detail: str, *, fix: str = "api:schema", more: Mapping[str, Any] | None = None, **headers: str
) -> HttpResponse:
    """`fix` is the name of an address; `more` stands beside what each problem says."""
    said = {
        "type": f"urn:keyholder:problem:{code}",
        "title": TITLE_OF.get(code) or TITLES.get(status, "Refused"),
        "status": status,
        "detail": detail,
        "fix": settings.SITE_URL + reverse(fix),
        **(more or {}),
    }
    return HttpResponse(json.dumps(said), status=status, content_type=KIND, headers=headers)


@dataclass
class Declined(Exception):
    """A status of ours, with a sentence that says what to do, and after how many seconds."""

    status: int
    code: str
    detail: str
    wait: int = 0
    # The name of an address, and what else the problem tells.
    fix: str = "api:schema"
    more: Mapping[str, Any] = field(default_factory=dict)


class ProblemView(APIView):
    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, Declined):
            wait = {"Retry-After": str(exc.wait)} if exc.wait else {}
            declined: Any = problem(exc.status, exc.code, exc.detail, fix=exc.fix, more=exc.more, **wait)
            return declined
        told: Any = super().handle_exception(exc)
        said = json.loads(told.content)
        fix = "gateways" if told.status_code == 401 else "api:schema"
        kept = {name: value for name, value in told.headers.items() if name != "Content-Type"}
        answer: Any = problem(told.status_code, said["error"], said["error_description"], fix=fix, **kept)
        return answer
