"""One network, as an investigator reads it: its picture and what ties its accounts, how it grew, what its accounts do, and what
was ruled. Everything can be read as it stood at the end of a past day."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.guards import staff
from accounts.models import SignalValue
from accounts.permissions import Permission
from accounts.private_files import SANDBOX
from kyc.desk import network_forms as forms
from kyc.desk import network_life, network_picture, network_rulings
from kyc.desk import network_words as words
from kyc.desk.network_life import LATELY, MOST_NAMES
from kyc.desk.queue import Part, Tab
from kyc.evidence import agencies
from kyc.networks import drawing, heads, overlapping, standing
from kyc.networks.network_models import Attachment, Network, NetworkMembership
from kyc.networks.picture import MOST
from kyc.parties.agency_models import Agency

P = Permission
UNPROCESSABLE = 422
# Rows of the table beside the picture; the ledger and the file have all.
MOST_VALUES = 100


def fetched(request: HttpRequest, pk: int) -> Network:
    return get_object_or_404(Network.objects.visible_to(request.user).select_related("merged_into", "found_in"), pk=pk)


def frame(request: HttpRequest, network: Network, here: str) -> dict[str, Any]:
    """What stands above every page of a network."""
    form = forms.OnForm(request.GET if request.GET.get("on") else {})
    named = {"overview": _("Overview"), "members": _("Accounts"), "ledger": _("Ledger"), "changes": _("What became of it")}
    asked = f"?on={form.cleaned_data['on']:%Y-%m-%d}" if form.at else ""
    addresses = {"overview": "network", "members": "network_members", "ledger": "network_ledger", "changes": "network_changes"}
    counts = {"members": standing.members(network, form.at).count(), "ledger": standing.edges(network, form.at).count()}
    tabs = [
        Tab(label, reverse(f"desk:{addresses[name]}", args=[network.pk]) + asked, name == here, counts.get(name))
        for name, label in named.items()
    ]
    may_rule = request.user.can(P.INCIDENT_WORK)
    sure = standing.sure(network, form.at)
    return {
        "not_yet": form.at is not None and form.at <= network.found_at,
        "network": network,
        "tabs": tabs,
        "on_form": form,
        "at": form.at,
        "asked": asked,
        "size": counts["members"],
        "accounts": forms.touches(counts["members"]),
        "sure": sure,
        "confidence": "" if sure is None else words.confidence(sure),
        "may_rule": may_rule and not form.at and network.ended_at is None,
        "may_take_back": may_rule and not form.at and network.ended_at is not None,
    }


@staff(P.NETWORK_VIEW)
@require_safe
def overview(request: HttpRequest, pk: int) -> HttpResponse:
    return shown(request, fetched(request, pk))


def shown(request: HttpRequest, network: Network, *, status: int = 200, **returned: Any) -> HttpResponse:
    """`returned` are forms of answers that came back with errors: `ruling_form`, `said_form` or `attachment_form`, each with the
    number of what it answers."""
    facts = frame(request, network, "overview")
    at = facts["at"]
    members = standing.members(network, at)
    found = standing.shared(network, at, most=MOST)
    known = standing.known(found.values)
    ruled = network_rulings.by_value(found.values)
    picture = network_picture.of(network, standing.surely(members, at), found, ruled, known)
    said = returned.get("said_form")
    rulings, more_rulings = network_rulings.of(
        network, members, values=found.values, open=facts["may_rule"] or facts["may_take_back"], returned=said
    )
    facts |= {
        "drawn": network_picture.drawn(picture),
        "values": told(found.values[:MOST_VALUES], members, ruled, known),
        "more_values": max(0, found.counted + found.aside - MOST_VALUES),
        "growth": network_life.growth(network_life.opened(members)),
        "rulings": rulings,
        "more_rulings": more_rulings,
        "waiting": network_rulings.waiting(network, request.user, returned.get("ruling_form")),
        "attachments": attachments(network, returned.get("attachment_form")),
        "does": network_life.does(members.values("organisation")),
        "heads": None if at else heads.of_network(network),
        "overlaps": overlapping.of(members.values_list("organisation", flat=True)),
        "glance": [*glance(network, facts["sure"]), *([] if at else run_by(members))],
        "changes": network_life.told(network_life.changes(network, of_officers=False)[:LATELY]),
        "wrong_day": facts["on_form"].errors.get("on"),
    }
    return render(request, "desk/network.html", facts, status=UNPROCESSABLE if facts["wrong_day"] else status)


@dataclass(frozen=True)
class ValueRow:
    """A shared value with whose it is, of which the first are named."""

    told: words.Told
    names: Sequence[str]
    others: int
    ruled: str
    is_counted: bool


def told(
    values: Collection[standing.Value],
    members: QuerySet[NetworkMembership],
    ruled: Mapping[Any, str],
    known: Mapping[Any, SignalValue],
) -> list[ValueRow]:
    wanted = {number for one in values for number in one.organisations[:MOST_NAMES]}
    names = dict(members.filter(organisation__in=wanted).values_list("organisation", "organisation__name"))
    return [
        ValueRow(
            words.Told.of(one, known.get(one.key)),
            [names[number] for number in one.organisations[:MOST_NAMES] if number in names],
            max(0, len(one.organisations) - MOST_NAMES),
            ruled.get(one.key, ""),
            one.is_counted,
        )
        for one in values
    ]


def run_by(members: QuerySet[NetworkMembership]) -> list[tuple[str, Any]]:
    """By which agencies that hold accounts of it are run, and how many: officers who don't see the network confirmed these."""
    rows = agencies.covered().filter(account__in=members.values("organisation"))
    found = Counter(rows.values_list("agency", flat=True))
    return [
        (_("Run by an agency"), _("%(agency)s: %(accounts)s") % {"agency": one, "accounts": forms.touches(found[one.pk])})
        for one in Agency.objects.filter(pk__in=found).order_by("pk")
    ]


