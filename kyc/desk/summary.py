"""What the case page shows, tab by tab, as of now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import looking
from accounts.models import User
from accounts.permissions import Permission
from kyc.cases import exposed, items, unseen
from kyc.cases.models import Case, Decision, Entity, Examination, Requirement
from kyc.cases.obstacles import obstacles
from kyc.cases.outdated import Overtaken, hits_of
from kyc.cases.policy import REASONS
from kyc.desk import asking, deciding, forms, involved, live, queue, reviewing, timeline, unsent, using, words
from kyc.desk.masking import Veil
from kyc.desk.queue import Tab
from kyc.desk.tabs import FACTS, Seen
from kyc.evidence import actions as evidence
from kyc.evidence import intake
from kyc.evidence.models import Document
from kyc.keys.models import Key
from kyc.ownership.models import Determination
from kyc.parties import identifying, numbers
from kyc.parties.models import Party, Role
from kyc.risk.models import Score
from kyc.rules import packs
from kyc.screening import ages
from kyc.screening.models import ListVersion

TABS: dict[str, Promise] = {
    "summary": gettext_lazy("Summary"),
    "people": gettext_lazy("People and ownership"),
    "use": gettext_lazy("Use and payment"),
    "documents": gettext_lazy("Documents"),
    "screening": gettext_lazy("Screening"),
    "risk": gettext_lazy("Risk"),
    "keys": gettext_lazy("Keys"),
    "kept": gettext_lazy("Kept until"),
    "timeline": gettext_lazy("Timeline"),
}
# An officer's turn.
JUDGED = (Case.State.REVIEW, Case.State.PROPOSED)


def page(
    case: Case,
    user: User,
    *,
    tab: str,
    query: dict[str, str],
    filled: dict[str, Any],
    overtaken: Overtaken | None = None,
) -> dict[str, Any]:
    """Everything the template needs; `filled` are forms that came back with errors, by their name in the template, and
    `overtaken` is the caller's, who has asked already."""
    veil = Veil(case.pk, tab, user.can(Permission.FIELD_REVEAL), filled.get("revealed"))
    may_ask = case.state == Case.State.REVIEW and user.can(Permission.DECISION_PROPOSE)
    begun = asked_first(case, query) if may_ask else []
    frame = framed(case, user, tab, veil, overtaken or Overtaken(case), begun) | {"may_ask": may_ask}
    return (
        frame
        | FACTS[tab](case, Seen(frame, query, filled))
        | filled
        | {"is_filled": bool(filled.keys() - {"revealed", "revealed_leak"})}
    )


def asked_first(case: Case, query: dict[str, str]) -> Sequence[asking.Data]:
    """Rows that the form to ask for more begins with: open questions, or documents that are to be sent anew."""
    if query.get("ask"):
        return asking.of_questions(case, query["ask"])
    return reviewing.anew(case) if query.get("anew") else []


def progress(case: Case, tab: str, *, overtaken: Overtaken) -> live.Progress | None:
    return live.of_case(case, overtaken=overtaken) or (live.of_keys(case) if tab == "keys" else None)


def framed(case: Case, user: User, tab: str, veil: Veil, overtaken: Overtaken, begun: Sequence[asking.Data]) -> dict[str, Any]:
    """What stands round every tab; `begun` are rows to ask for, which the form for it begins with."""
    of_case = {"organisation": case.organisation}
    examination = case.examinations.filter(state=Examination.State.DONE).order_by("-pk").first()
    customer = Role.objects.live().filter(**of_case, kind=Role.Kind.CUSTOMER).select_related("party").first()
    decision = case.decisions.select_related("case", "proposal__proposed_by", "proposal__outcome_by").first()
    lately, _on = timeline.of(case, to=user, limit=timeline.LATELY)
    hits = hits_of(examination)
    is_proposed = case.state == Case.State.PROPOSED
    passed_over = unseen_by(case, user)

    def addresses(*names: str) -> tuple[str, ...]:
        return tuple(reverse(name, args=[case.pk]) for name in names)

    frame = {
        "case": case,
        "queue_tab": next((name for name, (_label, states) in queue.TABS.items() if case.state in states), ""),
        "case_tone": words.CASE_TONES.get(case.state, "neutral"),
        "reader": user,
        "organisation": case.organisation,
        "customer": customer.party if customer else None,
        "veil": veil,
        "glance": glance(case, customer.party, veil) if customer else [],
        "score": Score.objects.filter(**of_case).order_by("-pk").first(),
        "examination": examination,
        "lists": lists_used(case, examination),
        "blocked": blocked(examination),
        "hits": hits.count(),
        "open_hits": hits.open().count(),
        "may_rule": user.can(Permission.HIT_RULE) and not case.is_decided,
        "documents": (sent := list(Document.objects.of_case(case.organisation_id))),
        "may_release": user.can(Permission.DECISION_TAKE) and not all(one.is_openable for one in sent) and intake.may_release(),
        "progress": progress(case, tab, overtaken=overtaken),
        "look_purposes": list(evidence.PURPOSES.items()),
        "customer_look_purposes": list(looking.PURPOSES.items()),
        "requirements": asked_for(case),
        "unsent": unsent.of(case),
        "lately": lately,
        "reserved": exposed.reserved(case, to=user if is_proposed else None) if case.state in JUDGED else "",
        "stops": obstacles(case, overtaken=overtaken) if case.state in JUDGED else [],
        "proposal_form": asking.form(case, unseen=passed_over, questions=begun),
        "outcome_form": forms.OutcomeForm(
            unseen=passed_over if decision and decision.proposal.choice == Decision.Choice.APPROVE else (),
            actions=addresses("desk:take", "desk:decline") if is_proposed else (),
        ),
        "owner_form": forms.OwnerForm(initial={"to": case.owner_id}, actions=addresses("desk:assign")),
        **proposed(decision, user),
        **involved.facts(case, user),
    }
    return frame | {"tab": tab, "tabs": drawn_tabs(tab, frame)}


