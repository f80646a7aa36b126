"""The auditor's face: ask, watch, download."""

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts import elevated, scope, snapshots
from accounts.guards import staff
from accounts.models import Snapshot
from accounts.permissions import NotPermitted, Permission
from accounts.private_files import private_file
from accounts.refused import Refused
from accounts.snapshots import NothingKnown
from accounts.vault import FileErased
from reports import actions, issuing, many, pack, packing, report_page, verification
from reports.facts.catalogue import ENTRIES
from reports.forms import FilterForm, RequestForm, WhyForm
from reports.models import Report

A_PAGE, LARGEST = 50, 2**63 - 1
UNPROCESSABLE = 422
# Of the list, as components/table_head.html draws them.
COLUMNS = [
    {"label": label}
    for label in (
        _("Report"), _("Organisation"), _("As of, UTC"), _("Known at, UTC"), _("State"), _("Asked by"), _("Take"),
    )
]  # fmt: skip


@staff(Permission.REPORT_VIEW)
def reports(request: HttpRequest) -> HttpResponse:
    """The newest first; kind, organisation and page stand in the address."""
    form = FilterForm(request.GET)
    chosen = form.chosen()
    rows = Report.objects.visible_to(request.user).filter(**chosen).select_related("organisation", "directive", "requested_by")
    page = Paginator(rows.defer("facts").order_by("-pk"), A_PAGE).get_page(request.GET.get("page"))

    def address(number: int) -> str:
        kept = {name: getattr(value, "pk", value) for name, value in chosen.items()}
        return "?" + urlencode({**kept, "page": number})

    shown = {
        "reports": page.object_list,
        "columns": COLUMNS,
        "may_take": {row.pk for row in page.object_list if verification.standing(row) and not row.is_for_subject},
        "page": page,
        "newer_url": address(page.number - 1) if page.has_previous() else "",
        "older_url": address(page.number + 1) if page.has_next() else "",
        "form": form,
        "is_narrowed": bool(chosen),
        "entries": [(entry, Report.Kind(entry.kind).label) for entry in ENTRIES],
        # Who has asked for none yet is told first which there are.
        "is_open": not page.object_list and not chosen,
        "packs": packing.live(request.user),
    }
    return render(request, "reports/list.html", shown)


@staff(Permission.REPORT_REQUEST, in_parts=True)
def ask(request: HttpRequest) -> HttpResponse:
    """The address may name kind and organisation, so that a link leads to the form half filled."""
    # What is known now is stored in a transaction of its own, since it must not count the one that asks.
    now = snapshots.take() if request.method == "POST" else None
    with scope.of_officer(request.user):
        return asked(request, now)


def asked(request: HttpRequest, now: Snapshot | None) -> HttpResponse:
    initial = {name: request.GET[name] for name in ("kind", "organisation") if name in request.GET}
    if "suggest" in request.POST:
        # Without scripts: the same page, with the keys of the organisation chosen. What may be a whole key is not shown again.
        return requesting(request, RequestForm(initial=request.POST.dict() | {"key": ""}))
    form = RequestForm(request.POST or None, initial=initial)
    if request.htmx:  # type: ignore[attr-defined]  # django-htmx
        return render(request, "reports/keys.html", {"form": form})
    if request.method == "POST" and form.is_valid():
        try:
            report = actions.request(form.cleaned_data["organisation"], **form.values(), now=now, by=request.user)
        except Refused as refused:
            field = "known_at" if isinstance(refused, NothingKnown) else getattr(refused, "field", None)
            form.add_error(field, str(refused))
        else:
            return redirect("reports:report", report.pk)
    status = UNPROCESSABLE if form.errors else 200
    return requesting(request, form, status=status)


def requesting(request: HttpRequest, form: RequestForm, *, status: int = 200) -> HttpResponse:
    entries = [entry for entry in ENTRIES if entry.is_requested]
    return render(request, "reports/request.html", {"form": form, "entries": entries}, status=status)


@staff(Permission.REPORT_VIEW)
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """The page asks again every second while a worker builds; without JavaScript the reader reloads."""
    return report_page.drawn(request, report_page.of(pk, request.user))


