"""The list of networks, for investigators: which there are, how they grow, what they spend, and how far the building is. To
everybody else these addresses lead nowhere, as those do that do not exist."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest, JSONObject
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.guards import staff
from accounts.models import User
from accounts.permissions import Permission
from accounts.progress import of_job
from accounts.refused import Refused
from kyc.desk import network_words as words
from kyc.desk import numbers
from kyc.desk.queue import PAGE, Column, OfList, Paged, Tab, known_or, typed
from kyc.keys import amounts
from kyc.keys.models import Key
from kyc.keys.pool_models import Spending, Unit
from kyc.networks import asking
from kyc.networks.network_models import Attachment, Network, NetworkMembership, NetworkQuerySet, NetworkRun
from kyc.networks.ruling_models import ProposedRuling

P = Permission
NUMBER = re.compile(r"N-\d{4}-(\d{1,9})", re.ASCII | re.IGNORECASE)
# As the members of a network are numbered.
ACCOUNT = re.compile(r"O-(\d{1,9})", re.ASCII | re.IGNORECASE)
TABS: dict[str, tuple[Promise, Q]] = {
    "alert": (gettext_lazy("Alerts"), Q(ended_at__isnull=True, is_alert=True)),
    "small": (gettext_lazy("Smaller ones"), Q(ended_at__isnull=True, is_alert=False)),
    "ended": (gettext_lazy("Ended"), Q(ended_at__isnull=False)),
}
ASKED = Exists(Attachment.objects.open().filter(network=OuterRef("pk"))) | Exists(
    ProposedRuling.objects.filter(network=OuterRef("pk"), proposal__outcome="")
)
WAITING = "waiting"
ORDERS: dict[str, tuple[str, ...]] = {
    "size": ("-size", "-pk"),
    "growth": ("-joined", "-size", "-pk"),
    "confidence": ("-confidence", "-size", "-pk"),
    "found": ("-found_at", "-pk"),
}
# How far back growth and spending are looked at.
DAYS = 30
# Accounts that stand under a network's number.
NAMED = 3


class Asked(OfList):
    def __init__(self, query: QueryDict) -> None:
        super().__init__(query)
        self.tab = known_or(query.get("tab", ""), TABS, "")
        self.order = known_or(query.get("order", ""), ORDERS, "size")
        self.whose = known_or(query.get("whose", ""), {WAITING: 1}, "")
        self.text = typed(query, "q")

    @property
    def words(self) -> dict[str, str]:
        return {"tab": self.tab, "order": self.order if self.order != "size" else "", "whose": self.whose, "q": self.text}

    @property
    def columns(self) -> list[Column]:
        def sorts(name: str, label: Promise | str, **more: Any) -> Column:
            url = self.address(order=name) if self.order != name else ""
            return Column(label, url, "descending" if self.order == name else "", **more)

        return [
            Column(_("Network")),
            sorts("size", _("Accounts"), num=True),
            sorts("growth", _("New in 30 days"), num=True),
            sorts("confidence", _("Confidence"), num=True),
            Column(_("Active keys"), num=True),
            Column(_("Spent in 30 days"), num=True),
            sorts("found", _("First seen")),
        ]


@dataclass(frozen=True)
class Row:
    network: Any

    @property
    def confidence(self) -> str:
        return words.confidence(self.network.confidence)

    @property
    def others(self) -> int:
        return max(0, self.network.size - len(self.network.names))

    @property
    def spent(self) -> list[str]:
        return money((one["currency"], one["sum"]) for one in self.network.spent)


def money(sums: Any) -> list[str]:
    """Of (currency, millionths) those that are not nothing, the most first."""
    return [amounts.shown(amount, currency) for currency, amount in sorted(sums, key=lambda one: -one[1]) if amount]


@dataclass(frozen=True)
class Page(Paged):
    asked: Asked
    tabs: list[Tab]
    end: list[Tab]
    rows: list[Row]
    has_more: bool

    @property
    def cleared(self) -> str:
        return self.asked.address(q="")


def page(user: User, query: QueryDict) -> Page:
    """One aggregate for the counts and one select for the rows, however long. Where no state is asked for, the first that has
    any."""
    asked = Asked(query)
    found = searched(Network.objects.visible_to(user), asked.text)
    counts = found.alias(asked=ASKED).aggregate(
        **{name: Count("pk", filter=of) for name, (_label, of) in TABS.items()}, waiting=Count("pk", filter=Q(asked=True))
    )
    asked.tab = asked.tab or next((name for name in TABS if counts[name]), "alert")
    tabs = [
        Tab(label, asked.address(tab=name, whose=""), name == asked.tab and not asked.whose, counts[name])
        for name, (label, _of) in TABS.items()
    ]
    end = Tab(
        _("Wait for an answer"), asked.address(whose="" if asked.whose else WAITING), bool(asked.whose), counts["waiting"],
        mark="warn" if counts["waiting"] else "",
    )  # fmt: skip
    chosen = found.filter(ASKED) if asked.whose else found.filter(TABS[asked.tab][1])
    rows = asked.cut(told(chosen).order_by(*ORDERS[asked.order]))
    return Page(asked, tabs, [end], [Row(row) for row in rows[:PAGE]], len(rows) > PAGE)


def searched(found: NetworkQuerySet, text: str) -> NetworkQuerySet:
    """By its number, or the number or name of an account that was ever in it."""
    if not text:
        return found
    if number := NUMBER.fullmatch(text):
        return found.filter(pk=int(number[1]))
    account = ACCOUNT.fullmatch(text)
    of_it = Q(organisation=int(account[1])) if account else Q(organisation__name__icontains=text)
    return found.filter(Exists(NetworkMembership.objects.filter(of_it, network=OuterRef("pk"))))


def told(found: QuerySet[Network]) -> QuerySet[Network]:
    """With how many accounts are new in it, active keys and what was spent, by currency."""
    since = timezone.now() - timedelta(days=DAYS)
    members = NetworkMembership.objects.live().filter(network=OuterRef("pk")).order_by()
    inside = NetworkMembership.objects.live().filter(network=OuterRef(OuterRef("pk"))).values("organisation")
    keys = Key.objects.filter(organisation__in=inside, state=Key.State.ACTIVE).order_by().values(one=F("state"))
    spent = Spending.objects.filter(organisation__in=inside, unit=Unit.MONEY, day__gte=since.date()).order_by()
    sums = spent.values("currency").annotate(sum=Sum(Greatest("settled", "used")))
    return found.annotate(
        joined=counted(members.filter(since__gte=since).values(one=F("network"))),
        active_keys=counted(keys),
        spent=ArraySubquery(sums.values(json=JSONObject(currency="currency", sum="sum"))),
        names=ArraySubquery(members.order_by("-confidence", "organisation").values("organisation__name")[:NAMED]),
    )


def counted(rows: QuerySet[Any]) -> Coalesce:
    """Of rows that have one same value under `one`."""
    return Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n")), 0)


@dataclass(frozen=True)
class Building:
    """The newest building, or the one that goes on."""

    run: NetworkRun | None

    @property
    def is_moving(self) -> bool:
        return self.run is not None and self.run.state == NetworkRun.State.WAITING

    @property
    def progress(self) -> Any:
        return of_job(_("The building of networks"), self.run, self.run.asked_at) if self.run else None

    @property
    def percent(self) -> int | None:
        """By the step that it is at."""
        steps = list(NetworkRun.Step.values)
        step = self.run.step if self.run else ""
        return 100 * (steps.index(step) + 1) // (len(steps) + 1) if step in steps else None


def building() -> Building:
    return Building(NetworkRun.objects.select_related("asked_by").order_by("-pk").first())


@staff(P.NETWORK_VIEW)
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """Asked by its own page alone, only how far the building is."""
    facts = {"building": building()}
    if request.headers.get("Asked-By") == "page":
        return render(request, "desk/networks_building.html", facts)
    if there := numbers.address_of(request.GET.get("q", ""), to=request.user, but=Network):
        return redirect(there)
    return render(request, "desk/networks.html", facts | {"page": page(request.user, request.GET)})


@staff(P.INCIDENT_WORK)
@require_POST
def build(request: HttpRequest) -> HttpResponse:
    try:
        asking.ask(by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The building of networks is asked for. It goes on by itself."))
    return redirect("desk:networks")
