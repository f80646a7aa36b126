"""The ledger of a network: of every edge what ties its two accounts, with bits and days, and what was not counted and why; and
the pages on which an investigator rules on one edge, or by a value."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from accounts import scope
from accounts.guards import staff
from accounts.models import Organisation, User
from accounts.permissions import Permission
from accounts.tables import Echo, safe
from kyc.desk import network_forms as forms
from kyc.desk import network_members, network_rulings
from kyc.desk import network_words as words
from kyc.desk.network import fetched, frame
from kyc.desk.queue import PAGE, OfList, Paged, Tab, known_or
from kyc.networks import adding, downloads, foreseeing, standing
from kyc.networks.network_models import Edge, Network, NetworkMembership
from kyc.networks.ruling_models import Ruling
from kyc.networks.rulings import About
from kyc.networks.touching import having

P = Permission
ORDERS = {"strong": (gettext_lazy("Strongest first"), "-bits"), "weak": (gettext_lazy("Weakest first"), "bits")}
# Accounts named in a sentence.
MOST_NAMES = 5
# Edges written into a file between two looks at the database.
AT_ONCE = 500
CELLS = (
    "account_a", "name_a", "account_b", "name_b", "bits", "value_type", "handle", "family", "value_bits", "adds_bits",
    "first_seen", "last_seen", "counted", "why_not",
)  # fmt: skip


class Asked(OfList):
    def __init__(self, query: QueryDict) -> None:
        super().__init__(query)
        self.order = known_or(query.get("order", ""), ORDERS, "strong")
        number = query.get("account", "")
        self.account = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else None
        self.on = query.get("on", "")

    @property
    def words(self) -> dict[str, str]:
        account = str(self.account) if self.account else ""
        return {"order": self.order if self.order != "strong" else "", "account": account, "on": self.on}


@dataclass(frozen=True)
class Row:
    """An edge with its ledger in words, and what was ruled on it."""

    edge: Any
    ruled: str = ""

    @property
    def bits(self) -> str:
        return words.bits(self.edge.bits)

    @property
    def families(self) -> str:
        return words.families(self.edge.families)

    @property
    def counted(self) -> list[words.Told]:
        return words.counted(standing.evidence(self.edge)[0])

    @property
    def aside(self) -> list[words.Told]:
        return [words.Told.of(one) for one in standing.evidence(self.edge)[1]]


@dataclass(frozen=True)
class Page(Paged):
    asked: Asked
    rows: list[Row]
    has_more: bool

    @property
    def tabs(self) -> list[Tab]:
        return [Tab(label, self.asked.address(order=name), name == self.asked.order) for name, (label, _by) in ORDERS.items()]

    @property
    def everybodys(self) -> str:
        return self.asked.address(account="")


@staff(P.NETWORK_VIEW)
@require_safe
def listed(request: HttpRequest, pk: int) -> HttpResponse:
    """Every edge, or those of one account."""
    network = fetched(request, pk)
    facts, asked = frame(request, network, "ledger"), Asked(request.GET)
    edges = standing.edges(network, facts["at"])
    if asked.account:
        edges = edges.filter(Q(a=asked.account) | Q(b=asked.account))
    found, has_more = cut(asked, edges.order_by(ORDERS[asked.order][1], "pk"), Edge.objects.select_related("a", "b"))
    ruled = kinds(found)
    rows = [Row(edge, ruled.get((edge.a_id, edge.b_id), "")) for edge in found]
    facts |= {"page": Page(asked, rows, has_more), "account": Organisation.objects.filter(pk=asked.account).first()}
    return render(request, "desk/network_ledger.html", facts)


def cut(asked: OfList, ordered: QuerySet[Any], told: QuerySet[Any]) -> tuple[list[Any], bool]:
    """Its page of `ordered` as `told` tells of them, and whether others follow. Of those before it only the number is read."""
    numbers = asked.cut(ordered.values_list("pk", flat=True))
    rows = told.in_bulk(numbers[:PAGE])
    return [rows[number] for number in numbers[:PAGE]], len(numbers) > PAGE


def kinds(edges: list[Edge]) -> dict[tuple[int, int], str]:
    """Of pairs that were ruled on, how."""
    firsts = {edge.a_id for edge in edges}
    rows = Ruling.objects.in_force().filter(value__isnull=True, a__in=firsts)
    return {(row.a_id, row.b_id): row.get_kind_display() for row in rows}  # type: ignore[misc]  # a pair names two


@staff(P.NETWORK_VIEW)
@require_safe
def members(request: HttpRequest, pk: int) -> HttpResponse:
    network = fetched(request, pk)
    facts, asked = frame(request, network, "members"), Asked(request.GET)
    at = facts["at"]
    inside = standing.surely(standing.members(network, at), at).order_by(*network_members.SUREST)
    told = network_members.told(standing.surely(NetworkMembership.objects.all(), at))
    found, has_more = cut(asked, inside, told)
    rows = [network_members.Row(one) for one in found]
    facts |= {"page": Page(asked, rows, has_more), "columns": network_members.columns()}  # type: ignore[arg-type]  # rows of accounts
    return render(request, "desk/network_members.html", facts)


@staff(P.NETWORK_VIEW)
@require_safe
def edge(request: HttpRequest, pk: int, edge: int) -> HttpResponse:
    network = fetched(request, pk)
    return edge_page(request, network, edge_of(network, edge))


def edge_of(network: Network, number: int) -> Edge:
    """Also one that has ended: what was known then is still to be read."""
    return get_object_or_404(Edge.objects.select_related("a", "b"), pk=number, network=network)


def edge_page(request: HttpRequest, network: Network, edge: Edge, form: forms.RuleForm | None = None) -> HttpResponse:
    facts = frame(request, network, "ledger")
    about, is_over = About(pair=(edge.a_id, edge.b_id)), edge.until is not None
    facts |= {"row": Row(edge), "is_over": is_over, "of_a_family": words.of_a_family()} | ruled(about, 2, form)
    if is_over or network.ended_at:
        # Nothing is ruled anew of what is no more, but what was ruled is taken back here as long as it stands.
        facts["may_rule"] = (facts["may_rule"] or facts["may_take_back"]) and stands(about)
        facts["form"].to_take_back()
    elif facts["may_rule"]:
        facts["foreseen"] = foreseen(network, edge)
    return render(request, "desk/network_edge.html", facts, status=422 if form else 200)


def stands(about: About) -> bool:
    return Ruling.objects.in_force().filter(about.rows).exists()


def foreseen(network: Network, edge: Edge) -> str:
    """Who would leave the network were the two ruled apart, by name."""
    numbers = foreseeing.leaving(network, (edge.a_id, edge.b_id))
    if numbers is None:
        return _("The network is too large to say here who would leave it if the two are kept apart.")
    if not numbers:
        return _("Kept apart, nobody would leave this network.")
    names = dict(Organisation.objects.filter(pk__in=numbers[:MOST_NAMES]).values_list("pk", "name"))
    named = ", ".join(names[one] for one in numbers if one in names)
    if more := len(numbers) - len(names):
        named = _("%(names)s and %(n)s more") % {"names": named, "n": more}
    if len(numbers) == 1:
        return _("Kept apart, %(names)s would leave this network: less ties it to the others.") % {"names": named}
    return _("Kept apart, these would leave this network: %(names)s.") % {"names": named}


def ruled(about: About, touched: int, form: forms.RuleForm | None) -> dict[str, Any]:
    """What was said of it, and the form for the next word."""
    rows = network_rulings.on(about)
    stands = rows[0].said if rows else None
    if form is None:
        everywhere = len(having(about))
        form = forms.RuleForm(of_value=about.value is not None, touched=touched, everywhere=everywhere, stands=stands)
    return {"rulings": rows, "form": form}


@staff(P.NETWORK_VIEW)
@require_safe
def value(request: HttpRequest, pk: int, kind: str, handle: str) -> HttpResponse:
    network = fetched(request, pk)
    return value_page(request, network, value_of(network, kind, handle))


def value_of(network: Network, kind: str, handle: str) -> standing.Value:
    """What accounts of the network share, by its handle."""
    found = next((one for one in standing.named(network, kind, handle) if words.handle(one.value) == handle), None)
    if found is None:
        raise Http404
    return found


def value_page(request: HttpRequest, network: Network, value: standing.Value, form: forms.RuleForm | None = None) -> HttpResponse:
    facts = frame(request, network, "ledger")
    inside = standing.members(network).filter(organisation__in=value.organisations[:PAGE])
    have = network_members.told(standing.surely(inside))
    facts |= {
        "told": words.Told.of(value),
        "everywhere": words.everywhere(standing.known([value]).get(value.key), here=len(value.organisations)),
        "columns": network_members.columns(brief=True),
        "value": value,
        "rows": [network_members.Row(one) for one in have],
        "others": max(0, len(value.organisations) - PAGE),
        "touched": forms.touches(len(value.organisations)),
    }
    about = about_value(value)
    facts |= ruled(about, len(value.organisations), form) if about else {"may_rule": False, "is_time": True}
    if about and facts["may_rule"]:
        facts["foreseen"] = freed(about, value)
    return render(request, "desk/network_value.html", facts, status=422 if form else 200)


def freed(about: About, value: standing.Value) -> str:
    """How many edges and accounts it frees if the value counts for nobody."""
    found = foreseeing.freed(about, having(about).union(value.organisations))
    if found is None:
        return _("It counts in too many edges to say here how many of them fall if it counts for nobody.")
    edges = ngettext("It counts in %(n)s edge.", "It counts in %(n)s edges.", found.edges) % {"n": found.edges}
    if not found.fall:
        return f"{edges} {_('None of them falls if it counts for nobody.')}"
    fall = ngettext(
        "If it counts for nobody, %(n)s of them falls,", "If it counts for nobody, %(n)s of them fall,", found.fall
    ) % {"n": found.fall}
    accounts = ngettext(
        "and %(n)s account is held by no edge any more.", "and %(n)s accounts are held by no edge any more.", found.accounts
    ) % {"n": found.accounts}
    return " ".join((edges, fall, accounts if found.accounts else _("and others still hold every account.")))


def about_value(value: standing.Value) -> About | None:
    """Nothing where there is no value to rule on, but a time."""
    return About(value=(value.type, value.uuid)) if value.uuid else None


def file(lines: Iterator[str], name: str) -> StreamingHttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


@staff(P.NETWORK_VIEW)
@require_safe
def members_csv(request: HttpRequest, pk: int) -> HttpResponseBase:
    """All that are in it now; that it was taken is recorded."""
    network = fetched(request, pk)
    if request.method == "GET":
        downloads.record(network, what="members", by=request.user)
    # Written whole, while the compartment is open.
    return file(iter(list(network_members.as_csv(standing.members(network)))), f"{network.number}-accounts.csv")


@staff(P.NETWORK_VIEW)
@require_safe
def ledger_csv(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Every value of every edge as it stands now; that it was taken is recorded."""
    network = fetched(request, pk)
    if request.method == "GET":
        downloads.record(network, what="ledger", by=request.user)
    return file(lines(network, request.user), f"{network.number}-ledger.csv")


