"""Where declared and observed owners differ, of all customers (AMLR-09): what is due first, and how the others ended."""

from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any

from django.db.models import CharField, Count, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, NullIf
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.guards import staff
from accounts.models import User
from accounts.permissions import Permission
from kyc.cases.models import Case
from kyc.desk import diverged
from kyc.desk.diverged import Diverged
from kyc.desk.queue import PAGE, Column, OfList, Paged, Tab, known_or
from kyc.desk.sources import told
from kyc.ownership.models import Discrepancy, DiscrepancyQuerySet, Observation
from kyc.parties.models import Role

OPEN, ENDED = "open", "ended"
TABS: dict[str, Promise] = {OPEN: gettext_lazy("Open"), ENDED: gettext_lazy("Resolved")}
CUSTOMERS = "customers"
SOURCES: dict[str, Promise | str] = {source.value: source.label for source in Observation.Source} | {
    CUSTOMERS: gettext_lazy("Two customers")
}
# Of the open ones those past their day, of the others those that ended after it.
LATE: dict[str, Promise] = {OPEN: gettext_lazy("Overdue"), ENDED: gettext_lazy("Resolved late")}
MINE = gettext_lazy("Mine")
ON = {"1": None}
COLUMNS = (
    Column(gettext_lazy("Customer")),
    Column(gettext_lazy("Owner")),
    Column(gettext_lazy("Declared")),
    Column(gettext_lazy("The source says")),
    Column(gettext_lazy("Source")),
)
LAST = {
    OPEN: (Column(gettext_lazy("Waiting on")), Column(gettext_lazy("Due"), sorted="ascending")),
    ENDED: (Column(gettext_lazy("Resolution")), Column(gettext_lazy("Ended"), sorted="descending")),
}
ORDERS = {OPEN: ("due_on", "pk"), ENDED: ("-resolved_at", "-pk")}


class Asked(OfList):
    """`late` and `mine` are "1" or nothing."""

    def __init__(self, query: QueryDict) -> None:
        super().__init__(query)
        self.tab = known_or(query.get("tab", ""), TABS, OPEN)
        self.source = known_or(query.get("source", ""), SOURCES, "")
        self.late = known_or(query.get("late", ""), ON, "")
        self.mine = known_or(query.get("mine", ""), ON, "")

    @property
    def is_narrowed(self) -> bool:
        return bool(self.source or self.late or self.mine)

    @property
    def words(self) -> dict[str, str]:
        return {"tab": self.tab, "source": self.source, "late": self.late, "mine": self.mine}


@dataclass(frozen=True)
class Row:
    """One difference in words, as `described` found it. `case` is the newest of the customer's that an officer can open."""

    row: Any

    @property
    def case(self) -> Case:
        return Case(pk=self.row.case_pk, opened_at=self.row.case_opened_at, state=self.row.case_state)

    @property
    def customer(self) -> str:
        return self.row.legal_name or self.row.organisation.name

    @property
    def owner(self) -> str:
        return self.row.party.name if self.row.party else self.row.observation.owner_called

    @property
    def native_name(self) -> str:
        party = self.row.party or self.row.observation.owner
        return party.native_name if party else ""

    @property
    def declared(self) -> str:
        return told(self.row.declared)

    @property
    def observed(self) -> str:
        return told(self.row.observed)

    @property
    def days_late(self) -> int:
        """Of one that has ended: how many days after it was due; none or less in time."""
        return (timezone.localtime(self.row.resolved_at).date() - self.row.due_on).days


@dataclass(frozen=True)
class Page(Paged):
    asked: Asked
    counts: dict[str, int]
    rows: list[Row]
    has_more: bool
    # What two customers tell differently; none where another source is asked for.
    twice: Diverged | None

    @property
    def tabs(self) -> list[Tab]:
        return [
            Tab(label, self.asked.address(tab=name), name == self.asked.tab, self.counts[name]) for name, label in TABS.items()
        ]

    @property
    def narrowed(self) -> list[Tab]:
        """What narrows the list besides its source."""
        labels = {"late": LATE[self.asked.tab], "mine": MINE}
        return [self.switch(name, "1", label) for name, label in labels.items()]

    @property
    def sources(self) -> list[Tab]:
        return [self.switch("source", name, label) for name, label in SOURCES.items()]

    def switch(self, word: str, value: str, label: Promise | str) -> Tab:
        """Narrows the list, or undoes it where it does."""
        is_on = getattr(self.asked, word) == value
        count = self.counts[value if word == "source" else word]
        return Tab(label, self.asked.address(**{word: "" if is_on else value}), is_on, count)

    @property
    def of_sources(self) -> int:
        """How many of them are between a customer and a source."""
        return sum(self.counts[name] for name in SOURCES if name != CUSTOMERS and self.asked.source in ("", name))

    @property
    def of_customers(self) -> int:
        return self.counts[CUSTOMERS]

    @property
    def columns(self) -> tuple[Column, ...]:
        return (*COLUMNS, *LAST[self.asked.tab])

    @property
    def cleared(self) -> str:
        return self.asked.address(source="", late="", mine="")


