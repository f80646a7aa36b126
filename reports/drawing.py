"""Sets the ownership picture of a report.json on paper: in the width of the page, or across a page of its own, or not."""

import re
from html import escape
from typing import Any, NamedTuple

from django.utils.safestring import SafeString, mark_safe

from kyc.ownership import drawing
from kyc.ownership.picture import Box, Line, Picture

# What a page holds, in CSS pixels, be it A4 or Letter: upright, and turned for a picture too wide for that.
PORTRAIT, LANDSCAPE = (642.0, 790.0), (900.0, 560.0)
# Below this no one reads the words any more; above the first, a turned page gains nothing.
READABLE, COMFORTABLE = 0.5, 0.6
SIZE = re.compile(r' width="([\d.]+)" height="([\d.]+)"')


class Drawn(NamedTuple):
    """The picture as HTML, empty where there is none to be read; `is_wide` when it takes a turned page of its own."""

    html: SafeString
    is_wide: bool = False


NOTHING = Drawn(SafeString(""))


def drawn(found: dict[str, Any]) -> Drawn:
    """The picture, or nothing where there is none or it would be too small to read."""
    if not found["boxes"]:
        return NOTHING
    boxes, lines = (Box(**box) for box in found["boxes"]), (Line(**line) for line in found["lines"])
    try:
        figure = drawing.figure(Picture(found["customer"], tuple(boxes), tuple(lines), found["sentence"]))
    except drawing.Undrawable:
        return NOTHING
    width, height = map(float, SIZE.search(figure).groups())  # type: ignore[union-attr]  # every drawing says its size
    upright, turned = scale(width, height, PORTRAIT), scale(width, height, LANDSCAPE)
    if max(upright, turned) < READABLE:
        return NOTHING
    is_wide = upright < min(COMFORTABLE, turned)
    html = framed(titled(figure, found["sentence"]), width, height, turned if is_wide else upright, is_wide=is_wide)
    # Every word in it was escaped where it was drawn.
    return Drawn(mark_safe(html), is_wide)  # noqa: S308  # nosec B308, B703  # said above


def scale(width: float, height: float, page: tuple[float, float]) -> float:
    return min(1.0, page[0] / width, page[1] / height)


def titled(figure: str, sentence: str) -> str:
    """With the sentence as a title too, which is what the PDF's tag of the picture takes its alternative text from."""
    return figure.replace("<desc>", f"<title>{escape(sentence)}</title><desc>", 1)


def framed(figure: str, width: float, height: float, size: float, *, is_wide: bool) -> str:
    style = "picture wide" if is_wide else "picture"
    inner = f"width: {width:.1f}px; height: {height:.1f}px; transform: scale({size:.4f}); transform-origin: 0 0"
    outer = f"width: {width * size:.1f}px; height: {height * size:.1f}px"
    return f'<div class="{style}" style="{outer}"><div style="{inner}">{figure}</div></div>'
