"""How a report's page writes what report.json holds: nothing is computed, only set in type."""

from collections.abc import Iterator, Sequence
from typing import Any

import qrcode
from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from reports import drawing, long_tables

register = template.Library()


@register.filter
def instant(text: str) -> str:
    """`2026-11-23T14:05:09Z` as `2026-11-23 14:05:09 UTC`."""
    return text.replace("T", " ").removesuffix("Z") + " UTC" if text else ""


@register.filter
def batches(rows: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Long tables are set in parts, because one part's layout grows faster than its rows."""
    return (rows[start : start + size] for start in range(0, len(rows), size))


@register.filter
def drawn(picture: dict[str, Any]) -> drawing.Drawn:
    """The ownership picture: `html`, and whether it `is_wide`."""
    return drawing.drawn(picture)


@register.filter
def code(address: str) -> SafeString:
    """The address as a QR code: black squares on white with its quiet edge, as one path."""
    drawn = qrcode.QRCode(border=4, error_correction=qrcode.ERROR_CORRECT_M)
    drawn.add_data(address)
    rows = drawn.get_matrix()
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    title = format_html(gettext("QR code of {}"), address)
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" role="img"><title>{title}</title>'
        '<path fill="#fff" d="M0 0h{size}v{size}h-{size}z"/><path fill="#000" d="{path}"/></svg>',
        size=len(rows), title=title, path=path,
    )  # fmt: skip


@register.filter
def first_of(rows: Sequence[Any], count: int) -> Sequence[Any]:
    """The first `count` rows."""
    return rows[:count]


# A row that came or went is told by what fits a cell; changes.json holds it whole.
LONGEST = 300


@register.filter
def figure(value: Any) -> str:
    """A value of report.json on one side of a change; a row as its values."""
    if value is None or value == "":
        return "–"
    if isinstance(value, dict):
        value = "; ".join(
            f"{name.replace('_', ' ')}: {figure(inner)}" for name, inner in value.items() if inner not in ("", [], {})
        )
    elif isinstance(value, list):
        value = ", ".join(map(figure, value))
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


@register.filter
def newest(rows: Sequence[Any], count: int) -> Sequence[Any]:
    """The last `count` rows, in their order."""
    return rows[len(rows) - count :] if count else []


@register.filter
def shortened(rows: Sequence[Any], envelope: dict[str, Any]) -> Sequence[Any]:
    """The rows of a table that may be very long, in a summary the first of them."""
    return long_tables.printed(rows, envelope)


@register.filter
def whole_in(report: dict[str, Any], envelope: dict[str, Any]) -> str:
    """The files that hold the long tables of a summary; empty where all is printed."""
    return ", ".join(long_tables.attached(report, envelope))
