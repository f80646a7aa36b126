"""Who is a beneficial owner by the approval that holds, as two officers decided it: apart from what was declared and from what
each regime makes of that. It is told beside both in a file of the standard (FATF-03, BODS-05)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from accounts.history import as_of
from accounts.models import Proposal
from kyc.cases.models import DecidedOwner, Decision, Entity
from reports.facts.attributed import held_at
from reports.facts.reader import Reader

S = DecidedOwner.Standing
SENTENCES: dict[str, str] = {
    S.OWNER: "a beneficial owner",
    S.NONE: "no beneficial owner",
    S.OFFICIAL: "stands in as senior managing official, since no beneficial owner was found",
    S.NOBODY: "no beneficial owner was found",
}


@dataclass(frozen=True)
class Decided:
    """`rows` by the number of the person, None for nobody; of whom had been named when it was proposed, at `asked_at`, those
    without a row were taken for no owners."""

    on: date
    asked_at: datetime
    rows: dict[int | None, DecidedOwner]

    @property
    def is_of_nobody(self) -> bool:
        """Whether no beneficial owner was found (AMLR-07)."""
        return any(row.standing in (S.NOBODY, S.OFFICIAL) for row in self.rows.values())

    def sentence(self, party: int | None, *, full: bool) -> str:
        """With the officers' reason in a `full` file alone: it is a note of the house."""
        row = self.rows[party]
        apart = ", otherwise than what was determined" if row.is_departure else ""
        told = f"Decided on {self.on.isoformat()} with the approval: {SENTENCES[row.standing]}{apart}."
        return f"{told} {row.because}" if full and row.because else told

    def standing(self, party: int) -> str:
        """Empty where nothing was decided of him."""
        return self.rows[party].standing if party in self.rows else ""


def decided(reader: Reader) -> Decided | None:
    """By the verification that holds at the effective instant; None where none does, or where it decided nothing of the kind."""
    entities = [row for row in reader.then(Entity) if held_at(row, reader.valid_at) == "verified"]
    for entity in entities:
        decision = next(iter(reader.then(Decision).filter(pgh_obj_id=entity.decision_id)), None)
        rows = {row.party_id: row for row in DecidedOwner.objects.filter(decision=entity.decision_id)}
        if decision and rows:
            proposal = proposal_of(reader, decision)
            return Decided(proposal.outcome_at.astimezone(UTC).date(), proposal.proposed_at, rows)
    return None


def proposal_of(reader: Reader, decision: Any) -> Any:
    return as_of(Proposal, reader.snapshot, recorded_by=reader.valid_at).get(pgh_obj_id=decision.proposal_id)
