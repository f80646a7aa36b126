"""What came of a file, as a file: a row for each possible match, and one for each row of which there is none, or that was not
answered."""

import csv
from collections.abc import Iterable, Iterator

from accounts import scope
from accounts.models import User
from accounts.tables import Echo, safe
from accounts.vault import Unreadable
from kyc.desk.answers import masked, of_part
from kyc.screening import asked as asking
from kyc.screening.asked import Answer, Asked
from kyc.screening.filed import SAMPLE, Fault
from kyc.screening.models import Inquiry, InquiryPart

Row = tuple[object, ...]
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
        numbers = list(InquiryPart.objects.filter(inquiry=inquiry).order_by("first").values_list("pk", flat=True))
    for number in numbers:
        with scope.of_officer(to):
            told = list(of(InquiryPart.objects.get(pk=number), inquiry, published, to))
        for row in told:
            yield writer.writerow(map(safe, row))
    for fault in faults:
        yield writer.writerow(map(safe, unanswered((fault.line, *[""] * 6), f"not asked: {fault.sentence}")))


def of(part: InquiryPart, inquiry: Inquiry, published: dict[str, str], to: User) -> Iterator[Row]:
    """At least one for each row of it: whoever counts them finds as many as he asked about."""
    if isinstance(part.subjects, Unreadable):
        yield from [unanswered([""] * 7, "erased")] * part.size
    elif part.state != InquiryPart.State.DONE:
        for asked in asking.subjects_of(part.subjects):
            yield unanswered(who(masked(asked, inquiry, to)), f"not answered: {part.state}")
    else:
        for _place, asked, answer in of_part(part):
            yield from rows(masked(asked, inquiry, to), answer, published, part)


def who(asked: Asked) -> Row:
    return (
        asked.line, asked.reference, "; ".join(asked.names), asked.kind, asked.birth_date, asked.country,
        "; ".join(asked.identifiers),
    )  # fmt: skip


def unanswered(known: Iterable[object], result: str) -> Row:
    row = (*known, result)
    return (*row, *[""] * (len(COLUMNS) - len(row)))


def rows(asked: Asked, answer: Answer, published: dict[str, str], part: InquiryPart) -> Iterator[Row]:
    known = who(asked)
    by = (part.engine, part.configuration)
    if not answer.hits:
        yield (*known, "nothing found", *[""] * 8, *by)
    for rank, hit in enumerate(answer.hits, start=1):
        reasons = " ".join(reason.sentence for reason in hit.parts)
        yield (
            *known, "strong match" if hit.is_strong else "possible match", rank, hit.source, published[hit.source], hit.entry,
            hit.name, hit.matched, f"{hit.score:.3f}", reasons, *by,
        )  # fmt: skip
