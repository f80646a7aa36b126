"""The page of one report: how far it is, what it came to, and what may be done with it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts import elevated, keeping, retention
from accounts.models import User
from accounts.retention import Kept
from reports import actions, links, packing, restating, stages
from reports.forms import LinkForm
from reports.models import Report
from reports.retention import of_house


def of(pk: int, user: User) -> Report:
    """As `user` may see it."""
    rows = Report.objects.visible_to(user).select_related("organisation", "directive", "requested_by", "proposal", "restates")
    return get_object_or_404(rows, pk=pk)


def kept_until(found: Report) -> Kept:
    return of_house(found) if found.is_of_house else retention.of_record(found)


def drawn(request: HttpRequest, found: Report, *, link_form: LinkForm | None = None, status: int = 200) -> HttpResponse:
    """`link_form` is one that was refused."""
    is_part = request.htmx  # type: ignore[attr-defined]  # django-htmx
    told = {
        "report": found,
        "stage": stages.told(found.stage),
        "stuck": stages.stuck(found),
        "asked": actions.asked(found),
        "kept": keeping.row(kept_until(found)) if found.is_registered else None,
        "by_another": restating.successor(found),
        "stands_instead": restating.standing_instead(found) if found.is_registered else None,
        "is_own": found.requested_by_id == request.user.pk,
        "pack": packing.live(request.user).filter(is_evidence=True, reports=[found.pk]).first(),
    }
    if links.is_for_others(found):
        told |= {"links": links.shown(found), "link_form": link_form or LinkForm()}
    page = render(request, "reports/progress.html" if is_part else "reports/report.html", told, status=status)
    return elevated.begin_file(request, page)
