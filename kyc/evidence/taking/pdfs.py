"""A PDF built anew: its pages and what they are drawn with, and nothing else of it. Pure.

What stands in fields and stamps is drawn on its page first. The new file has a catalogue of its own, so that scripts, actions,
forms, outlines, embedded files and everything else that hangs on the old one or on annotations stays behind; of a page only what
draws it is carried over. What can act is taken out of the objects that are drawn with as well (ISO 32000-2, 12.6; 7.11; 8.10.4).
"""

import io
import zlib
from collections.abc import Iterator
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from kyc.evidence.taking import origins
from kyc.evidence.taking.kinds import MOST_PAGES, MOST_PIXELS, PDF, Made, Unfit

OF_PAGE = {"/Type", "/Parent", "/MediaBox", "/CropBox", "/Rotate", "/Resources", "/Contents", "/Group"}
# Nothing that draws has these: actions, scripts, files inside and outside, media, forms, who made it and when.
OF_NOTHING = (
    "/AA", "/OpenAction", "/JS", "/JavaScript", "/Launch", "/URI", "/EF", "/AF", "/EmbeddedFiles", "/RichMedia",
    "/RichMediaContent", "/XFA", "/AcroForm", "/Metadata", "/PieceInfo",
    "/LastModified", "/Ref", "/OPI", "/Alternates", "/PS", "/Measure", "/PtData",
)  # fmt: skip
OF_STREAMS = ("/F", "/FFilter", "/FDecodeParms")
ACTING = {
    "/JavaScript": "scripts", "/Launch": "programs", "/URI": "links", "/GoToR": "links", "/GoToE": "links",
    "/SubmitForm": "forms", "/ImportData": "forms",
    "/Rendition": "media", "/Movie": "media", "/Sound": "media", "/RichMediaExecute": "media",
}  # fmt: skip
FLATE = {"/FlateDecode", "/Fl"}
PLAIN = FLATE | {"/LZWDecode", "/LZW", "/ASCII85Decode", "/A85", "/ASCIIHexDecode", "/AHx", "/RunLengthDecode", "/RL"}
# Bytes that all streams together may become, and objects there may be: fifty pages of the most pixels have fewer.
MOST_UNPACKED, MOST_OBJECTS, LONGEST_SIDE, DEEPEST = 1_500_000_000, 200_000, 14_400, 100
PART = 1024 * 1024
# Segments of a JPEG in which cameras and programs write; the colours need none of them.
APP1, APP13, COMMENT, SCAN = 0xE1, 0xED, 0xFE, 0xDA
# And those that say how large it is.
FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def clean(data: bytes) -> Made:
    """Raises Unfit."""
    if not data.startswith(b"%PDF-"):
        raise Unfit("doubtful")
    try:
        with pikepdf.open(io.BytesIO(data)) as old, pikepdf.new() as new:
            refuse(old)
            origin = origins.of_pdf(old, data) | {"sent_as": PDF}
            if found := sorted(set(acting(old))):
                origin["removed"] = found
            rebuilt(old, new)
            out = io.BytesIO()
            new.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
            return Made(out.getvalue(), PDF, origin)
    except pikepdf.PasswordError:
        raise Unfit("pdf_locked") from None
    except (pikepdf.PdfError, ValueError, TypeError, RuntimeError, KeyError, AttributeError, zlib.error):
        raise Unfit("pdf_damaged") from None


def refuse(old: Pdf) -> None:
    if old.is_encrypted:
        raise Unfit("pdf_locked")
    if len(old.objects) > MOST_OBJECTS:
        raise Unfit("pdf_heavy")
    pages = len(old.pages)
    if pages == 0:
        raise Unfit("pdf_empty")
    if pages > MOST_PAGES:
        raise Unfit("pages")
    if "/Collection" in old.Root:
        raise Unfit("pdf_folder")
    # A form that draws itself by a program: its pages only say that another reader is needed.
    if old.Root.get("/NeedsRendering", False):
        raise Unfit("pdf_program")
    for page in old.pages:
        left, bottom, right, top = (float(side) for side in page.mediabox)
        if not 0 < abs(right - left) <= LONGEST_SIDE or not 0 < abs(top - bottom) <= LONGEST_SIDE:
            raise Unfit("pdf_heavy")


def acting(old: Pdf) -> Iterator[str]:
    """What of it is left behind, in words of origins.py."""
    for one in (part for whole in [old.trailer, *old.objects] for part in within(whole)):
        if (word := ACTING.get(str(one.get("/S", "")))) is not None:
            yield word
        if "/EF" in one or str(one.get("/Type", "")) == "/EmbeddedFile":
            yield "files"
        if str(one.get("/Subtype", "")) in {"/RichMedia", "/Screen", "/3D", "/Movie", "/Sound"}:
            yield "media"
        if "/AcroForm" in one:
            yield "forms"
        if "/JS" in one:
            yield "scripts"


