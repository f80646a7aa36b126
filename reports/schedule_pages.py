"""Reports by the calendar, as the officers who set them up see and stop them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.guards import staff
from accounts.permissions import Permission
from accounts.refused import Refused
from reports import scheduling
from reports.forms import ScheduleForm
from reports.models import Report, ReportSchedule

UNPROCESSABLE = 422
# Of the ended ones so many of the newest are shown.
SHOWN = 20
# Sent by a page that has said what comes of it.
SURE = "sure"


@staff(Permission.REPORT_REQUEST)
def schedules(request: HttpRequest) -> HttpResponse:
    form = ScheduleForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and form.cleaned_data["organisation"] is None and SURE not in request.POST:
        return sure(request, form)
    if request.method == "POST" and form.is_valid():
        try:
            made = scheduling.set_up(**form.cleaned_data, by=request.user)
        except Refused as refused:
            form.add_error(getattr(refused, "field", None), str(refused))
        else:
            messages.success(request, _("It is asked for on %(day)s for the first time.") % {"day": made.next_on.isoformat()})
            return redirect("reports:schedules")
    rows = ReportSchedule.objects.select_related("organisation", "set_up_by", "ended_by")
    shown = {
        "form": form,
        "live": named(rows.live().order_by("next_on", "pk")),
        "ended": named(rows.filter(ended_at__isnull=False).order_by("-ended_at")[:SHOWN]),
    }
    return render(request, "reports/schedules.html", shown, status=UNPROCESSABLE if form.errors else 200)


def sure(request: HttpRequest, form: ScheduleForm) -> HttpResponse:
    """What is asked for of every customer is many reports, each time: how many, and on which days, before anything is."""
    asked = form.cleaned_data
    days = scheduling.first_days(asked["first_on"], asked["rhythm"])
    shown = {"form": form, "count": scheduling.every().count(), "days": days, "title": Report.Kind(asked["kind"]).label}
    return render(request, "reports/schedule_sure.html", shown)


@staff(Permission.REPORT_REQUEST)
@require_POST
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Another's only once it was said whose it is."""
    found = get_object_or_404(ReportSchedule.objects.select_related("organisation", "set_up_by"), pk=pk)
    if found.set_up_by_id != request.user.pk and SURE not in request.POST and not found.ended_at:
        days = scheduling.first_days(found.next_on, found.rhythm)
        shown = {"schedule": found, "days": days, "title": Report.Kind(found.kind).label}
        return render(request, "reports/schedule_stop.html", shown)
    try:
        scheduling.stop(found, by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("reports:schedules")


def named(rows: object) -> list[tuple[ReportSchedule, str]]:
    return [(row, str(Report.Kind(row.kind).label)) for row in rows]  # type: ignore[attr-defined]  # a queryset
