"""Cuts a long report where a table may be cut, and has its parts drawn by several processes."""

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from queue import SimpleQueue
from typing import IO, NamedTuple, cast

import pikepdf
from django.conf import settings

from reports import joining, part

CUT = "<!--cut-->"
APPENDIX = '<section class="appendix'
# From so many rows on a report is cut, into parts of about so many: some fifteen pages, of which the last is not full.
LIMIT, ROWS = 1_000, 480
Told = Callable[[int, int], None]


def to_nobody(done: int, of: int) -> None:
    """For who does not ask how far it is."""


class Unfinished(RuntimeError):
    """A part was not drawn, so there is no report."""


class Part(NamedTuple):
    html: str
    is_first: bool

    def sheets(self, sheets: list[str]) -> list[str]:
        return [*sheets, "parts.css"] if self.is_first else [*sheets, "parts.css", "continued.css"]


def cut(html: str) -> list[Part]:
    """The parts of a page that is long enough, each a page of its own; else none."""
    pieces = html.split(CUT)
    if html.count("<tr") < LIMIT or len(pieces) < 2:
        return []
    head = pieces[0][: re.search(r"<body[^>]*>", html).start()]  # type: ignore[union-attr]  # every page of ours has a body
    body = re.search(r"<body([^>]*)>", html)[1]  # type: ignore[index]  # the same
    found, before = [Part(pieces[0], is_first=True)], pieces[0]
    for group in grouped(pieces[1:]):
        begun = f'<body{body} style="counter-reset: {counted(before)}">{opened(before)}'
        found.append(Part(head + begun + group, is_first=False))
        before += group
    return found


def grouped(pieces: list[str]) -> Iterator[str]:
    """Pieces that follow each other, of about ROWS rows together."""
    held = ""
    for piece in pieces:
        held += piece
        if held.count("<tr") >= ROWS:
            yield held
            held = ""
    if held:
        yield held


def counted(before: str) -> str:
    """What the sections, appendices and notes of what stands before were numbered up to."""
    appendices = before.count(APPENDIX)
    sections = len(re.findall(r'<h2 id="', before)) - appendices
    notes = before.count('class="note"')
    return f"section {sections} appendix {appendices} footnote {notes}"


def opened(before: str) -> str:
    """The section that goes on, where one does."""
    if before.count("<section") == before.count("</section>"):
        return ""
    last = before.rfind("<section")
    return f'<section class="{"appendix" if before.startswith(APPENDIX, last) else "continued"}">'


@contextmanager
def painter(folder: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that draws parts. It gets none of our secrets, and ends when this one does."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    command = [sys.executable, "-m", "reports.part"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder, env=kept) as process:
        try:
            yield process
        finally:
            with suppress(BrokenPipeError):
                cast(IO[bytes], process.stdin).close()


def asked(process: "subprocess.Popen[bytes]", html: str, sheets: list[str], name: str) -> part.Drawn:
    ours, theirs = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
    with suppress(BrokenPipeError):
        part.send(ours, json.dumps({"html": html, "sheets": sheets, "name": name}).encode())
    told, data = part.receive(theirs), part.receive(theirs)
    if not data:
        raise Unfinished(f"A process that draws parts of a report ended at part {name}.")
    return part.Drawn(data, set(json.loads(told)["lacking"]))


def drawn(parts: list[Part], sheets: list[str], told: Told) -> tuple[list[bytes], set[str]]:
    """Each part as a PDF of its own, and the letters that no font has. `told` hears how many of how many are done."""
    count = min(len(parts), os.cpu_count() or 1)
    idle: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
    with ExitStack() as stack:
        for _ in range(count):
            idle.put(stack.enter_context(painter(str(settings.BASE_DIR))))

        def one(number: int) -> part.Drawn:
            process = idle.get()
            try:
                return asked(process, parts[number].html, parts[number].sheets(sheets), f"{number:04d}")
            finally:
                idle.put(process)

        with ThreadPoolExecutor(count) as threads:
            found = []
            for done, one_drawn in enumerate(threads.map(one, range(len(parts))), start=1):
                found.append(one_drawn)
                told(done, len(parts))
    return [each.data for each in found], set().union(*(each.lacking for each in found))


def with_pages(html: str, places: dict[str, int]) -> str:
    """The first part, its contents with the page of each section; one in another part is led to once all are joined."""

    def entry(found: re.Match[str]) -> str:
        name = found[1]
        here = "" if f'<h2 id="{name}">' in html else f' id="{name}"'
        return f'<li{here}><a href="#{name}" data-page="{places.get(name, 0)}">'

    return re.sub(r'<li><a href="#([a-z]+)">', entry, html)


def pages_of(parts: list[bytes]) -> dict[str, int]:
    """On which page of all together each section begins."""
    before, places = 0, {}
    for data in parts:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            numbers = {page.objgen: number for number, page in enumerate(pdf.pages, start=before + 1)}
            places |= {name: numbers[place[0].objgen] for name, place in joining.places(pdf)}
            before += len(pdf.pages)
    return places
