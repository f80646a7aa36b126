"""What a file is, by its content: the sniffer's word alone is not believed, the file is opened in full as well."""

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import magic
import pikepdf
from django.utils.translation import gettext as _
from PIL import Image, ImageFile, UnidentifiedImageError

from accounts.refused import Refused

PDF = "application/pdf"
IMAGES = {"image/jpeg": "JPEG", "image/png": "PNG"}
MOST_PIXELS = 80_000_000
MOST_PAGES = 500
# Of 256 shades; paper with anything on it has more between its lightest and its darkest spot.
FAINTEST = 16
STRICT = threading.Lock()


class NotAccepted(Refused):
    """The file is of a kind we do not take, or cannot be opened."""

    field = "file"


def content_type(data: bytes) -> str:
    """application/pdf, image/jpeg or image/png. Raises NotAccepted with what is wrong."""
    found = magic.from_buffer(data, mime=True)
    if found == PDF:
        open_pdf(data)
    elif found in IMAGES:
        open_image(data, IMAGES[found])
    else:
        raise NotAccepted(_("Only PDF, JPEG and PNG files can be read here. This one is something else, whatever its name says."))
    return found


def open_pdf(data: bytes) -> None:
    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            pages = len(pdf.pages)
            for page in pdf.pages[:MOST_PAGES]:
                page.get("/Contents")
    except pikepdf.PasswordError:
        raise NotAccepted(_("The PDF is protected by a password. Save it without one and add it again.")) from None
    except (pikepdf.PdfError, ValueError, TypeError, RuntimeError):
        raise NotAccepted(_("The PDF is damaged and cannot be opened. Save or scan it anew.")) from None
    if pages == 0:
        raise NotAccepted(_("The PDF has no pages."))
    if pages > MOST_PAGES:
        raise NotAccepted(_("The PDF has more than %(n)s pages. Add only those that matter.") % {"n": MOST_PAGES})


@contextmanager
def strictly() -> Iterator[None]:
    """The PDF engine tells Pillow, for the whole process, to draw half a picture rather than complain; here it must complain."""
    with STRICT:
        before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
        try:
            yield
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = before


def open_image(data: bytes, kind: str) -> None:
    try:
        with strictly(), warnings.catch_warnings():
            # Pillow warns of a bomb before it raises; the size is judged here before anything is unpacked.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=[kind]) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise NotAccepted(_("The picture is too large to be opened. Make it smaller than 80 million pixels."))
                picture.load()
                darkest, lightest = picture.convert("L").getextrema()
    except Image.DecompressionBombError:
        raise NotAccepted(_("The picture is too large to be opened. Make it smaller than 80 million pixels.")) from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise NotAccepted(_("The picture is damaged or incomplete and cannot be opened. Take or save it anew.")) from None
    if lightest - darkest < FAINTEST:
        raise NotAccepted(_("Nothing can be seen on this picture: it is of one colour. Take it anew, in good light."))
