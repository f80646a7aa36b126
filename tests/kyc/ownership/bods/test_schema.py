"""The standard's own schema, with its formats (BODS-01)."""

import csv
import os
from pathlib import Path
from typing import Any

import pytest

from kyc.ownership.bods import schema
from kyc.ownership.bods.statements import load
from tests.kyc.ownership.bods.files import chain, entity, person, tie


def found(*statements: dict[str, Any]) -> list[tuple[str, str]]:
    return [(error.keyword, error.path) for error in schema.errors(list(statements))]


class TestSchema:
    def test_finds_nothing_in_what_is_right(self) -> None:
        assert found(*chain()) == []

    @pytest.mark.parametrize(
        ("keyword", "path", "details"),
        [
            ("enum", "$[0].recordDetails.entityType.type", {"entityType": {"type": "company"}}),
            ("enum", "$[0].recordDetails.entityType.subtype", {"entityType": {"type": "registeredEntity", "subtype": "trust"}}),
            ("format", "$[0].recordDetails.foundingDate", {"foundingDate": "2020-02-31"}),
            ("format", "$[0].recordDetails.uri", {"uri": "no address"}),
            ("required", "$[0].recordDetails.jurisdiction", {"jurisdiction": {"code": "NO"}}),
        ],
    )
    def test_finds_what_is_wrong_in_an_entity(self, keyword: str, path: str, details: dict[str, Any]) -> None:
        assert found(entity("firm", details=details)) == [(keyword, path)]

    def test_tells_the_statement(self) -> None:
        errors = list(schema.errors([person("Ann"), person("Bea", statementId="too short")]))
        assert [(error.statement, error.keyword) for error in errors] == [(1, "minLength")]

    def test_a_file_that_is_no_list_is_wrong_as_a_whole(self) -> None:
        assert [(error.statement, error.path) for error in schema.errors({"statements": []})] == [(None, "$")]

    def test_errors_stand_in_the_order_of_the_file(self) -> None:
        broken = [entity("firm"), *(tie("Ann", "firm", {"type": "shares"}) for _ in range(11))]
        assert [error.statement for error in schema.errors(broken)] == list(range(1, 12))

    def test_a_format_without_a_checker_is_no_format_that_passes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        schema.validator.cache_clear()
        monkeypatch.setattr(schema, "FORMATS", ("date", "no-such-format"))
        with pytest.raises(Exception, match="no-such-format"):
            schema.validator()
        schema.validator.cache_clear()


class TestTheStandardsOwnFiles:
    """`fixtures/` and `examples/` of the standard, where KEYHOLDER_DATA names a folder that holds them."""

    @pytest.fixture
    def folder(self) -> Path:
        named = os.environ.get("KEYHOLDER_DATA")
        if not named:
            pytest.skip("KEYHOLDER_DATA names no folder, so the standard's own examples stay unchecked.")
        return Path(named) / "bods"

    def test_every_valid_file_is_valid(self, folder: Path) -> None:
        files = [*folder.glob("examples/*.json"), *folder.glob("fixtures/valid-statements/*.json")]
        assert len(files) > 60
        assert {file.name: list(schema.errors(load(file))) for file in files if list(schema.errors(load(file)))} == {}

    def test_every_invalid_file_has_the_error_that_the_standard_expects(self, folder: Path) -> None:
        invalid = folder / "fixtures/invalid-statements"
        rows = [row for row in csv.reader((invalid / "expected_errors.csv").read_text().splitlines()) if row]
        present = [row for row in rows if (invalid / row[0]).exists()]
        assert len(present) > 80
        missed = [
            (name, keyword, path)
            for name, keyword, path, *_ in present
            if (keyword, path) not in {(error.keyword, error.path) for error in schema.errors(load(invalid / name))}
        ]
        assert missed == []
