"""All clocks that run, by their day."""

import csv
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.guards import staff
from accounts.permissions import Permission
from accounts.tables import Echo, safe
from kyc.desk import deadlines
from kyc.desk.deadlines import Asked
from kyc.desk.queue import Tab, page_number

PAGE = 50
# Further back than this a list is narrowed, or exported.
LAST_PAGE = 40
CELLS = ("due", "kind", "about", "what", "officer", "late", "address")
COLUMNS = (
    gettext_lazy("Due"), gettext_lazy("What"), gettext_lazy("Whose"), gettext_lazy("Kind"), gettext_lazy("Officer"),
)  # fmt: skip


def address(asked: Asked, **changes: str) -> str:
    words = {"kind": asked.kind, "whose": "mine" if asked.is_mine else ""} | changes
    return f"?{urlencode({name: value for name, value in words.items() if value})}"


@staff(Permission.CASE_VIEW)
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    asked, number = Asked.of(request.user, request.GET), min(page_number(request.GET.get("page", "")), LAST_PAGE)
    counts = asked.counts()
    start = (number - 1) * PAGE
    rows, has_more = asked.page(start, start + PAGE)
    shown: dict[str, Any] = {
        "kinds": [
            Tab(_("All kinds"), address(asked, kind=""), not asked.kind, sum(counts.values())),
            *(
                Tab(kind.label, address(asked, kind=kind.code), asked.kind == kind.code, counts[kind.code])
                for kind in deadlines.shown_to(request.user)
                if counts[kind.code] or asked.kind == kind.code
            ),
        ],
        "whose": [
            Tab(_("Everybody’s"), address(asked, whose=""), not asked.is_mine),
            Tab(_("Mine"), address(asked, whose="mine"), asked.is_mine),
        ],
        "rows": rows,
        "columns": [{"label": label} for label in COLUMNS],
        "annual": asked.annual(),
        "newer": address(asked, page=str(number - 1)) if number > 1 else "",
        "older": address(asked, page=str(number + 1)) if has_more and number < LAST_PAGE else "",
        "first": start + 1,
        "last": start + len(rows),
        "export": address(asked),
    }
    return render(request, "desk/deadlines.html", shown)


@staff(Permission.CASE_VIEW)
@require_safe
def as_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The same list, whole; no cell is a formula."""
    headers = {"Content-Disposition": 'attachment; filename="deadlines.csv"', "Cache-Control": "private, no-store"}
    # Written whole, while what the reader may see is open.
    lines = iter(list(written(Asked.of(request.user, request.GET))))
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


def written(asked: Asked) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield writer.writerow(CELLS)
    for line in asked.every():
        cells = (line.due_on, line.kind.label, line.about, line.told, line.owner, "late" if line.is_late else "", line.url)
        yield writer.writerow([safe(cell) for cell in cells])
