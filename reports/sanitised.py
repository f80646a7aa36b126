"""A document as it can be handed on: drawn anew, so that nothing stands in it but what is seen.

A picture is decoded and written again, upright, without what cameras add; of a PDF everything that acts, is attached or says who
made it is taken out, and what is filled into a form is drawn on its page. What can't be opened is not handed on.
"""

import io

import pikepdf
from pikepdf import Array, Name
from PIL import Image, ImageOps

# What acts, leads elsewhere or carries something along.
OF_CATALOG = ("/OpenAction", "/AA", "/AcroForm", "/Names", "/URI", "/AF", "/Collection", "/Outlines", "/PageMode", "/Threads")
OF_PAGE = ("/AA", "/Annots")
# What says of any object in it who made it, and when.
OF_ANY = ("/Metadata", "/PieceInfo", "/LastModified")
# Segments of a JPEG in which cameras and programs write; the colours need none of them.
APP1, APP13, COMMENT, SCAN = 0xE1, 0xED, 0xFE, 0xDA
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
            upright = ImageOps.exif_transpose(opened)
            plain = upright.convert("RGB" if kind == "JPEG" else "RGBA")
            Image.frombytes(plain.mode, plain.size, plain.tobytes()).save(out, kind)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Unsafe(f"the picture can't be read ({type(error).__name__})") from None
    return out.getvalue()


def document(data: bytes) -> bytes:
    out = io.BytesIO()
    try:
        with pikepdf.open(io.BytesIO(data)) as opened:
            drawn(opened)
            without(opened.Root, OF_CATALOG)
            for page in opened.pages:
                without(page.obj, OF_PAGE)
            for one in opened.objects:
                if isinstance(one, pikepdf.Dictionary | pikepdf.Stream):
                    without(one, OF_ANY)
                if isinstance(one, pikepdf.Stream) and one.get("/Filter") in (Name.DCTDecode, Array([Name.DCTDecode])):
                    one.write(bare(one.read_raw_bytes()), filter=Name.DCTDecode, decode_parms=one.get("/DecodeParms"))
            if Name.Info in opened.trailer:
                del opened.trailer[Name.Info]
            opened.remove_unreferenced_resources()
            opened.save(out, deterministic_id=True)
    except (pikepdf.PdfError, ValueError) as error:
        raise Unsafe(f"the PDF can't be read ({type(error).__name__})") from None
    return out.getvalue()


def drawn(opened: pikepdf.Pdf) -> None:
    """What stands in fields becomes part of the pages."""
    if "/AcroForm" in opened.Root:
        opened.generate_appearance_streams()
    opened.flatten_annotations("screen")


def without(one: pikepdf.Object, names: tuple[str, ...]) -> None:
    for name in names:
        if name in one:
            del one[name]


def bare(data: bytes) -> bytes:
    """A JPEG to the byte as it is seen, without what its camera and programs wrote into it."""
    out, at = bytearray(data[:2]), 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != SCAN:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] not in (APP1, APP13, COMMENT):
            out += data[at:end]
        at = end
    return bytes(out + data[at:])
