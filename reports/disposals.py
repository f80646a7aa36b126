"""What the next night erases, and what was erased before, each with its certificate."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts import disposal, planning, retention
from accounts.guards import staff
from accounts.models import Disposal, DisposalPlan, ErasureOrder, LegalHold, PlannedDisposal
from accounts.permissions import Permission
from kyc.screening.retention import INQUIRIES

A_PAGE, OF_PLAN = 50, 20
# Of no organisation, and so registered with none.
APART = {found.code: found for found in (disposal.LEAVER, INQUIRIES)}
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
    """The plan as it was worked out last, and below it the certificates, the newest first; each with pages of its own."""
    plan = planning.last_plan()
    page = Paginator(Disposal.objects.order_by("-pk"), A_PAGE).get_page(request.GET.get("page"))
    waiting, orders = ErasureOrder.objects.filter(done_at=None).count(), len(disposal.ordered())
    shown = {
        "plan": plan,
        **listed(plan, request.GET.get("due", "")),
        "orders": orders,
        "held_orders": waiting - orders,
        "carried_out": ErasureOrder.objects.exclude(done_at=None).select_related("organisation").order_by("-done_at")[:A_PAGE],
        "is_held": LegalHold.objects.live().filter(organisation=None).exists(),
        "columns": COLUMNS,
        "done": [told(one) for one in page.object_list],
        "page": page,
        "newer_url": f"?page={page.number - 1}" if page.has_previous() else "",
        "older_url": f"?page={page.number + 1}" if page.has_next() else "",
    }
    return render(request, "reports/disposals.html", shown)


def listed(plan: DisposalPlan | None, asked: str) -> dict[str, Any]:
    """One page of the plan. How many there are it says itself."""
    if plan is None:
        return {}
    last = max(1, -(-plan.organisations // OF_PLAN))
    number = min(int(asked), last) if asked.isdecimal() and len(asked) < 10 and int(asked) else 1
    first = (number - 1) * OF_PLAN
    rows = PlannedDisposal.objects.filter(plan=plan).select_related("organisation").order_by("pk")[first : first + OF_PLAN]
    return {
        "counts": [(found, plan.counts[code]) for code, found in retention.CLASSES.items() if code in plan.counts],
        "due": [group for row in rows for group in grouped(row)],
        "due_first": first + 1,
        "due_last": min(first + OF_PLAN, plan.organisations),
        "due_newer": f"?due={number - 1}" if number > 1 else "",
        "due_older": f"?due={number + 1}" if number < last else "",
    }


def grouped(row: PlannedDisposal) -> Iterator[dict[str, Any]]:
    """What goes by the same rule on the same day stands together."""
    together: dict[tuple[str, str], list[Any]] = {}
    for one in row.classes:
        known = retention.CLASSES.get(one["code"])
        together.setdefault((one["until"], one["rule"]), []).append(known.label if known else one["code"])
    for (until, rule), labels in together.items():
        yield {"organisation": row.organisation, "labels": labels, "until": date.fromisoformat(until), "rule": rule}


def told(made: Disposal) -> dict[str, object]:
    known = (retention.CLASSES | APART).get(made.record_class)
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
