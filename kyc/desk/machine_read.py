"""What a machine has read from a case's documents, beside what was declared: for who works the case."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from kyc.evidence import reads
from kyc.evidence.models import Document
from kyc.evidence.read_models import Reading
from kyc.evidence.reads import Compared
from kyc.parties import masks
from kyc.parties.models import Party

# Of a number enough is shown to tell it from another; the whole one stands on the document.
MASKED = {"number": masks.ending, "birth_date": masks.year_only, "address": masks.place_only}


@dataclass(frozen=True)
class Shown:
    reading: Reading
    rows: list[Compared]
    signs: list[str]


def shown(documents: Iterable[Document], customer: Party | None) -> list[Shown]:
    """In the order of the documents, with one query however many there are."""
    by_number = {document.pk: document for document in documents}
    found = []
    for reading in Reading.objects.filter(document__in=by_number).order_by("document"):
        reading.document = by_number[reading.document_id]
        rows = [masked(row) for row in reads.compared(reading, reading.document.party or customer)]
        found.append(Shown(reading, rows, reads.signs(reading)))
    return found


def masked(row: Compared) -> Compared:
    mask = MASKED.get(row.name)
    if mask is None:
        return row
    return replace(row, declared=mask(row.declared) if row.declared else "", value=mask(row.value) if row.value else "")
