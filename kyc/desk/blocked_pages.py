"""What was blocked or rejected: the queue by its clocks, one record with what it rests on and what was filed of it, and the
annual report of what is held."""

import csv
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.guards import staff
from accounts.permissions import Permission
from accounts.refused import Refused
from accounts.tables import Echo, safe
from kyc.cases.models import Case
from kyc.desk import timeline
from kyc.desk.acting import act
from kyc.desk.blocked_forms import CLOCK, SAID, FiledForm, NewRecordForm, NoteForm, RecordForm, ReleaseForm
from kyc.desk.directive_forms import ReasonForm
from kyc.desk.queue import Tab, known_or, page_number
from kyc.directives.blocked import actions
from kyc.directives.blocked.models import BlockedFiling, BlockedRecord
from kyc.rules import packs

P, S = Permission, BlockedRecord.State
PAGE = 50
UNPROCESSABLE = 422
TABS: dict[str, Promise] = {
    "open": gettext_lazy("To be reported"), "held": gettext_lazy("Filed, and held"), "over": gettext_lazy("Over"),
}  # fmt: skip
HELD = Q(kind="blocked", state__in=[S.FILED, S.CORRECTED]) | Q(is_changed=True)
OF_TAB = {"open": Q(state=S.OPEN), "held": HELD, "over": ~Q(state=S.OPEN) & ~HELD}
ORDER = {"open": ("due_on", "pk"), "held": ("-happened_on", "-pk"), "over": ("-happened_on", "-pk")}
TONES = {S.OPEN: "warn", S.FILED: "info", S.CORRECTED: "info", S.RELEASED: "good", S.DISMISSED: "neutral"}
COLUMNS = (
    gettext_lazy("Holder"), gettext_lazy("What"), gettext_lazy("Value"), gettext_lazy("Since"), gettext_lazy("Report due"),
    gettext_lazy("State"),
)  # fmt: skip
CELLS = (
    "record", "kind", "holder", "basis", "property", "what", "value", "currency", "authority", "programme", "on", "due", "state",
    "filed_on", "reference", "released_on",
)  # fmt: skip


@staff(P.BLOCKED_VIEW)
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    return shown_list(request)


