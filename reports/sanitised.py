"""A document as it can be handed on: drawn anew, so that nothing stands in it but what is seen.

A picture is decoded and written again without what cameras add; of a PDF everything that acts, is attached or says who made it is
taken out. What can't be opened is not handed on.
"""

import io

import pikepdf
from pikepdf import Name
from PIL import Image

# What acts, leads elsewhere or carries something along.
OF_CATALOG = ("/OpenAction", "/AA", "/AcroForm", "/Names", "/Metadata", "/PieceInfo", "/URI", "/AF", "/Collection")
OF_PAGE = ("/AA", "/Annots", "/Metadata", "/PieceInfo")
PICTURES = {"image/jpeg": "JPEG", "image/png": "PNG"}
PDF = "application/pdf"


class Unsafe(ValueError):
    """It can't be made safe; says why."""


def sanitised(data: bytes, content_type: str) -> bytes:
    if content_type in PICTURES:
        return picture(data, PICTURES[content_type])
    if content_type == PDF:
        return document(data)
    raise Unsafe(f"files of the kind {content_type} are not handed on")


def picture(data: bytes, kind: str) -> bytes:
    out = io.BytesIO()
    try:
        with Image.open(io.BytesIO(data), formats=[kind]) as opened:
            opened.load()
            plain = opened.convert("RGB") if kind == "JPEG" else opened.convert("RGBA")
            Image.frombytes(plain.mode, plain.size, plain.tobytes()).save(out, kind)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Unsafe(f"the picture can't be read ({type(error).__name__})") from None
    return out.getvalue()


def document(data: bytes) -> bytes:
    out = io.BytesIO()
    try:
        with pikepdf.open(io.BytesIO(data)) as opened:
            for name in OF_CATALOG:
                if name in opened.Root:
                    del opened.Root[name]
            for page in opened.pages:
                for name in OF_PAGE:
                    if name in page.obj:
                        del page.obj[name]
            if Name.Info in opened.trailer:
                del opened.trailer[Name.Info]
            opened.remove_unreferenced_resources()
            opened.save(out, deterministic_id=True)
    except (pikepdf.PdfError, ValueError) as error:
        raise Unsafe(f"the PDF can't be read ({type(error).__name__})") from None
    return out.getvalue()
