"""Draws a report from its two files, and nothing else, as tagged PDF/A-3 with the facts attached (FMT-01 to FMT-03)."""

import io
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pikepdf
from django.conf import settings
from django.template.loader import render_to_string

from reports import attachments, canonical, letters
from reports.conforming import archived, tagged

if TYPE_CHECKING:
    from weasyprint.urls import URLFetcher

PAPER = settings.BASE_DIR / "templates" / "reports" / "paper"
# The sizes of paper there are.
SHEETS = {"A4": ["paper.css"], "Letter": ["paper.css", "letter.css"]}
RELATIONSHIPS = {
    "report.json": "Source",
    "statement.json": "Source",
    "envelope.json": "Data",
    "methodology.txt": "Supplement",
    "manifest.json": "Data",
    "changes.json": "Data",
    "bods.json": "Data",
    "parties.csv": "Data",
    "interests.csv": "Data",
    "determinations.csv": "Data",
}


class WrongDigest(ValueError):
    """The envelope belongs to other facts."""


def render(facts: dict[str, Any], envelope: dict[str, Any], changes: Sequence[dict[str, Any]] = ()) -> bytes:
    """The PDF of a report; of a restatement with `changes`, the values that changed, as changes.json. Raises WrongDigest when the
    envelope's sha256 is not that of the facts."""
    if canonical.sha256(canonical.encode(facts)) != envelope["sha256"]:
        raise WrongDigest(envelope["number"])
    html = render_to_string(
        f"reports/paper/{facts['report'].lower()}.html", {"report": facts, "envelope": envelope, "restated": changes}
    )
    return drawn(html, files(facts, envelope, changes), paper=envelope["paper"])


def drawn(html: str, attached: dict[str, bytes], *, paper: str) -> bytes:
    """A page of ours on the house's paper, with files attached by name."""
    data, lacking = written(html, attached, paper)
    if lacking:
        data, _ = written(letters.said(html, lacking), attached, paper)
    return conforming(data)


def written(html: str, attached: dict[str, bytes], paper: str) -> tuple[bytes, set[str]]:
    """As WeasyPrint makes it, and the letters that it had no font for."""
    # Half of what it takes to start a process, of which few draw a page.
    import weasyprint

    styles = [weasyprint.CSS(filename=str(PAPER / name)) for name in SHEETS[paper]]
    document = weasyprint.HTML(string=html, url_fetcher=nothing()).render(stylesheets=styles)
    document.metadata.attachments = [
        weasyprint.Attachment(string=data, name=name, relationship=RELATIONSHIPS[name]) for name, data in sorted(attached.items())
    ]
    data: bytes = document.write_pdf(pdf_variant="pdf/a-3a", pdf_tags=True)
    return data, letters.missing(document)


def nothing() -> "URLFetcher":
    """Fetches for the page neither from the network nor from the disk."""
    from weasyprint.urls import URLFetcher

    return URLFetcher(allowed_protocols=())


def files(facts: dict[str, Any], envelope: dict[str, Any], changes: Sequence[dict[str, Any]] = ()) -> dict[str, bytes]:
    """What is attached, by name; manifest.json holds the SHA-256 of each of the others."""
    found = {
        "report.json": canonical.encode(facts),
        "envelope.json": canonical.encode(envelope),
        "methodology.txt": methodology(facts).encode(),
        **attachments.made(facts, envelope),
        **({"changes.json": canonical.encode(list(changes))} if "restates" in envelope else {}),
    }
    digests = {name: canonical.sha256(data) for name, data in sorted(found.items())}
    return found | {"manifest.json": json.dumps(digests, indent=1).encode()}


def methodology(facts: dict[str, Any]) -> str:
    return "\n\n".join(f"{part['topic']}\n{part['text']}" for part in facts["methodology"]) + "\n"


def conforming(data: bytes) -> bytes:
    """What PDF/A-3 and PDF/UA-1 ask for and WeasyPrint leaves out."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        tagged(pdf)
        archived(pdf)
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()