def unseen_by(case: Case, user: User) -> list[str]:
    """What this officer would pass over by an approval, where he may propose or take one now."""
    needed = {Case.State.REVIEW: Permission.DECISION_PROPOSE, Case.State.PROPOSED: Permission.DECISION_TAKE}.get(
        Case.State(case.state)
    )
    return unseen.of(case, by=user).sentences if needed and user.can(needed) else []


def asked_for(case: Case) -> list[tuple[Requirement, str, str]]:
    """What is still asked of the customer; whether he has "done" it since, without sending it, or sent it for an officer "to
    accept", or the party has "left"; and the tab where it is to be seen."""
    asked = list(case.requirements.open().select_related("party").order_by("pk"))
    answered = items.done(asked)
    done = {row.pk: "accept" if row.why == Requirement.BY_RULE and not case.is_editable else "done" for row in asked}
    return [
        (
            row,
            "left" if items.has_left(row) else done[row.pk] if row.pk in answered else "",
            words.ITEM_TABS.get(items.step(row), ""),
        )
        for row in asked
    ]


def drawn_tabs(here: str, frame: dict[str, Any]) -> list[Tab]:
    counts = {"documents": len(frame["documents"]), "screening": frame["open_hits"] or None}
    marks = {"people": "bad" if frame["blocked"] else "", "screening": "warn" if frame["open_hits"] else ""}
    return [Tab(label, f"?tab={name}", name == here, counts.get(name), marks.get(name, "")) for name, label in TABS.items()]


def proposed(decision: Any, user: User) -> dict[str, Any]:
    """The newest decision, in words."""
    if decision is None:
        return {"decision": None}
    proposal = decision.proposal
    label, tone = words.CHOICES.get(proposal.choice, (proposal.choice, "neutral"))
    return {
        "decision": decision,
        "proposal": proposal,
        "choice": label,
        "choice_tone": tone,
        "reason": REASONS.get(proposal.reason, proposal.reason),
        "is_own_proposal": proposal.proposed_by_id == user.pk,
        "asked": asking.told(decision.case, decision.items),
        "decided_owners": deciding.decided(decision),
    }


def blocked(examination: Examination | None) -> set[int]:
    """Parties that the newest checks found blocked."""
    if examination is None:
        return set()
    found = Determination.objects.filter(examination_id=examination.pk, regime="ofac-50", verdict="yes")
    return set(found.values_list("party_id", flat=True))


@dataclass(frozen=True)
class Used:
    """A list of the newest checks, with the day it was published, and its age in days where that is more than it may be."""

    told: str
    too_old: int


def lists_used(case: Case, examination: Examination | None) -> list[Used]:
    """As old as they are now, where it is relied on them now; else as they were when they were used."""
    if examination is None or examination.done_at is None:
        return []
    on = (examination.done_at if case.is_decided else timezone.now()).astimezone(UTC).date()
    versions = ListVersion.objects.in_bulk([used["id"] for used in examination.lists])
    return [used_on(versions[used["id"]], on) for used in examination.lists]


def used_on(version: ListVersion, on: date) -> Used:
    told = _("%(list)s of %(day)s")
    day = date_format(version.published, "j F Y")
    too_old = ages.days_old(version, on=on) if ages.is_old(version, on=on, pack=packs.current()) else 0
    return Used(told % {"list": version.get_source_display(), "day": day}, too_old)


def glance(case: Case, customer: Party, veil: Veil) -> list[tuple[str, Any]]:
    keys = Key.objects.good().filter(organisation=case.organisation).count()
    entity = Entity.objects.live().filter(organisation=case.organisation).first()
    facts = [
        *who(customer, veil),
        (_("Address"), veil.over(customer, "address")),
        (_("Telephone"), veil.over(customer, "phone")),
        *((name, value) for name, value in identified(customer, veil) if value),
        (_("Intended use"), using.term(case.organisation)),
        (_("Keys"), _("%(n)s may act") % {"n": keys} if keys else _("none may act")),
    ]
    return [*facts, (_("Entity"), entity.reference)] if entity else facts


def identified(customer: Party, veil: Veil) -> list[tuple[str, Any]]:
    register = identifying.register_name(customer) if customer.registration_number else ""
    taxed = customer.tax_number and words.country(customer.tax_country)
    return [
        (_("Register"), register),
        ("LEI", customer.lei),
        (_("Tax number, %(country)s") % {"country": taxed}, veil.over(customer, "tax_number")),
        (_("Domain"), customer.domain),
    ]


def number_of(company: Party) -> str:
    if not numbers.is_in_doubt(company):
        return str(company.registration_number)
    return _("%(number)s (check digits do not agree)") % {"number": company.registration_number}


def who(customer: Party, veil: Veil) -> list[tuple[str, Any]]:
    if customer.is_person:
        return [(_("Nationality"), words.country(customer.country)), (_("Born"), veil.over(customer, "birth_date"))]
    places = [(_("Formed in"), words.country(customer.country)), (_("Run from"), words.country(customer.hq_country))]
    named = [(_("Form"), customer.legal_form), (_("Number"), number_of(customer))]
    return [*named, *places] if customer.is_company else [(_("Kind"), customer.get_kind_display()), *places]
