"""The pages of links to reports: an officer makes and ends them, and a reader outside takes the report by one."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from accounts import limits, resume, scope
from accounts.guards import staff
from accounts.permissions import Permission
from accounts.private_files import private_file
from accounts.refused import Refused
from accounts.vault import FileErased
from kyc.onboarding.prove import private
from reports import links
from reports.link_models import ReportLink
from reports.models import Report

# By address: a whole office may sit behind one.
LOOKS, TAKINGS = "120/h/ip", "30/h/ip"


class LinkForm(forms.Form):
    reader = forms.CharField(
        label=gettext_lazy("For whom"),
        max_length=links.LONGEST_NAME,
        help_text=gettext_lazy("So that you tell one link from another; the reader does not see it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    days = forms.TypedChoiceField(label=gettext_lazy("Good for"), coerce=int, initial=links.DAYS[0])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["days"].choices = [(n, ngettext("%(n)s day", "%(n)s days", n) % {"n": n}) for n in links.DAYS]
        resume.fill(self)


@staff(Permission.REPORT_VIEW)
@require_POST
def make(request: HttpRequest, pk: int) -> HttpResponse:
    """The answer is the one page that ever shows the address."""
    found = get_object_or_404(Report, pk=pk)
    form = LinkForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(error for errors in form.errors.values() for error in errors))
        return redirect("reports:report", found.pk)
    try:
        link, token = links.make(found, **form.cleaned_data, by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("reports:report", found.pk)
    address = f"{settings.SITE_URL}{reverse('report_link', args=[token])}"
    return render(request, "reports/link_made.html", {"report": found, "link": link, "address": address})


@staff(Permission.REPORT_VIEW)
@require_POST
def end(request: HttpRequest, pk: int, link: int) -> HttpResponse:
    found = get_object_or_404(ReportLink.objects.select_related("report"), pk=link, report=pk)
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
