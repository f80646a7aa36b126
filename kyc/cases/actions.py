"""What people do with a case: open, submit, assign, propose, take, decline, withdraw."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, organisations, proposals
from accounts.models import Organisation, Proposal, User
from accounts.permissions import NotPermitted, Permission, require
from accounts.refused import Refused
from config import jobs
from kyc.cases import beneficial, exposed, mailing, meanwhile, unseen
from kyc.cases import items as asking
from kyc.cases.beneficial import Departures
from kyc.cases.completeness import Told, missing
from kyc.cases.meanwhile import NotNow as NotNow
from kyc.cases.models import Case, Decision, Entity, Examination, Requirement
from kyc.cases.obstacles import obstacles
from kyc.cases.policy import POLICY, REASONS
from kyc.evidence import graded, reviews
from kyc.evidence.item_models import DocumentReview
from kyc.evidence.models import Document
from kyc.ownership.reconciling import reconcile
from kyc.parties import profiles
from kyc.parties.actions import customer
from kyc.parties.models import Party, Role
from kyc.risk.models import Score
from kyc.rules import packs


class Incomplete(Refused):
    """Something is still missing before the case can be sent."""


class Stopped(Refused):
    """Something stands in the way of this approval."""


def locked(case: Case, *allowed: str, by: User) -> Case:
    """The row and its organisation's, held, in one of these states. Raises NotNow, which tells an officer who was quicker."""
    organisations.held(case.organisation_id)
    row = Case.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=case.pk)
    if row.state not in allowed:
        raise NotNow(meanwhile.told(row, by=by))
    return row


def move(case: Case, state: str, *, due_on: date | None = None) -> None:
    case.state, case.in_state_since, case.due_on = state, timezone.now(), due_on
    case.save(update_fields=["state", "in_state_since", "due_on"])


@transaction.atomic
def open_case(organisation: Organisation, *, notice_version: str, locale: str, by: User) -> Case:
    """The customer's draft, opened when the identification notice was shown (FIN-13). Repeated, it returns the same."""
    organisations.locked(organisation, by=by)
    existing = Case.objects.open().filter(organisation=organisation).first()
    if existing:
        return existing
    now = timezone.now()
    case = Case.objects.create(
        organisation=organisation,
        in_state_since=now,
        notice_version=notice_version,
        notice_shown_at=now,
        notice_locale=locale,
    )
    audit.record("case.opened", target=case, by=by, notice=notice_version)
    return case


@transaction.atomic
def submit(case: Case, *, declared_true: bool, by: User) -> Case:
    """Sends the case to be examined. Sent twice, the second time is refused and nothing happens."""
    organisations.locked(case.organisation, by=by)
    case = locked(case, Case.State.DRAFT, Case.State.WAITING, by=by)
    if not declared_true:
        raise Incomplete(_("Confirm that what you have told us is true and complete."))
    if gaps := missing(Told(case.organisation)):
        raise Incomplete(gaps[0].sentence)
    if undone := asking.undone(case):
        raise Incomplete(_("This is still to be done: %(sentence)s") % {"sentence": " ".join(row.sentence for row in undone)})
    # Also a name that was written otherwise since may agree now, or no longer.
    reconcile(case.organisation_id, by=by)
    now = timezone.now()
    case.submitted_at = case.declared_true_at = now
    case.submitted_by = case.declared_true_by = by
    case.save(update_fields=["submitted_at", "declared_true_at", "submitted_by", "declared_true_by"])
    case.requirements.open().exclude(why=Requirement.BY_RULE).update(met_at=now)
    move(case, Case.State.SUBMITTED, due_on=now.date() + timedelta(days=packs.current().days("decide")))
    Examination.objects.create(organisation=case.organisation, case=case, rule_pack=packs.current().version)
    audit.record("case.submitted", target=case, by=by)
    jobs.woke("case.submitted")
    return case


@transaction.atomic
def examine_again(case: Case, *, by: User) -> Examination:
    """Asks for a further round after the machine has given up on the last one."""
    require(by, Permission.DECISION_PROPOSE)
    case = locked(case, Case.State.SUBMITTED, Case.State.REVIEW, Case.State.PROPOSED, by=by)
    latest = case.examinations.order_by("-pk").first()
    if latest is None or latest.state != Examination.State.FAILED:
        raise NotNow(_("The checks have not failed, or have been asked for again meanwhile."))
    again = Examination.objects.create(organisation=case.organisation, case=case, rule_pack=packs.current().version)
    audit.record("case.checks_asked_again", target=case, by=by, reason=latest.failure)
    jobs.woke("case.checks_asked_again")
    return again


@transaction.atomic
def assign(case: Case, *, to: User | None, by: User) -> Case:
    require(by, Permission.CASE_ASSIGN)
    if to is not None and not to.can(Permission.DECISION_PROPOSE):
        raise NotPermitted(_("%(name)s does not work cases.") % {"name": to})
    if to is not None and to.is_robot:
        raise NotPermitted(_("%(name)s decides sandboxes only.") % {"name": to})
    case = Case.objects.select_for_update().get(pk=case.pk)
    if case.owner_id != (to.pk if to else None):
        case.owner = to
        case.save(update_fields=["owner"])
        audit.record("case.assigned", target=case, by=by, to=str(to) if to else "")
    return case


