"""What officers made of the matches of a period, by list, configuration and month: as a page, and as CSV."""

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.guards import staff
from accounts.models import Organisation
from accounts.permissions import Permission
from accounts.tables import safe
from kyc.desk.comparing import topic
from kyc.rules import packs
from kyc.screening import rates
from kyc.screening.models import Hit, ListVersion
from kyc.screening.rates import Rates

MONTHS = 12
COLUMNS: dict[str, Promise] = {
    "found": gettext_lazy("Matches"),
    "another": gettext_lazy("Another"),
    "same": gettext_lazy("Same"),
    "open": gettext_lazy("Open"),
    "passed": gettext_lazy("Passed"),
    "false_alarms": gettext_lazy("False alarms"),
    "median": gettext_lazy("Half ruled on within"),
    "ninetieth": gettext_lazy("Nine of ten within"),
    "overturned": gettext_lazy("Overturned"),
    "late": gettext_lazy("Late"),
}
TITLES: dict[str, Promise | str] = {
    "all": "",
    "list": gettext_lazy("By list, and why listed"),
    "configuration": gettext_lazy("By configuration"),
    "month": gettext_lazy("By month in which they were found"),
}


class BadPeriod(ValueError):
    """What is asked is no period; the message says why."""


@dataclass(frozen=True)
class Period:
    """From the first moment of one month to the end of another."""

    first: datetime
    last: datetime

    @property
    def until(self) -> datetime:
        return (self.last + timedelta(days=32)).replace(day=1)

    @property
    def address(self) -> str:
        return f"from={self.first:%Y-%m}&to={self.last:%Y-%m}"


