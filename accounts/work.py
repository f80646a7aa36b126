"""Work that goes on by itself, as administrators and their monitoring see it: what waits, what is done, what failed and why."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts import audit, limits, scope, sequencer
from accounts.compartment import is_confined
from accounts.guards import staff
from accounts.models import User
from accounts.permissions import Permission, require
from accounts.refused import Refused
from config import jobs

# Failed rows that the page shows of each kind; the rest are counted.
MOST_SHOWN = 50
NAMES: dict[str, Promise] = {
    "messages.send": gettext_lazy("Mail"),
    "cases.examine": gettext_lazy("Checks of a case"),
    "cases.askings": gettext_lazy("Asking for a source of wealth"),
    "cases.falls": gettext_lazy("Asking anew for what was verified by and counts no more"),
    "cases.reviews": gettext_lazy("Cases of what was signed anew, or found on a newer list"),
    "lists.rescreen": gettext_lazy("Comparing parties with newer lists"),
    "lists.inquiries": gettext_lazy("What was asked of the lists"),
    "directives.carrying": gettext_lazy("Orders that close models to keys"),
    "directives.counting": gettext_lazy("Counting what an order would touch"),
    "directives.ending": gettext_lazy("Telling customers that an order has ended"),
    "directives.telling": gettext_lazy("Telling customers of an order"),
    "keys.imports": gettext_lazy("Files of keys that were issued elsewhere"),
    "keys.renewals": gettext_lazy("Renewals of what was signed"),
    "keys.requirements": gettext_lazy("Keys without a responsible person, or out of use"),
    "keys.link": gettext_lazy("Links of keys"),
    "keys.sandboxes": gettext_lazy("Decisions of sandboxes"),
    "reports.build": gettext_lazy("Reports"),
    "reports.packs": gettext_lazy("Packs of reports"),
    "lists.update": gettext_lazy("Lists"),
    "evidence.scans": gettext_lazy("Scans of documents for viruses"),
    "evidence.readings": gettext_lazy("Reading of documents"),
    "keys.expiries": gettext_lazy("Evidence that expires"),
    "keys.campaign": gettext_lazy("Customers whose keys were issued elsewhere"),
    "keys.reassessments": gettext_lazy("Verified customers of whom something has changed"),
    "usage.told": gettext_lazy("Use of which gateways have told"),
    "codes.send": gettext_lazy("Codes to confirm a telephone or an address"),
    "domains.look": gettext_lazy("Looking whether a domain is a customer's"),
}
COLUMNS = [
    {"label": gettext_lazy("Work")},
    *(
        {"label": label, "num": True}
        for label in (gettext_lazy("Waiting"), gettext_lazy("At work"), gettext_lazy("To be tried again"), gettext_lazy("Failed"))
    ),
    {"label": gettext_lazy("Oldest since, UTC")},
]
SAFE = ("GET", "HEAD")
# From one address, of the token of monitoring; a right one is never slowed.
WRONG_TOKENS, WRONG_WITHIN = 60, 5 * 60
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


class NotFailed(Refused):
    """The row does not stand failed, or what it needs is gone."""


def queues() -> dict[str, tuple[jobs.Queue, Any]]:
    """Those whose rows are jobs, each with its task; what only finds rows that time has made due has no rows of its own, and of
    the investigators' compartment nobody here is shown that it works."""
    of_rows = [(queue, task) for queue, task in jobs.SWEPT if isinstance(queue, jobs.Queue)]
    return {queue.name: (queue, task) for queue, task in of_rows if not is_confined(queue.model)}


@transaction.atomic
def retry(name: str, pk: int, *, by: User) -> None:
    """Puts a failed row back into its queue, as if it had never been tried. Raises NotPermitted, NotFailed."""
    require(by, Permission.JOB_RETRY)
    queue, task = queues()[name]
    row = queue.failures().select_for_update().filter(pk=pk).first()
    if row is None:
        raise NotFailed(_("It does not stand failed any more."))
    if why_not := queue.why_not(queue.listed().get(pk=pk)):
        raise NotFailed(why_not)
    queue.put_back(row)
    audit.record("job.retried", target=row, by=by, reason=queue.why_failed(row), queue=name)
    transaction.on_commit(lambda: jobs.publish(task), robust=True)


@staff(Permission.JOB_RETRY)
def page(request: HttpRequest) -> HttpResponse:
    """What stands in each queue, and below it what has failed for good."""
    now = timezone.now()
    shown = {
        "columns": COLUMNS,
        "queues": [
            {"name": NAMES.get(name, name), "now": queue.census(now)} for name, (queue, _task) in sorted(queues().items())
        ],
        "failed": [failure for name in sorted(queues()) for failure in failures(name)],
    }
    return render(request, "accounts/jobs.html", shown)


def failures(name: str) -> Iterator[dict[str, Any]]:
    queue = queues()[name][0]
    for row in queue.listed().order_by("-pk")[:MOST_SHOWN]:
        told = {"why": queue.why_failed(row), "at": queue.asked_at(row), "why_not": queue.why_not(row)}
        yield {"queue": name, "name": NAMES.get(name, name), "row": row, **told}


@staff(Permission.JOB_RETRY)
@require_POST
def again(request: HttpRequest, queue: str, pk: int) -> HttpResponse:
    if queue not in queues():
        raise Http404
    if not queues()[queue][0].model._base_manager.filter(pk=pk).exists():
        raise Http404
    try:
        retry(queue, pk, by=request.user)
    except NotFailed as refused:
        messages.info(request, str(refused))
    else:
        messages.success(request, _("Put back. It is tried again within seconds."))
    return redirect("jobs")


def metrics(request: HttpRequest) -> HttpResponse:
    """For a monitoring server that sends METRICS_TOKEN, in the text format of Prometheus; missing where none is set."""
    if not settings.METRICS_TOKEN:
        raise Http404
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not constant_time_compare(given, settings.METRICS_TOKEN):
        if seconds := limits.too_many("metrics", limits.source(request), most=WRONG_TOKENS, seconds=WRONG_WITHIN):
            return HttpResponse(status=429, headers={"Retry-After": str(seconds)})
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    if request.method not in SAFE:
        return HttpResponseNotAllowed(SAFE)
    with scope.everything():
        lines = [*measured(timezone.now()), ""]
    return HttpResponse("\n".join(lines), content_type=PROMETHEUS)


def measured(now: datetime) -> Iterator[str]:
    found = {name: queue.census(now) for name, (queue, _task) in sorted(queues().items())}
    yield "# HELP keyholder_jobs Jobs of a queue by state."
    yield "# TYPE keyholder_jobs gauge"
    for name, census in found.items():
        for state, count in census.counts().items():
            yield f'keyholder_jobs{{queue="{name}",state="{state}"}} {count}'
    yield "# HELP keyholder_jobs_oldest_seconds How long the oldest job that is not done has been there."
    yield "# TYPE keyholder_jobs_oldest_seconds gauge"
    for name, census in found.items():
        yield f'keyholder_jobs_oldest_seconds{{queue="{name}"}} {age(census.oldest, now):.1f}'
    yield "# HELP keyholder_audit_waits_seconds How long the oldest audit event has waited for its place in the signed log."
    yield "# TYPE keyholder_audit_waits_seconds gauge"
    yield f"keyholder_audit_waits_seconds {age(sequencer.oldest_waiting(), now):.1f}"


def age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0
