"""Many to look for at once: a row of a file in, a row for each possible entry out."""

import json
from collections.abc import Iterable, Iterator, Mapping

from accounts.tables import BadTable, rows, safe
from kyc.parties import countries
from kyc.screening import birthdates, weighing
from kyc.screening.asked import is_name
from kyc.screening.index import Index
from kyc.screening.match import Subject

COLUMNS = ("id", "kind", "name", "birth_date", "country", "identifier")
NEEDED = ("id", "kind", "name")
KINDS = ("person", "company")
FOUND = ("id", "rank", "list", "entry_id", "entry_name", "score", "is_hit", "reasons")
LONGEST = 1000


def asked(lines: Iterable[str], *, source: str) -> Iterator[tuple[str, Subject]]:
    """Whom each row asks about, with the id it is given back by. Raises BadTable with file, line and reason."""
    for line, row in rows(lines, columns=COLUMNS, needed=NEEDED, source=source):
        if wrong := fault(row):
            raise BadTable(f"{source}, line {line}: {wrong}")
        numbers = tuple(filter(None, (row.get("identifier", ""),)))
        country = row.get("country", "").upper()
        yield row["id"], Subject(row["name"], row["kind"], row.get("birth_date", ""), numbers, country)


def fault(row: Mapping[str, str]) -> str:
    """What is wrong with a row; empty where nothing is."""
    born, country = row.get("birth_date", ""), row.get("country", "")
    if not row["id"]:
        return "the id is empty."
    if row["kind"] not in KINDS:
        return f"the kind {row['kind'] or '(empty)'} is not known; kinds are {' and '.join(KINDS)}."
    if not is_name(row["name"]):
        return "the name is empty."
    if len(row["name"]) > LONGEST:
        return f"the name has {len(row['name'])} characters; {LONGEST} are the most."
    if born and birthdates.ends(born) is None:
        return f"the birth date {born} is none; write YYYY, YYYY-MM or YYYY-MM-DD."
    if country and not countries.is_country(country.upper()):
        return f"the country {country} is no code of ISO 3166-1; write two letters, such as DE."
    return ""


def found(
    index: Index,
    id: str,
    subject: Subject,
    *,
    lists: Mapping[int, str],
    line: float,
    limit: int,
    configuration: str = weighing.CURRENT,
) -> Iterator[dict[str, str | int]]:
    """A row for each candidate, also below the line, best first; none where there is none. `lists` names the version that an
    entry stands in. What a spreadsheet would run bears an apostrophe before it, in the ids too."""
    for rank, match in enumerate(index.find(subject, limit=limit, version=configuration), start=1):
        yield {
            "id": safe(id),
            "rank": rank,
            "list": lists[match.entry.version],
            "entry_id": safe(match.entry.id),
            "entry_name": safe(match.entry.name),
            "score": f"{match.score:.3f}",
            "is_hit": "true" if match.score >= line else "false",
            "reasons": json.dumps(match.reasons, ensure_ascii=False),
        }
