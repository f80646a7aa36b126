"""The facts of each tab of the case page."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from kyc.cases.determining import place
from kyc.cases.findings import at_most
from kyc.cases.models import Case, Entity, Finding
from kyc.cases.outdated import hits_of
from kyc.cases.structure import draw
from kyc.desk import (
    abroad,
    chains,
    comparing,
    confirming,
    elsewhere,
    forms,
    keeping,
    left_out,
    machine_read,
    owning,
    regimes,
    removing,
    reviewing,
    sources,
    standing,
    timeline,
    using,
    wealth,
    words,
)  # fmt: skip
from kyc.desk.queue import Tab
from kyc.desk.sources import about
from kyc.evidence import graded
from kyc.keys import leaks, pools, sharing
from kyc.keys.models import Hold, Key, Leak, Link
from kyc.keys.pools import Standing
from kyc.ownership.picture import BAD, WARN
from kyc.parties.models import Party
from kyc.screening.models import Hit

Facts = dict[str, Any]


@dataclass(frozen=True)
class Seen:
    """What stands round the tab, what the address asks, and forms that came back with errors."""

    frame: Facts
    query: dict[str, str]
    filled: Facts


def summary_facts(case: Case, seen: Seen) -> Facts:
    examination = seen.frame["examination"]
    findings = [
        {
            "what": words.CATEGORIES.get(finding.category, finding.category),
            "sentence": finding.sentence,
            "state": finding.state,
        }
        | proof(finding, seen)
        for finding in (examination.findings.order_by("pk") if examination else [])
    ]
    return {"findings": findings} | owners(case, seen, structure(case, seen))


def proof(finding: Finding, seen: Seen) -> Facts:
    """The way to what a finding rests on; none where nothing is there to be seen."""
    tab, link = words.PROOFS.get(finding.anchor, ("", ""))
    frame = seen.frame
    is_there = {"screening": frame["hits"], "documents": frame["documents"], "risk": frame["score"] and frame["score"].value}
    if not tab or not is_there.get(tab, True):
        return {"url": ""}
    if tab == "screening" and not (frame["open_hits"] and frame["may_rule"]):
        link = words.SEE_MATCHES
    return {"url": f"?tab={tab}", "link": link}


def structure(case: Case, seen: Seen) -> owning.Owning | None:
    if seen.frame["customer"] is None:
        return None
    return owning.owning(seen.frame["customer"], owning.live(case), seen.frame["examination"])


def owners(case: Case, seen: Seen, found: owning.Owning | None) -> Facts:
    """Who holds what of whom: the picture, and the table that says all that it shows."""
    if found is None or not found.interests:
        return {}
    shown = found.of(seen.query.get("regime", owning.ALL))
    rows = [
        {"interest": interest, "share": shown.label(interest), "about": about(interest.owner), **noted(shown, interest.owner)}
        for interest in shown.interests
    ]
    return {
        "interests": rows,
        "subject": {"party": shown.customer, "about": about(shown.customer), **noted(shown, shown.customer)},
        "undeclared": [{"of": shown.parties[pk], "share": at_most(share)} for pk, share in shown.undeclared.items()],
        "drawn": draw(shown),
        "picture_url": f"{reverse('desk:picture', args=[case.pk])}?regime={shown.regime}",
        "picture_name": f"{case.number} owners",
        "regimes": switches(shown, seen.frame["tab"]),
    }


def switches(found: owning.Owning, tab: str) -> list[Tab]:
    """One regime's findings, those of all, or none; nothing to choose before anything was found."""
    names: dict[str, Any] = {owning.ALL: gettext_lazy("All findings")}
    names |= {name: words.SWITCHES.get(name, name) for name in sorted(found.verdicts, key=place)}
    names[owning.NONE] = gettext_lazy("None, only what was declared")
    shown = [Tab(label, f"?tab={tab}&regime={name}#owners", name == found.regime) for name, label in names.items()]
    return shown if found.verdicts else []


def noted(found: owning.Owning, party: Party) -> Facts:
    """What was found of a party: a stop, or words beside."""
    note, tone = found.finding(party)
    return {"stop": (note, tone), "note": ""} if tone in (BAD, WARN) else {"stop": None, "note": note}


