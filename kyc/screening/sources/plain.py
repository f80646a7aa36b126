"""Keyholder's own CSV, for any list that has no layout of its own, and for the provider's own list.

Columns: id, kind (person, company, other), name; and where there is something to say aliases, weak_aliases, birth_dates
(YYYY, YYYY-MM, YYYY-MM-DD, `circa 1952`, `1971 to 1973`), countries, identifiers, programmes, topics, remarks, link. Several
values in one column stand with semicolons between.
"""

from collections.abc import Iterator, Mapping
from functools import partial

from kyc.screening import birthdates
from kyc.screening.entries import BadList, Entry, Topic
from kyc.screening.sources import gathering, tables
from kyc.screening.sources.files import Files
from kyc.screening.sources.gathering import Gathered, country

NEEDED = ("id", "kind", "name")
KINDS = ("person", "company", "other")


def read(files: Files, *, topic: Topic = Topic.SANCTION) -> Iterator[Entry]:
    found = (gathered(files.primary.name, line, row, topic) for line, row in tables.rows(files.primary, NEEDED))
    return gathering.entries(found, files.primary.name)


own = partial(read, topic=Topic.OWN)


def gathered(file: str, line: int, row: Mapping[str, str], topic: Topic) -> Gathered:
    def several(column: str) -> list[str]:
        return [part.strip() for part in row.get(column, "").split(";") if part.strip()]

    births, topics = several("birth_dates"), several("topics") or [topic.value]
    if row["kind"].strip() not in KINDS:
        raise BadList(f"{file}, line {line}: the kind is {row['kind'][:40]!r}, where one of {', '.join(KINDS)} may stand.")
    if unknown := [text for text in topics if text not in set(Topic)]:
        raise BadList(f"{file}, line {line}: the topic is {unknown[0][:40]!r}, where {', '.join(Topic)} may stand.")
    if unread := [text for text in births if birthdates.span(text) is None]:
        raise BadList(f"{file}, line {line}: the birth date {unread[0][:40]!r} can't be read.")
    if nowhere := [text for text in several("countries") if not country(text)]:
        raise BadList(f"{file}, line {line}: the country {nowhere[0][:40]!r} is none.")
    return Gathered(
        row["id"].strip(), line, row["kind"].strip(),
        names=[row["name"]], aliases=several("aliases"), weak=several("weak_aliases"),
        programmes=several("programmes"), births=births, nations=several("countries"), numbers=several("identifiers"),
        topics=topics, remarks=[row.get("remarks", "").strip()], link=row.get("link", "").strip(),
        said=[f"{name}={value.strip()}" for name, value in sorted(row.items())],
    )  # fmt: skip
