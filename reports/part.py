"""Draws parts of a long report in a process of its own, as they are handed in, until nobody hands in more.

Run as `python -m reports.part`. In: eight bytes that say how long it is, then JSON of `html`, `sheets` (names of style
sheets) and `name`. Out: the same with JSON of `lacking` (letters no font has), and the same again with the PDF. Nothing is
written to disk.
"""

import gc
import io
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import pikepdf

from reports import letters
from reports.conforming import tagged

if TYPE_CHECKING:
    from weasyprint.urls import URLFetcher

PAPER = Path(__file__).resolve().parent.parent / "templates" / "reports" / "paper"
LENGTH = 8


class Drawn(NamedTuple):
    data: bytes
    lacking: set[str]


def drawn(html: str, sheets: Sequence[str], attached: Sequence[Any] = ()) -> Drawn:
    """As WeasyPrint makes it, and the letters that it had no font for."""
    # Half of what it takes to start a process, of which few draw a page.
    import weasyprint

    with undisturbed():
        document = weasyprint.HTML(string=html, url_fetcher=nothing()).render(stylesheets=styled(sheets))
        document.metadata.attachments = [weasyprint.Attachment(**one) for one in attached]
        data: bytes = document.write_pdf(pdf_variant="pdf/a-3a", pdf_tags=True)
        return Drawn(data, letters.missing(document))


@contextmanager
def undisturbed() -> Iterator[None]:
    """Pages are a great many objects that all live until they are drawn: to look through them for waste takes a third of the
    time, and finds none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def numbers(are_turned: Sequence[bool], sheets: Sequence[str]) -> bytes:
    """As many empty pages, across or upright, with their numbers alone."""
    import weasyprint

    pages = "".join('<p class="turned"></p>' if is_turned else "<p></p>" for is_turned in are_turned)
    page = weasyprint.HTML(string=f"<html><body>{pages}</body></html>", url_fetcher=nothing())
    data: bytes = page.write_pdf(stylesheets=styled([*sheets, "numbers.css"]))
    return data


def styled(sheets: Sequence[str]) -> list[Any]:
    import weasyprint

    return [weasyprint.CSS(filename=str(PAPER / sheet)) for sheet in sheets]


def nothing() -> "URLFetcher":
    """Fetches for the page neither from the network nor from the disk."""
    from weasyprint.urls import URLFetcher

    return URLFetcher(allowed_protocols=())


def send(pipe: IO[bytes], data: bytes) -> None:
    pipe.write(len(data).to_bytes(LENGTH, "big") + data)
    pipe.flush()


def receive(pipe: IO[bytes]) -> bytes:
    """What was sent; empty when there is no more."""
    return pipe.read(int.from_bytes(pipe.read(LENGTH), "big"))


def main() -> None:
    while asked := receive(sys.stdin.buffer):
        # What the part before left.
        gc.collect()
        told = json.loads(asked)
        data, lacking = drawn(told["html"], told["sheets"])
        with pikepdf.open(io.BytesIO(data)) as pdf:
            tagged(pdf, named=told["name"])
            out = io.BytesIO()
            pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        send(sys.stdout.buffer, json.dumps({"lacking": sorted(lacking)}).encode())
        send(sys.stdout.buffer, out.getvalue())


if __name__ == "__main__":
    main()
