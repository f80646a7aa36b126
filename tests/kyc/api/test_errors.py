"""One shape for everything the API declines: OAuth's, since introspection is OAuth's."""

import json
from typing import Any

import pytest
from django.http import Http404, JsonResponse
from rest_framework import exceptions

from kyc.api.errors import shaped


def said(answer: JsonResponse) -> Any:
    return json.loads(answer.content)


class TestShaped:
    @pytest.mark.parametrize(
        ("error", "status", "told"),
        [
            (exceptions.ParseError("No JSON."), 400, {"error": "invalid_request", "error_description": "No JSON."}),
            (
                exceptions.ValidationError({"token": ["This field is required.", "Really."], "a": ["No."]}),
                400,
                {"error": "invalid_request", "error_description": "token: This field is required. Really. a: No."},
            ),
            (
                exceptions.ValidationError({"non_field_errors": ["Expected a dictionary."]}),
                400,
                {"error": "invalid_request", "error_description": "Expected a dictionary."},
            ),
            (exceptions.ValidationError(["No."]), 400, {"error": "invalid_request", "error_description": "No."}),
            (
                exceptions.ValidationError({"keys": [{}, {"id": ["No."]}]}),
                400,
                {"error": "invalid_request", "error_description": "keys: id: No."},
            ),
            (exceptions.AuthenticationFailed("Who?"), 401, {"error": "invalid_token", "error_description": "Who?"}),
            (exceptions.PermissionDenied("No."), 403, {"error": "insufficient_scope", "error_description": "No."}),
            (
                exceptions.APIException('"x"\\é\n'),
                500,
                {"error": "server_error", "error_description": "'x'"},
            ),
            (Http404(), 404, {"error": "invalid_request", "error_description": "There is nothing at this address."}),
            (
                exceptions.Throttled(wait=3),
                429,
                {
                    "error": "slow_down",
                    "error_description": "Too much that is not known came from here. "
                    "Ask again in as many seconds as Retry-After says.",
                },
            ),
        ],
    )
    def test_is_a_code_and_a_sentence(self, error: Exception, status: int, told: dict[str, str] | None) -> None:
        answer = shaped(error, {})
        assert answer is not None and answer.status_code == status
        assert set(said(answer)) == {"error", "error_description"}
        assert told is None or said(answer) == told

    def test_is_short_however_much_was_wrong(self) -> None:
        answer = shaped(exceptions.ValidationError(["x" * 10_000]), {})
        assert answer is not None and len(said(answer)["error_description"]) == 300

    def test_keeps_the_headers(self) -> None:
        error: Any = exceptions.AuthenticationFailed("Who?")
        error.auth_header = 'Bearer realm="keyholder"'
        answer = shaped(error, {})
        assert answer is not None and answer["WWW-Authenticate"] == 'Bearer realm="keyholder"'

    def test_leaves_a_bug_to_be_one(self) -> None:
        assert shaped(ZeroDivisionError(), {}) is None