@transaction.atomic
def propose(
    case: Case,
    *,
    choice: str,
    reason: str,
    note: str,
    message: str = "",
    items: Sequence[dict[str, Any]] = (),
    owners: Departures | None = None,
    by: User,
) -> Decision:
    """One officer's word. Asking the customer for more names what is needed, item by item (kyc.cases.items), or in a sentence
    that he will read. An approval says with it who is a beneficial owner: as determined, but for `owners`."""
    case = locked(case, Case.State.REVIEW, by=by)
    asked = checked_items(case, items) if choice == Decision.Choice.ASK else []
    if choice == Decision.Choice.ASK and not asked and not message.strip():
        raise proposals.ReasonMissing(_("Say what you need: name it, or write the sentence that the customer will read."))
    if not note.strip():
        raise proposals.ReasonMissing(_("Write in a sentence or two what decided it."))
    if choice == Decision.Choice.APPROVE and (reasons := obstacles(case)):
        raise Stopped(" ".join(reasons))
    proposal = proposals.propose(policy=POLICY, organisation=case.organisation, choice=choice, reason=reason, note=note, by=by)
    decision = Decision.objects.create(
        organisation=case.organisation, case=case, proposal=proposal, message=message.strip(), items=asked
    )
    owned_by = beneficial.propose(decision, owners or Departures()) if choice == Decision.Choice.APPROVE else []
    departed = [row.party_id for row in owned_by if row.is_departure]
    move(case, Case.State.PROPOSED, due_on=case.due_on)
    more = passed_over(case, choice, by=by) | ({"departed": departed} if departed else {})
    audit.record("decision.proposed", target=case, by=by, reason=note, choice=choice, code=reason, **more)
    return decision


def passed_over(case: Case, choice: str, *, by: User) -> dict[str, Any]:
    """By number, what an approval rests on that its officer has not seen, so that the trail tells it."""
    if choice != Decision.Choice.APPROVE:
        return {}
    found = unseen.of(case, by=by)
    told: dict[str, Any] = {
        "not_opened": [row.pk for row in found.documents],
        "not_verified": [party.pk for party in (*found.owners, *found.otherwise)],
        "not_accounted_for": len(found.gaps),
    }
    return {name: given for name, given in told.items() if given}


def end(decision: Decision, outcome: Proposal.Outcome, *, note: str, by: User) -> Case:
    case = locked(decision.case, Case.State.PROPOSED, by=by)
    proposals.end(decision.proposal, policy=POLICY, outcome=outcome, by=by, note=note)
    choice = decision.proposal.choice
    over = passed_over(case, choice, by=by) if outcome == Proposal.Outcome.TAKEN else {}
    audit.record(f"decision.{outcome}", target=case, by=by, reason=note, choice=choice, **over)
    return case


@transaction.atomic
def take(decision: Decision, *, note: str = "", by: User) -> Case:
    """Another officer makes it so: approved, refused, or back to the customer. Who approves where somebody is politically exposed
    is a senior one."""
    case = end(decision, Proposal.Outcome.TAKEN, note=note, by=by)
    choice = decision.proposal.choice
    if choice == Decision.Choice.APPROVE:
        if reserved := exposed.reserved(case, to=by):
            raise NotPermitted(reserved)
        if reasons := obstacles(case):
            raise Stopped(" ".join(reasons))
        if beneficial.is_overtaken(decision):
            raise Stopped(_("The checks were made anew since this was proposed, and find other owners. Send it back."))
        move(case, Case.State.APPROVED)
        make_entity(case, decision, by=by)
    elif choice == Decision.Choice.REFUSE:
        move(case, Case.State.REFUSED)
        end_entity(case, by=by)
    else:
        ask(case, decision)
    audit.record(f"case.{case.state}", target=case, by=by, reason=str(REASONS[decision.proposal.reason]))
    tell_customer(case, decision)
    return case


@transaction.atomic
def decline(decision: Decision, *, note: str, by: User) -> Case:
    if not note.strip():
        raise proposals.ReasonMissing(_("Say why, so that the proposer can go on."))
    case = end(decision, Proposal.Outcome.DECLINED, note=note, by=by)
    move(case, Case.State.REVIEW, due_on=case.due_on)
    return case


@transaction.atomic
def withdraw(decision: Decision, *, by: User) -> Case:
    case = end(decision, Proposal.Outcome.WITHDRAWN, note="", by=by)
    move(case, Case.State.REVIEW, due_on=case.due_on)
    return case