def lines(network: Network, user: User) -> Iterator[str]:
    """Written as they are sent, in the reader's own scope; no cell is a formula."""
    writer, last = csv.writer(Echo()), 0
    yield writer.writerow(CELLS)
    while True:
        with scope.of_officer(user):
            rows = list(standing.edges(network).filter(pk__gt=last).select_related("a", "b").order_by("pk")[:AT_ONCE])
        for edge in rows:
            counted, aside = standing.evidence(edge)
            for one, much in [*zip(counted, adding.added(counted), strict=True), *((one, 0.0) for one in aside)]:
                yield writer.writerow([safe(cell) for cell in cells(edge, one, much)])
        if len(rows) < AT_ONCE:
            return
        last = rows[-1].pk


def cells(edge: Edge, one: dict[str, Any], added: float) -> tuple[Any, ...]:
    why = "" if one.get("counted") else words.reason(one.get("why") or "")
    return (
        edge.a_id, edge.a.name, edge.b_id, edge.b.name, f"{edge.bits:.1f}", one["type"], words.handle(one["value"]),
        one.get("family"), f"{one.get('bits') or 0:.1f}", f"{added:.1f}", one.get("first_seen"), one.get("last_seen"),
        "yes" if one.get("counted") else "no", why,
    )  # fmt: skip
