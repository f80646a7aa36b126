"""What the newer addresses decline, as RFC 9457 has it: with a sentence, and where to mend it.

Introspection keeps OAuth's form (kyc/api/errors.py), which RFC 7662's readers know."""

import json
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

KIND = "application/problem+json"
TITLES = {
    400: "The question cannot be read", 401: "No gateway's credential", 404: "Nothing is here", 405: "Not by this method",
    406: "Not in this form", 410: "Gone", 415: "Not in this form", 429: "Too many", 500: "Our fault", 503: "Busy",
}  # fmt: skip


class ProblemDetails(serializers.Serializer[Any]):
    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="A sentence for people; its words may change.")
    fix = serializers.CharField(help_text="An absolute address where it can be mended, or read how.")


def problem(status: int, code: str, detail: str, *, fix: str = "api:schema", **headers: str) -> HttpResponse:
    """`fix` is the name of an address."""
    said = {
        "type": f"urn:keyholder:problem:{code}",
        "title": TITLES.get(status, "Refused"),
        "status": status,
        "detail": detail,
        "fix": settings.SITE_URL + reverse(fix),
    }
    return HttpResponse(json.dumps(said), status=status, content_type=KIND, headers=headers)


class ProblemView(APIView):
    def handle_exception(self, exc: Exception) -> Response:
        told: Any = super().handle_exception(exc)
        said = json.loads(told.content)
        fix = "gateways" if told.status_code == 401 else "api:schema"
        kept = {name: value for name, value in told.headers.items() if name != "Content-Type"}
        answer: Any = problem(told.status_code, said["error"], said["error_description"], fix=fix, **kept)
        return answer
