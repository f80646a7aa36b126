"""What is attached to a report beside its own two files: the statements of the standard, and its tables as CSV. All of it is made
from report.json and envelope.json, so it says nothing that they don't."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from accounts.tables import safe
from reports import canonical
from reports.bods import published

Facts = dict[str, Any]
Row = Iterable[Any]
PARTIES = (
    *("id", "name", "native_name", "kind", "legal_form", "country", "headquarters", "residence", "born"),
    *("register", "scheme", "number", "lei"),
)
INTERESTS = (
    *("owner_id", "owner", "owned_id", "owned", "type", "interest", "share", "min", "max", "held", "held_for_id", "held_for"),
    *("since", "declared_on", "source"),
)
DETERMINATIONS = ("regime", "title", "status", "rule_pack", "party_id", "party", "verdict", "share", "min", "max", "why")


def made(facts: Facts, envelope: Facts) -> dict[str, bytes]:
    """By name; nothing for a report without statements of the standard."""
    if "bods" not in facts:
        return {}
    return {
        "bods.json": canonical.encode(published(facts["bods"], envelope["provider"])),
        "parties.csv": table(PARTIES, parties(facts)),
        "interests.csv": table(INTERESTS, ([row[name] for name in INTERESTS] for row in facts["ownership"]["interests"])),
        "determinations.csv": table(DETERMINATIONS, determinations(facts)),
    }


def parties(facts: Facts) -> Iterator[Row]:
    for row in (*facts["persons"], *facts["entities"]):
        told = row | {
            "id": row["party_id"],
            "name": row["party"],
            "country": row.get("jurisdiction") or row.get("nationality", ""),
        }
        yield [told.get(name, "") for name in PARTIES]


def determinations(facts: Facts) -> Iterator[Row]:
    for regime in facts["ownership"]["regimes"]:
        for row in (*regime["verdicts"], *regime["others"]):
            told = {**row, "why": " ".join(row["why"])} | {name: regime[name] for name in DETERMINATIONS[:4]}
            yield [told[name] for name in DETERMINATIONS]


def table(head: Row, rows: Iterable[Row]) -> bytes:
    """CSV as RFC 4180 has it, in UTF-8; no cell is a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return out.getvalue().encode()
