"""A private file on its way to whoever may read it: kept by no cache, run by no browser."""

import re
import unicodedata

from django.core.files import File
from django.http import FileResponse

# What a browser shows itself, on request; everything else is only ever downloaded.
SHOWN = frozenset({"application/pdf", "image/jpeg", "image/png"})
# What the browser draws a PDF or a picture with writes styles of its own, which a document without script and forms may have.
SANDBOX = (
    "sandbox; default-src 'none'; img-src 'self'; object-src 'self'; style-src 'unsafe-inline'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
UNTOLD = "application/octet-stream"
# What a name may end in, by the kind of the file; the first is given to a name that ends otherwise.
ENDINGS = {"application/pdf": ("pdf",), "image/jpeg": ("jpg", "jpeg"), "image/png": ("png",)}
ENDING = re.compile(r"\.(?=\w*[^\W\d_])\w{1,10}$")


def safe(name: str) -> str:
    """A file's name without what breaks a header, leads into a folder or turns the reading direction."""
    return "".join(one for one in name if unicodedata.category(one)[0] != "C" and one not in '/\\"').strip(" .") or "file"


def fitting(name: str, content_type: str) -> str:
    """The name with an ending that fits: a system opens a file by that, and runs `extract.html` whatever is in it. A date or a
    number behind a dot is no ending."""
    endings = ENDINGS.get(content_type, ())
    if not endings or name.lower().endswith(tuple(f".{one}" for one in endings)):
        return name
    return f"{ENDING.sub('', name).rstrip(' .') or 'file'}.{endings[0]}"


def private_file(file: File, *, name: str, content_type: str, shown: bool = False) -> FileResponse:
    """The file as a download; `shown` in the browser where that is one of the SHOWN kinds."""
    is_known = content_type in SHOWN
    response = FileResponse(
        file.open("rb"),
        as_attachment=not (shown and is_known),
        filename=fitting(safe(name), content_type),
        content_type=content_type if is_known else UNTOLD,
    )
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = SANDBOX
    return response
