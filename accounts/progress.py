"""How far the machine is with a job, in the same words on every page; where it is stuck, why and what happens next."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from config.jobs import MAX_ERRORS, Claimable, Standing, standing

# A worker that is there takes a job at once. At the worst its wake-up was lost and the sweeper looks after eight seconds, that
# message is given out anew after twenty (config/celery.py), the broker is found again after five, and a drain of other jobs takes
# ten. Whoever waits longer waits for a worker that is away.
SOON = timedelta(seconds=45)


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


def of_job(what: str | Promise, row: Claimable, since: datetime, now: datetime | None = None) -> Progress:
    """A row that is its own job, asked for at `since`."""
    now = now or timezone.now()
    told: dict[str, object] = {"what": what, "n": row.errors, "of": MAX_ERRORS}
    match standing(row, now):
        case Standing.RESTING:
            told["left"] = max(1, round((row.claimed_until - now).total_seconds()))
            sentence = _(
                "%(what)s: tried %(n)s of %(of)s times, and each time an error came. Tried again by itself in %(left)s s."
            )
            return Progress(sentence % told, row.failure, "warn")
        case Standing.HELD if row.claims - row.errors > 1:
            return Progress(_("%(what)s: a worker went away in the middle, and another is at it now.") % told, row.failure)
        case Standing.HELD:
            return Progress(_("%(what)s: a worker is at it; it takes seconds.") % told, row.failure)
        case Standing.SILENT:
            sentence = _("%(what)s: the worker that was at it has fallen silent. Another takes it over by itself.")
            return Progress(sentence % told, row.failure, "warn")
    waited = now - max(since, row.claimed_until or since)
    if waited < SOON:
        return Progress(_("%(what)s: about to begin; it takes seconds.") % told, row.failure)
    sentence = _(
        "%(what)s: no worker has taken it for %(time)s. It is taken up by itself as soon as one is back; if none comes, tell "
        "whoever runs Keyholder."
    )
    return Progress(sentence % (told | {"time": roughly(waited)}), row.failure, "warn")


def roughly(time: timedelta) -> str:
    """In tens of seconds, then minutes, so that who has it read out isn't told of every second."""
    seconds = int(time.total_seconds())
    return _("%(n)s s") % {"n": seconds // 10 * 10} if seconds < 120 else _("%(n)s min") % {"n": seconds // 60}
