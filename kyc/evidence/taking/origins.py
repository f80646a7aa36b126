"""What a file's metadata tell of how it was made, before they are taken out. Pure.

A small dict of texts, for whoever looks for signs of tampering: `software` that wrote it, `editor` that its XMP names, `camera`,
`made_at` and `changed_at` as the file writes them (ISO 8601 where it can be read), `sent_as` its type; of a PDF also `revisions`
(how often it was saved over), `signed`, and what was `removed`. Only what was there stands in it.
"""

import re
from typing import Any

from pikepdf import Pdf
from PIL import Image

LONGEST = 120
CREATOR = re.compile(rb"CreatorTool(?:>|=[\"'])\s*([^<\"']{1,200})")
# As PDF 32000-1, 7.9.4, and Exif write instants.
WRITTEN = re.compile(r"(?:D:)?(\d{4}):?(\d{2}):?(\d{2})(?: ?(\d{2}):?(\d{2}):?(\d{2}))?")
SOFTWARE, CHANGED, MAKER, MODEL, EXIF, TAKEN = 0x0131, 0x0132, 0x010F, 0x0110, 0x8769, 0x9003


def said(value: object) -> str:
    """A text of one line without control characters."""
    return "".join(one for one in str(value) if one.isprintable()).strip()[:LONGEST]


def instant(value: object) -> str:
    found = WRITTEN.match(said(value))
    if not found:
        return said(value)
    year, month, day, *time = found.groups()
    return f"{year}-{month}-{day}" + ("T" + ":".join(time) if all(time) else "")


def editor(xmp: bytes) -> str:
    found = CREATOR.search(xmp[:200_000])
    return said(found[1].decode("utf-8", "replace")) if found else ""


def told(**found: Any) -> dict[str, Any]:
    return {name: value for name, value in found.items() if value}


def of_picture(picture: Image.Image) -> dict[str, Any]:
    exif, info = picture.getexif(), picture.info
    xmp = info.get("xmp") or info.get("XML:com.adobe.xmp") or b""
    return told(
        software=said(exif.get(SOFTWARE) or info.get("Software") or ""),
        editor=editor(xmp if isinstance(xmp, bytes) else str(xmp).encode()) or ("Photoshop" if info.get("photoshop") else ""),
        camera=said(f"{exif.get(MAKER, '')} {exif.get(MODEL, '')}"),
        made_at=instant(exif.get_ifd(EXIF).get(TAKEN, "")),
        changed_at=instant(exif.get(CHANGED) or info.get("Creation Time") or ""),
    )


def of_pdf(pdf: Pdf, data: bytes) -> dict[str, Any]:
    info = pdf.docinfo if "/Info" in pdf.trailer else {}
    metadata = pdf.Root.get("/Metadata")
    return told(
        software=said(info.get("/Producer", "")),
        editor=editor(metadata.read_bytes()) if metadata is not None else said(info.get("/Creator", "")),
        made_at=instant(info.get("/CreationDate", "")),
        changed_at=instant(info.get("/ModDate", "")),
        revisions=min(data.count(b"%%EOF"), 1000) - 1,
        signed=b"/ByteRange" in data,
    )