@staff(Permission.REPORT_REQUEST)
@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """A second report of the same customer, instants and parameters: the same rules and template give the same facts."""
    first = get_object_or_404(Report.objects.visible_to(request.user).select_related("organisation", "directive"), pk=pk)
    try:
        made = actions.again(first, by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("reports:report", first.pk)
    return redirect("reports:report", made.pk)


@staff(Permission.REPORT_REQUEST, in_parts=True)
@require_POST
def restate(request: HttpRequest, pk: int) -> HttpResponse:
    """The same as known now: it says what changed since, and takes the place of the first."""
    # As for a request: what is known now must not count the one that asks.
    now = snapshots.take()
    with scope.of_officer(request.user):
        first = get_object_or_404(Report.objects.visible_to(request.user).select_related("organisation", "directive"), pk=pk)
        try:
            made = actions.restate(first, now=now, by=request.user)
        except Refused as refused:
            messages.error(request, str(refused))
            return redirect("reports:report", first.pk)
        return redirect("reports:report", made.pk)


@staff(Permission.REPORT_APPROVE)
@require_POST
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    return done(request, pk, lambda report: issuing.approve(report, by=request.user))


@staff(Permission.REPORT_APPROVE)
@require_POST
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    return done(request, pk, lambda report: issuing.decline(report, note=WhyForm(request.POST).told(), by=request.user))


@staff(Permission.REPORT_APPROVE)
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    return done(request, pk, lambda report: issuing.withdraw(report, reason=WhyForm(request.POST).told(), by=request.user))


def done(request: HttpRequest, pk: int, act: Callable[[Report], Report]) -> HttpResponse:
    """Does it, or says why not, and shows the report."""
    found = get_object_or_404(Report.objects.visible_to(request.user), pk=pk)
    try:
        act(found)
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("reports:report", found.pk)


@staff(Permission.REPORT_VIEW)
def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What holds a person's data in full goes only to who answers him, and has shown that it is he."""
    found = get_object_or_404(Report.objects.visible_to(request.user), pk=pk)
    if not found.is_for_subject:
        return handed_over(request, found)
    if not request.user.can(Permission.SUBJECT_ANSWER):
        raise Http404
    return download_of_a_person(request, pk)


@elevated.elevated(_("Download the answer to a person about his own data"), file_of="reports:report")
def download_of_a_person(request: HttpRequest, pk: int) -> HttpResponseBase:
    return handed_over(request, get_object_or_404(Report.objects.visible_to(request.user), pk=pk))


@staff(Permission.REPORT_VIEW)
@require_POST
def download_many(request: HttpRequest) -> HttpResponseBase:
    """The reports that were ticked in the list, in one file."""
    numbers = [int(number) for number in request.POST.getlist("report") if number.isascii() and number.isdigit()]
    try:
        chosen = many.chosen((number for number in numbers if number <= LARGEST), by=request.user)
        if packing.is_large(chosen):
            return redirect("reports:pack", packing.ask(chosen, is_evidence=False, by=request.user).pk)
        many.take((report.pk for report in chosen), by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("reports:list")
    return StreamingHttpResponse(
        many.zipped(chosen, to=request.user),
        content_type="application/zip",
        headers={"Content-Disposition": 'attachment; filename="reports.zip"', "Cache-Control": "private, no-store"},
    )


@staff(Permission.REPORT_VIEW)
def evidence_pack(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Documents go only to who may open them, and has shown that it is he."""
    found = get_object_or_404(Report.objects.visible_to(request.user), pk=pk)
    if found.is_for_subject or not request.user.can(Permission.DOCUMENT_VIEW):
        raise Http404
    return pack_of(request, pk)


@elevated.elevated(_("Take the evidence pack of a report, with the documents that go with it"), file_of="reports:report")
def pack_of(request: HttpRequest, pk: int) -> HttpResponseBase:
    found = get_object_or_404(Report.objects.visible_to(request.user), pk=pk)
    try:
        documents = pack.allowed(found, by=request.user)
        if packing.is_large([found], documents):
            return redirect("reports:pack", packing.ask([found], is_evidence=True, by=request.user).pk)
        pack.take(found, by=request.user)
    except NotPermitted:
        raise Http404 from None
    except (pack.NoPack, packing.TooManyPacks) as refused:
        messages.error(request, str(refused))
        return redirect("reports:report", found.pk)
    return StreamingHttpResponse(
        pack.zipped(found, documents, to=request.user),
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{found.number}.zip"', "Cache-Control": "private, no-store"},
    )


def handed_over(request: HttpRequest, found: Report) -> HttpResponseBase:
    try:
        actions.downloaded(found, by=request.user)
        return private_file(found.file, name=f"{found.number}.pdf", content_type="application/pdf")
    except (actions.NotReady, NotPermitted):
        raise Http404 from None
    except FileErased as erased:
        messages.error(request, str(erased))
        return redirect("reports:report", found.pk)