def page(user: User, query: QueryDict) -> Page:
    """One aggregate for every count, one select for the rows, of differences between sources and of those between customers;
    and one more for the latter's cases."""
    asked = Asked(query)
    every = described(Discrepancy.objects.visible_to(user), user)
    rows = asked.cut(every.filter(reduce(and_, tests(asked, user).values())).order_by(*ORDERS[asked.tab]))
    twice = diverged.shown_to(user)
    narrowing = tests(asked, user) | {"source": Q(), **({"mine": diverged.mine(user)} if asked.mine else {})}
    told = Diverged(twice, reduce(and_, narrowing.values()), ORDERS[asked.tab], query, user)
    if told.number > 1 and not told.found:
        first = query.copy()
        first[diverged.NUMBER] = "1"
        return page(user, first)
    counts, is_with_twice = counted(every, asked, user), asked.source in ("", CUSTOMERS)
    of_either = wanted(narrowing, mine=diverged.mine(user)) if is_with_twice else {}
    more = diverged.counted(twice, of_either | {CUSTOMERS: reduce(and_, narrowing.values())})
    counts |= {name: counts[name] + n for name, n in more.items()}
    return Page(asked, counts, [Row(row) for row in rows[:PAGE]], len(rows) > PAGE, told if is_with_twice else None)


def tests(asked: Asked, user: User) -> dict[str, Q]:
    """By which word of the address what of the list is shown."""
    return {
        "tab": Q(resolved_at__isnull=asked.tab == OPEN),
        "source": Q(observation__source=asked.source) if asked.source else Q(),
        "late": is_late() if asked.late else Q(),
        "mine": Q(case_owner=user.pk) if asked.mine else Q(),
    }


def is_late() -> Q:
    """Open past its day, or ended after it."""
    return Q(resolved_at__isnull=True, due_on__lt=timezone.localdate()) | Q(resolved_at__date__gt=F("due_on"))


def counted(every: DiscrepancyQuerySet, asked: Asked, user: User) -> dict[str, int]:
    """Beside each tab and each filter, what one would see there."""
    narrowing = tests(asked, user)
    of_sources = {name: besides(narrowing, "source") & Q(observation__source=name) for name in SOURCES}
    every_test = wanted(narrowing, mine=Q(case_owner=user.pk)) | of_sources
    return every.aggregate(**{name: Count("pk", filter=test) for name, test in every_test.items()})


def besides(narrowing: dict[str, Q], word: str) -> Q:
    return reduce(and_, (test for name, test in narrowing.items() if name != word))


def wanted(narrowing: dict[str, Q], *, mine: Q) -> dict[str, Q]:
    """What is counted of either kind of difference."""
    return {
        **{name: besides(narrowing, "tab") & Q(resolved_at__isnull=name == OPEN) for name in TABS},
        "late": besides(narrowing, "late") & is_late(),
        "mine": besides(narrowing, "mine") & mine,
    }


def described(rows: DiscrepancyQuerySet, user: User) -> DiscrepancyQuerySet:
    of_customer = {"organisation": OuterRef("organisation")}
    case = Case.objects.shown_to(user).filter(**of_customer).order_by("-pk")
    customer = Role.objects.live().filter(**of_customer, kind=Role.Kind.CUSTOMER)
    called = Coalesce(NullIf("owner__name", Value("")), "owner__email", output_field=CharField())
    people = ("organisation", "party", "observation__owner", "observation__owned", "resolved_by")
    return rows.select_related(*people).annotate(
        legal_name=Subquery(customer.values("party__name")[:1]),
        customer_native=Subquery(customer.values("party__native_name")[:1]),
        case_pk=Subquery(case.values("pk")[:1]),
        case_opened_at=Subquery(case.values("opened_at")[:1]),
        case_state=Subquery(case.values("state")[:1]),
        case_since=Subquery(case.values("in_state_since")[:1]),
        case_owner=Subquery(case.values("owner")[:1]),
        case_owner_name=Subquery(case.values_list(called)[:1]),
    )


@staff(Permission.CASE_VIEW)
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    shown = page(request.user, request.GET)
    return render(request, "desk/differences.html", {"page": shown})
