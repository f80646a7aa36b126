"""Accounts that somebody wants to come to a controller, as its page shows them until another rules."""

from dataclasses import dataclass
from typing import Any

from accounts.models import Proposal, User
from kyc.desk.controller_forms import ReasonForm
from kyc.networks import controlling, extending, touched
from kyc.networks.controller_models import Controller, ControllerMember
from kyc.networks.measures import Radius


@dataclass(frozen=True)
class Waiting:
    """Accounts that one proposed together, what they are, and what the reader may do about it."""

    proposal: Proposal
    members: list[ControllerMember]
    radius: Radius
    is_own: bool
    form: ReasonForm

    @property
    def why(self) -> str:
        return self.members[0].why

    @property
    def reason(self) -> Any:
        return controlling.REASONS.get(self.proposal.reason, self.proposal.reason)


def of(controller: Controller, user: User, returned: tuple[int, ReasonForm] | None = None) -> list[Waiting]:
    """`returned` is the form of one that came back with errors, by the number of its proposal."""
    by_proposal: dict[int, list[ControllerMember]] = {}
    for row in extending.waiting(controller):
        by_proposal.setdefault(row.proposal_id, []).append(row)  # type: ignore[arg-type]  # those proposed have one
    found = []
    for number, rows in by_proposal.items():
        proposal = rows[0].proposal
        _rows, radius = touched.of([row.organisation for row in rows])
        given = returned[1] if returned and returned[0] == number else ReasonForm(of=f"members_{number}")
        found.append(Waiting(proposal, rows, radius, proposal.proposed_by_id == user.pk, given))  # type: ignore[arg-type, union-attr]  # as above
    return found
