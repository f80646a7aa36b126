"""Sandboxes of integrators: examined like a customer, then decided by two robots as was chosen, with nobody's time spent.

They are customers in all that a gateway sees, and in nothing that is counted, queued for people or reported.
"""

from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from accounts import audit, organisations
from accounts.models import Membership, Organisation, Project, User
from accounts.permissions import NotPermitted, Permission, StaffRole, require
from accounts.refused import Refused
from config import jobs
from kyc.cases import actions as cases
from kyc.cases.models import Case, Decision, Examination
from kyc.keys import holds
from kyc.keys.models import Hold, SandboxOutcome

S = Organisation.Sandbox
# Which outcome is proposed and taken, and for which listed reason.
DECISIONS = {
    S.APPROVED: (Decision.Choice.APPROVE, "identity_established"),
    S.HELD: (Decision.Choice.APPROVE, "identity_established"),
    S.REFUSED: (Decision.Choice.REFUSE, "identity_doubtful"),
    S.WAITING: (Decision.Choice.ASK, "document_missing"),
}
LONGEST_NAME = 300
NOTE = "A sandbox: decided as its integrator chose."


class NoSuchOutcome(Refused):
    """A sandbox ends in one of the known ways."""


class ActsElsewhere(Refused):
    """Whoever acts in another organisation never sees the pages of his sandbox."""


class Outcomes(jobs.Queue):
    """Sandboxes to decide, those included for which no row stands yet."""

    def is_waiting(self) -> bool:
        return self.eligible().values("pk").union(examined().values("pk"), all=True).exists()


QUEUE = Outcomes(
    name="keys.sandboxes",
    model=SandboxOutcome,
    field="state",
    ready=SandboxOutcome.State.WAITING,
    failed=SandboxOutcome.State.FAILED,
    lease=timedelta(seconds=20),
    since="examination__requested_at",
)


def examined() -> QuerySet[Case]:
    """Cases of sandboxes whose checks are done, and which nobody has been told to decide."""
    rounds = Examination.objects.filter(case=OuterRef("pk"), state=Examination.State.DONE).order_by("-pk")
    told = SandboxOutcome.objects.filter(examination=OuterRef("latest"))
    waiting = Case.objects.filter(state=Case.State.REVIEW).exclude(organisation__sandbox="")
    return waiting.alias(latest=Subquery(rounds.values("pk")[:1])).filter(~Exists(told), latest__isnull=False).order_by("pk")


@transaction.atomic
def make(*, name: str, outcome: str, owner: User, by: User | None) -> Organisation:
    """A sandbox that belongs to `owner`, who is no officer; `by` an administrator, or nobody on the machine's own console."""
    if by is not None:
        require(by, Permission.GATEWAYS_MANAGE)
    if outcome not in S.values:
        raise NoSuchOutcome(_("Choose one of: %(outcomes)s.") % {"outcomes": ", ".join(S.values)})
    if owner.is_staff:
        raise NotPermitted(_("Staff examine customers and cannot be one."))
    if not (name := organisations.printable(name)):
        raise organisations.NameMissing(_("Say what the sandbox is called."))
    if len(name) > LONGEST_NAME:
        raise organisations.NameMissing(
            _("The name has %(n)s characters; at most %(most)s.") % {"n": len(name), "most": LONGEST_NAME}
        )
    User.objects.select_for_update().get(pk=owner.pk)
    if other := Organisation.objects.filter(membership__user=owner).first():
        sentence = _("%(email)s acts in “%(name)s” already. Give the sandbox an owner of its own.")
        raise ActsElsewhere(sentence % {"email": owner.email, "name": other})
    organisation = Organisation.objects.create(name=name, sandbox=outcome)
    Membership.objects.create(organisation=organisation, user=owner, role=Membership.Role.OWNER)
    Project.objects.create(organisation=organisation, name="Default")
    audit.record("organisation.sandbox_made", target=organisation, by=by, name=name, outcome=outcome, **audit.operator(by))
    return organisation


def robot(role: StaffRole) -> User:
    """The robot of that role; it has no password that could be known."""
    made = {"email": f"sandbox-{role}@robots.invalid", "name": f"Sandbox ({role.label})", "password": make_password(None)}
    found, _is_new = User.objects.get_or_create(is_robot=True, staff_role=role, defaults=made)
    return found


def run() -> None:
    """Each in a transaction of its own, so that one that can't be decided stops nobody else's."""
    for case in examined():
        latest = case.examinations.filter(state=Examination.State.DONE).latest("pk")
        SandboxOutcome.objects.get_or_create(examination=latest, defaults={"organisation_id": case.organisation_id})
    for claim in QUEUE.claims():
        with claim, claim.finish(state=SandboxOutcome.State.DONE):
            decide(claim.row.examination.case)


@transaction.atomic
def decide(case: Case) -> None:
    """As was chosen when the sandbox was made. Repeated, or run twice at once, it is silence."""
    organisations.held(case.organisation_id)
    case = Case.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=case.pk)
    outcome = case.organisation.sandbox
    if case.state != Case.State.REVIEW or not outcome:
        return
    choice, reason = DECISIONS[S(outcome)]
    message = "This sandbox always asks for more." if choice == Decision.Choice.ASK else ""
    proposer, taker = robot(StaffRole.ANALYST), robot(StaffRole.APPROVER)
    cases.take(cases.propose(case, choice=choice, reason=reason, note=NOTE, message=message, by=proposer), by=taker)
    if outcome == S.HELD and not Hold.objects.live().filter(on_organisation=case.organisation).exists():
        holds.place(organisation=case.organisation, source="sandbox", reason=NOTE, by=taker)
