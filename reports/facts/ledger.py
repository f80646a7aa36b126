"""What the keys of an attribution report share: rows as known at the cut, by their own instants, and who acted in which role."""

from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Q

from accounts import audit
from accounts.history import as_of
from accounts.models import AuditEvent, Project, Proposal
from kyc.cases.models import Case, Decision, Entity
from kyc.keys.models import Hold, Key, Link
from kyc.keys.pool_models import LimitPool
from reports.facts.changes import UNNAMED, case_number, roles_of
from reports.facts.intervals import Interval
from reports.facts.reader import Reader, exact

Roles = dict[int, list[tuple[datetime, str]]]


def moment(value: datetime | None) -> str:
    return exact(value) if value else ""


def selected(reader: Reader, *, everything: bool = False) -> list[Any]:
    """The key asked about, else the organisation's keys that existed in the interval; `everything` those revoked before too."""
    rows = [row for row in reader.known(Key) if row.issued_at < reader.valid_at]
    if reader.key:
        return [row for row in rows if row.pgh_obj_id == reader.key]
    return [row for row in rows if everything or not row.revoked_at or row.revoked_at > reader.since]


class Ledger:
    """What the keys of an organisation share: rows by their own instants, and the names of who acted."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.span = Interval(reader.since, reader.valid_at)
        self.entities = {row.pgh_obj_id: row for row in reader.known(Entity)}
        self.keys = {row.pgh_obj_id: row for row in reader.known(Key)}
        self.then = self.keys | {row.pgh_obj_id: row for row in reader.then(Key)}
        self.projects = {row.pgh_obj_id: row.name for row in reader.known(Project)}
        self.projects |= {row.pgh_obj_id: row.name for row in reader.then(Project)}
        self.links = [row for row in reader.known(Link) if row.valid_from < reader.valid_at]
        self.holds = [row for row in reader.known(Hold) if row.placed_at < reader.valid_at]

    def by_then(self, value: datetime | None) -> datetime | None:
        """An instant before the end of the interval; what lies at or after it is not told."""
        return value if value and value < self.reader.valid_at else None

    @cached_property
    def limits(self) -> list[Any]:
        """How much the keys may be used, as set by the end of the interval."""
        return list(self.reader.then(LimitPool))

    @cached_property
    def decisions(self) -> dict[int, Any]:
        return {row.pgh_obj_id: row for row in self.reader.known(Decision)}

    @cached_property
    def cases(self) -> dict[int, str]:
        return {row.pgh_obj_id: case_number(row) for row in self.reader.known(Case)}

    @cached_property
    def proposals(self) -> dict[int, Any]:
        wanted = [row.proposal_id for row in self.decisions.values()]
        return {row.pgh_obj_id: row for row in as_of(Proposal, self.reader.snapshot).filter(pgh_obj_id__in=wanted)}

    @cached_property
    def actors(self) -> set[int]:
        people = {pk for row in self.keys.values() for pk in (row.issued_by_id, row.revoked_by_id)}
        people |= {pk for row in self.holds for pk in (row.placed_by_id, row.lifted_by_id)}
        people |= {pk for row in self.proposals.values() for pk in (row.proposed_by_id, row.outcome_by_id)}
        people |= {event.actor_id for event in self.events}
        return {pk for pk in people if pk}

    @cached_property
    def names(self) -> dict[int | None, str]:
        return self.reader.people(self.actors) | {UNNAMED: audit.OFFICER}

    @cached_property
    def roles(self) -> Roles:
        return roles_of(self.reader, self.actors)

    def role(self, person: int | None, at: datetime | None) -> str:
        """As it was then; of who acted before the database knew him, the first that it knew."""
        known = self.roles.get(person or 0, []) if at else []
        held = [role for since, role in known if at and since <= at]
        return (held or [role for _, role in known[:1]] or [""])[-1]

    @cached_property
    def events(self) -> list[AuditEvent]:
        """What was done to keys, links and holds of the organisation within the interval, oldest first."""
        about = Q(target_type__in=[model._meta.label_lower for model in (Key, Link, Hold)])
        rows = self.reader.audited().filter(about, at__gte=self.span.start, at__lt=self.span.end)
        return list(rows.order_by("at", "pk"))
