"""The papers that the demo's customers send: an extract of an invented register, other papers, and a blank page."""

from io import BytesIO

import pikepdf
import weasyprint
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string


def uploaded(data: bytes, name: str = "register-extract.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="application/pdf")


def drawn(template: str, facts: dict[str, object], name: str) -> SimpleUploadedFile:
    return uploaded(weasyprint.HTML(string=render_to_string(f"demo/{template}.html", facts)).write_pdf(), name)


def extract(**facts: str) -> SimpleUploadedFile:
    """One page with name, native, form, number, country, address and director as the register would state them."""
    return drawn("extract", dict(facts), "register-extract.pdf")


def paper(title: str, *, issuer: str, rows: dict[str, str]) -> SimpleUploadedFile:
    """One page of any other kind: its title, who issued it, and what stands in it."""
    name = f"{title.lower().replace(' ', '-')}.pdf"
    return drawn("paper", {"title": title, "issuer": issuer, "rows": {key: text for key, text in rows.items() if text}}, name)


def blank() -> SimpleUploadedFile:
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(595, 842))
    out = BytesIO()
    pdf.save(out)
    return uploaded(out.getvalue())
