"""The facts of each tab of the case page."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kyc.cases.models import Case, Examination
from kyc.desk import forms, owning, timeline, words
from kyc.desk.queue import Tab
from kyc.keys.models import Hold, Key, Link
from kyc.ownership.models import Determination, Interest
from kyc.ownership.shares import as_stated
from kyc.parties.models import Party
from kyc.screening.actions import REASONS as RULING_REASONS
from kyc.screening.models import Hit, ListEntry

Facts = dict[str, Any]


@dataclass(frozen=True)
class Seen:
    """What stands round the tab, what the address asks, and forms that came back with errors."""

    frame: Facts
    query: dict[str, str]
    filled: Facts


@dataclass(frozen=True)
class Compared:
    """A possible match: what was declared beside what the list says."""

    hit: Hit
    rows: list[tuple[Any, str, str]]
    form: forms.RulingForm
    reason: Any


def summary_facts(case: Case, seen: Seen) -> Facts:
    examination = seen.frame["examination"]
    findings = [
        {
            "what": words.CATEGORIES.get(finding.category, finding.category),
            "sentence": finding.sentence,
            "state": finding.state,
            "url": f"?tab={words.PROOFS[finding.anchor][0]}" if finding.anchor in words.PROOFS else "",
            "link": words.PROOFS[finding.anchor][1] if finding.anchor in words.PROOFS else "",
        }
        for finding in (examination.findings.order_by("pk") if examination else [])
    ]
    asked = case.requirements.filter(met_at__isnull=True).order_by("pk")
    return {"findings": findings, "requirements": asked} | owners(case, seen)


def owners(case: Case, seen: Seen) -> Facts:
    """Who holds what of whom: the picture, and the table that says all that it shows."""
    live = Interest.objects.live().filter(organisation=case.organisation).select_related("owner", "owned").order_by("owned", "pk")
    if seen.frame["customer"] is None or not live:
        return {}
    found = owning.owning(seen.frame["customer"], list(live), seen.frame["examination"])
    rows = [
        {
            "interest": interest,
            "share": as_stated(interest.share),
            "is_blocked": interest.owner_id in seen.frame["blocked"],
            "country": words.country(interest.owner.country),
        }
        for interest in live
    ]
    left = [{"of": found.parties[pk], "share": owning.at_most(share)} for pk, share in found.undeclared.items()]
    return {"interests": rows, "undeclared": left, "drawn": owning.draw(found)}


def people_facts(case: Case, seen: Seen) -> Facts:
    parties = Party.objects.current().filter(organisation=case.organisation).prefetch_related("roles").order_by("pk")
    rows = [
        {
            "party": party,
            "roles": [role for role in party.roles.all() if role.valid_to is None],
            "country": words.country(party.country),
            "is_blocked": party.pk in seen.frame["blocked"],
        }
        for party in parties
    ]
    return {"parties": rows, "verdicts": verdicts(seen.frame["examination"])} | owners(case, seen)


def verdicts(examination: Examination | None) -> list[dict[str, Any]]:
    if examination is None:
        return []
    found = Determination.objects.filter(examination_id=examination.pk).select_related("party").order_by("-regime", "pk")
    return [
        {
            "party": row.party,
            "regime": words.REGIMES.get(row.regime, row.regime),
            "word": words.VERDICTS[row.verdict][0],
            # Owning a part is nothing against anybody; being blocked is.
            "tone": "info" if row.regime != "ofac-50" and row.verdict == "yes" else words.VERDICTS[row.verdict][1],
            "why": row.why,
        }
        for row in found
        if row.why
    ]


def document_facts(case: Case, seen: Seen) -> Facts:
    return {}


def screening_facts(case: Case, seen: Seen) -> Facts:
    hits = Hit.objects.filter(organisation=case.organisation, party__removed_on__isnull=True)
    hits = list(hits.select_related("party", "list_version", "ruled_by").order_by("-score", "pk"))
    listed = ListEntry.objects.filter(
        version__in={hit.list_version_id for hit in hits}, entry_id__in={hit.entry_id for hit in hits}
    )
    entries = {(entry.version_id, entry.entry_id): entry for entry in listed}
    returned = seen.filled.get("ruling_form")
    found = [
        Compared(
            hit,
            compared(hit, entries.get((hit.list_version_id, hit.entry_id))),
            returned if returned is not None and seen.filled.get("ruled_pk") == hit.pk else forms.RulingForm(hit),
            RULING_REASONS.get(hit.ruling, {}).get(hit.ruling_reason, hit.ruling_reason),
        )
        for hit in hits
    ]
    return {
        "open_compared": [row for row in found if not row.hit.ruling],
        "ruled_compared": [row for row in found if row.hit.ruling],
    }


def compared(hit: Hit, entry: ListEntry | None) -> list[tuple[Any, str, str]]:
    party = hit.party
    rows = [
        (_("Name"), hit.party_name, hit.entry_name),
        (_("In its own script"), party.native_name, ""),
        (_("What"), party.get_kind_display(), kind_listed(entry)),
        (_("Born"), party.birth_date, "; ".join(entry.birth_dates) if entry else ""),
        (_("Country"), words.country(party.country), "; ".join(map(words.country, entry.countries)) if entry else ""),
        (_("Number"), party.registration_number, "; ".join(entry.identifiers) if entry else ""),
        (_("Also called"), "", "; ".join(entry.aliases) if entry else ""),
        (_("Programmes"), "", ", ".join(entry.programmes) if entry else ""),
    ]
    return [row for row in rows if row[1] or row[2]]


def kind_listed(entry: ListEntry | None) -> str:
    kind = entry.kind if entry else ""
    return str(Party.Kind(kind).label) if kind in Party.Kind.values else kind


def risk_facts(case: Case, seen: Seen) -> Facts:
    return {"factors": seen.frame["score"].factors.order_by("-points", "pk") if seen.frame["score"] else []}


def key_facts(case: Case, seen: Seen) -> Facts:
    of_case = {"organisation": case.organisation}
    links = Link.objects.filter(**of_case, valid_to__isnull=True).select_related("entity", "responsible")
    by_key = {link.key_id: link for link in links}
    keys = Key.objects.filter(**of_case).select_related("responsible", "project").order_by("-pk")
    holds = Hold.objects.filter(**of_case).select_related("placed_by", "lifted_by", "key", "entity").order_by("-pk")
    returned, number = seen.filled.get("lift_form"), seen.filled.get("lift_pk")
    rows = [(hold, returned if hold.pk == number else forms.LiftForm(hold.pk)) for hold in holds]
    return {
        "keys": [(key, words.KEY_TONES[key.state], by_key.get(key.pk)) for key in keys],
        "live_holds": [row for row in rows if row[0].lifted_at is None],
        "ended_holds": [hold for hold, _form in rows if hold.lifted_at is not None],
        "hold_form": forms.HoldForm(case.organisation),
    }


def timeline_facts(case: Case, seen: Seen) -> Facts:
    kind = seen.query.get("kind", "")
    kind = kind if kind in timeline.KINDS else ""
    before = seen.query.get("before", "")
    number = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    events, on = timeline.of(case, kind=kind, before=number)
    kinds = [Tab(gettext_lazy("Everything"), "?tab=timeline", not kind)]
    kinds += [Tab(label, f"?tab=timeline&kind={name}", name == kind) for name, (label, _s) in timeline.KINDS.items()]
    return {"events": events, "kinds": kinds, "older": f"?tab=timeline&kind={kind}&before={on}" if on else ""}


FACTS: dict[str, Callable[[Case, Seen], Facts]] = {
    "summary": summary_facts,
    "people": people_facts,
    "documents": document_facts,
    "screening": screening_facts,
    "risk": risk_facts,
    "keys": key_facts,
    "timeline": timeline_facts,
}
