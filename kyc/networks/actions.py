"""What investigators do with an incident. Every event is about a confined row, and so stays in the compartment.

Whoever calls these has the compartment open (`scope.of_officer`, as every page of the desk has); else the database shows no row
and takes none.
"""

import json
from datetime import date
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Organisation, User
from accounts.permissions import Permission, require
from accounts.refused import ReasonMissing, Refused, is_said
from kyc.keys.models import Key
from kyc.networks.models import BLOCKS, Incident, IncidentNote, Involvement, Referral
from kyc.parties.models import Party

# Nothing that is told of here is older; whoever writes an earlier day has mistyped it.
EARLIEST = date(2000, 1, 1)
# What is told of an incident, in the order in which a page shows it.
TOLD = ("title", "kind", "confidence", "detected_on", "first_seen_on", "last_seen_on", *BLOCKS)


class Impossible(Refused):
    """What was told cannot be so; `field` says which part of it."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


class Closed(Refused):
    """The incident is closed, and what it tells stays as it is."""


class ChangedMeanwhile(Refused):
    """Somebody else has written since the page was opened."""


def as_shown(incident: Incident) -> str:
    """What stands there, in short: whoever writes over it says what he has seen."""
    told = {name: str(getattr(incident, name) or "") for name in TOLD}
    return sha256(json.dumps(told).encode()).hexdigest()[:16]


def tidy(text: str) -> str:
    """With the line ends that we keep, whichever a browser sends."""
    return text.replace("\r\n", "\n").strip()


def possible(name: str, day: date, today: date) -> None:
    if day > today:
        raise Impossible(name, _("This day has not come yet."))
    if day < EARLIEST:
        raise Impossible(name, _("This day lies before the year 2000. Look at it again."))


def checked(told: dict[str, Any]) -> dict[str, Any]:
    said = {name: tidy(value) if isinstance(value, str) else value for name, value in told.items() if name in TOLD}
    first, last, today = said.get("first_seen_on"), said.get("last_seen_on"), timezone.localdate()
    if not said.get("title"):
        raise Impossible("title", _("Give it a title by which others find it."))
    for name in ("detected_on", "first_seen_on", "last_seen_on"):
        if said.get(name):
            possible(name, said[name], today)
    if last and not first:
        raise Impossible("first_seen_on", _("Say since when it was seen, or leave the last day out too."))
    if first and last and last < first:
        raise Impossible("last_seen_on", _("It can't be seen last before it is seen first."))
    return said


def locked(incident: Incident, *, by: User, even_closed: bool = False) -> Incident:
    require(by, Permission.INCIDENT_WORK)
    found = Incident.objects.select_for_update().get(pk=incident.pk)
    if found.erased_at:
        raise Closed(_("%(number)s was erased, so nothing is added to it any more.") % {"number": found.number})
    if not found.is_open and not even_closed:
        raise Closed(_("%(number)s is closed, so this does not change any more.") % {"number": found.number})
    return found


@transaction.atomic
def open_incident(*, by: User, **told: Any) -> Incident:
    """`told` is of TOLD; the six blocks may be filled in later."""
    require(by, Permission.INCIDENT_WORK)
    incident = Incident.objects.create(**checked(told), opened_by=by)
    audit.record("incident.opened", target=incident, by=by, incident=incident.number, kind=incident.kind)
    return incident


@transaction.atomic
def write(incident: Incident, *, shown: str | None = None, by: User, **told: Any) -> Incident:
    """Of TOLD only what is given changes. `shown` is what `as_shown` said when the page was opened: what somebody else has
    written since is not written over unseen. Where nothing changes it is silence."""
    incident = locked(incident, by=by)
    if shown is not None and shown != as_shown(incident):
        raise ChangedMeanwhile(_("Somebody else has changed this meanwhile. Read what stands there now, then send yours again."))
    said = checked({name: getattr(incident, name) for name in TOLD} | told)
    changed = [name for name, value in said.items() if getattr(incident, name) != value]
    if changed:
        for name in changed:
            setattr(incident, name, said[name])
        incident.save(update_fields=changed)
        audit.record("incident.written", target=incident, by=by, incident=incident.number, parts=changed)
    return incident


@transaction.atomic
def involve(
    incident: Incident, *, organisation: Organisation, why: str, key: Key | None = None, party: Party | None = None, by: User
) -> Involvement:
    """All of the organisation, or a key or a party of it. Said of the same again while it stands, it is silence."""
    incident = locked(incident, by=by)
    if not is_said(why):
        raise ReasonMissing(_("Say why it is involved."))
    about = {"organisation": organisation, "key": key, "party": party}
    if standing := incident.involvements.live().filter(**about).first():
        return standing
    made = Involvement.objects.create(incident=incident, **about, why=tidy(why), added_by=by)
    audit.record("incident.involved", target=made, by=by, reason=made.why, incident=incident.number)
    return made


@transaction.atomic
def end_involvement(involvement: Involvement, *, reason: str, by: User) -> Involvement:
    """It was involved, and is said to be so no more. Repeated, it is silence."""
    incident = locked(involvement.incident, by=by)
    if not is_said(reason):
        raise ReasonMissing(_("Say why it is not involved any more."))
    row = Involvement.objects.select_for_update().get(pk=involvement.pk)
    if row.ended_at is None:
        row.ended_at, row.ended_by, row.end_reason = timezone.now(), by, tidy(reason)
        row.save(update_fields=["ended_at", "ended_by", "end_reason"])
        audit.record("incident.released", target=row, by=by, reason=row.end_reason, incident=incident.number)
    return row


def is_again(newest: IncidentNote | Referral, **said: Any) -> bool:
    """Whether the newest says the same already. Who asks holds the incident's row, so that no other comes meanwhile."""
    return all(getattr(newest, name) == value for name, value in said.items())


