"""Legal holds: that nothing may be deleted for now. Placed and lifted by people, each time with the reason.

It is for approvers: they answer for what is decided of a customer, and see his case. An auditor, who watches over them, asks for
one and can read them all; an administrator sees no cases and so can't judge what has to be kept.
"""

from datetime import date

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.compartment import refuse_incidents
from accounts.models import LegalHold, Organisation, User
from accounts.permissions import Permission, require
from accounts.refused import ReasonMissing, Refused, is_said

# Nothing that anybody asks to be kept is older; whoever writes an earlier day has mistyped it.
EARLIEST = date(2000, 1, 1)
NEEDED = ("source", "reference", "asked_by", "reason")


class Incomplete(Refused):
    """A hold says who asked for it, under which reference, and why."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


class NotYet(Refused):
    """A hold is in force from the moment it is placed."""

    field = "since"


class TooEarly(Refused):
    """Nobody asked for it then."""

    field = "since"


@transaction.atomic
def place(
    organisation: Organisation | None, *, source: str, reference: str, asked_by: str, reason: str, since: date, by: User
) -> LegalHold:
    """On an organisation's records, or on everybody's with None; `since` is the day on which it was asked for. Where one with
    the same source and reference is in force already, it is given back, and nothing happens."""
    require(by, Permission.LEGAL_HOLD)
    told = {"source": source, "reference": reference.strip(), "asked_by": asked_by.strip(), "reason": reason.strip()}
    for field in NEEDED:
        if not is_said(told[field]):
            raise Incomplete(_("Say who asked for it, under which reference, and why."), field)
    refuse_incidents(reason)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('kh_disposal'))")
    if source not in LegalHold.Source.values:
        raise Incomplete(_("Choose one from the list."), "source")
    if since < EARLIEST:
        raise TooEarly(_("This day lies before the year 2000. Give the day on which it was asked for."))
    if since > timezone.now().date():
        raise NotYet(_("A hold cannot begin in the future. Give the day on which it was asked for."))
    try:
        with transaction.atomic():
            hold = LegalHold.objects.create(organisation=organisation, since=since, placed_by=by, **told)
    except IntegrityError as error:
        if "one_live_legal_hold_a_reference" in str(error):
            return LegalHold.objects.live().get(organisation=organisation, source=source, reference=told["reference"])
        raise
    audit.record("legal_hold.placed", target=hold, by=by, reason=hold.reason, source=source, reference=hold.reference)
    return hold


def none_placed_meanwhile() -> None:
    """Until the transaction of a disposal ends, nobody places a hold on everything; whoever places one on an organisation waits
    for its row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtext('kh_disposal'))")


@transaction.atomic
def lift(hold: LegalHold, *, reason: str, by: User) -> LegalHold:
    """Ends this hold and no other; from then on what is past its last day may be deleted. Repeated, it is silence."""
    require(by, Permission.LEGAL_HOLD)
    if not is_said(reason):
        raise ReasonMissing(_("Say why the hold is lifted: who let go, and how we know."))
    refuse_incidents(reason)
    hold = LegalHold.objects.select_for_update(of=("self",)).get(pk=hold.pk)
    if hold.lifted_at is None:
        hold.lifted_at, hold.lifted_by, hold.lift_reason = timezone.now(), by, reason.strip()
        hold.save(update_fields=["lifted_at", "lifted_by", "lift_reason"])
        audit.record("legal_hold.lifted", target=hold, by=by, reason=hold.lift_reason, reference=hold.reference)
    return hold
