"""Programs of the system that turn a paper into pictures and words: Tesseract, and poppler's pdfinfo, pdftoppm and
pdftotext. Each runs as a child with limits, over pipes alone; where one is not installed, NotHere says which. Pure: no Django."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kyc.evidence.taking.kinds import MOST_PIXELS

Grey = NDArray[np.uint8]
# Of address space in KiB, of processor and of time in seconds.
MEMORY, PROCESSOR, SECONDS = 1024 * 1024, 20, 30
DOTS = 200
# Pixels of a page's longer side: a sheet of A2 has fewer. A page may be sixty metres long, and a worker has no such memory.
LONGEST = 5000
# Of a page that people read on a screen.
SEEN = 150
BOX = re.compile(r"^Page +(\d+) MediaBox:(.+)$", re.MULTILINE)
# A child sees no secret of ours, and one thread is enough for a page.
SURROUNDINGS = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "OMP_THREAD_LIMIT": "1"}


class NotHere(Exception):
    """The program is not installed on this machine."""


class Failed(Exception):
    """The program could not do it within its limits."""


@dataclass(frozen=True)
class Word:
    """`box` is left, top, right and bottom in fractions of the page; `certainty` from 0 to 1; pages and lines are numbers."""

    text: str
    page: int
    line: tuple[int, ...]
    box: tuple[float, float, float, float]
    certainty: float


def is_here(program: str) -> bool:
    return shutil.which(program) is not None


def are_here() -> bool:
    """All that are used here."""
    return all(is_here(program) for program in ("pdftoppm", "pdftotext", "tesseract"))


def run(command: Sequence[str], given: bytes) -> bytes:
    """What it writes. Raises NotHere, Failed."""
    if not is_here(command[0]):
        raise NotHere(command[0])
    limited = ["sh", "-c", f'ulimit -v {MEMORY} -t {PROCESSOR} -c 0; exec "$@"', "sh", *command]
    try:
        done = subprocess.run(limited, input=given, capture_output=True, timeout=SECONDS, env=SURROUNDINGS, check=False)
    except subprocess.TimeoutExpired:
        raise Failed(f"{command[0]} took longer than {SECONDS} seconds.") from None
    if done.returncode:
        raise Failed(f"{command[0]} ended with {done.returncode}.")
    return done.stdout


def picture(pdf: bytes, page: int) -> Grey | None:
    """A page of a PDF, from 1, in grey at DOTS an inch, and fewer where it would be longer than LONGEST; None behind the last."""
    drawn = of_page(pdf, page, "-gray", dots=DOTS)
    if drawn is None:
        return None
    if len(drawn) > MOST_PIXELS:
        raise Failed("A page is larger than it says.")
    grey = cv2.imdecode(np.frombuffer(drawn, np.uint8), cv2.IMREAD_GRAYSCALE)
    return np.asarray(grey, np.uint8) if grey is not None else None


def leaf(pdf: bytes, page: int) -> bytes | None:
    """A page of a PDF, from 1, as a JPEG in colour at SEEN an inch, or fewer; None behind the last."""
    return of_page(pdf, page, "-jpeg", dots=SEEN)


def of_page(pdf: bytes, page: int, form: str, *, dots: int) -> bytes | None:
    points = longer_side(pdf, page)
    if points is None:
        return None
    fitting = min(dots, 72 * LONGEST / max(points, 1))
    return run(["pdftoppm", "-r", f"{fitting:.3f}", form, "-f", str(page), "-l", str(page), "-"], pdf)


def longer_side(pdf: bytes, page: int) -> float | None:
    """Of that page, in points; None behind the last. By the box that pdftoppm draws, which is not the one that viewers show."""
    told = run(["pdfinfo", "-box", "-f", "1", "-l", str(page), "-"], pdf).decode("utf-8", "replace")
    boxes = dict(BOX.findall(told))
    if str(page) not in boxes:
        return None
    left, bottom, right, top = map(float, boxes[str(page)].split())
    return max(abs(right - left), abs(top - bottom))


def words_of_pdf(pdf: bytes, pages: int) -> list[Word]:
    """Of the text that the PDF itself has; none of one that is only pictures."""
    return words(run(["pdftotext", "-tsv", "-l", str(pages), "-", "-"], pdf).decode("utf-8", "replace"))


def words_of_picture(grey: Grey, page: int) -> list[Word]:
    """As Tesseract reads it."""
    done, coded = cv2.imencode(".png", grey)
    if not done:
        raise Failed("The picture could not be written.")
    found = run(["tesseract", "stdin", "stdout", "--dpi", str(DOTS), "-l", "eng", "tsv"], coded.tobytes())
    return words(found.decode("utf-8", "replace"), page)


def words(tsv: str, page: int | None = None) -> list[Word]:
    """Tesseract and pdftotext write the same table: a row a page, block, paragraph, line and word, told apart by its level."""
    found, wide, high = [], 0.0, 0.0
    for row in tsv.splitlines()[1:]:
        cells = row.split("\t", 11)
        if len(cells) < 12:
            continue
        left, top, width, height = map(float, cells[6:10])
        if cells[0] == "1":
            wide, high = left + width, top + height
        elif cells[0] == "5" and cells[11].strip() and wide and high:
            box = (left / wide, top / high, (left + width) / wide, (top + height) / high)
            line = tuple(int(cell) for cell in cells[1:5])
            found.append(Word(cells[11].strip(), page or int(cells[1]), line, box, max(float(cells[10]), 0.0) / 100))
    return found
