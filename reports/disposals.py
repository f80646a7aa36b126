"""What the next night erases, and what was erased before, each with its certificate."""

from collections import Counter
from datetime import timedelta

from django.core.paginator import Paginator
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts import disposal, retention
from accounts.guards import staff
from accounts.models import Disposal, LegalHold, Organisation
from accounts.permissions import Permission

A_PAGE = 50
# Of what is due, listed one by one; the rest is counted.
MOST_LISTED = 100
COLUMNS = [
    {"label": _("Certificate")},
    {"label": _("Records")},
    {"label": _("Kept until")},
    {"label": _("Erased, UTC")},
    {"label": _("Rows"), "num": True},
    {"label": _("Gone from backups by")},
]


@staff(Permission.RETENTION_VIEW)
@require_safe
def disposals(request: HttpRequest) -> HttpResponseBase:
    """A dry run as of tomorrow, and below it the certificates, the newest first."""
    due = list(disposal.planned(timezone.now().date() + timedelta(days=1)))
    counts = Counter(one.record_class.code for one in due)
    listed = due[:MOST_LISTED]
    names = Organisation.objects.in_bulk({one.organisation for one in listed})
    page = Paginator(Disposal.objects.order_by("-pk"), A_PAGE).get_page(request.GET.get("page"))
    shown = {
        "counts": [(found, counts[code]) for code, found in retention.CLASSES.items() if counts[code]],
        "due": [{"what": one, "organisation": names[one.organisation]} for one in listed],
        "left_out": len(due) - len(listed),
        "is_held": LegalHold.objects.live().filter(organisation=None).exists(),
        "columns": COLUMNS,
        "done": [told(one) for one in page.object_list],
        "page": page,
        "newer_url": f"?page={page.number - 1}" if page.has_previous() else "",
        "older_url": f"?page={page.number + 1}" if page.has_next() else "",
    }
    return render(request, "reports/disposals.html", shown)


def told(made: Disposal) -> dict[str, object]:
    known = retention.CLASSES.get(made.record_class)
    return {
        "row": made,
        "label": known.label if known else made.record_class,
        "count": sum(table["count"] for table in made.rows.values()),
    }


@staff(Permission.RETENTION_VIEW)
@require_safe
def certificate(request: HttpRequest, pk: int) -> HttpResponseBase:
    made = get_object_or_404(Disposal, pk=pk)
    answer = JsonResponse(disposal.told(made), json_dumps_params={"indent": 2, "sort_keys": True})
    answer["Content-Disposition"] = f'attachment; filename="{made.number}.json"'
    return answer
