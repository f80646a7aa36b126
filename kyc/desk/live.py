"""How far the machine is with the checks of a case or with a key, in a sentence; where it is stuck, why and what happens next."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.jobs import MAX_ERRORS, Claimable
from kyc.cases.models import Case, Examination
from kyc.cases.outdated import is_outdated
from kyc.keys.models import Key

# A worker that is there takes a job at once, or when the sweeper next looks; after this it is away.
SOON = timedelta(seconds=10)
CHECKS, LINK = gettext_lazy("The checks"), gettext_lazy("The link of a key")


@dataclass(frozen=True)
class Progress:
    """`is_running` while the machine goes on by itself; `can_retry` when a person may ask it to. `error` is the last one."""

    sentence: str
    error: str = ""
    tone: str = "info"
    is_running: bool = True
    can_retry: bool = False

    @property
    def mark(self) -> str:
        """By which a page says what it shows already."""
        return sha256(f"{self.sentence}{self.error}".encode()).hexdigest()[:12]


def of_case(case: Case, *, overtaken: bool | None = None) -> Progress | None:
    """Nothing once the checks are done and hold. `overtaken` as in kyc.cases.obstacles."""
    if case.is_decided:
        return None
    latest = case.examinations.order_by("-pk").first()
    if latest and latest.state == Examination.State.REQUESTED:
        return of_job(CHECKS, latest, latest.requested_at)
    if latest and latest.state == Examination.State.FAILED:
        sentence = _(
            "The checks could not be made, and the machine has given up. Try again; if that fails too, tell whoever runs "
            "Keyholder what it said."
        )
        return Progress(sentence, latest.failure, "bad", is_running=False, can_retry=True)
    if is_outdated(case) if overtaken is None else overtaken:
        return Progress(_("The checks are about to be made anew, because something they rest on has changed."))
    return None


def of_keys(case: Case) -> Progress | None:
    """Of the key that has waited longest for its link."""
    waiting = Key.objects.filter(organisation=case.organisation_id, state=Key.State.UNLINKED).order_by("pk").first()
    return of_job(LINK, waiting, waiting.issued_at) if waiting else None


def of_job(what: str | Promise, row: Claimable, since: datetime) -> Progress:
    """A row that is its own job, asked for at `since`."""
    now = timezone.now()
    is_held = row.claimed_until is not None and row.claimed_until > now
    told = {"what": what, "n": row.errors, "of": MAX_ERRORS}
    if row.errors and is_held and row.job_token is None:
        left = max(1, round((row.claimed_until - now).total_seconds()))
        sentence = _("%(what)s: tried %(n)s of %(of)s times, and each time an error came. Tried again by itself in %(left)s s.")
        return Progress(sentence % (told | {"left": left}), row.failure, "warn")
    if is_held:
        if row.claims - row.errors > 1:
            return Progress(_("%(what)s: a worker went away in the middle, and another is at it now.") % told, row.failure)
        return Progress(_("%(what)s: a worker is at it; it takes seconds.") % told, row.failure)
    if row.claimed_until is not None and not row.errors:
        sentence = _("%(what)s: the worker that was at it has fallen silent. Another takes it over by itself.")
        return Progress(sentence % told, row.failure, "warn")
    if now - max(since, row.claimed_until or since) < SOON:
        return Progress(_("%(what)s: about to begin; it takes seconds.") % told, row.failure)
    sentence = _(
        "%(what)s: no worker has taken it for %(time)s. It is taken up by itself as soon as one is back; if none comes, tell "
        "whoever runs Keyholder."
    )
    return Progress(sentence % (told | {"time": roughly(now - max(since, row.claimed_until or since))}), row.failure, "warn")


def roughly(time: timedelta) -> str:
    """In tens of seconds, then minutes, so that who has it read out isn't told of every second."""
    seconds = int(time.total_seconds())
    return _("%(n)s s") % {"n": seconds // 10 * 10} if seconds < 120 else _("%(n)s min") % {"n": seconds // 60}