def within(one: Any, depth: int = 0) -> Iterator[Any]:
    """The dictionary or stream, and all that stand in it, not those that it refers to."""
    if depth > DEEPEST:
        raise Unfit("pdf_heavy")
    if isinstance(one, Dictionary | Stream):
        yield one
        values = [value for _name, value in one.items()]
    else:
        values = list(one) if isinstance(one, Array) else []
    for value in values:
        # What has a number of its own is met by itself.
        if isinstance(value, Dictionary | Array) and not value.is_indirect:
            yield from within(value, depth + 1)


def rebuilt(old: Pdf, new: Pdf) -> None:
    if "/AcroForm" in old.Root:
        # Its own way of being drawn is not asked for.
        if "/XFA" in old.Root.AcroForm:
            del old.Root.AcroForm["/XFA"]
        # Whoever filled it in may have left it to the reader to draw.
        if not all(
            "/AP" in note for page in old.pages for note in page.get("/Annots", ()) if note.get("/Subtype") == Name.Widget
        ):
            old.Root.AcroForm.NeedAppearances = True
        old.generate_appearance_streams()
    old.flatten_annotations("screen")
    for page in old.pages:
        for name in set(page.obj.keys()) - OF_PAGE:
            del page.obj[name]
        new.pages.append(page)
    layers(old, new)
    unpacked = 0
    for one in new.objects:
        for part in within(one):
            bare(part)
        if isinstance(one, Stream):
            unpacked += weighed(one, MOST_UNPACKED - unpacked)


def layers(old: Pdf, new: Pdf) -> None:
    """Which of them are shown stays as it is: what was hidden would else be seen."""
    held = old.Root.get("/OCProperties")
    if not isinstance(held, Dictionary) or "/OCGs" not in held:
        return
    shown = held.get("/D", Dictionary())
    kept = Dictionary({name: shown[name] for name in ("/BaseState", "/ON", "/OFF") if name in shown})
    found = old.make_indirect(Dictionary(OCGs=held.OCGs, D=kept))
    new.Root.OCProperties = new.copy_foreign(found)


def bare(one: Any) -> None:
    for name in OF_NOTHING:
        # A font or a picture may be called that.
        if name in one and not is_drawn_with(one[name]):
            del one[name]
    if isinstance(one, Stream):
        for name in OF_STREAMS:
            if name in one:
                raise Unfit("pdf_outside")
        if str(one.get("/Subtype", "")) == "/PS" or str(one.get("/Subtype2", "")) == "/PS":
            raise Unfit("pdf_program")


def is_drawn_with(value: Any) -> bool:
    if not isinstance(value, Dictionary | Stream):
        return False
    is_acting = any(name in value for name in ("/S", "/JS", "/EF"))
    return str(value.get("/Type", "")) in {"/Font", "/XObject", "/ExtGState", "/Pattern"} and not is_acting


def filters(one: Any) -> list[str]:
    found = one.get("/Filter", Array())
    return [str(name) for name in found] if isinstance(found, Array) else [str(found)]


def weighed(one: Any, room: int) -> int:
    """How many bytes become of it, told without keeping them. Raises Unfit for more than there is room for."""
    by = filters(one)
    if str(one.get("/Subtype", "")) == "/Image" and int(one.get("/Width", 0)) * int(one.get("/Height", 0)) > MOST_PIXELS:
        raise Unfit("pixels")
    if len(by) > 4:
        raise Unfit("pdf_heavy")
    if by == ["/DCTDecode"]:
        one.write(without_words(one.read_raw_bytes()), filter=Name.DCTDecode, decode_parms=one.get("/DecodeParms"))
        return 0
    if by[:1] and by[0] in FLATE:
        size = inflated(one.read_raw_bytes(), room)
        if by[1:] and set(by) <= PLAIN:
            size += len(one.read_bytes())
    else:
        size = len(one.read_bytes()) if by and set(by) <= PLAIN else len(one.read_raw_bytes())
    if size > room:
        raise Unfit("pdf_heavy")
    return size


def inflated(data: bytes, room: int) -> int:
    size, left, stream = 0, data, zlib.decompressobj()
    while left and not stream.eof and size <= room:
        size += len(stream.decompress(left, PART))
        left = stream.unconsumed_tail
    return size


def without_words(data: bytes) -> bytes:
    """A JPEG to the byte as it is seen, without what its camera and programs wrote into it. Raises Unfit where it is larger than
    the page says."""
    out, at = bytearray(data[:2]), 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != SCAN:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        high, wide = (int.from_bytes(data[at + place : at + place + 2], "big") for place in (5, 7))
        if data[at + 1] in FRAMES and high * wide > MOST_PIXELS:
            raise Unfit("pixels")
        if data[at + 1] not in (APP1, APP13, COMMENT):
            out += data[at:end]
        at = end
    return bytes(out + data[at:])
