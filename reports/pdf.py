"""Draws a report from its two files, and nothing else, as tagged PDF/A-3 with the facts attached (FMT-01 to FMT-03)."""

import io
import json
from collections.abc import Sequence
from typing import Any

import pikepdf
from django.template.loader import render_to_string

from reports import attachments, canonical, joining, letters, long_tables, part, parts
from reports.conforming import archived, tagged

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
    **dict.fromkeys(long_tables.FILES, "Data"),
}


class WrongDigest(ValueError):
    """The envelope belongs to other facts."""


def render(
    facts: dict[str, Any],
    envelope: dict[str, Any],
    changes: Sequence[dict[str, Any]] = (),
    *,
    told: parts.Told = parts.to_nobody,
) -> bytes:
    """The PDF of a report; of a restatement with `changes`, the values that changed, as changes.json; `told` hears how many parts
    of a long one are drawn. Raises WrongDigest when the envelope's sha256 is not that of the facts."""
    if canonical.sha256(canonical.encode(facts)) != envelope["sha256"]:
        raise WrongDigest(envelope["number"])
    html = render_to_string(
        f"reports/paper/{facts['report'].lower()}.html", {"report": facts, "envelope": envelope, "restated": changes}
    )
    return drawn(html, files(facts, envelope, changes), paper=envelope["paper"], told=told)


def drawn(html: str, attached: dict[str, bytes], *, paper: str, told: parts.Told = parts.to_nobody) -> bytes:
    """A page of ours on the house's paper, with files attached by name."""
    sheets = SHEETS[paper]
    found = [{"string": data, "name": name, "relationship": RELATIONSHIPS[name]} for name, data in sorted(attached.items())]
    if cut := parts.cut(html):
        return joined(cut, sheets, found, told)
    data, lacking = part.drawn(html, sheets, found)
    if lacking:
        data, _ = part.drawn(letters.said(html, lacking), sheets, found)
    return conforming(data)


def joined(cut: list[parts.Part], sheets: list[str], attached: list[dict[str, Any]], told: parts.Told) -> bytes:
    """The parts drawn apart as one; the first once more at the end, when it is known on which page each section begins."""
    first = cut[0]
    drawn, lacking = parts.drawn(cut, sheets, told)
    html = letters.said(first.html, lacking) if lacking else first.html
    places = parts.pages_of(drawn)
    data = part.drawn(parts.with_pages(html, places), first.sheets(sheets), attached).data
    return conforming(data, drawn[1:], sheets)


def conforming(data: bytes, more: Sequence[bytes] = (), sheets: Sequence[str] = ()) -> bytes:
    """What PDF/A-3 and PDF/UA-1 ask for and WeasyPrint leaves out; `more` are the parts that follow."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        tagged(pdf)
        for one in more:
            joining.append(pdf, one)
        if more:
            joining.numbered(pdf, part.numbers([page.mediabox[2] > page.mediabox[3] for page in pdf.pages], sheets))
        archived(pdf)
        out = io.BytesIO()
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def files(facts: dict[str, Any], envelope: dict[str, Any], changes: Sequence[dict[str, Any]] = ()) -> dict[str, bytes]:
    """What is attached, by name; manifest.json holds the SHA-256 of each of the others."""
    found = {
        "report.json": canonical.encode(facts),
        "envelope.json": canonical.encode(envelope),
        "methodology.txt": methodology(facts).encode(),
        **attachments.made(facts, envelope),
        **long_tables.made(facts, envelope),
        **({"changes.json": canonical.encode(list(changes))} if "restates" in envelope else {}),
    }
    digests = {name: canonical.sha256(data) for name, data in sorted(found.items())}
    return found | {"manifest.json": json.dumps(digests, indent=1).encode()}


def methodology(facts: dict[str, Any]) -> str:
    return "\n\n".join(f"{part['topic']}\n{part['text']}" for part in facts["methodology"]) + "\n"
