"""What was indicated, as an investigator reads it: four heads of evidence (USX-05), each with its indicators and what is missing.

Read from what was stored, by the version of the rules that it was judged by: a page of last month says what it said then.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Organisation
from config.numbers import rounded
from kyc.networks.indication_models import Authorisation, Indication, IndicationRun
from kyc.networks.network_models import Network, NetworkMembership
from kyc.rules import indicators
from kyc.rules.indicators import Indicator, Indicators


@dataclass(frozen=True)
class Line:
    """One indicator, in words. `usual` and `peers` are empty where nothing could be compared; `lacking` says why."""

    code: str
    label: str
    sentence: str
    figure: str
    usual: str
    peers: str
    lacking: str
    points: int
    most: int
    # Why it gives no points, where they are given for more.
    quiet: str = ""


@dataclass(frozen=True)
class Head:
    """`most` is what its indicators may give together. `lines` are what stands out, `others` what was compared and does not,
    `missing` what nothing can be said of, with why."""

    code: str
    title: str
    points: int
    most: int
    lines: list[Line]
    others: list[Line]
    missing: list[Line]
    unmeasured: list[str]


@dataclass(frozen=True)
class Heads:
    indication: Indication
    heads: list[Head]
    authorisations: list[Authorisation]
    since: date
    rules: Indicators

    @property
    def group(self) -> list[tuple[str, str]]:
        """Whose peers it was measured against, part by part."""
        plan, age, use = self.indication.peer_group
        told = [(_("Plan"), plan.replace("+", ", ")), (_("Age"), aged(age, self.rules)), (_("Declared use"), use_in_words(use))]
        return [(name, value or _("none")) for name, value in told]


def of(indication: Indication) -> Heads:
    rules = indicators.load(indication.run.rules)
    lines = [line(one, rules) for one in indication.indicators]
    heads = [
        Head(
            code=head.code, title=_(head.title), points=indication.heads.get(head.code, 0),
            most=min(rules.most_a_head, sum(one.most for one in mine)),
            lines=sorted((one for one in mine if one.points), key=lambda one: (-one.points, one.label)),
            others=[one for one in mine if not one.points and one.usual], missing=[one for one in mine if not one.usual],
            unmeasured=[_(sentence) for sentence in head.unmeasured],
        )
        for head in rules.heads
        for mine in [[one for one in lines if rules.indicator(one.code).head == head.code]]
    ]  # fmt: skip
    since = indication.day - timedelta(days=rules.window_days - 1)
    return Heads(indication, heads, list(authorised(organisations(indication), indication.day)), since, rules)


def line(told: dict[str, Any], rules: Indicators) -> Line:
    indicator = rules.indicator(told["code"])
    figure, is_compared = told["figure"], "line" in told
    lacking = ""
    if figure is None:
        lacking = _(indicator.lacking)
    elif not is_compared:
        lacking = _("Fewer than %(count)s peers to compare with: it gives no points.") % {"count": rules.least_peers}
    usual = _("half have at most %(middle)s, %(part)s %% at most %(line)s")
    values = {name: worded(told[name], indicator) for name in ("middle", "line")} if is_compared else {}
    values["part"] = rounded(rules.part * 100)
    return Line(
        code=indicator.code, label=_(indicator.label), sentence=_(indicator.sentence),
        figure="" if figure is None else worded(figure, indicator), usual=usual % values if is_compared else "",
        peers=peers(told, rules) if is_compared else "", lacking=lacking, points=told["points"], most=indicator.points,
        quiet=quiet(told, indicator) if is_compared and figure is not None and not told["points"] else "",
    )  # fmt: skip


def quiet(told: dict[str, Any], indicator: Indicator) -> str:
    """Also what is more than its peers' gives no points below what the rules ask for, nor by a little."""
    if told["figure"] <= told["line"]:
        return _("Does not stand out.")
    if told["figure"] <= indicator.floor:
        return _("More than its peers', but it gives points above %(floor)s only.") % {
            "floor": worded(indicator.floor, indicator)
        }
    return _("More than its peers', but by too little for a point.")


def peers(told: dict[str, Any], rules: Indicators) -> str:
    names = {"plan": _("plan"), "age": _("age"), "use": _("declared use")}
    same = [names[part] for part in rules.rungs[told["rung"]]]
    if not same:
        return ngettext("%(count)s account of any kind", "%(count)s accounts of any kind", told["peers"]) % {
            "count": told["peers"]
        }
    words = ngettext("%(count)s account of the same %(same)s", "%(count)s accounts of the same %(same)s", told["peers"])
    return words % {"count": told["peers"], "same": ", ".join(same)}


def worded(value: float, indicator: Indicator) -> str:
    if indicator.unit == "share":
        return _("%(number)s %%") % {"number": rounded(value * 100, 0 if value >= 0.1 else 1)}
    if indicator.unit == "number":
        return rounded(value, 2)
    return rounded(value) if value >= 10 or value == int(value) else rounded(value, 1)


def aged(age: str, rules: Indicators) -> str:
    """Of the ages that the rules set apart, in days."""
    at = int(age or 0)
    bounds = [*rules.ages]
    if at == 0:
        return _("under %(days)s days") % {"days": bounds[0]}
    if at == len(bounds):
        return _("%(days)s days or more") % {"days": bounds[-1]}
    return _("%(first)s to %(last)s days") % {"first": bounds[at - 1], "last": bounds[at] - 1}


def use_in_words(use: str) -> str:
    resale, _space, training = use.partition(" ")
    words = {
        "embedded": _("inside its product"), "resale": _("resold"), "own": _("trains a model of its own"),
        "model": _("trains a model for others"), "no": "",
    }  # fmt: skip
    found = [words.get(part, "") for part in (resale, training)]
    return ", ".join(filter(None, found)) or (_("neither resale nor training") if use else "")


def organisations(indication: Indication) -> QuerySet[Any]:
    """The numbers of those whose use it is about, to be asked by."""
    if indication.organisation_id is not None:
        return Organisation.objects.filter(pk=indication.organisation_id).values("pk")
    live = NetworkMembership.objects.filter(network=indication.network_id, until__isnull=True)
    return live.values("organisation")


def authorised(accounts: QuerySet[Any] | Collection[int], day: date) -> QuerySet[Authorisation]:
    """Who of them may train with what models answer on that day, in the order in which it was declared."""
    found = Authorisation.objects.standing().filter(organisation__in=accounts, since__lte=day)
    return found.filter(Q(until__isnull=True) | Q(until__gte=day)).select_related("organisation", "declared_by").order_by("pk")


def last_run() -> IndicationRun | None:
    return IndicationRun.objects.filter(state=IndicationRun.State.DONE).order_by("-pk").first()


def of_network(network: Network) -> Heads | None:
    """What the last look indicated of it; for the network's own page (templates/desk/network_heads.html)."""
    found = network.indications.select_related("run", "network").order_by("-pk").first()
    return of(found) if found else None


def earlier(indication: Indication) -> list[Indication]:
    """Of the same key or network, the newest first."""
    same = Indication.objects.filter(key=indication.key_id, network=indication.network_id).exclude(pk=indication.pk)
    return list(same.select_related("run").order_by("-pk")[:30])


def whose(indication: Indication) -> list[Organisation]:
    return list(Organisation.objects.filter(pk__in=organisations(indication)).order_by("pk"))


def dated(day: date) -> str:
    return date_format(day, "j F Y")
