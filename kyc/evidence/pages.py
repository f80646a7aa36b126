"""Pages of a document as pictures, so that it is read beside what it is held against, and nothing of a PDF runs in a browser."""

from io import BytesIO

import pikepdf

from kyc.evidence.models import Document
from kyc.evidence.reading import programs
from kyc.evidence.taking.kinds import PDF


def count(document: Document) -> int:
    """A picture is one page; a PDF none where this machine can't draw it. Raises FileErased."""
    if document.content_type != PDF:
        return 1
    if not programs.is_here("pdftoppm"):
        return 0
    with pikepdf.open(BytesIO(content(document))) as pdf:
        return len(pdf.pages)


def drawn(document: Document, number: int) -> bytes | None:
    """A page of a PDF, from 1, as a JPEG; None where there is none. Raises FileErased, programs.NotHere and Failed."""
    return programs.leaf(content(document), number)


def content(document: Document) -> bytes:
    with document.file.open() as file:
        return bytes(file.read())
