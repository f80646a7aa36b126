"""An incident that begins with what was indicated: its text is written for the investigator, who judges and changes it.

Everything is put as assessed, with how surely, and with what else may explain it (DST-11): to draw much within the terms is
lawful.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from accounts.refused import ReasonMissing, is_said
from config.numbers import rounded
from kyc.networks import actions, heads
from kyc.networks.heads import Head, Heads, Line, dated
from kyc.networks.indication_models import Indication
from kyc.networks.measure_models import MeasureMember
from kyc.networks.models import Incident
from kyc.networks.network_models import Network
from kyc.usage.models import UsageDay

# Of a network with more accounts the incident names the network, and they are involved one by one.
MOST_INVOLVED = 200
ABROAD = "abroad"


def about(indication: Indication) -> str:
    """In a few words, whose use it is."""
    return str(indication.network) if indication.network_id else str(indication.key)


def draft(shown: Heads) -> dict[str, Any]:
    """What a form of an incident begins with."""
    indication = shown.indication
    pattern, capability, accounts, timeline = shown.heads
    return {
        "title": _("Assessed: use of %(about)s that may be model extraction") % {"about": about(indication)},
        "kind": Incident.Kind.EXTRACTION,
        "confidence": Incident.Confidence.LOW,
        "detected_on": timezone.localdate(),
        "first_seen_on": shown.since,
        "last_seen_on": indication.day,
        "who": who(indication),
        "what": told(_("Assessed from counts of requests, not from what was asked or answered."), pattern, capability),
        "when": told(
            _("Seen from %(first)s to %(last)s.") % {"first": dated(shown.since), "last": dated(indication.day)}, timeline
        ),
        "where": where(pattern),
        "why": why(shown),
        "how": told("", accounts),
    }


def who(indication: Indication) -> str:
    if indication.network_id is None:
        # A name such as Pomelo Loop Inc. brings its own full stop.
        return _("Key %(key)s of %(customer)s.") % {"key": indication.key, "customer": str(indication.organisation).rstrip(".")}
    count = heads.organisations(indication).count()
    return _("Network %(number)s, %(count)s accounts that look like one hand. Who stands behind them is not established.") % {
        "number": indication.network, "count": count,
    }  # fmt: skip


def told(first: str, *of: Head) -> str:
    rows = [first] if first else []
    for head in of:
        rows.append(f"{head.title}: {'' if head.lines else _('nothing stands out.')}".rstrip())
        rows += [f"- {sentence(line)}" for line in head.lines]
    return "\n".join(rows)


def sentence(line: Line) -> str:
    return f"{line.sentence} {compared(line)}"


def compared(line: Line) -> str:
    return _("%(label)s: %(figure)s; of %(peers)s, %(usual)s.") % {
        "label": line.label, "figure": line.figure, "peers": line.peers, "usual": line.usual,
    }  # fmt: skip


def where(pattern: Head) -> str:
    if found := [line for line in pattern.lines if line.code == ABROAD]:
        return sentence(found[0])
    if found := [line for line in pattern.others if line.code == ABROAD]:
        return _("Nothing stands out about the countries that it came from.")
    return _("No country is told, or none was declared to compare with.")


def why(shown: Heads) -> str:
    standing = [head.title for head in shown.heads if head.lines]
    without = [head.title for head in shown.heads if not head.lines]
    rows = [
        _("Assessed, not established: %(points)s of %(most)s points, by rules %(version)s.")
        % {"points": shown.indication.points, "most": shown.rules.most, "version": shown.rules.version},
        _("Something stands out under: %(heads)s.") % {"heads": "; ".join(standing) or _("no head")},
    ]
    if without:
        rows.append(_("Nothing stands out under: %(heads)s.") % {"heads": "; ".join(without)})
    rows += [authorisation(one) for one in shown.authorisations]
    return "\n".join(rows)


def authorisation(one: Any) -> str:
    facts = {"customer": one.organisation, "reference": one.reference, "since": dated(one.since)}
    if one.until is None:
        return _("%(customer)s is authorised to train with answers since %(since)s (%(reference)s).") % facts
    facts["until"] = dated(one.until)
    return _("%(customer)s is authorised to train with answers from %(since)s to %(until)s (%(reference)s).") % facts


@dataclass(frozen=True)
class Concerned:
    """An account whose use it may be: what its keys were used for in the days that were looked at, and when an appeal freed it
    of what had been done to this network."""

    organisation: Organisation
    requests: int
    freed_at: datetime | None

    @property
    def is_likely(self) -> bool:
        """Nobody is involved unasked who used nothing, or was freed."""
        return self.requests > 0 and self.freed_at is None


def concerned(shown: Heads) -> list[Concerned]:
    """Those who used most first."""
    those, days = heads.whose(shown.indication), (shown.since, shown.indication.day)
    used = UsageDay.objects.filter(organisation__in=those, day__range=days).order_by().values("organisation")
    sent = dict(used.annotate(n=Sum("requests")).values_list("organisation", "n"))
    done = MeasureMember.objects.filter(measure__controller__network__in=went_into(shown.indication.network_id))
    freed = done.filter(organisation__in=those, state=MeasureMember.State.OVERTURNED)
    at = dict(freed.order_by("ended_at").values_list("organisation", "ended_at"))
    rows = [Concerned(one, sent.get(one.pk, 0), at.get(one.pk)) for one in those]
    return sorted(rows, key=lambda row: (-row.requests, row.organisation.name, row.organisation.pk))


def went_into(network: int | None) -> set[int]:
    """Numbers of the network and of all that have been merged into it; of none for a key by itself."""
    found = new = {network} if network else set()
    while new:
        new = set(Network.objects.filter(merged_into__in=new).values_list("pk", flat=True)) - found
        found = found | new
    return found


def because(shown: Heads, one: Concerned) -> str:
    """Why it is involved: of an account of a network what it used itself, and not what all of them did."""
    indication = shown.indication
    facts = {"day": dated(indication.day), "points": indication.points, "number": indication.network}
    if indication.network_id is None:
        return _("The use of its key stood out on %(day)s: %(points)s points.") % facts
    facts |= {"first": dated(shown.since), "requests": rounded(one.requests)}
    said = [_("Member of %(number)s, whose use in all stood out on %(day)s: %(points)s points.") % facts]
    said.append(
        _("Its own keys made %(requests)s requests from %(first)s to %(day)s.") % facts
        if one.requests
        else _("Its own keys were not used from %(first)s to %(day)s.") % facts
    )
    return " ".join(said + ([_("An appeal freed it on %(day)s.") % {"day": dated(one.freed_at.date())}] if one.freed_at else []))


@transaction.atomic
def open_incident(
    indication: Indication, *, alternative: str, involved: Collection[int] | None = None, by: User, **said: Any
) -> Incident:
    """With what else may explain it, and with the account, or those of the network that were chosen by their numbers, involved.
    Where nobody chose, it is those of whom `Concerned.is_likely`."""
    if not is_said(alternative):
        raise ReasonMissing(_("Say what else could explain it, and what speaks against that."))
    considered = _("Another explanation was considered: %(text)s") % {"text": alternative.strip()}
    said["why"] = "\n".join(filter(None, (str(said.get("why", "")).strip(), considered)))
    incident = actions.open_incident(**said, by=by)
    shown = heads.of(indication)
    rows = concerned(shown)
    if len(rows) <= MOST_INVOLVED:
        for row in rows:
            if indication.network_id is None or (row.is_likely if involved is None else row.organisation.pk in involved):
                actions.involve(incident, organisation=row.organisation, key=indication.key, why=because(shown, row), by=by)
    return incident
