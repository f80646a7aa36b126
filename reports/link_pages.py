"""The pages of links to reports: an officer makes and ends them, and a reader outside takes the report by one."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from accounts import limits, scope
from accounts.guards import staff
from accounts.permissions import Permission
from accounts.private_files import private_file
from accounts.refused import Refused
from accounts.vault import FileErased
from kyc.onboarding.prove import private
from reports import links, report_page
from reports.forms import LinkForm
from reports.link_models import ReportLink
from reports.models import Report

# By address: a whole office may sit behind one.
LOOKS, TAKINGS = "120/h/ip", "30/h/ip"
UNPROCESSABLE = 422


@staff(Permission.REPORT_VIEW)
@require_POST
def make(request: HttpRequest, pk: int) -> HttpResponse:
    """The answer is the one page that ever shows the address."""
    found = report_page.of(pk, request.user)
    form = LinkForm(request.POST)
    if not form.is_valid():
        return report_page.drawn(request, found, link_form=form, status=UNPROCESSABLE)
    try:
        link, token = links.make(found, **form.cleaned_data, by=request.user)
    except links.NotForOthers as refused:
        messages.error(request, str(refused))
        return redirect("reports:report", found.pk)
    except Refused as refused:
        form.add_error(getattr(refused, "field", None), str(refused))
        return report_page.drawn(request, found, link_form=form, status=UNPROCESSABLE)
    address = f"{settings.SITE_URL}{reverse('report_link', args=[token])}"
    return render(request, "reports/link_made.html", {"report": found, "link": link, "address": address})


@staff(Permission.REPORT_VIEW)
@require_POST
def end(request: HttpRequest, pk: int, link: int) -> HttpResponse:
    visible = Report.objects.visible_to(request.user).filter(pk=pk)
    found = get_object_or_404(ReportLink.objects.select_related("report"), pk=link, report__in=visible)
    try:
        links.end(found, by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The link opens nothing any more."))
    return redirect("reports:report", found.report_id)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def opened(request: HttpRequest, token: str) -> HttpResponseBase:
    """What it is, and by the button the file. Who follows links for others, as mail programs do, takes nothing by that. The
    address alone gives the right to post to it, so it needs no token against forgery."""
    what, rates = ("report_taken", TAKINGS) if request.method == "POST" else ("report_link", LOOKS)
    if limits.spent(request, what, rates):
        return private(limits.refused(request, limits.wait(request, what, rates)))
    with scope.everything():
        link = links.known(token)
        if link is None:
            raise Http404
        scope.enter(link.organisation_id)
        if request.method == "POST":
            return taken(token)
        told = {"report": link.report, "link": link, "size": link.report.file.size}
        return private(render(request, "reports/link.html", told))


def taken(token: str) -> HttpResponseBase:
    try:
        report = links.take(token)
        answer = private_file(report.file, name=f"{report.number}.pdf", content_type="application/pdf")
    except (links.Ended, FileErased):
        raise Http404 from None
    return private(answer)  # type: ignore[arg-type]  # a file is answered as a page is
