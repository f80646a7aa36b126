"""The OpenAPI document is made from the code and says what the code does."""

from typing import Any

import jsonschema
import pytest
from django.test import Client
from drf_spectacular.validation import validate_schema
from rest_framework.utils import json as strict

from tests.kyc.api.conftest import Ask
from tests.kyc.keys.scenes import Issued


@pytest.fixture
def document() -> dict[str, Any]:
    answer = Client().get("/api/v1/schema/", headers={"Accept": "application/json"})
    assert answer.status_code == 200
    return strict.loads(answer.content)


@pytest.fixture
def operation(document: dict[str, Any]) -> dict[str, Any]:
    return document["paths"]["/api/v1/introspect"]["post"]


def resolved(document: dict[str, Any], operation: dict[str, Any], status: str) -> dict[str, Any]:
    reference = operation["responses"][status]["content"]["application/json"]["schema"]["$ref"]
    return document["components"]["schemas"][reference.rpartition("/")[2]]


class TestSchema:
    def test_is_valid_openapi_3_1(self, document: dict[str, Any]) -> None:
        assert document["openapi"] == "3.1.0"
        validate_schema(document)

    def test_the_check_can_fail(self, document: dict[str, Any]) -> None:
        del document["info"]
        with pytest.raises(jsonschema.ValidationError):
            validate_schema(document)

    def test_names_the_endpoint_with_both_ways_to_ask_and_how_to_sign_in(
        self, document: dict[str, Any], operation: dict[str, Any]
    ) -> None:
        assert set(operation["requestBody"]["content"]) == {"application/x-www-form-urlencoded", "application/json"}
        assert operation["security"] == [{"gateway": []}]
        assert document["components"]["securitySchemes"]["gateway"] == {"type": "http", "scheme": "bearer"}
        assert list(document["paths"]["/api/v1/introspect"]) == ["post"]

    def test_says_that_the_token_is_required(self, document: dict[str, Any]) -> None:
        assert document["components"]["schemas"]["Question"]["required"] == ["token"]

    @pytest.mark.django_db
    def test_the_answers_are_what_it_says(
        self, ask: Ask, linked: Issued, document: dict[str, Any], operation: dict[str, Any]
    ) -> None:
        said = resolved(document, operation, "200")
        for token in (linked.secret, "unknown"):
            whole = {**said, "additionalProperties": False, "components": document["components"]}
            jsonschema.validate(ask(f'{{"token": "{token}"}}').json(), whole)

    def test_is_served_in_yaml_too(self) -> None:
        answer = Client().get("/api/v1/schema/")
        assert answer.status_code == 200
        assert b"/api/v1/introspect" in answer.content
