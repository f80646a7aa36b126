"""The ownership picture: one SVG for screen and paper, from boxes, lines and words that the caller chose.

On the screen colours come by class from the style sheet, so that light and dark both hold; `standalone` writes them beside
the shapes. The same picture gives the same bytes.

WeasyPrint sets the text of an SVG letter by letter, so that Arabic comes apart and Hebrew runs backwards; `figure` gives it
the same drawing with its words as HTML above the shapes.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape

from kyc.ownership import sheet, stacks
from kyc.ownership.layout import Course, Spot
from kyc.ownership.lettering import (
    EDGE,
    ISOLATE,
    LEADING,
    MOST_WIDTH,
    NAME_SIZE,
    NOTE_LEADING,
    NOTE_SIZE,
    SHARE_SIZE,
    Lettered,
    is_right_to_left,
    letter,
    readable,
    share_width,
)
from kyc.ownership.picture import BAD, FOLDED, UNDECLARED, UNKNOWN, WARN, Line, Picture
from kyc.ownership.shapes import MARKS, arrow, mark, number, outline, path
from kyc.ownership.sheet import Undrawable as Undrawable

REM = 16

# Colours on paper; on the screen static/css/picture.css gives each class its own, light and dark.
PAPER: dict[str, dict[str, str]] = {
    "own-box": {"fill": "#ffffff", "stroke": "#cfcbc3"},
    "own-customer": {"fill": "#e3f0ed", "stroke": "#0b5f5c", "stroke-width": "1.5"},
    "own-is-bad": {"fill": "#fbe4e2", "stroke": "#b3261e"},
    "own-undeclared": {"fill": "#f0eee9", "stroke": "#8e8980", "stroke-dasharray": "4 3"},
    "own-folded": {"fill": "#f0eee9", "stroke": "#8e8980"},
    "own-name": {"fill": "#1b1d22", "font-weight": "600"},
    "own-soft": {"fill": "#5b606b"},
    "own-accent": {"fill": "#0b5f5c"},
    "own-warn": {"fill": "#8a5100"},
    "own-bad": {"fill": "#b3261e"},
    "own-line": {"fill": "none", "stroke": "#8e8980", "stroke-width": "1.25"},
    "own-line-bad": {"fill": "none", "stroke": "#b3261e", "stroke-width": "1.25"},
    "own-open": {"stroke-dasharray": "4 3"},
    "own-circular": {"stroke-dasharray": "9 3 2 3"},
    "own-unknown": {"stroke-dasharray": "2 2"},
    "own-mark-bad": {"fill": "#b3261e", "stroke": "#ffffff"},
    "own-mark-warn": {"fill": "#8a5100", "stroke": "#ffffff"},
    "own-sign": {"fill": "none", "stroke": "#ffffff", "stroke-width": "1.6", "stroke-linecap": "round"},
    "own-arrow": {"fill": "#8e8980"},
    "own-arrow-bad": {"fill": "#b3261e"},
    "own-ground": {"fill": "#ffffff"},
    "own-share": {"fill": "#1b1d22", "font-weight": "600"},
}
PAPER_FONTS = 'Inter, "Noto Sans", "Noto Sans Arabic", "Noto Sans Hebrew", "Noto Sans CJK SC", sans-serif'
# Where a line's baseline lies, in parts of its size: half a line down, and a little.
LINE_HEIGHT, BASELINE = 1.2, 0.36


def svg(picture: Picture, *, standalone: bool = False) -> str:
    """The drawing. Raises Undrawable where the layout program is missing."""
    return drawing(picture, Ink(standalone))


def figure(picture: Picture) -> str:
    """The drawing as HTML for paper. Raises Undrawable."""
    words: list[str] = []
    return f'<div style="position: relative">{drawing(picture, Ink(True, words))}{"".join(words)}</div>'


def drawing(picture: Picture, ink: "Ink") -> str:
    lettered = {box.id: letter(box) for box in picture.boxes}
    lines = [sheet.Line(line.owner, line.owned, share_width(line.share)) for line in picture.lines]
    sizes = {id: found.size for id, found in lettered.items()}
    alone = {box.id for box in picture.boxes if box.tone == BAD or box.kind == UNDECLARED}
    placed = stacks.arranged(sizes, lines, bottom=picture.customer, alone=alone)
    drawn = [ink.line(line, course) for line, course in zip(picture.lines, placed.courses, strict=True)]
    drawn += [ink.share(line, course) for line, course in zip(picture.lines, placed.courses, strict=True) if line.share]
    drawn += [ink.box(found, placed.boxes[id], is_customer=id == picture.customer) for id, found in lettered.items()]
    return ink.sheet(picture, placed.width, placed.height, drawn)


@dataclass(frozen=True)
class Ink:
    """Writes shapes, styled by class, and on paper by attributes beside; puts words into `words` where it is given."""

    standalone: bool
    words: list[str] | None = None

    def style(self, *classes: str) -> str:
        told = f'class="{" ".join(classes)}"'
        if not self.standalone:
            return told
        merged: dict[str, str] = {}
        for name in classes:
            merged |= PAPER.get(name, {})
        return " ".join([told, *(f'{key}="{value}"' for key, value in merged.items())])

    def sheet(self, picture: Picture, across: float, high: float, drawn: Iterable[str]) -> str:
        sentence = escape(readable(picture.sentence))
        # In rem on the screen, so that the picture grows with the reader's letters.
        unit, scale = ("", 1) if self.standalone else ("rem", REM)
        fonts = f" font-family='{PAPER_FONTS}'" if self.standalone else ""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="own" role="img" aria-label="{sentence}" '
            f'width="{across / scale:.4f}{unit}" height="{high / scale:.4f}{unit}" '
            f'viewBox="0 0 {number(across)} {number(high)}"{fonts} text-anchor="middle">'
        )
        # A file of its own is read on any ground.
        ground = (
            [f'<rect {self.style("own-ground")} width="100%" height="100%"/>'] if self.standalone and self.words is None else []
        )
        return "\n".join([head, f"<desc>{sentence}</desc>", *ground, *drawn, "</svg>"])

    def line(self, line: Line, course: Course) -> str:
        bad = "-bad" if line.tone == BAD else ""
        way, head = arrow(course.points)
        corners = " ".join(f"{number(x)},{number(y)}" for x, y in head)
        dashes = ["own-open"] if line.is_open else ["own-circular"] if line.is_circular else []
        style = self.style(f"own-line{bad}", *dashes)
        return f'<path {style} d="{path(way)}"/><polygon {self.style(f"own-arrow{bad}")} points="{corners}"/>'

    def share(self, line: Line, course: Course) -> str:
        across, spot = share_width(line.share), course.share
        ground = (
            f'<rect {self.style("own-ground")} x="{number(spot.x - across / 2)}" y="{number(spot.y - 9)}" '
            f'width="{number(across)}" height="18"/>'
        )
        return ground + self.text(readable(line.share), Spot(spot.x, spot.y + 4.2), SHARE_SIZE, "own-share")

    def box(self, lettered: Lettered, spot: Spot, *, is_customer: bool) -> str:
        box = lettered.box
        title = " · ".join(filter(None, map(readable, (box.name, box.native_name, box.country, box.role, box.note))))
        parts = [f"<title>{escape(title)}</title>", self.ground(lettered, spot, is_customer=is_customer)]
        parts += [*self.lettering(lettered, spot, is_customer=is_customer), self.mark(lettered, spot)]
        return f"<g>{''.join(parts)}</g>"

    def ground(self, lettered: Lettered, spot: Spot, *, is_customer: bool) -> str:
        box, size = lettered.box, lettered.size
        classes = ["own-box", *(["own-is-bad"] if box.tone == BAD else []), *(["own-customer"] if is_customer else [])]
        classes += [f"own-{box.kind}"] if box.kind in (UNDECLARED, UNKNOWN, FOLDED) else []
        return outline(box.kind, size, spot, self.style(*classes))

    def mark(self, lettered: Lettered, spot: Spot) -> str:
        tone = lettered.box.tone
        if tone not in MARKS:
            return ""
        place, ground, sign = mark(tone, lettered.size, spot)
        return f'<path {self.style(f"own-mark-{tone}")} {place} d="{ground}"/><path {self.style("own-sign")} {place} d="{sign}"/>'

    def lettering(self, lettered: Lettered, spot: Spot, *, is_customer: bool) -> Iterator[str]:
        box = lettered.box
        y = spot.y - lettered.size.height / 2 + EDGE + 13
        name_style = "own-soft" if box.kind == UNDECLARED else "own-name"
        for line in lettered.name:
            yield self.text(line, Spot(spot.x, y), NAME_SIZE, name_style)
            y += LEADING
        for line in lettered.native:
            yield self.text(line, Spot(spot.x, y), NAME_SIZE, "own-soft")
            y += LEADING
        if lettered.role:
            yield self.text(lettered.role, Spot(spot.x, y - 1), NOTE_SIZE, "own-accent" if is_customer else "own-soft")
            y += NOTE_LEADING
        tone = {BAD: "own-bad", WARN: "own-warn"}.get(box.tone, "own-soft")
        for line in lettered.note:
            yield self.text(line, Spot(spot.x, y - 1), NOTE_SIZE, tone)
            y += NOTE_LEADING

    def text(self, words: str, spot: Spot, size: float, style: str) -> str:
        is_turned = is_right_to_left(words) and ISOLATE not in words
        if self.words is not None:
            self.words.append(overlaid(words, spot, size, PAPER[style], ' dir="rtl"' if is_turned else ""))
            return ""
        direction = ' direction="rtl" unicode-bidi="isolate"' if is_turned else ""
        at = f'x="{number(spot.x)}" y="{number(spot.y)}" font-size="{number(size)}"'
        return f"<text {self.style(style)} {at}{direction}>{escape(words)}</text>"


def overlaid(words: str, spot: Spot, size: float, look: Mapping[str, str], direction: str) -> str:
    """A line of HTML in the place of SVG text: `spot` is the middle of its baseline."""
    top = spot.y - (LINE_HEIGHT / 2 + BASELINE) * size
    style = (
        f"position: absolute; left: {number(spot.x - MOST_WIDTH)}px; top: {number(top)}px; width: {number(2 * MOST_WIDTH)}px; "
        f"text-align: center; white-space: nowrap; font: {look.get('font-weight', '400')} {number(size)}px/{LINE_HEIGHT} "
        f"{PAPER_FONTS.replace(chr(34), chr(39))}; color: {look['fill']}"
    )
    return f'<div style="{style}"{direction}>{escape(words)}</div>'
