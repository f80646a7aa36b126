"""A network's picture as one SVG: what accounts share in the middle, the accounts to both sides. The order from top to bottom,
with few crossings, is found by the program that lays out ownership pictures too. The same picture gives the same bytes.

Every account and every value is a link, so that the picture is walked through by keyboard. Colours come by class from
static/css/picture.css; `standalone` writes them beside the shapes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from kyc.networks.picture import Account, Line, Picture, Value
from kyc.ownership import drawing
from kyc.ownership.layout import MARGIN, Spot
from kyc.ownership.lettering import Lettered, letter, readable
from kyc.ownership.picture import COMPANY, FOLDED, TRUST, Box
from kyc.ownership.shapes import number, outline
from kyc.ownership.sheet import INCH, Undrawable, answered

__all__ = ["Undrawable", "svg"]

REM = drawing.REM
# Between two boxes above each other, and between the columns.
ABOVE, BETWEEN = 12.0, 90.0
# From so many accounts on they stand to both sides.
ONE_SIDE = 4
WIDTHS = {0: "1", 1: "1.25", 2: "2.5", 3: "4"}
PAPER: dict[str, dict[str, str]] = drawing.PAPER | {
    "net-value": {"fill": "#e3f0ed", "stroke": "#0b5f5c"},
    "net-hub": {"fill": "#f0eee9", "stroke": "#8e8980", "stroke-dasharray": "4 3"},
    "net-line": {"fill": "none", "stroke": "#0b5f5c", "stroke-opacity": "0.55"},
    "net-uncounted": {"fill": "none", "stroke": "#8e8980", "stroke-dasharray": "2 4"},
}


def svg(picture: Picture, *, standalone: bool = False) -> str:
    """The drawing. Raises Undrawable where the layout program is missing."""
    return Sheet(picture, Ink(standalone)).drawn()


@dataclass(frozen=True)
class Ink(drawing.Ink):
    """As of an ownership picture, with the looks of values and of what ties."""

    def style(self, *classes: str) -> str:
        told = f'class="{" ".join(classes)}"'
        if not self.standalone:
            return told
        merged: dict[str, str] = {}
        for name in classes:
            merged |= PAPER.get(name, {})
        return " ".join([told, *(f'{key}="{value}"' for key, value in merged.items())])


class Sheet:
    """A picture on its way to a drawing: every box with its words, its column and its place."""

    def __init__(self, picture: Picture, ink: Ink) -> None:
        self.picture, self.ink = picture, ink
        boxes = [
            Box(one.id, one.name, FOLDED if one.count > 1 else COMPANY, note=one.note, tone=one.tone) for one in picture.accounts
        ]
        boxes += [Box(one.id, one.name, TRUST, note=one.note) for one in picture.values]
        self.lettered: dict[str, Lettered] = {box.id: letter(box) for box in boxes}
        self.columns = columns(picture)
        self.spots = self.placed()

    def placed(self) -> dict[str, Spot]:
        heights = {name: spot for name, spot in self.heights()}
        spots, left = {}, MARGIN
        for side, column in zip((1, 0, -1), self.columns, strict=True):
            wide = max((self.lettered[one].size.width for one in column), default=0.0)
            for one in column:
                # Accounts stand close to what they share.
                aside = (wide - self.lettered[one].size.width) / 2 * side
                spots[one] = Spot(left + wide / 2 + aside, heights[one])
            left += wide + BETWEEN if column else 0.0
        return spots

    def heights(self) -> Iterator[tuple[str, float]]:
        """Of each box its middle from the top: in the order that the program finds, spread over the height of the longest column.
        It is asked for columns as rows, each box as wide as it is high here."""
        ids = {one: f"n{place}" for place, one in enumerate(one for column in self.columns for one in column)}
        found = dict(answered(self.question(ids)))
        most = max(sum(self.lettered[one].size.height + ABOVE for one in column) for column in self.columns)
        for column in self.columns:
            order = sorted(column, key=lambda one: found[ids[one]])
            free = most - sum(self.lettered[one].size.height for one in column)
            top = MARGIN
            for one in order:
                high = self.lettered[one].size.height + free / len(order)
                yield one, top + high / 2
                top += high

    def question(self, ids: dict[str, str]) -> str:
        """For the program: names of our own and numbers, nothing that anybody typed."""
        parts = ["digraph {", f"graph [splines=none, nodesep={ABOVE / INCH:.4f}, ranksep=0.5];"]
        parts.append('node [shape=box, fixedsize=true, height=0.2, label=""];')
        parts += [f"{name} [width={self.lettered[one].size.height / INCH:.4f}];" for one, name in ids.items()]
        right = set(self.columns[2])
        for line in self.picture.lines:
            ends = (line.value, line.account) if line.account in right else (line.account, line.value)
            parts.append(f"{ids[ends[0]]} -> {ids[ends[1]]} [weight={1 + 2 * line.strength}];")
        parts += [f"{{rank=same; {'; '.join(ids[one] for one in column)}}}" for column in self.columns if column]
        # What shares nothing stands in its column all the same.
        heads = [ids[column[0]] for column in self.columns if column]
        parts += [f"{one} -> {other} [style=invis, weight=0];" for one, other in pairwise(heads)]
        return "\n".join([*parts, "}"])

    def drawn(self) -> str:
        lines = [self.line(line) for line in sorted(self.picture.lines, key=lambda line: line.strength)]
        accounts = {one.id: one for one in self.picture.accounts}
        values = {one.id: one for one in self.picture.values}
        order = [one for column in self.columns for one in sorted(column, key=lambda one: self.spots[one].y)]
        boxes = [self.account(accounts[one]) if one in accounts else self.value(values[one]) for one in order]
        return self.sheet([*lines, *boxes])

    def sheet(self, drawn: Iterable[str]) -> str:
        sentence = escape(readable(self.picture.sentence))
        across = max((s.x + self.lettered[one].size.width / 2 for one, s in self.spots.items()), default=0.0) + MARGIN
        high = max((s.y + self.lettered[one].size.height / 2 for one, s in self.spots.items()), default=0.0) + MARGIN
        unit, scale = ("", 1) if self.ink.standalone else ("rem", REM)
        fonts = f" font-family='{drawing.PAPER_FONTS}'" if self.ink.standalone else ""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="own" role="group" aria-label="{sentence}" '
            f'width="{across / scale:.4f}{unit}" height="{high / scale:.4f}{unit}" '
            f'viewBox="0 0 {number(across)} {number(high)}"{fonts} text-anchor="middle">'
        )
        ground = [f'<rect {self.ink.style("own-ground")} width="100%" height="100%"/>'] if self.ink.standalone else []
        return "\n".join([head, f"<desc>{sentence}</desc>", *ground, *drawn, "</svg>"])

    def line(self, line: Line) -> str:
        start, end = self.spots[line.account], self.spots[line.value]
        side = 1 if end.x >= start.x else -1
        x = start.x + side * self.lettered[line.account].size.width / 2
        to = end.x - side * self.lettered[line.value].size.width / 2
        half = number((x + to) / 2)
        way = f"M{number(x)} {number(start.y)}C{half} {number(start.y)} {half} {number(end.y)} {number(to)} {number(end.y)}"
        style = self.ink.style("net-line" if line.is_counted else "net-uncounted")
        return f'<path {style} stroke-width="{WIDTHS[line.strength]}" d="{way}"/>'

    def account(self, account: Account) -> str:
        lettered, spot = self.lettered[account.id], self.spots[account.id]
        words = " · ".join(filter(None, map(readable, (account.name, account.note))))
        return self.linked(account.url, words, self.ink.box(lettered, spot, is_customer=False))

    def value(self, value: Value) -> str:
        lettered, spot = self.lettered[value.id], self.spots[value.id]
        words = " · ".join(filter(None, map(readable, (value.name, value.note))))
        ground = outline(TRUST, lettered.size, spot, self.ink.style("own-box", "net-hub" if value.is_hub else "net-value"))
        lettering = "".join(self.ink.lettering(lettered, spot, is_customer=False))
        return self.linked(value.url, words, f"<g><title>{escape(words)}</title>{ground}{lettering}</g>")

    def linked(self, url: str, words: str, drawn: str) -> str:
        if not url or self.ink.standalone:
            return drawn
        return f'<a href="{escape(url)}" aria-label="{escape(words)}">{drawn}</a>'


def columns(picture: Picture) -> tuple[list[str], list[str], list[str]]:
    """Accounts, values, accounts: those that share the same alternate, so that both sides are as long."""
    held = picture.held
    order: Sequence[Account] = sorted(picture.accounts, key=lambda one: (sorted(held[one.id]), one.id))
    left, right = (order, ()) if len(order) < ONE_SIDE else (order[::2], order[1::2])
    return [one.id for one in left], [one.id for one in picture.values], [one.id for one in right]
