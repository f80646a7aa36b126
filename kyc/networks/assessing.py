"""An incident that begins with what was indicated: its text is written for the investigator, who judges and changes it.

Everything is put as assessed, with how surely, and with what else may explain it (DST-11): to draw much within the terms is
lawful.
"""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.refused import ReasonMissing, is_said
from kyc.networks import actions, heads
from kyc.networks.heads import Head, Heads, Line, dated
from kyc.networks.indication_models import Indication
from kyc.networks.models import Incident

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
        return _("Key %(key)s of %(customer)s.") % {"key": indication.key, "customer": indication.organisation}
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
        return _("%(compared)s It does not stand out.") % {"compared": compared(found[0])}
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


@transaction.atomic
def open_incident(indication: Indication, *, alternative: str, by: User, **said: Any) -> Incident:
    """With what else may explain it, and with the account, or those of the network, involved."""
    if not is_said(alternative):
        raise ReasonMissing(_("Say what else could explain it, and what speaks against that."))
    considered = _("Another explanation was considered: %(text)s") % {"text": alternative.strip()}
    said["why"] = "\n".join(filter(None, (str(said.get("why", "")).strip(), considered)))
    incident = actions.open_incident(**said, by=by)
    because = _("Its use stood out on %(day)s: %(points)s points.") % {
        "day": dated(indication.day), "points": indication.points,
    }  # fmt: skip
    if indication.network_id is not None:
        because = _("Member of %(number)s. %(because)s") % {"number": indication.network, "because": because}
    concerned = heads.whose(indication)
    if len(concerned) <= MOST_INVOLVED:
        for organisation in concerned:
            actions.involve(incident, organisation=organisation, key=indication.key, why=because, by=by)
    return incident
