"""The queue: which cases, in which order, in two queries however many there are."""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Count, Exists, F, Func, IntegerField, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.vault.searching import matches
from kyc.cases import actions
from kyc.cases.models import Case, Decision, Examination, Finding, Requirement
from kyc.keys.models import Key
from kyc.keys.secret import shortened
from kyc.ownership.models import Discrepancy, Divergence
from kyc.parties.models import Party, Role
from kyc.risk.models import Score
from kyc.screening.models import Hit

PAGE = 50
TABS = {
    "review": (_("To review"), [Case.State.REVIEW]),
    "waiting": (_("Waiting for customer"), [Case.State.WAITING]),
    "approve": (_("To approve"), [Case.State.PROPOSED]),
    "examining": (_("Being examined"), [Case.State.SUBMITTED]),
    "decided": (_("Decided"), [*Case.ENDED]),
}
WHOSE = {"mine": _("Mine"), "unassigned": _("Unassigned")}
DUE = (F("due_on").asc(nulls_last=True), "pk")
ORDERS = {
    "due": (_("Due first"), DUE),
    "priority": (_("Highest risk first"), (F("risk").desc(nulls_last=True), *DUE)),
}
DECIDED = [*Case.ENDED]
NUMBER = re.compile(r"C-\d{4}-(\d{1,9})", re.ASCII | re.IGNORECASE)
# An organisation's, alone or as lists write it behind the name.
OF_ORGANISATION = re.compile(r"(?:O-)?(\d{1,9})|.*\((\d{1,9})\)", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Tab:
    """As components/tabs.html draws it."""

    label: str | Promise
    url: str
    active: bool
    count: int | None = None
    mark: str = ""


@dataclass(frozen=True)
class Column:
    """As components/table_head.html draws it."""

    label: str | Promise
    url: str = ""
    sorted: str = ""
    num: bool = False


def typed(query: QueryDict, name: str) -> str:
    """What somebody wrote into an address, or into a search, without what nobody can see, what the database can't keep, and the
    secret of a key that was pasted whole."""
    return shortened("".join(filter(str.isprintable, query.get(name, ""))).strip())[:200]


def known_or(value: str, known: dict[str, Any], otherwise: str) -> str:
    return value if value in known else otherwise


def page_number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else 1


class OfList:
    """What an address asks of a long list; whatever it does not know is left out."""

    # Words that say something without a value too.
    told_empty: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, query: QueryDict) -> None:
        self.query, self.number = query, page_number(query.get("page", ""))

    @property
    def words(self) -> dict[str, str]:
        """What it asks besides its page, as an address says it."""
        return {}

    def address(self, **changes: str) -> str:
        """The same list with `changes`; a change to nothing takes the word out, and another list starts at its head."""
        query = QueryDict(mutable=True)
        query.update({name: value for name, value in (self.words | changes).items() if value or name in self.told_empty})
        return f"?{query.urlencode()}"

    def cut(self, rows: QuerySet[Any]) -> list[Any]:
        """Its page of `rows`, and one more where others follow; past the last page it turns to the first."""
        found = list(rows[(self.number - 1) * PAGE : self.number * PAGE + 1])
        if found or self.number == 1:
            return found
        self.number = 1
        return self.cut(rows)


class Paged:
    """Which rows of a long list are shown, and the ways to those before and after."""

    asked: OfList
    rows: list[Any]
    has_more: bool

    @property
    def first(self) -> int:
        return (self.asked.number - 1) * PAGE + 1

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1

    @property
    def newer(self) -> str:
        return self.asked.address(page=str(self.asked.number - 1)) if self.asked.number > 1 else ""

    @property
    def older(self) -> str:
        return self.asked.address(page=str(self.asked.number + 1)) if self.has_more else ""


@dataclass(frozen=True)
class Part(Paged):
    """One page of a list of which nothing else is asked."""

    asked: OfList
    rows: list[Any]
    has_more: bool

    @classmethod
    def of(cls, query: QueryDict, rows: QuerySet[Any]) -> "Part":
        asked = OfList(query)
        found = asked.cut(rows)
        return cls(asked, found[:PAGE], len(found) > PAGE)


class Asked(OfList):
    def __init__(self, query: QueryDict) -> None:
        super().__init__(query)
        self.tab = known_or(query.get("tab", ""), TABS, "review")
        self.whose = known_or(query.get("whose", ""), WHOSE, "")
        self.order = known_or(query.get("order", ""), ORDERS, "due")
        self.text = typed(query, "q")

    @property
    def is_bare(self) -> bool:
        return not any(self.query.get(name) for name in ("tab", "whose", "order", "q", "page"))

    @property
    def words(self) -> dict[str, str]:
        # Who has not chosen a tab is shown the one with something for him.
        tab = self.tab if self.query.get("tab") else ""
        return {"tab": tab, "whose": self.whose, "order": self.order if self.query.get("order") else "", "q": self.text}