def checked_items(case: Case, items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return asking.checked(items, parties_of(case), profiles.customer_class(case.organisation))


def parties_of(case: Case) -> dict[int, Party]:
    return {party.pk: party for party in Party.objects.current().filter(organisation=case.organisation)}


def ask(case: Case, decision: Decision) -> None:
    """A requirement for each item; the sentence to the customer stands alone where none was named."""
    due = timezone.now().date() + timedelta(days=packs.current().days("answer"))
    parties = parties_of(case)
    # The customer reads it, not the officer who presses the button.
    with translation.override(case.notice_locale or None):
        asked = [
            {
                "what": item["what"],
                "why": item["why"],
                "party": parties.get(item["party"]),
                "sentence": asking.sentence(item, parties),
            }
            for item in decision.items
        ]
        consequence = str(asking.CONSEQUENCE)
    for item in asked or [{"sentence": decision.message}]:
        Requirement.objects.create(organisation=case.organisation, case=case, **item, consequence=consequence, due_on=due)
    reviews.tell(asked_anew(case, decision))
    move(case, Case.State.WAITING, due_on=due)


def asked_anew(case: Case, decision: Decision) -> list[DocumentReview]:
    """Of the documents that the customer was not told of yet, those that one of the items asks for."""
    top, customer_class = customer(case.organisation), profiles.customer_class(case.organisation)
    untold = reviews.untold(case.organisation)
    return [row for row in untold if is_asked_anew(row.document, decision, top, customer_class)]


def is_asked_anew(document: Document, decision: Decision, top: Party | None, customer_class: str) -> bool:
    """Whether one of the items is that by which it is asked for, or asks for a document of that kind, about the same party."""
    what, party = asking.asked_anew(document, top, customer_class)
    if any((item["what"], item["party"]) == (what, party and party.pk) for item in decision.items):
        return True
    return any(
        document.kind in asking.ITEMS[item["what"]].documents and item["party"] in (document.party_id, None)
        for item in decision.items
    )


def make_entity(case: Case, decision: Decision, *, by: User) -> Entity:
    """The verified result, at the assurance that the evidence gives when it is made. An earlier entity of the organisation ends
    in the same moment (AMLR-10 sets the term)."""
    now = timezone.now()
    party = Role.objects.live().select_related("party").get(organisation=case.organisation, kind=Role.Kind.CUSTOMER).party
    score = Score.objects.filter(organisation=case.organisation).order_by("-pk").first()
    days = packs.current().entity_days(score.band if score else Score.Band.HIGH)
    Entity.objects.filter(organisation=case.organisation, ended_at__isnull=True).update(
        ended_at=now, end_reason=f"superseded by the decision of {case.number}"
    )
    entity = Entity.objects.create(
        organisation=case.organisation,
        party=party,
        decision=decision,
        reference=f"E-{now:%Y}-{decision.pk:05d}",
        name=party.name,
        assurance=graded.reached_by(party) or Entity.DECLARED,
        valid_from=now,
        valid_until=now + timedelta(days=days),
    )
    audit.record("entity.made", target=entity, by=by, reference=entity.reference)
    jobs.woke("entity.made")
    return entity


def end_entity(case: Case, *, by: User) -> None:
    """Who was verified before, and is refused now, is verified no more; the keys stop in the same moment."""
    end_entities(case.organisation, reason=f"refused by the decision of {case.number}", by=by)


def end_entities(organisation: Organisation, *, reason: str, by: User) -> None:
    for entity in Entity.objects.select_for_update().filter(organisation=organisation, ended_at__isnull=True):
        entity.ended_at, entity.end_reason = timezone.now(), reason
        entity.save(update_fields=["ended_at", "end_reason"])
        audit.record("entity.ended", target=entity, by=by, reason=entity.end_reason, reference=entity.reference)


def end_undecided(organisation: Organisation, *, by: User) -> None:
    """What is open of a closed account ends with it: the case, and the proposal that nobody has taken."""
    for case in Case.objects.select_for_update().open().filter(organisation=organisation):
        waiting = Proposal.objects.select_for_update().open().filter(decision__case=case)
        waiting.update(outcome=Proposal.Outcome.LAPSED, outcome_by=by, outcome_at=timezone.now())
        move(case, Case.State.CLOSED)
        audit.record("case.closed", target=case, by=by)


SUBJECTS = {
    Case.State.APPROVED: gettext_lazy("You are verified"),
    Case.State.REFUSED: gettext_lazy("We could not verify your organisation"),
    Case.State.WAITING: gettext_lazy("One more thing we need from you"),
}


def tell_customer(case: Case, decision: Decision) -> None:
    needed = list(case.requirements.open().order_by("pk"))
    # Where nothing was chosen from the list, the message is itself what is asked for, and is said once.
    is_asked = any(requirement.sentence == decision.message for requirement in needed)
    message, subject = "" if is_asked else decision.message, SUBJECTS[Case.State(case.state)]
    if case.state == Case.State.WAITING and len(needed) > 1:
        subject = gettext_lazy("More things that we need from you")
    mailing.to_owners(case, f"case_{case.state}", subject, message=message, requirements=needed)
