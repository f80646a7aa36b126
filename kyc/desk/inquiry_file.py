"""What came of a file, as a file: a row for each possible match, and one for each row of which there is none."""

import csv
from collections.abc import Iterator

from accounts import scope
from accounts.models import User
from accounts.tables import Echo, safe
from kyc.desk.answers import masked, of_part
from kyc.screening.asked import Answer, Asked
from kyc.screening.filed import SAMPLE, Fault
from kyc.screening.models import Inquiry, InquiryPart

COLUMNS = (
    "line", "id", "name", "kind", "birth_date", "country", "identifier", "result", "rank", "list", "list_published", "entry_id",
    "entry_name", "matched_name", "score", "reasons", "engine", "configuration",
)  # fmt: skip
# Spreadsheets know by it that what follows is UTF-8.
MARK = "\ufeff"


def sample() -> str:
    writer = csv.writer(Echo())
    return MARK + "".join(writer.writerow(row) for row in SAMPLE)


def lines(inquiry: Inquiry, faults: list[Fault], *, to: User) -> Iterator[str]:
    """Read part by part when the page's own transaction has ended: whoever takes long to receive them keeps none open."""
    writer = csv.writer(Echo())
    yield MARK + writer.writerow(COLUMNS)
    published = {used["source"]: used["published"] for used in inquiry.lists}
    with scope.of_officer(to):
        numbers = list(InquiryPart.objects.filter(inquiry=inquiry, state="done").order_by("first").values_list("pk", flat=True))
    for number in numbers:
        with scope.of_officer(to):
            part = InquiryPart.objects.get(pk=number)
            found = [(masked(asked, inquiry, to), answer) for _place, asked, answer in of_part(part)]
        for asked, answer in found:
            for row in rows(asked, answer, published, part):
                yield writer.writerow(map(safe, row))
    for fault in faults:
        yield writer.writerow(map(safe, (fault.line, *[""] * 6, f"not asked: {fault.sentence}", *[""] * (len(COLUMNS) - 8))))


def rows(asked: Asked, answer: Answer, published: dict[str, str], part: InquiryPart) -> Iterator[tuple[object, ...]]:
    known = (
        asked.line, asked.reference, "; ".join(asked.names), asked.kind, asked.birth_date, asked.country,
        "; ".join(asked.identifiers),
    )  # fmt: skip
    by = (part.engine, part.configuration)
    if not answer.hits:
        yield (*known, "nothing found", *[""] * 8, *by)
    for rank, hit in enumerate(answer.hits, start=1):
        reasons = " ".join(reason.sentence for reason in hit.parts)
        yield (
            *known, "strong match" if hit.is_strong else "possible match", rank, hit.source, published[hit.source], hit.entry,
            hit.name, hit.matched, f"{hit.score:.3f}", reasons, *by,
        )  # fmt: skip
