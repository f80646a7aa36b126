"""The matches behind a figure, and the rulings of which somebody wants that they be overturned."""

from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.guards import staff
from accounts.models import User
from accounts.permissions import Permission
from kyc.cases.models import Case
from kyc.desk import rates as page_of_rates
from kyc.desk.queue import PAGE, Column, OfList, Paged, known_or, typed
from kyc.screening.models import Hit, ListVersion
from kyc.screening.rates import COUNTED

DOUBTED = "doubted"
WHAT: dict[str, Promise] = {
    "found": gettext_lazy("Matches"),
    "ruled": gettext_lazy("Ruled on"),
    "another": gettext_lazy("Ruled to be another"),
    "same": gettext_lazy("Ruled to be the same"),
    "open": gettext_lazy("Open"),
    "undecided": gettext_lazy("Not decided"),
    "passed": gettext_lazy("Compared again before anybody ruled, or of somebody who has left"),
    "overturned": gettext_lazy("A ruling on it was overturned"),
    "late": gettext_lazy("Open for too long"),
    DOUBTED: gettext_lazy("To be overturned, waits for a second person"),
}
COLUMNS = (
    Column(gettext_lazy("Match")),
    Column(gettext_lazy("Customer")),
    Column(gettext_lazy("List")),
    Column(gettext_lazy("Score"), num=True),
    Column(gettext_lazy("Found"), sorted="descending"),
    Column(gettext_lazy("Ruling")),
)

OF_RULING = ("ruled_by", "overturning__proposed_by", "before")


class Asked(OfList):
    # There are entries of which nobody says why they are listed.
    told_empty = frozenset({"topics"})

    def __init__(self, query: QueryDict) -> None:
        super().__init__(query)
        self.what = known_or(query.get("what", ""), WHAT, "found")
        self.source, self.configuration = typed(query, "list"), typed(query, "configuration")
        # None where any will do.
        self.topics = typed(query, "topics").split() if "topics" in query else None

    @property
    def label(self) -> Promise:
        return WHAT[self.what]

    @property
    def narrowed(self) -> list[str]:
        """In words, what else is asked."""
        known = dict(ListVersion.Source.choices)
        months = " – ".join(dict.fromkeys(filter(None, (self.query.get("from"), self.query.get("to")))))
        topics = ", ".join(map(page_of_rates.topic, self.topics or ()))
        told = [str(known.get(self.source, self.source)), topics, self.configuration, months]
        return [words for words in told if words] if self.what != DOUBTED else []

    @property
    def words(self) -> dict[str, str]:
        told = {"what": self.what, "list": self.source, "configuration": self.configuration}
        told |= {name: self.query.get(name, "") for name in ("from", "to")}
        return told if self.topics is None else told | {"topics": " ".join(self.topics)}


@dataclass(frozen=True)
class Row:
    """A match as it was found, and the row that says now what it is: the same, or the last by which a ruling was overturned."""

    hit: Any
    stands: Hit


@dataclass(frozen=True)
class Page(Paged):
    asked: Asked
    rows: list[Row]
    has_more: bool
    columns: tuple[Column, ...] = COLUMNS


def rows(asked: Asked) -> QuerySet[Hit]:
    """Raises BadPeriod."""
    if asked.what == DOUBTED:
        return Hit.objects.doubted()
    found = page_of_rates.matches(page_of_rates.asked(asked.query)).filter(COUNTED.get(asked.what, Q()))
    if asked.source:
        found = found.filter(source=asked.source)
    if asked.topics is not None:
        found = found.filter(topics=asked.topics)
    if asked.configuration:
        found = found.filter(configuration=asked.configuration)
    return found


def page(user: User, query: QueryDict) -> Page:
    """Two selects, however many there are."""
    asked = Asked(query)
    case = Case.objects.shown_to(user).filter(organisation=OuterRef("organisation")).order_by("-pk")
    shown = rows(asked).select_related("organisation", *OF_RULING).annotate(case_pk=Subquery(case.values("pk")[:1]))
    found = asked.cut(shown.order_by("-found_at", "-pk"))
    # A list of those that stand knows no later ones.
    last = {hit.pk: hit.last for hit in found if hasattr(hit, "last") and hit.last != hit.pk}
    standing = Hit.objects.select_related(*OF_RULING).in_bulk(list(last.values()))
    told = [Row(hit, standing[last[hit.pk]] if hit.pk in last else hit) for hit in found[:PAGE]]
    return Page(asked, told, len(found) > PAGE)


@staff(Permission.CASE_VIEW)
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    try:
        return render(request, "desk/matches.html", {"page": page(request.user, request.GET)})
    except page_of_rates.BadPeriod as bad:
        raise Http404 from bad
