"""Draws a report from its two files, and nothing else, as tagged PDF/A-3 with report.json attached."""

import io
import json
from typing import Any

import pikepdf
import weasyprint
from django.conf import settings
from django.template.loader import render_to_string

from reports import canonical


def render(facts: dict[str, Any], envelope: dict[str, Any]) -> bytes:
    html = render_to_string(f"reports/{facts['report'].lower()}.html", {"report": facts, "envelope": envelope})
    attached = {"report.json": canonical.encode(facts), "envelope.json": json.dumps(envelope, sort_keys=True).encode()}
    manifest = {name: canonical.sha256(data) for name, data in attached.items()}
    files = attached | {"manifest.json": json.dumps(manifest, sort_keys=True).encode()}
    document = weasyprint.HTML(string=html, base_url=str(settings.BASE_DIR / "templates/reports")).render()
    document.metadata.attachments = [
        weasyprint.Attachment(string=data, name=name, relationship="Source" if name == "report.json" else "Data")
        for name, data in files.items()
    ]
    return with_types(document.write_pdf(pdf_variant="pdf/a-3a", pdf_tags=True))


def with_types(data: bytes) -> bytes:
    """Every attachment names its MIME type (FMT-02)."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for name in pdf.attachments:
            pdf.attachments[name].get_file().mime_type = "application/json"
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()
