"""Support looks at the pages of an organisation as its customer sees them: for a purpose, for half an hour, and changes nothing.

The look is a state of the session and of nothing else. That it began, each page and its end stand in the audit trail, done by
the officer on behalf of the organisation, whose members read on their own pages that somebody looked.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import acting, audit
from accounts.models import AuditEvent, Organisation, User
from accounts.permissions import Permission, require
from accounts.refused import ReasonMissing

KEY = "look"
LASTS = timedelta(minutes=30)
VERB = "customer.looked_at"
# As both sides read them.
PURPOSES: dict[str, Promise] = {
    "question": gettext_lazy("to answer a question"),
    "stuck": gettext_lazy("to see where something is stuck"),
    "fault": gettext_lazy("to find out why something does not work"),
}
BEGAN, PAGE, ENDED = "began", "page", "ended"


@dataclass(frozen=True)
class Look:
    """`case` is where the officer came from, and goes back to."""

    organisation: Organisation
    until: datetime
    case: int

    @property
    def is_over(self) -> bool:
        return timezone.now() >= self.until


def begin(session: SessionBase, organisation: Organisation, *, case: int, purpose: str, by: User) -> None:
    """A look at another organisation ends by it. Raises NotPermitted, ReasonMissing."""
    require(by, Permission.CUSTOMER_LOOK)
    if purpose not in PURPOSES:
        raise ReasonMissing(_("Say what you look for."))
    end(session, by=by)
    until = timezone.now() + LASTS
    record(organisation, BEGAN, reason=purpose, until=until.isoformat(timespec="seconds"), by=by)
    session[KEY] = {"organisation": organisation.pk, "until": until.timestamp(), "case": case}


def end(session: SessionBase, *, by: User) -> None:
    """Where there is one. It may have been over for a while: then nobody looked any more."""
    if look := of(session):
        record(look.organisation, ENDED, by=by)
        del session[KEY]


def of(session: SessionBase) -> Look | None:
    """The look that was begun in this session, over or not."""
    kept = session.get(KEY)
    organisation = Organisation.objects.filter(pk=kept["organisation"]).first() if kept else None
    return Look(organisation, datetime.fromtimestamp(kept["until"], tz=UTC), kept["case"]) if organisation else None


def saw(look: Look, page: str, *, by: User) -> None:
    record(look.organisation, PAGE, name=page, by=by)


def record(organisation: Organisation, step: str, *, by: User, reason: str = "", **details: Any) -> None:
    with acting.on_behalf_of(str(organisation)), transaction.atomic():
        audit.record(VERB, target=organisation, by=by, reason=reason, step=step, **details)


@dataclass(frozen=True)
class Looked:
    """What a customer reads of it: when and what for. That it was support is all that he needs to know of who."""

    at: datetime
    purpose: Promise | str


def told(organisation: Organisation, *, limit: int = 3) -> list[Looked]:
    """The newest, for the organisation's own page."""
    begun = AuditEvent.objects.filter(organisation_id=organisation.pk, verb=VERB, details__step=BEGAN).order_by("-pk")
    return [Looked(event.at, PURPOSES.get(event.reason, "")) for event in begun[:limit]]
