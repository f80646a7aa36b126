"""What a machine has read from a case's documents, beside what was declared: for who works the case."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from kyc.desk.masking import unlike
from kyc.evidence import doubted, reads
from kyc.evidence.models import Document
from kyc.evidence.read_models import Reading
from kyc.evidence.reading import documents, states
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


def shown(papers: Iterable[Document], customer: Party | None) -> list[Shown]:
    """In the order of the documents, with one query however many there are."""
    by_number = {document.pk: document for document in papers}
    found = []
    for reading in Reading.objects.filter(document__in=by_number).order_by("document"):
        reading.document = by_number[reading.document_id]
        compared = reads.compared(reading, reading.document.party or customer)
        rows = [masked(row) for row in compared if row.declared or row.value]
        found.append(Shown(reading, rows, doubted.sentences(reading)))
    return found


def begun(document: Document) -> dict[str, str]:
    """What the form of a piece of evidence begins with: as a zone or a barcode says it, whole values alone. Words on a paper were
    searched for as they were declared, and tell nothing new."""
    reading = Reading.objects.filter(document=document).first()
    if reading is None or reading.source == documents.Source.TEXT:
        return {}
    reading.document = document
    found = {one["name"]: one for one in reading.fields}
    names = [found[name] for name in ("given", "surname") if name in found]
    values = {name: one["value"] for name, one in found.items()}
    state, issuer = (states.of(values.get(name, "")) for name in ("nationality", "issuer"))
    told = {
        "shown_name": "" if any(one["is_cut"] for one in names) else " ".join(one["value"] for one in names).strip(),
        "shown_birth_date": whole(values.get("birth_date", "")),
        "shown_country": state.country if state else "",
        "issuing_country": issuer.country if issuer else "",
        "expires_on": whole(values.get("expiry_date", "")),
    }
    return {name: value for name, value in told.items() if value}


def whole(day: str) -> str:
    """A zone may leave out the day, or the month too."""
    return day if len(day) == len("2026-11-30") else ""


def masked(row: Compared) -> Compared:
    mask = MASKED.get(row.name)
    if mask is None:
        return row
    value, how = mask(row.value) if row.value else "", unlike(row.name, row.declared, row.value)
    return replace(row, declared=mask(row.declared) if row.declared else "", value=f"{value} ({how})" if how else value)