def shown_list(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    number, here = page_number(request.GET.get("page", "")), known_or(request.GET.get("tab", ""), TABS, "open")
    counts = {tab: BlockedRecord.objects.filter(which).count() for tab, which in OF_TAB.items()}
    start = (number - 1) * PAGE
    rows = list(BlockedRecord.objects.filter(OF_TAB[here]).order_by(*ORDER[here])[start : start + PAGE + 1])
    shown = {
        "tabs": [Tab(label, f"?tab={tab}", tab == here, counts[tab]) for tab, label in TABS.items()],
        "rows": [{"record": row, "tone": tone(row)} for row in rows[:PAGE]],
        "columns": [{"label": label} for label in COLUMNS],
        "newer": f"?tab={here}&page={number - 1}" if number > 1 else "",
        "older": f"?tab={here}&page={number + 1}" if len(rows) > PAGE else "",
        "first": start + 1,
        "last": start + min(len(rows), PAGE),
        "annual": annual(request),
        "may_work": request.user.can(P.BLOCKED_WORK),
    }
    return render(request, "desk/blocked_records.html", shown | more, status=status)


def annual(request: HttpRequest) -> list[dict[str, Any]]:
    """Years whose stock is to be reported, each with what was prepared of it."""
    waiting = {one.year: one for one in BlockedFiling.objects.waiting().filter(kind="annual").select_related("proposal")}
    return [
        {
            "year": year,
            "stock_on": packs.current().blocked_annual(year)[0],
            "due_on": due_on,
            "is_late": due_on < timezone.localdate(),
            **waits(request, waiting.get(year), name=f"annual_{year}"),
        }
        for year, due_on in actions.annual_open(timezone.localdate())
    ]


def waits(request: HttpRequest, filing: BlockedFiling | None, *, name: str = "filed") -> dict[str, Any]:
    """What is before a second officer, and what this one can do with it."""
    if filing is None:
        return {"filing": None}
    is_own = filing.proposal.proposed_by_id == request.user.pk
    return {
        "filing": filing,
        "is_own": is_own,
        "may_take": not is_own and request.user.can(P.REPORT_APPROVE),
        "filed_form": FiledForm(auto_id=f"{name}_%s"),
        "decline_form": ReasonForm(auto_id=f"{name}_back_%s"),
    }


def tone(row: BlockedRecord) -> str:
    return "bad" if row.is_late else "warn" if row.is_changed else TONES[S(row.state)]


@staff(P.BLOCKED_VIEW)
@require_safe
def as_csv(request: HttpRequest) -> StreamingHttpResponse:
    """All records, the oldest first; no cell is a formula."""
    # Written whole, while what the reader may see is open.
    rows = iter(list(lines(BlockedRecord.objects.prefetch_related("filings").order_by("pk"))))
    headers = {"Content-Disposition": 'attachment; filename="blocked.csv"', "Cache-Control": "private, no-store"}
    return StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8", headers=headers)


def lines(rows: QuerySet[BlockedRecord]) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield writer.writerow(CELLS)
    for row in rows.iterator(chunk_size=500):
        yield writer.writerow([safe(cell) for cell in cells(row)])


def cells(row: BlockedRecord) -> list[Any]:
    filed = [one for one in row.filings.all() if one.filed_on]
    last = max(filed, key=lambda one: one.pk, default=None)
    return [
        row.number, row.kind, row.holder, row.basis, row.asset, row.what, row.value, row.currency, row.authority, row.programme,
        row.happened_on, row.due_on, row.state, last.filed_on if last else "", last.reference if last else "", row.released_on,
    ]  # fmt: skip


@staff(P.BLOCKED_WORK)
def new(request: HttpRequest) -> HttpResponse:
    is_sent = request.method == "POST"
    form = NewRecordForm(request.POST if is_sent else None, actions=() if is_sent else (request.path,))
    if is_sent and (made := act(form, lambda **_data: recorded(request, form))):
        messages.success(request, _("%(number)s is recorded, and its clock runs.") % {"number": made})
        return redirect("desk:blocked_record", made.pk)
    return render(request, "desk/blocked_new.html", {"form": form}, status=UNPROCESSABLE if is_sent else 200)


def recorded(request: HttpRequest, form: NewRecordForm) -> BlockedRecord:
    data = form.cleaned_data
    return actions.record(data["customer"], form.said, ground=data["ground"], **form.clock, by=request.user)


def fetched(pk: int) -> BlockedRecord:
    return get_object_or_404(BlockedRecord.objects.select_related("organisation", "made_by", "released_by"), pk=pk)


@staff(P.BLOCKED_VIEW)
@require_safe
def record(request: HttpRequest, pk: int) -> HttpResponse:
    return shown(request, fetched(pk))


def shown(request: HttpRequest, found: BlockedRecord, *, status: int = 200, **filled: Any) -> HttpResponse:
    filings = list(found.filings.select_related("proposal__proposed_by", "proposal__outcome_by").order_by("-pk"))
    waiting = next((one for one in filings if one.waits), None)
    lacking = actions.missing(found)
    facts: dict[str, Any] = {
        "record": found,
        "tone": tone(found),
        "filings": filings,
        "lacking": [RecordForm.base_fields[name].label for name in lacking],
        "case": Case.objects.sent().filter(organisation=found.organisation_id).order_by("-pk").first(),
        "events": timeline.about(request.user, found, found.filings.all()),
        "may_work": request.user.can(P.BLOCKED_WORK) and waiting is None,
        "may_amend": found.state not in (S.RELEASED, S.DISMISSED),
        "may_prepare": not lacking and (found.is_open or found.is_changed),
        "may_release": found.kind == "blocked" and found.state in (S.FILED, S.CORRECTED) and not found.is_changed,
        "form": RecordForm(initial=initial(found), is_open=found.is_open),
        "note_form": NoteForm(auto_id="note_%s"),
        "dismiss_form": ReasonForm(auto_id="dismiss_%s"),
        "release_form": ReleaseForm(auto_id="release_%s"),
        **waits(request, waiting),
    }
    return render(request, "desk/blocked_record.html", facts | filled, status=status)


def initial(found: BlockedRecord) -> dict[str, Any]:
    return {name: getattr(found, name) for name in (*SAID, *CLOCK)}


def done(request: HttpRequest, pk: int, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    return redirect("desk:blocked_record", pk)


def tried(request: HttpRequest, pk: int, name: str, form: Any, verb: Callable[..., Any], sentence: str) -> HttpResponse:
    if act(form, verb):
        return done(request, pk, sentence)
    return shown(request, fetched(pk), status=UNPROCESSABLE, **{name: form})


@staff(P.BLOCKED_WORK)
@require_POST
def amend(request: HttpRequest, pk: int) -> HttpResponse:
    found = fetched(pk)
    form = RecordForm(request.POST, is_open=found.is_open)
    return tried(request, pk, "form", form, lambda **_data: amended(request, found, form), _("Saved."))


def amended(request: HttpRequest, found: BlockedRecord, form: RecordForm) -> BlockedRecord:
    stood = {name: getattr(found, name) for name in CLOCK}
    return actions.amend(found, form.said, **(stood | form.clock), by=request.user)


@staff(P.BLOCKED_WORK)
@require_POST
def prepare(request: HttpRequest, pk: int) -> HttpResponse:
    form = NoteForm(request.POST, auto_id="note_%s")
    verb = partial(actions.prepare, fetched(pk), by=request.user)
    return tried(request, pk, "note_form", form, verb, _("Prepared. Another officer checks and files it."))


@staff(P.BLOCKED_WORK)
@require_POST
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    form = ReasonForm(request.POST, auto_id="dismiss_%s")
    verb = partial(actions.dismiss, fetched(pk), by=request.user)
    return tried(request, pk, "dismiss_form", form, verb, _("Another officer has to confirm it. Until then its clock runs."))


@staff(P.BLOCKED_WORK)
@require_POST
def release(request: HttpRequest, pk: int) -> HttpResponse:
    form = ReleaseForm(request.POST, auto_id="release_%s")
    verb = partial(actions.release, fetched(pk), by=request.user)
    return tried(request, pk, "release_form", form, verb, _("Released. It counts as held no more from that day."))


def filing_of(pk: int) -> BlockedFiling:
    return get_object_or_404(BlockedFiling.objects.select_related("record", "proposal"), pk=pk)


@staff(P.REPORT_APPROVE)
@require_POST
def take(request: HttpRequest, filing: int) -> HttpResponse:
    found = filing_of(filing)
    is_nothing = found.kind == BlockedFiling.Kind.NONE
    form = ReasonForm() if is_nothing else FiledForm(request.POST, auto_id="filed_%s")
    if is_nothing:
        return ended(request, found, partial(actions.take, found, by=request.user), _("Confirmed: there is nothing to report."))
    if act(form, partial(actions.take, found, by=request.user)):
        return back(request, found, _("Filed."))
    return again(request, found, filed_form=form)


@staff(P.BLOCKED_WORK)
@require_POST
def decline(request: HttpRequest, filing: int) -> HttpResponse:
    found, form = filing_of(filing), ReasonForm(request.POST, auto_id="filed_back_%s")
    if act(form, partial(actions.decline, found, by=request.user)):
        return back(request, found, _("Sent back. Its clock runs on."))
    return again(request, found, decline_form=form)


def ended(request: HttpRequest, found: BlockedFiling, verb: Callable[[], Any], sentence: str) -> HttpResponse:
    try:
        verb()
    except Refused as refused:
        return again(request, found, refused=str(refused))
    return back(request, found, sentence)


def back(request: HttpRequest, found: BlockedFiling, sentence: str) -> HttpResponse:
    if found.record_id:
        return done(request, found.record_id, sentence)
    messages.success(request, sentence)
    return redirect("desk:blocked_records")


def again(request: HttpRequest, found: BlockedFiling, **filled: Any) -> HttpResponse:
    """The page it came from, with why not; above it where another officer was first, so that it has no form any more."""
    if not BlockedFiling.objects.waiting().filter(pk=found.pk).exists():
        said = [str(sentence) for form in filled.values() if isinstance(form, Form) for sentence in form.non_field_errors()]
        filled = {"refused": " ".join(said)} | filled
    if found.record_id:
        return shown(request, fetched(found.record_id), status=UNPROCESSABLE, **filled)
    rows = [row | filled if row["year"] == found.year else row for row in annual(request)]
    return shown_list(request, status=UNPROCESSABLE, annual=rows, refused=filled.get("refused", ""))


@staff(P.BLOCKED_WORK)
@require_POST
def prepare_annual(request: HttpRequest, year: int) -> HttpResponse:
    if year not in {one for one, _due in actions.annual_open(timezone.localdate())}:
        raise Http404
    try:
        actions.prepare_annual(year, by=request.user)
    except Refused as refused:
        return shown_list(request, status=UNPROCESSABLE, refused=str(refused))
    messages.success(request, _("Prepared. Another officer checks and files it."))
    return redirect("desk:blocked_records")
