"""One shape for everything the API declines: OAuth's, since introspection is OAuth's."""

from typing import Any

import pytest
from django.http import Http404
from rest_framework import exceptions

from kyc.api.errors import shaped


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
            (Http404(), 404, {"error": "invalid_request", "error_description": "Not found."}),
            (
                exceptions.UnsupportedMediaType("x\\é\n"),
                415,
                {"error": "invalid_request", "error_description": "Unsupported media type 'x' in request."},
            ),
            (exceptions.Throttled(wait=3), 429, None),
        ],
    )
    def test_is_a_code_and_a_sentence(self, error: Exception, status: int, told: dict[str, str] | None) -> None:
        answer = shaped(error, {})
        assert answer is not None and answer.status_code == status
        assert set(answer.data) == {"error", "error_description"}
        assert told is None or answer.data == told

    def test_is_short_however_much_was_wrong(self) -> None:
        answer = shaped(exceptions.ValidationError(["x" * 10_000]), {})
        assert answer is not None and len(answer.data["error_description"]) == 300

    def test_keeps_the_headers(self) -> None:
        error: Any = exceptions.AuthenticationFailed("Who?")
        error.auth_header = 'Bearer realm="keyholder"'
        answer = shaped(error, {})
        assert answer is not None and answer["WWW-Authenticate"] == 'Bearer realm="keyholder"'

    def test_leaves_a_bug_to_be_one(self) -> None:
        assert shaped(ZeroDivisionError(), {}) is None
