"""The papers that the demo's customers send: an extract of an invented register, and a blank page."""

from io import BytesIO

import pikepdf
import weasyprint
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string


def uploaded(data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("register-extract.pdf", data, content_type="application/pdf")


def extract(**facts: str) -> SimpleUploadedFile:
    """One page with name, native, form, number, country, address and director as the register would state them."""
    return uploaded(weasyprint.HTML(string=render_to_string("demo/extract.html", facts)).write_pdf())


def blank() -> SimpleUploadedFile:
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(595, 842))
    out = BytesIO()
    pdf.save(out)
    return uploaded(out.getvalue())
