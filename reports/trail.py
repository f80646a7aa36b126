"""The audit trail: who did what, to which organisation, when and why, and up to where that is proved."""

import csv
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import OuterRef, Q, Subquery
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts import audit, checking, elevated, proofs, scope, sequencer
from accounts.alphabet import by_name
from accounts.guards import staff
from accounts.models import AuditEvent, AuditLeaf, AuditQuerySet, Organisation, User
from accounts.permissions import Permission
from accounts.refused import Refused
from accounts.tables import Echo, safe
from kyc.desk import timeline
from reports.facts.reader import exact
from reports.forms import OrganisationField
from reports.views import UNPROCESSABLE

A_PAGE, A_PART = 50, 1000
COLUMNS = {"at": _("At, UTC"), "who": _("Who"), "what": _("What"), "organisation": _("Organisation"), "why": _("Why")}
CELLS = (
    "number", "place", "at", "who", "user", "on_behalf_of", "operator", "what", "about", "about_number", "organisation", "why",
    "details", "request",
)  # fmt: skip
DAY = {"type": "date"}


class FilterForm(forms.Form):
    """Which events are shown, as it stands in the address."""

    who = forms.CharField(label=_("Who"), required=False, max_length=250)
    what = forms.ChoiceField(label=_("What"), required=False)
    organisation = OrganisationField(label=_("Organisation"), required=False, queryset=None, empty_label=_("All"))
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data)
        verbs = sorted(((verb, str(words)) for verb, words in timeline.verbs(user).items()), key=lambda verb: verb[1])
        self.fields["what"].choices = [("", _now("All")), *verbs]
        self.fields["organisation"].queryset = Organisation.objects.visible_to(user).order_by(*by_name(), "pk")
        if not user.can(Permission.CASE_VIEW):
            del self.fields["organisation"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        since, until = data.get("since"), data.get("until")
        if since and until and since > until:
            self.add_error("until", _now("“To” lies before “From”."))
        return data

    def chosen(self) -> dict[str, Any]:
        """Filters that are good; a bad one is told beside its field and narrows nothing."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


def first_moment(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


def narrowed(rows: AuditQuerySet, chosen: dict[str, Any]) -> AuditQuerySet:
    conditions = {
        # Also the system user who ran a command.
        "who": lambda name: Q(actor__icontains=name) | Q(details__operator__icontains=name),
        "what": lambda verb: Q(verb=verb),
        "organisation": lambda organisation: Q(organisation_id=organisation.pk),
        "since": lambda day: Q(at__gte=first_moment(day)),
        "until": lambda day: Q(at__lte=datetime.combine(day, time.max, tzinfo=UTC)),
    }
    for name, value in chosen.items():
        rows = rows.filter(conditions[name](value))
    place = AuditLeaf.objects.filter(event_id=OuterRef("pk")).values("index")
    return rows.annotate(place=Subquery(place)).order_by("-pk")


def address(chosen: dict[str, Any], **more: Any) -> str:
    return urlencode({**{name: getattr(value, "pk", value) for name, value in chosen.items()}, **more})


@staff(Permission.AUDIT_VIEW)
def trail(request: HttpRequest) -> HttpResponse:
    """The newest first; filters and page stand in the address."""
    form = FilterForm(request.GET, user=request.user)
    chosen = form.chosen()
    rows = narrowed(AuditEvent.objects.visible_to(request.user).with_sides(), chosen)
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    shown = {
        "form": form,
        "is_narrowed": bool(chosen),
        "events": told(page.object_list),
        "columns": columns(request.user),
        "page": page,
        "newer_url": f"?{address(chosen, page=page.number - 1)}" if page.has_previous() else "",
        "older_url": f"?{address(chosen, page=page.number + 1)}" if page.has_next() else "",
        # With a bad filter it leads back here.
        "export": request.GET.urlencode() if form.errors else address(chosen),
        **proved(),
    }
    return elevated.begin_file(request, render(request, "reports/trail.html", shown))


def columns(user: User) -> list[dict[str, Any]]:
    """To who sees no case nothing of an organisation is shown, so that column would stand empty."""
    shown = [{"label": label} for name, label in COLUMNS.items() if name != "organisation" or user.can(Permission.CASE_VIEW)]
    return [*shown, {"label": _("Place"), "num": True}]


def told(rows: Iterable[AuditEvent]) -> list[dict[str, Any]]:
    rows = list(rows)
    names = Organisation.objects.in_bulk({row.organisation_id for row in rows if row.organisation_id})
    return [{"row": row, "told": timeline.told(row), "organisation": names.get(row.organisation_id)} for row in rows]


def proved() -> dict[str, Any]:
    """Up to where events have their place in the signed tree, up to where that was checked, and whether any waits too long."""
    oldest = sequencer.oldest_waiting()
    waits = timezone.now() - oldest if oldest else timedelta()
    return {
        "head": sequencer.last_head(),
        "checked": checking.last_check(),
        "alarm": checking.last_alarm(),
        "late": waits if waits > sequencer.LATE else None,
    }


def lines(rows: AuditQuerySet, *, to: User) -> Iterator[str]:
    """Read part by part when the page's own transaction has ended: whoever takes long to receive them keeps none open."""
    writer = csv.writer(Echo())
    yield writer.writerow(CELLS)
    part, found = rows, True
    while found:
        with scope.of_officer(to):
            found = list(part[:A_PART])
        yield from (writer.writerow(map(safe, cells(row))) for row in found)
        part = rows.filter(pk__lt=found[-1].pk) if found else part


def cells(row: AuditEvent) -> tuple[Any, ...]:
    return (
        row.pk, row.place, exact(row.at), row.actor, row.actor_id, row.on_behalf_of, row.details.get("operator", ""),
        row.verb, row.target_type, row.target_id, row.organisation_id, row.reason,
        json.dumps(row.details, ensure_ascii=False), row.request_id,
    )  # fmt: skip


@staff(Permission.AUDIT_VIEW)
@elevated.elevated(_("Export the audit trail"), file_of="audit")
def export(request: HttpRequest) -> HttpResponseBase:
    """The same events as a file, written as it is sent; that it was taken is an event too. A bad filter gives no file, which
    would hold what nobody asked for, but the page that says what is wrong."""
    form = FilterForm(request.GET, user=request.user)
    chosen = form.chosen()
    if form.errors:
        return redirect(f"{reverse('audit')}?{request.GET.urlencode()}")
    rows = narrowed(AuditEvent.objects.visible_to(request.user), chosen)
    if request.method != "HEAD":
        with transaction.atomic():
            audit.record("audit.exported", target=request.user, by=request.user, filters=address(chosen))
    return StreamingHttpResponse(
        lines(rows, to=request.user),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="audit-trail.csv"', "Cache-Control": "private, no-store"},
    )


@staff(Permission.AUDIT_VIEW)
def head(request: HttpRequest) -> HttpResponse:
    """The newest signed head, for who keeps it elsewhere: it names nobody."""
    row = sequencer.last_head()
    if row is None:
        raise Http404
    return HttpResponse(
        sequencer.said(row).line(),
        content_type="application/x-ndjson",
        headers={"Content-Disposition": f'attachment; filename="head-{row.size}.jsonl"', "Cache-Control": "private, no-store"},
    )


class ProofForm(forms.Form):
    """What the reader has kept, so that the proof leads to it."""

    since = forms.IntegerField(
        label=_("Since the head of"), required=False, min_value=1, max_value=2**53,
        help_text=_("How many events a head holds that you have kept. Needed unless you have kept the newest."),
    )  # fmt: skip


@staff(Permission.AUDIT_VIEW)
def event(request: HttpRequest, pk: int) -> HttpResponse:
    """One event, and on a POST the proof that it stands in the signed log, as a file that is checked without us. That it was
    taken is an event of who took it, and none of the organisation's: officers need not see what an auditor looks at."""
    rows = narrowed(AuditEvent.objects.visible_to(request.user).with_sides(), {})
    found = get_object_or_404(rows, pk=pk)
    form = ProofForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        since = form.cleaned_data["since"]
        try:
            file = proofs.proof(found, since=since)
        except Refused as refused:
            form.add_error("since" if isinstance(refused, proofs.NoSuchHead) else None, str(refused))
        else:
            with transaction.atomic():
                audit.record("audit.proved", target=request.user, by=request.user, event=found.pk, since=since)
            return HttpResponse(
                file,
                content_type="application/json",
                headers={"Content-Disposition": f'attachment; filename="audit-{pk}.json"', "Cache-Control": "private, no-store"},
            )
    (one,) = told([found])
    shown = {"event": one, "form": form, "details": sorted(found.details.items())}
    return render(request, "reports/event.html", shown, status=UNPROCESSABLE if form.errors else 200)