def month_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def usual() -> Period:
    last = month_of(timezone.now())
    months = last.year * 12 + last.month - MONTHS
    return Period(last.replace(year=months // 12, month=months % 12 + 1), last)


def read(text: str, otherwise: datetime) -> datetime:
    if not text:
        return otherwise
    try:
        if not (text.isascii() and len(text) == len("2026-11")):
            raise ValueError(text)
        return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        raise BadPeriod(_("Write a month as 2026-11: the year, a hyphen, the month.")) from None


def asked(query: QueryDict) -> Period:
    """Raises BadPeriod."""
    found = usual()
    period = Period(read(query.get("from", ""), found.first), read(query.get("to", ""), found.last))
    if period.first > period.last:
        raise BadPeriod(_("The first month lies after the last."))
    if period.last.year > timezone.now().year + 1:
        raise BadPeriod(_("That month has not come yet."))
    return period


def matches(period: Period) -> QuerySet[Hit]:
    """Of customers, without the sandboxes of integrators."""
    promised = timedelta(days=packs.current().days("decide"))
    found = rates.described(since=period.first, until=period.until, at=timezone.now(), promised=promised)
    return found.filter(organisation__in=Organisation.objects.real())


@dataclass(frozen=True)
class Cell:
    """One figure, and the matches behind it; `note` tells of how many it is a share or a time."""

    name: str
    text: str
    note: str = ""
    url: str = ""

    @property
    def label(self) -> Promise:
        return COLUMNS[self.name]


@dataclass(frozen=True)
class Row:
    row: Rates
    period: Period

    @property
    def is_part(self) -> bool:
        """Of the list above it."""
        return self.row.by == "topic"

    @property
    def label(self) -> str:
        if self.row.by == "all":
            return _("All")
        if self.row.by == "list":
            return str(ListVersion.Source(self.row.source).label)
        if self.row.by == "topic":
            return ", ".join(map(topic, self.row.topics)) or _("not said")
        return self.row.configuration or self.row.month

    @property
    def of(self) -> str:
        """In an address."""
        names = {"list": self.row.source, "configuration": self.row.configuration}
        query = QueryDict(mutable=True)
        if self.row.by == "month":
            query.update({"from": self.row.month, "to": self.row.month})
        else:
            query.update({"from": f"{self.period.first:%Y-%m}", "to": f"{self.period.last:%Y-%m}"})
        if self.row.by == "topic":
            query.update({"list": self.row.source, "topics": " ".join(self.row.topics)})
        elif self.row.by in names:
            query[self.row.by] = names[self.row.by]
        return query.urlencode()

    @property
    def cells(self) -> list[Cell]:
        row = self.row
        counts = {
            name: Cell(name, str(getattr(row, name)), url=f"{self.of}&what={name}") for name in COUNTS if getattr(row, name)
        }
        told: dict[str, Cell] = {
            "open": Cell("open", str(row.open), undecided(row), f"{self.of}&what=open" if row.open else ""),
            "false_alarms": Cell("false_alarms", share(row), share_of(row)),
            "median": Cell("median", lasted(row.median), _("of %(n)s") % {"n": row.took} if row.took else ""),
            "ninetieth": Cell("ninetieth", lasted(row.ninetieth)),
        }
        return [told.get(name) or counts.get(name) or Cell(name, "0") for name in COLUMNS]


COUNTS = ("found", "another", "same", "passed", "overturned", "late")


def undecided(row: Rates) -> str:
    return _("%(n)s not decided") % {"n": row.undecided} if row.undecided else ""


def share(row: Rates) -> str:
    if row.false_alarms is None:
        return "–"
    return f"{100 * row.false_alarms:.0f} %" if row.is_enough else share_of(row)


def share_of(row: Rates) -> str:
    return _("%(n)s of %(all)s") % {"n": row.another, "all": row.ruled} if row.ruled else ""


def lasted(time: timedelta | None) -> str:
    """To two units at most, which is as exact as anybody needs."""
    if time is None:
        return "–"
    minutes = round(time.total_seconds() / 60)
    if minutes < 1:
        return _("under a minute")
    if minutes < 60:
        return _("%(n)s min") % {"n": minutes}
    if minutes < 48 * 60:
        return _("%(h)s h %(m)s min") % {"h": minutes // 60, "m": minutes % 60}
    return _("%(n)s days") % {"n": f"{minutes / 60 / 24:.1f}"}


def definitions() -> list[tuple[Promise | str, str]]:
    """What each figure says, a sentence each."""
    few, tenth, days = rates.ENOUGH, rates.ENOUGH_FOR_TENTH, packs.current().days("decide")
    return [
        (COLUMNS["found"], _("Possible matches found in the period, each once, and again where either side had changed.")),
        (
            _("Another, same"),
            _("What the ruling that stands says, also where it was made, or another was overturned, after the period."),
        ),
        (COLUMNS["open"], _("Nobody has ruled, or not both who have to, or an officer has said that it is not decided.")),
        (COLUMNS["passed"], _("Compared again before anybody had ruled, or of somebody who has left.")),
        (
            COLUMNS["false_alarms"],
            _("Another, of all that are ruled on; of fewer than %(n)s no share in per cent is given.") % {"n": few},
        ),
        (
            _("Half, nine of ten within"),
            _(
                "From when it was found to when its first ruling was in force, with the second person’s word where it takes two; "
                "nine of ten only from %(n)s rulings on."
            )
            % {"n": tenth},
        ),
        (COLUMNS["overturned"], _("A ruling on it was overturned, whatever it says now; that counts where the match was found.")),
        (
            COLUMNS["late"],
            _("Open, and found more than %(n)s days ago, within which a case is promised to be decided.") % {"n": days},
        ),
    ]


@staff(Permission.LIST_VIEW)
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """A bad period is said, and the usual one shown."""
    period, wrong = usual(), ""
    try:
        period = asked(request.GET)
    except BadPeriod as bad:
        wrong = str(bad)
    rows = [Row(row, period) for row in rates.of(matches(period))]
    facts: dict[str, Any] = {
        "period": period,
        "wrong": wrong,
        "groups": [(title, of_group(rows, by)) for by, title in TITLES.items()] if rows else [],
        "columns": COLUMNS.values(),
        "definitions": definitions(),
        "written": {name: request.GET.get(name, "") for name in ("from", "to")} if wrong else {},
    }
    return render(request, "desk/rates.html", facts, status=422 if wrong else 200)


def of_group(rows: list[Row], by: str) -> list[Row]:
    """A list is followed by why it has those it has, where there is more than one reason."""
    if by != "list":
        return [row for row in rows if row.row.by == by]
    found = []
    for one in rows:
        if one.row.by == "list":
            parts = [row for row in rows if row.is_part and row.row.source == one.row.source]
            found += [one, *(parts if len(parts) > 1 or (parts and parts[0].row.topics not in ((), ("sanction",))) else [])]
    return found


CELLS = (
    "by", "list", "topics", "configuration", "month", "found", "ruled", "another", "same", "open", "undecided", "passed",
    "false_alarm_rate", "times_known", "median_hours", "ninetieth_hours", "overturned", "late",
)  # fmt: skip


def cells(row: Rates) -> tuple[Any, ...]:
    rate = "" if row.false_alarms is None else f"{row.false_alarms:.4f}"
    return (
        row.by, row.source, " ".join(row.topics), row.configuration, row.month, row.found, row.ruled, row.another, row.same,
        row.open, row.undecided, row.passed, rate, row.took, hours(row.median), hours(row.ninetieth), row.overturned, row.late,
    )  # fmt: skip


def hours(time: timedelta | None) -> str:
    return "" if time is None else f"{time.total_seconds() / 3600:.2f}"


@staff(Permission.LIST_VIEW)
@require_safe
def as_csv(request: HttpRequest) -> HttpResponse:
    """The same figures; a bad period gives no file, but the page that says what is wrong."""
    try:
        period = asked(request.GET)
    except BadPeriod:
        return page(request)
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(CELLS)
    writer.writerows([safe(cell) for cell in cells(row)] for row in rates.of(matches(period)))
    name = f"rulings-{period.first:%Y-%m}-{period.last:%Y-%m}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(table.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)
