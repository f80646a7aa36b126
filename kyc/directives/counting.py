"""Counts what an order would touch, as a job: over a hundred thousand keys it takes longer than a page may. The row is the job
(config/jobs.py), and whoever asks the same again finds it. What it tells is as old as the facts that it was judged by, so it is
counted anew before somebody takes an order by it."""

import hashlib
import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from config import jobs
from kyc.directives import checking, previewing
from kyc.directives.models import Directive, DirectivePreview
from kyc.directives.population import population

S = DirectivePreview.State
# For so long a count is relied on, and for so long its row is kept.
FRESH = timedelta(hours=1)
KEPT = timedelta(days=7)
QUEUE = jobs.Queue(
    name="directives.counting",
    model=DirectivePreview,
    field="state",
    ready=S.WAITING,
    failed=S.FAILED,
    lease=timedelta(seconds=20),
    since="asked_at",
)


def of_order(
    kind: str, parameters: dict[str, Any], *, tiers: Iterable[str], later: Iterable[str], left_out: Iterable[int]
) -> dict[str, Any]:
    """All that a count depends on."""
    sets = {"tiers": sorted(tiers), "later": sorted(later), "left_out": sorted(left_out)}
    return {"population": kind, "parameters": parameters, **sets}


def of(directive: Directive) -> dict[str, Any]:
    left_out = directive.exceptions.values_list("organisation", flat=True)
    return of_order(directive.population, directive.parameters, tiers=directive.tiers, later=directive.later, left_out=left_out)


def digest(asked: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def last(asked: dict[str, Any]) -> DirectivePreview | None:
    """The last count of this, however it stands; none where it is too old to go by."""
    found = DirectivePreview.objects.filter(digest=digest(asked)).order_by("-pk").first()
    return found if found and (found.state == S.WAITING or (found.facts_at or found.asked_at) > timezone.now() - FRESH) else None


def ask(asked: dict[str, Any], *, is_anew: bool = False) -> DirectivePreview:
    """One that waits or is fresh, made where there is none or it is asked for `is_anew`; what could not be counted is tried
    again."""
    found = last(asked)
    if found is None or found.state == S.FAILED or (is_anew and found.state == S.DONE):
        made = DirectivePreview(digest=digest(asked), asked=asked)
        DirectivePreview.objects.bulk_create([made], ignore_conflicts=True)
        jobs.woke("directive.asked")
        found = DirectivePreview.objects.filter(digest=made.digest).latest("pk")
    return found


def told(directive: Directive) -> DirectivePreview | None:
    """Of one that is still to be taken, its last count, asked for where there is none to go by."""
    return last(of(directive)) or ask(of(directive)) if directive.is_proposed else None


def run() -> None:
    DirectivePreview.objects.exclude(state=S.WAITING).filter(asked_at__lt=timezone.now() - KEPT).delete()
    for claim in QUEUE.claims():
        with claim:
            count(claim)


def count(claim: jobs.Claim) -> None:
    row: DirectivePreview = claim.row
    asked, begun = row.asked, timezone.now()
    with claim.kept_up():
        claim.mine().update(whole=checking.keys().count(), looked=0)
        found = previewing.preview(
            population(asked["population"], asked["parameters"]), tiers=asked["tiers"], later=asked["later"],
            left_out=asked["left_out"], looked=lambda n: claim.mine().update(looked=n),
        ).told  # fmt: skip
    found["facts_at"] = begun.isoformat()
    with claim.finish(state=S.DONE, told=found, facts_at=begun, done_at=timezone.now()):
        for directive in Directive.objects.filter(state=Directive.State.PROPOSED):
            if digest(of(directive)) == row.digest:
                Directive.objects.filter(pk=directive.pk, state=Directive.State.PROPOSED).update(preview=found)
