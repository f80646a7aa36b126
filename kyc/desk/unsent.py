"""What a customer who was asked for more has changed since and not sent yet: officers see it, and may not take it for told."""

from dataclasses import dataclass, field

from accounts.models import AuditEvent
from kyc.cases.models import Case
from kyc.cases.outdated import SAID
from kyc.desk import timeline
from kyc.desk.timeline import Happening

# The newest are told in the notice; the timeline has them all.
MOST = 6


@dataclass(frozen=True)
class Unsent:
    """The newest changes in words, and how many more there are; the numbers of the rows that they are about, by kind of row."""

    told: list[Happening]
    more: int
    rows: dict[str, set[int]] = field(default_factory=dict)

    @property
    def document(self) -> set[int]:
        return self.rows.get("kyc.document", set())

    @property
    def party(self) -> set[int]:
        return self.rows.get("kyc.party", set())

    @property
    def status(self) -> set[int]:
        return self.rows.get("kyc.personstatus", set())

    @property
    def exclusion(self) -> set[int]:
        return self.rows.get("kyc.exclusion", set())

    @property
    def interest(self) -> set[int]:
        return self.rows.get("kyc.interest", set())

    @property
    def means(self) -> set[int]:
        return self.rows.get("kyc.paymentmeans", set())

    @property
    def use(self) -> set[int]:
        return self.rows.get("kyc.questionnaire", set())


def of(case: Case) -> Unsent | None:
    """Nothing unless it is the customer's turn and he has begun."""
    if case.state != Case.State.WAITING:
        return None
    events = AuditEvent.objects.outside_compartment().filter(organisation_id=case.organisation_id, verb__in=SAID)
    changes = list(events.filter(at__gt=case.in_state_since).order_by("-pk"))
    told = [timeline.told(event) for event in changes]
    rows: dict[str, set[int]] = {}
    for event in changes:
        rows.setdefault(event.target_type, set()).add(int(event.target_id))
    # A status is recorded under each test; read, it is one.
    said = {(event.who, event.what): event for event in reversed(told)}
    newest = sorted(said.values(), key=lambda event: event.at, reverse=True)
    return Unsent(newest[:MOST], max(0, len(newest) - MOST), rows) if changes else None
