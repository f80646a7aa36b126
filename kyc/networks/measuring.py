"""What investigators decide about measures: propose one with what it would touch, take it, let the rest follow, undo it. What is
then placed and lifted, kyc.networks.carrying does, account by account.

Whoever calls these has the compartment open, as with incidents (kyc/networks/actions.py)."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, proposals
from accounts.models import Organisation, Proposal, User
from accounts.permissions import Permission, require
from accounts.proposals import Policy
from accounts.refused import ReasonMissing, is_said
from config import jobs
from kyc.cases.demanding import ITEMS
from kyc.keys import limits, sharing
from kyc.keys.appeal_models import Restriction
from kyc.networks import controlling, measures, spreading, touched
from kyc.networks.actions import Impossible, tidy
from kyc.networks.controller_models import Controller
from kyc.networks.controlling import NotNow, edges_of
from kyc.networks.measure_models import Measure, MeasureMember

REASONS = {
    "harm": gettext_lazy("To stop what is going on"),
    "limits": gettext_lazy("So that one hand has one customer's limits"),
    "doubt": gettext_lazy("To find out who it is"),
}
POLICY = Policy(
    kind="network.measure",
    propose=Permission.INCIDENT_WORK,
    take=Permission.INCIDENT_WORK,
    reasons={"measure": tuple(REASONS)},
)
S, M = Measure.State, MeasureMember.State
# A row as if it had never been tried.
UNTRIED: dict[str, Any] = {"job_token": None, "claimed_until": None, "claims": 0, "errors": 0, "failure": ""}  # nosec B105  # None is no password
K = Restriction.Kind
# What goes with orders (kyc/directives) is none of a measure's.
KINDS = [(code, label) for code, label in K.choices if code != K.CLOSED]
TOLD = [(code, label) for code, label in Restriction.Told.choices if code != Restriction.Told.ORDER]
# While a form is filled in the time that was meant goes by.
TYPED_WITHIN = timedelta(minutes=15)


def locked(measure: Measure, *allowed: str, by: User) -> Measure:
    require(by, Permission.INCIDENT_WORK)
    found = Measure.objects.select_for_update(of=("self",)).select_related("proposal").get(pk=measure.pk)
    if found.state not in allowed:
        raise NotNow(
            _("%(number)s stands otherwise meanwhile: %(state)s.")
            % {"number": found.number, "state": found.get_state_display().lower()}
        )
    return found


def checked(kind: str, told: str, of_kind: Mapping[str, Any], *, accounts: int) -> dict[str, Any]:
    """What goes with the kind: a limit's unit, period, number, currency and each account's share, or what is verified."""
    if kind not in dict(KINDS):
        raise Impossible("kind", _("Choose what is to be done."))
    if told not in dict(TOLD):
        raise Impossible("told", _("Choose what the customers are told."))
    if kind == K.LIMIT:
        said = {name: of_kind.get(name) or "" for name in ("unit", "period", "currency")}
        limit = of_kind.get("limit") or 0
        limits.check(said["unit"], said["period"], limit, said["currency"])
        if not limit:
            raise limits.BadLimit(_("A limit of 0 would stop every key without saying so. Choose a hold instead."))
        most = limit // max(1, accounts)
        if not most:
            raise limits.BadLimit(
                _("Of %(limit)s there is not one for each of %(n)s accounts. Choose more, or a hold.")
                % {"limit": f"{limit:,}", "n": f"{accounts:,}"}
            )
        share = of_kind.get("share") or measures.equal(limit, accounts)
        # So that whoever keeps to what he was told is not refused for what another was given.
        if not 0 < share <= most:
            raise limits.BadLimit(
                _("The parts together are no more than the limit: of %(n)s accounts each has at most %(most)s.")
                % {"n": f"{accounts:,}", "most": f"{most:,}"},
                "share",
            )
        return said | {"limit": limit, "share": share}
    if kind == K.VERIFICATION:
        items = [code for code in ITEMS if code in (of_kind.get("items") or ())]
        if not items:
            raise Impossible("items", _("Choose what is to be verified."))
        return {"items": items}
    return {}


@transaction.atomic
def propose(
    controller: Controller,
    *,
    kind: str,
    told: str,
    why: str,
    reason: str,
    left_out: Mapping[int, str],
    first: Collection[int] = (),
    starts_at: datetime | None = None,
    rest_at: datetime | None = None,
    by: User,
    **of_kind: Any,
) -> Measure:
    """Over all members but those `left_out`, by number and each with its reason. `first` are those of the first part; where none
    is named all are, and the rest follows at `rest_at` or when somebody lets it. Nothing is done to anybody. Raises Impossible,
    BadLimit, ReasonMissing, NotNow, NotPermitted."""
    controller = controlling.locked(controller, Controller.State.RULED, by=by)
    members = [row.organisation for row in controller.members.live().select_related("organisation").order_by("organisation")]
    stages = staged(members, left_out, first)
    said = checked(kind, told, of_kind, accounts=sum(stage > 0 for stage in stages.values()))
    if not is_said(why):
        raise ReasonMissing(_("Say why, for whoever takes it and whoever reads it later."))
    if kind == K.LIMIT:
        sharing.refuse_another_currency(
            [pk for pk, stage in stages.items() if stage], unit=said["unit"], currency=said["currency"]
        )
    now = timezone.now()
    if starts_at is not None and starts_at < now - TYPED_WITHIN:
        raise Impossible("starts_at", _("This time is over. Leave it empty to begin as soon as another officer takes it."))
    starts = max(starts_at or now, now)
    if rest_at is not None and rest_at < starts:
        raise Impossible("rest_at", _("The rest can't come before the first part."))
    parts = touched.parted(touched.rows(members), touched.ties(members), stages)
    radius = parts["whole"]
    proposal = proposals.propose(policy=POLICY, choice="measure", reason=reason, note="", by=by)
    measure = Measure.objects.create(
        controller=controller, kind=kind, told=told, why=tidy(why), **said,
        radius=radius.told | {part: parts[part].told for part in ("first", "rest")}, proposal=proposal,
        proposed_by=by, starts_at=starts, rest_at=rest_at,
    )  # fmt: skip
    fired = brought_in([one.pk for one in members])
    MeasureMember.objects.bulk_create(
        MeasureMember(
            measure=measure, organisation=one, stage=stages[one.pk], families=fired[one.pk][0], types=fired[one.pk][1],
            left_out_because=tidy(left_out.get(one.pk, "")), state=M.PLANNED if stages[one.pk] else M.LEFT_OUT,
        )
        for one in members
    )  # fmt: skip
    audit.record(
        "measure.proposed", target=measure, by=by, reason=measure.why, measure=measure.number, kind=kind, told=told, **radius.told
    )
    return measure


def staged(members: Sequence[Organisation], left_out: Mapping[int, str], first: Collection[int]) -> dict[int, int]:
    """0 of who is left out, else 1 or 2. Raises Impossible."""
    numbers = {one.pk for one in members}
    if any(not is_said(why) for why in left_out.values()):
        raise Impossible("left_out", _("Say of each account that you leave out why."))
    if not numbers - set(left_out):
        raise Impossible("left_out", _("Nobody is left: leave fewer out, or propose nothing."))
    begin = set(first) & numbers - set(left_out) or numbers - set(left_out)
    return {number: 0 if number in left_out else 1 if number in begin else 2 for number in numbers}


def brought_in(numbers: Collection[int]) -> dict[int, tuple[list[str], list[str]]]:
    """By account the families and types of signals that counted in its edges to the others: the rule that fired."""
    found: dict[int, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for edge in edges_of(numbers):
        types = {row["type"] for row in edge.evidence if row.get("counted")}
        for number in (edge.a_id, edge.b_id):
            found[number][0].update(edge.families)
            found[number][1].update(types)
    return {number: (sorted(found[number][0]), sorted(found[number][1])) for number in numbers}


@transaction.atomic
def take(measure: Measure, *, by: User) -> Measure:
    """Another officer makes it so; from its time on it is carried out, whatever he may do by then. Raises SamePerson,
    AlreadyEnded, NotNow, NotPermitted."""
    require(by, Permission.HOLD_PLACE)
    measure = locked(measure, S.PROPOSED, by=by)
    controlling.locked(measure.controller, Controller.State.RULED, by=by)
    proposals.end(measure.proposal, policy=POLICY, outcome=Proposal.Outcome.TAKEN, by=by)
    if measure.kind == K.LIMIT:
        of_it = {name: getattr(measure, name) for name in ("unit", "period", "limit", "currency")}
        measure.pool = sharing.set_up(**of_it, by=by)
    measure.state = S.TAKEN
    measure.save(update_fields=["state", "pool"])
    audit.record("measure.taken", target=measure, by=by, measure=measure.number)
    jobs.woke("measure.taken")
    return measure


@transaction.atomic
def decline(measure: Measure, *, reason: str, by: User) -> Measure:
    """By another, or withdrawn by whoever proposed it. Raises ReasonMissing, NotNow."""
    if not is_said(reason):
        raise ReasonMissing(_("Say why it is not done."))
    measure = locked(measure, S.PROPOSED, by=by)
    is_own = measure.proposal.proposed_by_id == by.pk
    outcome = Proposal.Outcome.WITHDRAWN if is_own else Proposal.Outcome.DECLINED
    proposals.end(measure.proposal, policy=POLICY, outcome=outcome, by=by)
    measure.state = S.DECLINED
    measure.save(update_fields=["state"])
    audit.record("measure.declined", target=measure, by=by, reason=tidy(reason), measure=measure.number)
    return measure


@transaction.atomic
def release(measure: Measure, *, by: User) -> Measure:
    """The rest follows now. Repeated, it is silence. Raises NotNow."""
    measure = locked(measure, S.TAKEN, by=by)
    if measure.released_at is None:
        measure.released_at, measure.released_by = timezone.now(), by
        measure.save(update_fields=["released_at", "released_by"])
        audit.record("measure.released", target=measure, by=by, measure=measure.number)
        jobs.woke("measure.taken")
    return measure


@transaction.atomic
def undo(measure: Measure, *, reason: str, by: User) -> Measure:
    """What it has placed itself is lifted, and nothing else; what it has not placed yet never is. One person suffices to free
    somebody. Raises ReasonMissing, NotNow."""
    if not is_said(reason):
        raise ReasonMissing(_("Say why it is undone."))
    measure = locked(measure, S.TAKEN, by=by)
    measure.state, measure.undone_at, measure.undone_by = S.UNDONE, timezone.now(), by
    measure.undo_reason = tidy(reason)
    measure.save(update_fields=["state", "undone_at", "undone_by", "undo_reason"])
    # In this order: a worker that is placing one holds its row, and has placed it when the second statement looks.
    never = {"state": M.SPARED, "ended_at": timezone.now(), "spare_reason": _("It was undone before anything was done to it.")}
    measure.members.filter(state__in=[M.PLANNED, M.WAITING, M.FAILED]).update(**never)
    placed = measure.members.filter(state__in=[M.PLACED, M.STUCK])
    placed.update(state=M.UNDOING, **UNTRIED | {"claimed_until": spreading.drawn(spreading.over(placed.count()))})
    audit.record("measure.undone", target=measure, by=by, reason=measure.undo_reason, measure=measure.number)
    jobs.woke("measure.taken")
    return measure


@transaction.atomic
def spare(member: MeasureMember, *, reason: str, by: User) -> MeasureMember:
    """As undo, of one account alone. Repeated, it is silence."""
    if not is_said(reason):
        raise ReasonMissing(_("Say why it is undone."))
    measure = locked(member.measure, S.TAKEN, by=by)
    rows = measure.members.filter(pk=member.pk)
    said = {"spared_by": by, "spare_reason": tidy(reason)}
    done = rows.filter(state__in=[M.PLANNED, M.WAITING, M.FAILED]).update(state=M.SPARED, ended_at=timezone.now(), **said)
    done += rows.filter(state__in=[M.PLACED, M.STUCK]).update(state=M.UNDOING, **UNTRIED, **said)
    row: MeasureMember = rows.get()
    if done:
        audit.record("measure.spared", target=row, by=by, reason=tidy(reason), measure=measure.number)
        jobs.woke("measure.taken")
    return row


@transaction.atomic
def retry(measure: Measure, *, by: User) -> Measure:
    """What could not be done or undone is tried again, as if it had never been. Where nothing stands so, it is silence. Raises
    NotNow."""
    measure = locked(measure, S.TAKEN, S.UNDONE, by=by)
    failed = measure.members.filter(state__in=[M.FAILED, M.STUCK])
    untried = UNTRIED | {"claimed_until": spreading.drawn(spreading.over(failed.count()))}
    again = failed.filter(state=M.FAILED).update(state=M.WAITING, **untried)
    again += failed.filter(state=M.STUCK).update(state=M.UNDOING, **untried)
    if again:
        audit.record("measure.retried", target=measure, by=by, measure=measure.number, accounts=again)
        jobs.woke("measure.taken")
    return measure
