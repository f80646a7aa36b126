"""A summary prints of long tables the first rows, says how many there are, and attaches the whole; report.json is the same."""

import csv
import io
import json
from typing import Any

import pikepdf
import pytest
from django.template.loader import render_to_string

from reports import canonical, long_tables, pdf
from reports.facts.catalogue import CATALOGUE
from tests.reports import specimen
from tests.reports.test_paper import visible

Facts = dict[str, Any]
COUNT = 57


def with_keys(facts: Facts) -> Facts:
    """COUNT keys, of which no two are called the same."""
    found: Facts = json.loads(json.dumps(facts))
    row = found["access"]["keys"][0]
    found["access"]["keys"] = [dict(row, key=f"kh_live_{n:04}…zz", name=f"=name {n}") for n in range(COUNT)]
    return found


@pytest.fixture
def facts() -> Facts:
    return with_keys(specimen.facts())


def page(facts: Facts, **told: str) -> str:
    kind = f"reports/paper/{facts['report'].lower()}.html"
    return visible(render_to_string(kind, {"report": facts, "envelope": specimen.envelope(facts, **told)}))


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode())))


class TestOnPaper:
    def test_the_first_rows_stand_and_how_many_there_are_and_where_all_are(self, facts: Facts) -> None:
        text = page(facts, tables="summary")
        assert [n for n in range(COUNT) if f"kh_live_{n:04}" in text] == list(range(long_tables.PRINTED))
        assert f"Printed are the first {long_tables.PRINTED} of {COUNT} rows." in text and "keys.csv" in text

    def test_else_all_of_them_stand_and_no_file_is_named(self, facts: Facts) -> None:
        text = page(facts)
        assert [n for n in range(COUNT) if f"kh_live_{n:04}" in text] == list(range(COUNT))
        assert "Printed are the first" not in text and ".csv" not in text

    def test_a_table_that_is_short_is_not_called_shortened(self) -> None:
        text = page(specimen.facts(), tables="summary")
        assert "Printed are the first" not in text.partition("Verified entity, keys and holds")[2].partition("History of")[0]

    def test_an_attribution_report_tells_the_first_keys(self) -> None:
        found = json.loads(json.dumps(specimen.keys()))
        found["keys"] = [dict(found["keys"][0], key=f"kh_live_{n:04}…zz") for n in range(COUNT)]
        text = page(found, tables="summary")
        assert [n for n in range(COUNT) if f"kh_live_{n:04}" in text] == list(range(long_tables.PRINTED))


class TestAttached:
    def test_the_whole_says_what_report_json_says(self, facts: Facts) -> None:
        made = pdf.files(facts, specimen.envelope(facts, tables="summary"))
        found = rows(made["keys.csv"])
        assert [row["key"] for row in found] == [row["key"] for row in facts["access"]["keys"]]
        # No cell is a formula.
        assert found[1]["name"] == "'=name 1"
        assert json.loads(made["manifest.json"])["keys.csv"] == canonical.sha256(made["keys.csv"])
        assert made["report.json"] == pdf.files(facts, specimen.envelope(facts))["report.json"]

    def test_nothing_more_where_all_is_on_paper(self, facts: Facts) -> None:
        assert not [name for name in pdf.files(facts, specimen.envelope(facts)) if name.endswith(".csv")]

    def test_rows_under_keys_name_their_key(self) -> None:
        found = specimen.keys()
        made = long_tables.made(found, {"tables": "summary"})
        told = rows(made["changes.csv"])
        assert len(told) == sum(len(key["changes"]) for key in found["keys"]) > 0
        assert {row["of_key"] for row in told} <= {key["key"] for key in found["keys"]}
        assert set(long_tables.attached(found, {"tables": "summary"})) == set(made)

    def test_which_kinds_have_long_tables_is_said_once(self) -> None:
        assert {kind for kind, frame in CATALOGUE.items() if frame.has_long_tables} == long_tables.TABLES.keys()

    def test_in_the_pdf_each_is_data(self, facts: Facts) -> None:
        with pikepdf.open(io.BytesIO(pdf.render(facts, specimen.envelope(facts, tables="summary")))) as made:
            assert made.attachments["keys.csv"].relationship == pikepdf.Name.Data
            assert len(rows(made.attachments["keys.csv"].get_file().read_bytes())) == COUNT
