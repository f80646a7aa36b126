"""The pages of packs that a worker puts together: how far it is, and the file once it is ready."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import elevated, progress
from accounts.guards import staff
from accounts.permissions import NotPermitted, Permission
from accounts.private_files import private_file
from accounts.refused import Refused
from accounts.vault import FileErased
from reports import packing
from reports.models import Report, ReportQuerySet
from reports.pack_models import ReportPack

PACK = gettext_lazy("The pack")


def own(request: HttpRequest, pk: int) -> ReportPack:
    """Who asked for it sees it, and nobody else."""
    return get_object_or_404(ReportPack.objects.filter(asked_by=request.user), pk=pk)


@staff(Permission.REPORT_VIEW)
def pack(request: HttpRequest, pk: int) -> HttpResponse:
    """The page asks again every second while a worker is at it; without JavaScript the reader reloads."""
    found = own(request, pk)
    is_part = request.htmx  # type: ignore[attr-defined]  # django-htmx
    is_over = packing.over().filter(pk=found.pk).exists()
    told = {
        "pack": found,
        "is_over": is_over or found.state == ReportPack.State.ERASED,
        "progress": progress.of_job(PACK, found, found.asked_at),
        "reports": within(found).visible_to(request.user).select_related("organisation", "directive"),
    }
    page = render(request, "reports/pack_state.html" if is_part else "reports/pack.html", told)
    return elevated.begin_file(request, page)


@staff(Permission.REPORT_VIEW)
def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One with documents only to who has shown that it is he."""
    found = own(request, pk)
    if not found.is_evidence:
        return handed_over(request, found)
    if not request.user.can(Permission.DOCUMENT_VIEW):
        raise Http404
    return download_of_evidence(request, pk)


@elevated.elevated(_("Take the evidence pack of a report, with the documents that go with it"), file_of="reports:pack")
def download_of_evidence(request: HttpRequest, pk: int) -> HttpResponseBase:
    return handed_over(request, own(request, pk))


def handed_over(request: HttpRequest, found: ReportPack) -> HttpResponseBase:
    try:
        taken = packing.take(found, by=request.user)
        return private_file(taken.file, name=f"{named(taken)}.zip", content_type="application/zip")
    except NotPermitted:
        raise Http404 from None
    except (Refused, FileErased) as refused:
        messages.error(request, str(refused))
        return redirect("reports:pack", found.pk)


def within(found: ReportPack) -> ReportQuerySet:
    return Report.objects.filter(pk__in=found.reports).defer("facts", "changes").order_by("pk")


def named(found: ReportPack) -> str:
    return within(found).get().number if found.is_evidence else "reports"