@transaction.atomic
def note(incident: Incident, *, text: str, by: User) -> IncidentNote:
    """Also after it was closed: answers come late. Repeated by the same officer in the same words while no other note came
    between, it is silence, however many come at once."""
    incident = locked(incident, by=by, even_closed=True)
    if not is_said(text):
        raise ReasonMissing(_("Write the note."))
    said = {"text": tidy(text), "written_by": by}
    if (newest := incident.notes.order_by("-pk").first()) and is_again(newest, **said):
        return newest
    made = IncidentNote.objects.create(incident=incident, **said)
    audit.record("incident.noted", target=made, by=by, incident=incident.number)
    return made


@transaction.atomic
def refer(incident: Incident, *, recipient: str, made_on: date, reference: str = "", by: User) -> Referral:
    """Records that it was referred; it sends nothing. Also after it was closed. Repeated as a note is, it is silence."""
    incident = locked(incident, by=by, even_closed=True)
    if not recipient.strip():
        raise Impossible("recipient", _("Say to whom it was referred."))
    possible("made_on", made_on, timezone.localdate())
    said = {"recipient": recipient.strip(), "made_on": made_on, "reference": reference.strip()}
    if (newest := incident.referrals.order_by("-pk").first()) and is_again(newest, **said, recorded_by=by):
        return newest
    made = Referral.objects.create(incident=incident, **said, recorded_by=by)
    audit.record("incident.referred", target=made, by=by, incident=incident.number)
    return made


@transaction.atomic
def close(incident: Incident, *, outcome: str, reason: str, by: User) -> Incident:
    """For good. What was referred has its referral, and a narrative that leaves a block out is none (FIN-15)."""
    incident = locked(incident, by=by)
    if outcome not in Incident.Outcome.values:
        raise Impossible("outcome", _("Choose how it ends."))
    if not is_said(reason):
        raise ReasonMissing(_("Say why it ends so."))
    if outcome == Incident.Outcome.REFERRED and not incident.referrals.exists():
        raise Impossible("outcome", _("No referral is recorded yet. Record to whom it was referred first."))
    if outcome != Incident.Outcome.UNFOUNDED and incident.empty_blocks:
        raise Impossible("outcome", _("Fill in all six of who, what, when, where, why and how first."))
    incident.state, incident.outcome, incident.close_reason = Incident.State.CLOSED, outcome, tidy(reason)
    incident.closed_at, incident.closed_by = timezone.now(), by
    incident.save(update_fields=["state", "outcome", "close_reason", "closed_at", "closed_by"])
    audit.record(
        "incident.closed", target=incident, by=by, reason=incident.close_reason, incident=incident.number, outcome=outcome
    )
    return incident
