"""The auditor's face: ask, watch, download."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts.guards import staff
from accounts.permissions import Permission
from accounts.private_files import private_file
from accounts.refused import Refused
from reports import actions, stages
from reports.forms import RequestForm
from reports.models import Report


@staff(Permission.REPORT_VIEW)
def reports(request: HttpRequest) -> HttpResponse:
    rows = Report.objects.select_related("organisation", "requested_by").defer("facts").order_by("-pk")[:200]
    return render(request, "reports/list.html", {"reports": rows})


@staff(Permission.REPORT_REQUEST)
def ask(request: HttpRequest) -> HttpResponse:
    form = RequestForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            report = actions.request(form.cleaned_data["organisation"], **form.values(), by=request.user)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            return redirect("reports:report", report.pk)
    return render(request, "reports/request.html", {"form": form})


@staff(Permission.REPORT_VIEW)
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """The page asks again every second while a worker builds; without JavaScript the reader reloads."""
    found = get_object_or_404(Report.objects.select_related("organisation", "requested_by"), pk=pk)
    template = "reports/progress.html" if request.htmx else "reports/report.html"  # type: ignore[attr-defined]  # django-htmx
    return render(request, template, {"report": found, "stage": stages.told(found.stage)})


@staff(Permission.REPORT_REQUEST)
@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """A second report of the same customer and instants: the same rules and template give the same facts."""
    first = get_object_or_404(Report.objects.select_related("organisation"), pk=pk)
    instants = {"valid_at": first.valid_at, "known_at": first.known_at}
    try:
        made = actions.request(first.organisation, **instants, kind=first.kind, by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("reports:report", first.pk)
    return redirect("reports:report", made.pk)


@staff(Permission.REPORT_VIEW)
def download(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Report, pk=pk)
    try:
        actions.downloaded(found, by=request.user)
    except actions.NotReady:
        raise Http404 from None
    return private_file(found.file, name=f"{found.number}.pdf", content_type="application/pdf")
