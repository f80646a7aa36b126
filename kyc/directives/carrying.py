"""Carries directives out: looks at every key, has a directive begin as soon as that is done, brings the stored state of keys
after it, tells whom it touches, and notes each minute. The row is the job; a worker that is killed has lost nothing, since each
part is of what is still to be done.

What needs none of this is that keys are refused: from its time on a directive closes them by the clock alone. That they go on
after it is over needs it, since what is stored of each is brought back first; a key is refused too long rather than let go."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from accounts import audit
from config import jobs
from kyc.directives import checking, ending, minutes, notifying, settling
from kyc.directives.models import Directive, DirectiveNotice
from kyc.directives.tiers import begins, begun
from kyc.keys.models import Key
from kyc.keys.standing_models import StandingHold, StandingTier

S, W = Directive.State, Directive.Work


class Carrying(jobs.Queue):
    def is_waiting(self) -> bool:
        return self.is_ready() or any(is_due(one) for one in idle())


QUEUE = Carrying(
    name="directives.carrying",
    model=Directive,
    field="work",
    ready=W.WAITING,
    failed=W.FAILED,
    lease=timedelta(seconds=20),
    since="work_since",
    max_errors=20,
    # Over a hundred thousand keys it costs a tenth of a second to find that all were looked at.
    sweeps=3,
)


def live() -> QuerySet[Directive]:
    """Taken and not over by the clock; or proposed, so that every key was looked at by the time that somebody takes it."""
    return Directive.objects.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=Now()), state__in=[S.TAKEN, S.PROPOSED])


def idle() -> QuerySet[Directive]:
    """Those of which it may be that there is something to do: proposed, in force or coming to be, or over and keys or customers
    not let go yet."""
    told = DirectiveNotice.objects.filter(directive=OuterRef("pk"), state__in=["waiting", "told"])
    open_ = Q(pk__in=live().values("pk")) | Q(state=S.TAKEN, standing__ended_at__isnull=True)
    return Directive.objects.filter(open_ | Exists(told), work=W.IDLE).select_related("standing")


def is_live(directive: Directive) -> bool:
    return live().filter(pk=directive.pk).exists()


def is_due(directive: Directive) -> bool:
    if not is_live(directive):
        return True
    if begun(directive).filter(told_at__isnull=True).exists() or checking.unchecked(directive).exists():
        return True
    if not directive.is_taken:
        return False
    return bool(hastening(directive)) or checking.unkept(directive).exists() or minutes.is_due(directive)


def run() -> None:
    for directive in idle():
        if is_due(directive):
            Directive.objects.filter(pk=directive.pk, work=W.IDLE).update(work=W.WAITING, work_since=timezone.now())
    for claim in QUEUE.claims():
        with claim:
            carry(claim)
    notifying.run()
    ending.run()


def carry(claim: jobs.Claim) -> None:
    directive: Directive = claim.row
    with claim.kept_up():
        if is_live(directive):
            if directive.claims > 1 or directive.failure:
                made_up(directive)
            keep(directive)
        else:
            let_go(directive)
        minutes.note(directive)
    with claim.finish(state=W.IDLE):
        pass


def keep(directive: Directive) -> None:
    tiers = [*begins(directive)]
    keep_exceptions(directive, tiers)
    for part in checking.check(directive):
        minutes.note(directive)
        if begun(directive).exists():
            settling.settle(part, tiers)
    hasten(directive)
    for tier in begun(directive).filter(told_at__isnull=True):
        begin(directive, tier)
    if begun(directive).exists():
        notifying.find(directive)


def keep_exceptions(directive: Directive, tiers: list[str]) -> None:
    if directive.is_taken and (organisations := checking.keep_exceptions(directive)) and begun(directive).exists():
        settling.settle(list(Key.objects.filter(organisation__in=organisations).values_list("pk", flat=True)), tiers)


def made_up(directive: Directive) -> None:
    """Whoever was at it before did not end it: maybe of a part it is written where it stands, and its keys are not
    brought after it."""
    if begun(directive).exists():
        for _keys in settling.settle_all([*begins(directive)]):
            minutes.note(directive)


@transaction.atomic
def hasten(directive: Directive) -> None:
    """Every key was looked at: what waited for nothing else begins now."""
    for tier, sooner in hastening(directive):
        StandingTier.objects.filter(pk=tier.pk, begins_at__gt=sooner).update(begins_at=sooner)


def hastening(directive: Directive) -> list[tuple[StandingTier, datetime]]:
    """Tiers that waited for keys to be looked at, and from when on each may begin."""
    stated, now = begins(directive), timezone.now()
    waiting = StandingTier.objects.filter(standing=directive.standing_id, begins_at__gt=now)
    sooner = [(tier, max(stated[tier.tier], now)) for tier in waiting]
    return [(tier, at) for tier, at in sooner if at < tier.begins_at]


def begin(directive: Directive, tier: StandingTier) -> None:
    """Once for each tier, after it has begun by itself."""
    for _keys in settling.settle_all([tier.tier]):
        minutes.note(directive)
    with transaction.atomic():
        if StandingTier.objects.filter(pk=tier.pk, told_at__isnull=True).update(told_at=timezone.now()):
            found = minutes.now(directive)
            audit.record("directive.begun", target=directive, by=None, directive=directive.number, tier=tier.tier, **found)


def let_go(directive: Directive) -> None:
    """It is over: what it alone had closed goes on. Once that is done its standing hold has ended, also where it ran out."""
    for _keys in settling.settle_all([*begins(directive)]):
        pass
    notifying.let_go(directive)
    StandingHold.objects.filter(pk=directive.standing_id, ended_at__isnull=True).update(ended_at=timezone.now())