def glance(network: Network, sure: float | None) -> list[tuple[str, Any]]:
    facts = [
        (_("Confidence"), words.confidence(sure)),
        (_("First seen"), date_format(network.found_at, "j F Y")),
        (_("Found in"), _("the building of %(day)s") % {"day": date_format(network.found_at, "j M Y H:i")}),
    ]
    if network.ended_at:
        facts += [(_("Ended"), date_format(network.ended_at, "j F Y")), (_("How"), str(network.get_end_reason_display()))]
    return facts


@dataclass(frozen=True)
class Proposed:
    """That an account may be of the network, with the ledger and the form to answer it."""

    attachment: Attachment
    counted: list[words.Told]
    aside: list[words.Told]
    form: forms.AnswerForm

    @property
    def bits(self) -> str:
        return words.bits(self.attachment.bits)


def attachments(network: Network, returned: tuple[int, forms.AnswerForm] | None = None) -> list[Proposed]:
    found = []
    for one in network.attachments.open().select_related("organisation").order_by("-bits", "pk")[:50]:  # type: ignore[attr-defined]  # its queryset's
        given = returned[1] if returned and returned[0] == one.pk else None
        counted, aside = standing.evidence(one)
        form = given or forms.AnswerForm(of=f"attachment_{one.pk}")
        found.append(Proposed(one, words.counted(counted), list(map(words.Told.of, aside)), form))
    return found


@staff(P.NETWORK_VIEW)
@require_safe
def changed(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything that became of it, and on which days it stood otherwise."""
    network = fetched(request, pk)
    page = Part.of(request.GET, network_life.changes(network))
    facts = frame(request, network, "changes") | {
        "page": page,
        "changes": network_life.told(page.rows),
        "versions": network_life.versions(network),
        "events": network_life.happenings(network, request.user),
    }
    return render(request, "desk/network_changes.html", facts)


@staff(P.NETWORK_VIEW)
@require_safe
def picture(request: HttpRequest, pk: int) -> HttpResponse:
    """The picture as a file that no browser runs."""
    network = fetched(request, pk)
    at = forms.OnForm(request.GET).at
    found = standing.shared(network, at, most=MOST)
    made = network_picture.of(
        network, standing.surely(standing.members(network, at), at), found, {}, standing.known(found.values)
    )
    try:
        svg = network_picture.standalone(made)
    except drawing.Undrawable:
        raise Http404 from None
    response = HttpResponse(svg, content_type="image/svg+xml")
    response["Content-Disposition"] = content_disposition_header(True, f"{network.number}.svg")
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    response["Content-Security-Policy"] = SANDBOX
    return response
