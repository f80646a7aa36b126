"""How far the accounts have come whose keys were issued elsewhere."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.guards import staff
from accounts.permissions import Permission
from kyc.keys.progress import progress

COLUMNS = [{"label": _("Accounts")}, {"label": _("Number"), "num": True}, {"label": _("Of all"), "num": True}]
STEPS = {
    "imported": _("Taken over"),
    "signed_up": _("Signed up"),
    "sent": _("Sent what we ask for"),
    "verified": _("Verified"),
    "settled": _("All keys answered for or revoked"),
    "limited": _("Limited, since not yet answered for"),
    "overdue": _("Overdue: their keys are stopped"),
}


@staff(Permission.CASE_VIEW)
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    found = progress()
    rows = [
        {"code": code, "label": label, "number": (n := getattr(found, code)), "per_cent": 100 * n // (found.imported or 1)}
        for code, label in STEPS.items()
    ]
    return render(request, "desk/estate.html", {"found": found, "rows": rows, "columns": COLUMNS})