@dataclass(frozen=True)
class Page(Paged):
    asked: Asked
    counts: dict[str, int]
    rows: list[Case]
    has_more: bool

    @property
    def open(self) -> int:
        return self.counts["open"]

    @property
    def late(self) -> int:
        return self.counts["late"]

    @property
    def differences(self) -> int:
        return self.counts["differences"] + self.counts["twice"]

    @property
    def differences_late(self) -> int:
        return self.counts["differences_late"] + self.counts["twice_late"]

    @property
    def doubts(self) -> int:
        """Rulings that somebody wants overturned, which wait for a second person."""
        return self.counts["doubts"]

    @property
    def tabs(self) -> list[Tab]:
        return [
            Tab(label, self.asked.address(tab=name), name == self.asked.tab, self.counts[name])
            for name, (label, _states) in TABS.items()
        ]

    @property
    def whose(self) -> list[Tab]:
        here = self.asked.whose
        return [
            Tab(label, self.asked.address(whose="" if name == here else name), name == here, self.counts[name])
            for name, label in WHOSE.items()
            # What is decided waits for nobody to take it.
            if name == here or not (name == "unassigned" and self.asked.tab == "decided")
        ]

    @property
    def orders(self) -> list[Tab]:
        return [
            Tab(label, self.asked.address(order="" if name == "due" else name), name == self.asked.order)
            for name, (label, _columns) in ORDERS.items()
        ]

    @property
    def columns(self) -> list[Column]:
        """What has been decided stands by when, and can't be ordered otherwise."""
        urls = {} if self.asked.tab == "decided" else {name: tab.url for name, tab in zip(ORDERS, self.orders, strict=True)}
        here = self.asked.order if urls else ""
        return [
            Column(_("Organisation")),
            Column(_("Risk"), **sorted_by("priority", "descending", here, urls)),
            Column(_("Waiting on")),
            Column(_("Country")),
            Column(_("In status"), num=True, sorted="" if urls else "ascending"),
            Column(_("Due"), **sorted_by("due", "ascending", here, urls)),
            Column(_("Owner")),
        ]

    @property
    def cleared(self) -> str:
        return self.asked.address(q="", whose="")


def sorted_by(name: str, way: str, here: str, urls: dict[str, str]) -> dict[str, str]:
    """The way to a column's order, or that it is the one."""
    return {"sorted": way} if name == here else {"url": urls.get(name, "")}


def page(user: User, query: QueryDict) -> Page:
    """One aggregate for every count, one select for the rows. A search that names no status shows the first that has any."""
    asked = Asked(query)
    cases = found(Case.objects.visible_to(user).real().exclude(state=Case.State.DRAFT), asked.text, user)
    shown = cases.filter(state_of(asked), whose_of(asked.whose, user))
    order = ORDERS[asked.order][1] if asked.tab != "decided" else ("-in_state_since", "-pk")
    rows = asked.cut(described(shown).order_by(*order))
    counts = counted(cases, asked, user)
    # Whoever decides begins with what waits for him.
    if asked.is_bare and user.can(Permission.DECISION_TAKE) and counts["approve"]:
        return page(user, QueryDict("tab=approve"))
    if not rows and asked.text and "tab" not in query and (filled := next((name for name in TABS if counts[name]), "")):
        return page(user, QueryDict(f"{query.urlencode()}&tab={filled}"))
    return Page(asked, counts, rows[:PAGE], len(rows) > PAGE)


def state_of(asked: Asked) -> Q:
    return Q(state__in=TABS[asked.tab][1])


def whose_of(name: str, user: User) -> Q:
    return {"mine": Q(owner=user), "unassigned": Q(owner__isnull=True)}.get(name, Q())


def found(cases: QuerySet[Case], text: str, user: User) -> QuerySet[Case]:
    """Cases of organisations so called, or with a party so called, or by the case's number, the organisation's, the start of a
    key, or exactly a register number, a telephone or what is paid by. To find whose such a number is, is to have it shown, so
    that is for who may have it shown."""
    if not text:
        return cases
    if number := NUMBER.fullmatch(text):
        return cases.filter(pk=int(number[1]))
    of_case = {"organisation": OuterRef("organisation")}
    called = Q(name__icontains=text) | Q(native_name__icontains=text) | Q(lei=text.replace(" ", "").upper())
    party = Party.objects.current().filter(called, **of_case)
    key = Key.objects.filter(prefix__istartswith=text, **of_case)
    wanted = Q(organisation__name__icontains=text) | Exists(party) | Exists(key)
    if number := OF_ORGANISATION.fullmatch(text):
        wanted |= Q(organisation=int(number[1] or number[2]))
    if user.can(Permission.FIELD_REVEAL):
        wanted |= Q(Exists(matches(text).filter(**of_case)))
    return cases.filter(wanted)


