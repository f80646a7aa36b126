"""What the use of keys and networks indicates, for investigators: which stand out most, and for each four heads of evidence. It
ranks and proves nothing. To everybody else these addresses lead nowhere, as those do that do not exist."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.guards import staff
from accounts.models import User
from accounts.permissions import Permission
from accounts.progress import of_job
from config.numbers import rounded
from kyc.cases.models import Case
from kyc.desk import indication_forms as forms
from kyc.desk import timeline
from kyc.desk.acting import act
from kyc.desk.networks import NUMBER
from kyc.desk.queue import PAGE, Column, OfList, Paged, Tab, known_or, typed
from kyc.keys.models import Key
from kyc.networks import assessing, authorising, heads, indications
from kyc.networks.heads import Heads
from kyc.networks.indication_models import Authorisation, Indication, IndicationRun
from kyc.rules import indicators
from kyc.usage.models import UsageDay

P = Permission
MOST_BELOW = 10
UNPROCESSABLE = 422
TABS: dict[str, tuple[Promise, Q]] = {
    "networks": (gettext_lazy("Networks"), Q(network__isnull=False)),
    "keys": (gettext_lazy("Keys"), Q(key__isnull=False)),
}
# From so many points on.
LEAST: dict[str, Promise] = {"20": gettext_lazy("20 points or more"), "50": gettext_lazy("50 points or more")}


class Asked(OfList):
    def __init__(self, query: QueryDict, rules: indicators.Indicators) -> None:
        super().__init__(query)
        self.rules = rules
        self.tab = known_or(query.get("tab", ""), TABS, "networks")
        self.head = known_or(query.get("head", ""), {head.code: 1 for head in rules.heads}, "")
        self.least = known_or(query.get("least", ""), LEAST, "")
        self.text = typed(query, "q")

    @property
    def words(self) -> dict[str, str]:
        return {"tab": self.tab, "head": self.head, "least": self.least, "q": self.text}

    @property
    def columns(self) -> list[Column]:
        first = _("Network") if self.tab == "networks" else _("Key")
        return [
            Column(first),
            Column(_("Points"), num=True, sorted="descending"),
            Column(_("By head")),
            Column(_("Requests"), num=True),
        ]

    def filters(self) -> list[Tab]:
        """By a head under which something stands out, and by how much does in all."""
        of_heads = [
            Tab(_(head.title), self.address(head="" if head.code == self.head else head.code), head.code == self.head)
            for head in self.rules.heads
        ]
        return of_heads + [
            Tab(label, self.address(least="" if number == self.least else number), number == self.least)
            for number, label in LEAST.items()
        ]


@dataclass(frozen=True)
class Row:
    indication: Indication
    rules: indicators.Indicators

    @property
    def heads(self) -> list[tuple[str, int]]:
        """Those with points, the most first."""
        found = [(_(head.title), self.indication.heads.get(head.code, 0)) for head in self.rules.heads]
        return sorted((one for one in found if one[1]), key=lambda one: -one[1])


@dataclass(frozen=True)
class Page(Paged):
    asked: Asked
    tabs: list[Tab]
    rows: list[Row]
    has_more: bool

    @property
    def cleared(self) -> str:
        return self.asked.address(q="", head="", least="")

    @property
    def is_narrowed(self) -> bool:
        return bool(self.asked.text or self.asked.head or self.asked.least)


def page(user: User, query: QueryDict, run: IndicationRun) -> Page:
    """Of one look: one aggregate for the counts and one select for the rows, however many."""
    rules = indicators.load(run.rules)
    asked = Asked(query, rules)
    found = narrowed(Indication.objects.visible_to(user).of_run(run), asked)
    counts = found.aggregate(**{name: Count("pk", filter=condition) for name, (_label, condition) in TABS.items()})
    rows = found.filter(TABS[asked.tab][1]).select_related("key", "organisation", "network").order_by("-points", "pk")
    shown = asked.cut(rows)
    tabs = [Tab(label, asked.address(tab=name), name == asked.tab, counts[name]) for name, (label, _q) in TABS.items()]
    return Page(asked, tabs, [Row(one, rules) for one in shown[:PAGE]], len(shown) > PAGE)


def narrowed(found: QuerySet[Indication], asked: Asked) -> QuerySet[Indication]:
    if asked.head:
        found = found.filter(**{f"heads__{asked.head}__gt": 0})
    if asked.least:
        found = found.filter(points__gte=int(asked.least))
    if number := NUMBER.fullmatch(asked.text):
        return found.filter(network=int(number[1]))
    if asked.text:
        found = found.filter(Q(organisation__name__icontains=asked.text) | Q(key__prefix__startswith=asked.text))
    return found


@dataclass(frozen=True)
class Looking:
    """How far the newest look is."""

    run: IndicationRun | None

    @property
    def is_moving(self) -> bool:
        return self.run is not None and self.run.state == IndicationRun.State.WAITING

    @property
    def progress(self) -> Any:
        return of_job(_("The look at how keys are used"), self.run, self.run.asked_at) if self.run else None


@staff(P.NETWORK_VIEW)
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """Asked by its own page alone, only how far the newest look is."""
    newest = IndicationRun.objects.select_related("asked_by").order_by("-pk").first()
    facts: dict[str, Any] = {"looking": Looking(newest)}
    if request.headers.get("Asked-By") == "page":
        return render(request, "desk/indications_looking.html", facts)
    done = heads.last_run()
    facts |= {"done": done, "page": page(request.user, request.GET, done) if done else None}
    if facts["page"] and not facts["page"].rows:
        facts["below"] = below(facts["page"].asked)
    return render(request, "desk/indications.html", facts)


def below(asked: Asked) -> list[Key]:
    """Keys that are searched for and do not stand in the list: too little of their use stands out, or none was used."""
    if asked.tab != "keys" or not asked.text:
        return []
    found = Q(organisation__name__icontains=asked.text) | Q(prefix__startswith=asked.text)
    return list(Key.objects.filter(found).select_related("organisation").order_by("organisation__name", "pk")[:MOST_BELOW])


@staff(P.NETWORK_VIEW)
@require_safe
def of_key(request: HttpRequest, pk: int) -> HttpResponse:
    """What the last look says of a key: its heads where it is listed, else that nothing of it stands out so much."""
    key, run = get_object_or_404(Key.objects.select_related("organisation"), pk=pk), heads.last_run()
    told = Indication.objects.visible_to(request.user).filter(key=key).order_by("-day", "-pk")
    if run is not None and (found := told.of_run(run).first()):
        return redirect("desk:indication", found.pk)
    facts: dict[str, Any] = {"key": key, "run": run, "earlier": told[:MOST_BELOW]}
    if run is not None:
        rules = indicators.load(run.rules)
        since = run.day - timedelta(days=rules.window_days - 1)
        used = UsageDay.objects.filter(key=key, day__range=(since, run.day)).aggregate(requests=Sum("requests"))
        facts |= {"least": rules.listed_from, "since": since, "requests": used["requests"] or 0}
    return render(request, "desk/indication_none.html", facts)


@staff(P.INCIDENT_WORK)
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    indications.ask(by=request.user)
    messages.success(request, _("It is looked at how keys are used. It goes on by itself."))
    return redirect("desk:indications")


def fetched(request: HttpRequest, pk: int) -> Indication:
    rows = Indication.objects.visible_to(request.user).select_related("run", "key", "organisation", "network")
    return get_object_or_404(rows, pk=pk)


@staff(P.NETWORK_VIEW)
@require_safe
def indication(request: HttpRequest, pk: int) -> HttpResponse:
    return shown(request, fetched(request, pk))


def shown(request: HttpRequest, found: Indication, *, status: int = 200, **filled: Any) -> HttpResponse:
    told, may_work = heads.of(found), request.user.can(P.INCIDENT_WORK)
    whose = heads.whose(found) if may_work else []
    standing = Authorisation.objects.filter(organisation__in=heads.organisations(found))
    known = list(standing.select_related("organisation", "declared_by", "ended_by").order_by("ended_at", "-pk"))
    returned, number = filled.pop("end_form", None), filled.pop("ended_pk", None)
    address = reverse("desk:authorise", args=[found.pk])
    facts: dict[str, Any] = {
        "indication": found,
        "told": told,
        "about": assessing.about(found),
        "glance": glance(told),
        "may_work": may_work,
        "case": case_of(found),
        "authorisations": [(row, returned if row.pk == number else end_form(found, row)) for row in known],
        "authorise_form": forms.AuthoriseForm(whose, actions=(address,)),
        "earlier": heads.earlier(found),
        "events": timeline.about(request.user, found, standing),
    }
    return render(request, "desk/indication.html", facts | filled, status=status)


def end_form(found: Indication, row: Authorisation) -> forms.EndForm:
    return forms.EndForm(row.pk, actions=(reverse("desk:authorisation_end", args=[found.pk, row.pk]),))


def glance(told: Heads) -> list[tuple[str, Any]]:
    of = told.indication
    facts = [
        (_("Days looked at"), _("%(first)s to %(last)s") % {"first": heads.dated(told.since), "last": heads.dated(of.day)}),
        (_("Requests"), rounded(of.requests)),
        *told.group,
        (_("Rules"), of.run.rules),
    ]
    return [(_("Customer"), of.organisation.name), *facts] if of.organisation else facts


def case_of(found: Indication) -> Case | None:
    """The newest case of the key's customer that was sent."""
    if found.organisation_id is None:
        return None
    return Case.objects.exclude(state=Case.State.DRAFT).filter(organisation=found.organisation_id).order_by("-pk").first()