def stop(found: owning.Owning | None, party: Party) -> tuple[str, str] | None:
    """What stands against a party, in the picture's words, and the tone; a match that nobody has confirmed is no block."""
    told: tuple[str, str] | None = noted(found, party)["stop"] if found else None
    return told


def people_facts(case: Case, seen: Seen) -> Facts:
    parties = Party.objects.current().filter(organisation=case.organisation).prefetch_related("roles").order_by("pk")
    found = structure(case, seen)
    # What may be said to prove something.
    papers = [document for document in seen.frame["documents"] if document.is_openable]
    reached = graded.levels(case.organisation, parties)
    rows = [
        {
            "party": party,
            "level": gettext(level.level.title) if (level := reached[party.pk]) else "",
            "roles": [role for role in party.roles.all() if role.valid_to is None],
            "country": words.country(party.country),
            "born": seen.frame["veil"].over(party, "birth_date"),
            "taxed": seen.frame["veil"].over(party, "tax_number"),
            "stop": stop(found, party),
        }
        for party in parties
    ]
    returned = seen.filled.get("verify_form")
    rules = regimes.regimes(seen.frame["examination"], seen.frame["customer"], is_sure=found is None or found.is_sure)
    return {
        "parties": rows,
        "elsewhere": elsewhere.facts(case, [row["party"] for row in rows], seen.frame["reader"], seen.filled),
        "standings": standing.standings(
            case,
            [row["party"] for row in rows],
            papers,
            (seen.filled["verified_pk"], returned) if returned is not None else None,
        ),
        "left_out": left_out.facts(
            case,
            papers,
            (seen.filled["exclusion_pk"], seen.filled["exclusion_form"]) if "exclusion_form" in seen.filled else None,
        ),
        **confirming.facts(case, [row["party"] for row in rows], papers, seen.filled),
        "rules": rules,
        "questions": regimes.questions(rules),
        "weights": sources.weights(interest.kind for interest in found.interests) if found else [],
        **sources.facts(case, seen.frame["customer"], found.interests if found else [], seen.filled),
    } | owners(case, seen, found)


def use_facts(case: Case, seen: Seen) -> Facts:
    return using.facts(case.organisation, seen.filled.get("flag_form"))


def document_facts(case: Case, seen: Seen) -> Facts:
    filled = seen.filled
    returned = (filled["wealth_pk"], filled["wealth_form"]) if "wealth_form" in filled else None
    read = reviewing.facts(case, seen.frame["documents"])
    return read | {
        "removed": removing.removed(case.organisation),
        "machine_read": machine_read.shown(seen.frame["documents"], seen.frame["customer"]),
        "wealth": wealth.facts(case, returned),
        **wealth.basis(),
    }


def screening_facts(case: Case, seen: Seen) -> Facts:
    """Every possible match there ever was; those that no longer count stand apart as earlier ones, and of a case that is decided
    those that were found since."""
    every = Hit.objects.filter(organisation=case.organisation)
    related = ("party", "list_version", "ruled_by", "before__ruled_by", "before__list_version")
    people = ("proposal__proposed_by", "proposal__outcome_by", "overturning__proposed_by", "overturning__outcome_by")
    hits = list(every.select_related(*related, *people).order_by("-score", "pk"))
    current = set(hits_of(seen.frame["examination"]).values_list("pk", flat=True))
    found = comparing.page(case, hits, current, seen.frame["examination"], seen.frame["veil"], seen.filled)
    still = [row for row in found if row.hit.pk in current and row.hit.is_open]
    return {
        "open_compared": still,
        # Of many only the one that is next is unfolded, or every other would have to be scrolled past.
        "shown_hit": next((row.hit.pk for row in [*(row for row in still if not row.hit.waits), *still]), None),
        "ruled_compared": [row for row in found if row.hit.pk in current and not row.hit.is_open],
        "earlier_compared": [row for row in found if row.hit.pk not in current and not is_since(row.hit, case)],
        "since_compared": [row for row in found if row.hit.pk not in current and is_since(row.hit, case)],
    }