def told_twice(user: User) -> QuerySet[Divergence]:
    """What two customers tell differently of one company and nobody has settled, as the list of differences has it."""
    cases = Case.objects.shown_to(user)
    found = Divergence.objects.open().visible_to(user)
    for side in ("party__organisation", "other__organisation"):
        found = found.filter(Exists(cases.filter(organisation=OuterRef(side))))
    return found


def counted(cases: QuerySet[Case], asked: Asked, user: User) -> dict[str, int]:
    """Beside each tab, what one would see there; `open` and `late` over all. How many differences between sources there are, how
    many past their day, and how many rulings are doubted, is the same in every row: it is asked for with the rest, and is nothing
    where there is no case."""
    still, today = ~Q(state__in=DECIDED), timezone.localdate()
    tabs = {name: Q(state__in=states) & whose_of(asked.whose, user) for name, (_label, states) in TABS.items()}
    whose = {name: state_of(asked) & whose_of(name, user) for name in WHOSE}
    heading = {"open": still, "late": still & Q(due_on__lt=today)}
    differ = Discrepancy.objects.open().visible_to(user)
    twice = told_twice(user)
    besides = {
        "differences": differ,
        "differences_late": differ.filter(due_on__lt=today),
        "twice": twice,
        "twice_late": twice.filter(due_on__lt=today),
        "doubts": Hit.objects.doubted().visible_to(user),
    }
    counts = {name: Count("pk", filter=test) for name, test in (tabs | whose | heading).items()}
    return cases.aggregate(**counts, **{name: Max(number_of_all(rows), default=0) for name, rows in besides.items()})


def number_of(rows: QuerySet[Any], of: str = "organisation") -> Coalesce:
    """How many of `rows`, which are all of one `of` and whose own order does not matter."""
    counts = rows.order_by().values(of).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counts, output_field=IntegerField()), 0)


def number_of_all(rows: QuerySet[Any]) -> Subquery:
    """How many `rows` there are, whatever row asks."""
    count = Func("pk", function="count", output_field=IntegerField())
    return Subquery(rows.order_by().annotate(n=count).values("n"), output_field=IntegerField())


def described(cases: QuerySet[Case]) -> QuerySet[Case]:
    of_case = {"organisation": OuterRef("organisation")}
    score = Score.objects.filter(**of_case).order_by("-pk")
    customer = Role.objects.live().filter(**of_case, kind=Role.Kind.CUSTOMER)
    proposed = Decision.objects.filter(case=OuterRef("pk"), proposal__outcome="").order_by("-pk")
    asked = Requirement.objects.open().filter(case=OuterRef("pk")).order_by("-pk")
    stops = Finding.objects.filter(examination=OuterRef("newest_round"), state=Finding.State.BAD)
    differ = Discrepancy.objects.open().filter(**of_case)
    earlier = Case.objects.filter(**of_case, state__in=DECIDED, pk__lt=OuterRef("pk"))
    done = Examination.objects.filter(case=OuterRef("pk"), state=Examination.State.DONE).order_by("-pk")
    return cases.select_related("organisation", "owner").annotate(
        newest_round=Subquery(done.values("pk")[:1]),
        risk=Subquery(score.values("value")[:1], output_field=IntegerField()),
        band=Subquery(score.values("band")[:1]),
        country=Subquery(customer.values("party__country")[:1]),
        hq_country=Subquery(customer.values("party__hq_country")[:1]),
        legal_name=Subquery(customer.values("party__name")[:1]),
        native_name=Subquery(customer.values("party__native_name")[:1]),
        open_hits=number_of(Hit.objects.open().filter(**of_case).current()),
        proposed=Subquery(proposed.values("proposal__choice")[:1]),
        asked=Subquery(asked.values("sentence")[:1]),
        asked_count=number_of(asked, of="case"),
        differences=number_of(differ),
        differences_due=Subquery(differ.order_by("due_on").values("due_on")[:1]),
        is_stopped_by_ownership=Exists(stops.filter(category="ownership")),
        is_again=Exists(earlier),
    )


@transaction.atomic
def take_next(user: User) -> Case | None:
    """The most urgent case without an owner, now `user`'s. Two officers who press together get two cases."""
    free = Case.objects.visible_to(user).real().filter(state=Case.State.REVIEW, owner__isnull=True).order_by(*DUE)
    first = free.select_for_update(skip_locked=True).first()
    return actions.assign(first, to=user, by=user) if first else None