def tried(request: HttpRequest, found: Indication, form: Any, verb: Callable[..., Any], done: str, **filled: Any) -> HttpResponse:
    """Does it and tells `done`; or shows the page again: why not in a sentence, and all that was typed."""
    if act(form, verb):
        messages.success(request, done)
        return redirect("desk:indication", found.pk)
    return shown(request, fetched(request, found.pk), status=UNPROCESSABLE, **filled)


@staff(P.INCIDENT_WORK)
@require_POST
def authorise(request: HttpRequest, pk: int) -> HttpResponse:
    found = fetched(request, pk)
    form = forms.AuthoriseForm(heads.whose(found), request.POST)
    verb = partial(authorising.declare, by=request.user)
    return tried(request, found, form, verb, _("The authorisation is recorded."), authorise_form=form)


@staff(P.INCIDENT_WORK)
@require_POST
def authorisation_end(request: HttpRequest, pk: int, authorisation: int) -> HttpResponse:
    found = fetched(request, pk)
    row = get_object_or_404(Authorisation, pk=authorisation, organisation__in=heads.organisations(found))
    form = forms.EndForm(row.pk, request.POST)
    verb = partial(authorising.end, row, by=request.user)
    return tried(request, found, form, verb, _("Not authorised any more."), end_form=form, ended_pk=row.pk)


@staff(P.INCIDENT_WORK)
def incident(request: HttpRequest, pk: int) -> HttpResponse:
    """A new incident, of which the text is written already; whoever opens it says what else could explain the use."""
    found = fetched(request, pk)
    told = heads.of(found)
    concerned = assessing.concerned(told) if found.network_id else []
    # Of more the incident names the network.
    concerned = concerned if len(concerned) <= assessing.MOST_INVOLVED else []
    if request.method == "POST":
        form = forms.AssessForm(request.POST, concerned=concerned)
        if made := act(form, partial(assessing.open_incident, found, by=request.user)):
            messages.success(request, _("%(number)s is open.") % {"number": made})
            return redirect("desk:incident", made.pk)
    else:
        form = forms.AssessForm(initial=assessing.draft(told), concerned=concerned, actions=(request.path,))
    facts = {"form": form, "indication": found, "about": assessing.about(found)}
    return render(request, "desk/indication_incident.html", facts, status=UNPROCESSABLE if form.is_bound else 200)