def is_since(hit: Hit, case: Case) -> bool:
    return case.is_decided and hit.found_at > case.in_state_since


def risk_facts(case: Case, seen: Seen) -> Facts:
    score = seen.frame["score"]
    return {"factors": score.factors.order_by("-points", "pk") if score else [], **abroad.facts(case.organisation)}


def key_facts(case: Case, seen: Seen) -> Facts:
    of_case = {"organisation": case.organisation}
    links = Link.objects.filter(**of_case, valid_to__isnull=True).select_related("entity", "responsible")
    by_key = {link.key_id: link for link in links}
    keys = Key.objects.filter(**of_case).select_related("responsible", "project", "issued_by", "use").order_by("-pk")
    holds = (
        Hold.objects.filter(**of_case).select_related("placed_by", "lifted_by", "key", "entity", "restriction").order_by("-pk")
    )
    holds = holds.prefetch_related("restriction__appeals")
    limits, found = pools.standing(case.organisation), defaultdict(list)
    for leak in Leak.objects.filter(**of_case).select_related("hold").order_by("-pk"):
        found[leak.key_id].append(leak)
    returned: forms.LiftForm | None = seen.filled.get("lift_form")
    number = seen.filled.get("lift_pk")

    def lift_form(hold: Hold) -> forms.LiftForm:
        if returned is not None and hold.pk == number:
            return returned
        return forms.LiftForm(hold.pk, actions=(reverse("desk:hold_lift", args=[case.pk, hold.pk]),))

    is_limited = sharing.stops(case.organisation)
    return {
        "chains": chains.asked(case.organisation, seen.query.get("on", "")),
        "is_verified": Entity.objects.live().filter(organisation=case.organisation).exists(),
        "keys": [told_of_key(key, by_key.get(key.pk), limits, is_limited=is_limited) | {"leaks": found[key.pk]} for key in keys],
        "reveal_for": list(leaks.PURPOSES.items()),
        "live_holds": [(hold, lift_form(hold)) for hold in holds if hold.lifted_at is None],
        "ended_holds": [hold for hold in holds if hold.lifted_at is not None],
        "hold_form": forms.HoldForm(case.organisation, actions=(reverse("desk:hold_place", args=[case.pk]),)),
    }


def told_of_key(key: Key, link: Link | None, limits: list[Standing], *, is_limited: bool) -> Facts:
    """A key that has expired is held by nobody, though its state says so until a job has gone by. `is_limited` where one of the
    limits that no number is told of is reached."""
    is_revoked = key.state == Key.State.REVOKED
    is_expired = not is_revoked and key.expires_at is not None and key.expires_at <= timezone.now()
    is_over = is_revoked or is_expired
    return {
        "key": key,
        "link": link,
        "label": gettext_lazy("Expired") if is_expired else key.get_state_display(),
        "tone": "neutral" if is_expired else words.KEY_TONES[key.state],
        "stop": None if is_over else pools.stopping(key, limits),
        "is_limited": is_limited and not is_over,
    }


def kept_facts(case: Case, seen: Seen) -> Facts:
    return keeping.facts(case, seen.filled)


def timeline_facts(case: Case, seen: Seen) -> Facts:
    kind = seen.query.get("kind", "")
    known = timeline.kinds(seen.frame["reader"])
    kind = kind if kind in known else ""
    before = seen.query.get("before", "")
    number = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    events, on = timeline.of(case, to=seen.frame["reader"], kind=kind, before=number)
    kinds = [Tab(gettext_lazy("Everything"), "?tab=timeline", not kind)]
    kinds += [Tab(label, f"?tab=timeline&kind={name}", name == kind) for name, (label, _s) in known.items()]
    return {"events": events, "kinds": kinds, "older": f"?tab=timeline&kind={kind}&before={on}" if on else ""}


FACTS: dict[str, Callable[[Case, Seen], Facts]] = {
    "summary": summary_facts,
    "people": people_facts,
    "use": use_facts,
    "documents": document_facts,
    "screening": screening_facts,
    "risk": risk_facts,
    "keys": key_facts,
    "kept": kept_facts,
    "timeline": timeline_facts,
}
