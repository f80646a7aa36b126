"""Tables of a report that may be very long. Who asks for the `summary` has of each the first rows on paper, and the whole as
CSV; report.json is the same either way."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reports import attachments

Facts = dict[str, Any]
Rows = Sequence[Mapping[str, Any]]
WHOLE, SUMMARY = "whole", "summary"
# So many of the first rows stand on paper in a summary.
PRINTED = 20


def each_keys(name: str) -> Callable[[Facts], list[Facts]]:
    """Rows that stand under each key of an attribution report, with the key before them."""
    return lambda facts: [{"of_key": key["key"], **row} for key in facts["keys"] for row in key[name]]


def bare_keys(facts: Facts) -> list[Facts]:
    """Keys without the rows that have tables of their own."""
    return [{name: value for name, value in key.items() if name not in UNDER_KEYS} for key in facts["keys"]]


UNDER_KEYS = ("links", "verifications", "gaps", "changes", "actions", "use")
TABLES: dict[str, dict[str, Callable[[Facts], Rows]]] = {
    "R-03": {
        "statuses.csv": lambda facts: facts["statuses"],
        "origins.csv": lambda facts: facts["origins"],
        "levels.csv": lambda facts: facts["assurance"]["levels"],
        "evidence.csv": lambda facts: facts["assurance"]["items"],
        "differences.csv": lambda facts: facts["assurance"]["mismatches"],
        "confirmations.csv": lambda facts: facts["assurance"]["confirmations"],
        "screened.csv": lambda facts: facts["screening"]["parties"],
        "matches.csv": lambda facts: facts["screening"]["hits"],
        "keys.csv": lambda facts: facts["access"]["keys"],
        "links.csv": lambda facts: facts["access"]["links"],
        "changes.csv": lambda facts: [*facts["changes"]["rows"], *facts["changes"]["later"]["rows"]],
    },
    "R-10": {
        "keys.csv": lambda facts: facts["keys"],
        "minutes.csv": lambda facts: facts["series"]["rows"],
        "errors.csv": lambda facts: facts["errors"],
        "notices.csv": lambda facts: facts["notices"]["rows"],
        "appeals.csv": lambda facts: facts["appeals"],
    },
    "R-06": {"keys.csv": bare_keys, **{f"{name}.csv": each_keys(name) for name in UNDER_KEYS}},
}


FILES = tuple(dict.fromkeys(name for tables in TABLES.values() for name in tables))


def is_summary(envelope: Facts) -> bool:
    return envelope.get("tables") == SUMMARY


def printed(rows: Rows, envelope: Facts) -> Rows:
    """Those that stand on paper."""
    return rows[:PRINTED] if is_summary(envelope) else rows


def attached(facts: Facts, envelope: Facts) -> list[str]:
    """The names of those that `made` makes."""
    return [name for name, rows in TABLES[facts["report"]].items() if rows(facts)] if is_summary(envelope) else []


def made(facts: Facts, envelope: Facts) -> dict[str, bytes]:
    """The whole tables by name, in a summary; those without a row are left out."""
    if not is_summary(envelope):
        return {}
    found = {name: rows(facts) for name, rows in TABLES[facts["report"]].items()}
    return {name: csv_of(rows) for name, rows in found.items() if rows}


def csv_of(rows: Rows) -> bytes:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return attachments.table(columns, ([cell(row.get(name, "")) for name in columns] for row in rows))


def cell(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(map(cell, value))
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if isinstance(value, dict) else str(value)
