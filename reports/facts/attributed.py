"""Each key of an attribution report: its chain, the verification behind it, what happened to it, and where there was a gap."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from accounts.audit import PRODUCT
from accounts.models import AuditEvent
from kyc.cases.policy import REASONS
from kyc.keys import holds
from kyc.keys.models import Hold, Key, Link
from kyc.keys.pool_models import Period, Unit
from kyc.parties.sentences import one_stop
from reports.facts import used
from reports.facts.access import held_thing, shown
from reports.facts.changes import UNNAMED
from reports.facts.intervals import Interval, cut, gaps
from reports.facts.ledger import Ledger, moment, selected
from reports.facts.reader import Reader, exact

Change = tuple[datetime, str, str, int | None]


def keys(reader: Reader) -> list[dict[str, Any]]:
    ledger, rows = Ledger(reader), selected(reader)
    use = used.used(ledger, [row.pgh_obj_id for row in rows])
    return [Attributed(ledger, row).told(use.get(row.pgh_obj_id, [])) for row in rows]


class Attributed:
    """One key over the interval. `life` is the part of it between its issue and its revocation or the end of its term, whichever
    came first; None when there is none."""

    def __init__(self, ledger: Ledger, row: Any) -> None:
        self.ledger, self.row, self.reader = ledger, row, ledger.reader
        self.revoked_at = ledger.by_then(row.revoked_at)
        self.expired_at = self.ran_out(ledger.by_then(ledger.then[row.pgh_obj_id].expires_at))
        self.life = cut(row.issued_at, self.expired_at or self.revoked_at, ledger.span)
        self.links = [link for link in ledger.links if link.key_id == row.pgh_obj_id]
        self.holds = [hold for hold in ledger.holds if self.is_touched(hold)]

    def ran_out(self, at: datetime | None) -> datetime | None:
        """When its term ran out within what is told; a key that was revoked before has none to run out."""
        return None if at and self.revoked_at and self.revoked_at <= at else at

    def is_touched(self, hold: Any) -> bool:
        return bool(
            hold.key_id == self.row.pgh_obj_id
            or hold.on_organisation_id
            or any(hold.entity_id == link.entity_id for link in self.links)
        )

    def told(self, use: list[dict[str, Any]]) -> dict[str, Any]:
        row, ledger = self.row, self.ledger
        then = ledger.then[row.pgh_obj_id]
        return {
            "key": shown(row),
            "name": then.name,
            "project": ledger.projects.get(then.project_id, ""),
            "responsible": self.reader.brief(then.responsible_id),
            "issued_at": exact(row.issued_at),
            "issued_by": ledger.names.get(row.issued_by_id, ""),
            "issued_role": ledger.role(row.issued_by_id, row.issued_at),
            "revoked_at": moment(self.revoked_at),
            "revoked_by": ledger.names.get(row.revoked_by_id, "") if self.revoked_at else "",
            "revoke_reason": row.revoke_reason if self.revoked_at else "",
            "state": self.state(),
            "scopes": list(then.scopes),
            "tiers": list(then.tiers),
            "expires_at": moment(then.expires_at),
            "bound": bound(then),
            "limits": self.limits(),
            "rolled_from": self.named(row.replaces_id),
            "rolled_to": [shown(other) for other in self.successors()],
            "links": [self.link_row(link) for link in self.links if self.within(link.valid_from, link.valid_to)],
            "verifications": [self.verification(entity) for entity in self.entities()],
            "changes": [self.change_row(*change) for change in self.changes()],
            "gaps": list(self.gaps()),
            "actions": [self.action_row(event) for event in self.actions()],
            "use": [used.told(day, self.answered_to(day["first"], used.end_of(day["last"]))) for day in use],
        }

    def named(self, key: int | None) -> str:
        return shown(self.ledger.keys[key]) if key in self.ledger.keys else ""

    def successors(self) -> list[Any]:
        """What was issued in its place by the end of the interval."""
        mine = (other for other in self.ledger.keys.values() if other.replaces_id == self.row.pgh_obj_id)
        return [other for other in mine if other.issued_at < self.reader.valid_at]

    def limits(self) -> list[str]:
        """On the key itself, on its project and on the organisation, as they stood at the end of the interval."""
        mine = {(self.row.pgh_obj_id, None), (None, self.ledger.then[self.row.pgh_obj_id].project_id), (None, None)}
        on = {True: "this key", False: "its project"}
        return [
            f"{limit_told(row)}, {on[bool(row.key_id)] if row.key_id or row.project_id else 'the organisation'}"
            for row in self.ledger.limits
            if (row.key_id, row.project_id) in mine
        ]

    def chain(self, at: datetime) -> str:
        """Who answered for the key at that instant, and whether an entity within its term stood behind it."""
        for link in self.links:
            if link.valid_from <= at and (link.valid_to is None or at < link.valid_to):
                entity = self.ledger.entities.get(link.entity_id)
                who = ", ".join(filter(None, (entity and entity.reference, self.reader.brief(link.responsible_id))))
                return f"to {who}: {held_at(entity, at)}" if entity else f"to {who}"
        return "to no entity"

    def answered_to(self, start: datetime, end: datetime) -> str:
        """Over a stretch: each chain that was valid in it, in order, or that a part of it was not covered. Until its first link a
        key is not active, so nothing of the hour before that counts."""
        first = min((link.valid_from for link in self.links), default=start)
        part = cut(max(start, first), end, self.life) if self.life else None
        if part is None:
            return "outside the life of the key"
        covered = [found for one in self.covered() if (found := cut(one.start, one.end, part))]
        if not covered:
            return "to no verified entity"
        if any(gaps(part, covered)):
            return "in part to no verified entity"
        return "; then ".join(dict.fromkeys(self.chain(one.start) for one in sorted(covered)))

    def within(self, start: datetime, end: datetime | None) -> bool:
        return cut(start, end, self.ledger.span) is not None

    def entities(self) -> list[Any]:
        found = dict.fromkeys(link.entity_id for link in self.links if self.within(link.valid_from, link.valid_to))
        return [self.ledger.entities[pk] for pk in found if pk in self.ledger.entities]

    def link_row(self, link: Any) -> dict[str, str]:
        entity, ended_at = self.ledger.entities.get(link.entity_id), self.ledger.by_then(link.valid_to)
        return {
            "entity": entity.reference if entity else "",
            "holder": entity.name if entity else "",
            "responsible": self.reader.brief(link.responsible_id),
            "from": exact(link.valid_from),
            "to": moment(ended_at),
            "because": link.because,
            "ended_because": link.ended_because if ended_at else "",
        }

    def verification(self, entity: Any) -> dict[str, str]:
        ledger = self.ledger
        decision = ledger.decisions.get(entity.decision_id)
        proposal = ledger.proposals.get(decision.proposal_id) if decision else None
        ended_at = ledger.by_then(entity.ended_at)
        return {
            "entity": entity.reference,
            "name": entity.name,
            "assurance": entity.assurance,
            "from": exact(entity.valid_from),
            "until": exact(entity.valid_until),
            "ended_at": moment(ended_at),
            "end_reason": entity.end_reason if ended_at else "",
            "case": ledger.cases.get(decision.case_id, "") if decision else "",
            "reason": str(REASONS.get(proposal.reason, proposal.reason)) if proposal else "",
            "proposed_by": ledger.names.get(proposal.proposed_by_id, "") if proposal else "",
            "proposed_role": ledger.role(proposal.proposed_by_id, proposal.proposed_at) if proposal else "",
            "proposed_at": exact(proposal.proposed_at) if proposal else "",
            "taken_by": ledger.names.get(proposal.outcome_by_id, "") if proposal else "",
            "taken_role": ledger.role(proposal.outcome_by_id, proposal.outcome_at) if proposal else "",
            "taken_at": moment(proposal.outcome_at) if proposal else "",
            "at_issuance": held_at(entity, self.row.issued_at),
            "at_end": held_at(entity, self.reader.valid_at),
        }

    def changes(self) -> list[Change]:
        """In order, those of the interval; what happened at one instant in the order in which one follows from the other."""
        found = [*self.own_changes(), *self.verification_changes(), *self.hold_changes()]
        span = self.ledger.span
        return sorted((row for row in found if span.start <= row[0] < span.end), key=lambda row: row[0])

    def own_changes(self) -> Iterator[Change]:
        row = self.row
        yield row.issued_at, "issued", f"for {self.reader.brief(row.responsible_id) or 'nobody named'}", row.issued_by_id
        for link in self.links:
            yield link.valid_from, "linked", link.because, None
            if link.valid_to and link.ended_because != "key revoked":
                yield link.valid_to, "link ended", link.ended_because, None
        if self.expired_at:
            yield self.expired_at, "expired", "its term ran out", None
        if self.revoked_at:
            yield self.revoked_at, "revoked", row.revoke_reason or "no reason given", row.revoked_by_id

    def verification_changes(self) -> Iterator[Change]:
        for link in self.links:
            entity = self.ledger.entities.get(link.entity_id)
            if entity is None:
                continue
            end = end_of(entity)
            if link.valid_from <= end and (link.valid_to is None or end <= link.valid_to):
                why = entity.end_reason if end == entity.ended_at else "its term ran out"
                yield end, "verification ended", f"{entity.reference}: {why}", None

    def hold_changes(self) -> Iterator[Change]:
        for hold in self.holds:
            if self.during(hold):
                on = held_thing(hold, self.ledger.keys, self.ledger.entities)
                is_unnamed = hold.source == Hold.RESTRICTION
                placer, lifter = (UNNAMED, UNNAMED) if is_unnamed else (hold.placed_by_id, hold.lifted_by_id)
                yield hold.placed_at, "on hold", f"{on}: {hold.reason} ({holds.plain(hold.source)})", placer
                if hold.lifted_at:
                    yield hold.lifted_at, "hold lifted", f"{on}: {hold.lift_reason}", lifter

    def change_row(self, at: datetime, what: str, change: str, by: int | None) -> dict[str, str]:
        names, role = self.ledger.names, self.ledger.role(by, at)
        return {
            "at": exact(at),
            "what": what,
            "change": change,
            "by": names.get(by, "") if by is not None else PRODUCT,
            "role": role,
            "holder": self.chain(at),
        }

    def covered(self) -> list[Interval]:
        """When an entity within its term stood behind the key."""
        found = []
        for link in self.links:
            entity = self.ledger.entities.get(link.entity_id)
            term = cut(entity.valid_from, end_of(entity), self.life) if entity and self.life else None
            if term and (part := cut(link.valid_from, link.valid_to, term)):
                found.append(part)
        return found

    def during(self, hold: Any) -> list[Interval]:
        """When the hold touched the key; one on an entity only while the key answered to it."""
        part = cut(hold.placed_at, hold.lifted_at, self.life) if self.life else None
        if part is None or not hold.entity_id:
            return [part] if part else []
        links = (link for link in self.links if link.entity_id == hold.entity_id)
        return [both for link in links if (both := cut(link.valid_from, link.valid_to, part))]

    def gaps(self) -> Iterator[dict[str, str]]:
        """When the key had no verified entity, then when it was on hold; each in words."""
        if self.life is None:
            return
        first_link = min((link.valid_from for link in self.links), default=None)
        for gap in gaps(self.life, self.covered()):
            between = f"between {in_words(gap.start)} and {in_words(gap.end)}"
            # A key works only once it is linked, so what passes until then is no time in which nobody answered for it.
            if (gap.start, gap.end) == (self.row.issued_at, first_link):
                yield gap_row("unlinked", gap, f"Not active yet {between}: from its issue to its first link.")
            else:
                yield gap_row("unverified", gap, f"No verified entity {between}.")
        for hold in self.holds:
            on = held_thing(hold, self.ledger.keys, self.ledger.entities)
            for part in self.during(hold):
                between = f"On hold between {in_words(part.start)} and {in_words(part.end)}"
                yield gap_row("held", part, one_stop(f"{between}, by a hold on {on}: {hold.reason}."))

    def state(self) -> str:
        """At the end of the interval."""
        if self.revoked_at:
            return "revoked"
        if self.expired_at:
            return "expired"
        if self.life is None or all(part.end < self.life.end for part in self.covered()):
            return "without a verified entity"
        held = (self.during(hold) for hold in self.holds)
        return "on hold" if any(part.end == self.life.end for parts in held for part in parts) else "active"

    def actions(self) -> list[AuditEvent]:
        mine = {(Key._meta.label_lower, str(self.row.pgh_obj_id))}
        mine |= {(Link._meta.label_lower, str(link.pgh_obj_id)) for link in self.links}
        mine |= {(Hold._meta.label_lower, str(hold.pgh_obj_id)) for hold in self.holds}
        return [event for event in self.ledger.events if (event.target_type, event.target_id) in mine]

    def action_row(self, event: AuditEvent) -> dict[str, str]:
        return {
            "at": exact(event.at),
            "verb": event.verb,
            "by": self.ledger.names.get(event.actor_id, "") if event.actor_id else event.actor,
            "role": self.ledger.role(event.actor_id, event.at),
            "on_behalf_of": event.on_behalf_of,
            "reason": event.reason,
            "details": "; ".join(f"{name}: {plainly(value)}" for name, value in sorted(event.details.items())),
            "request": event.request_id,
            "holder": self.chain(event.at),
        }


def bound(row: Any) -> str:
    """From where and with what proof alone the key may be used."""
    networks = ", ".join(row.allowed_networks)
    proof = {"x5t#S256": "with a certificate", "jkt": "with a proof of possession"}
    return "; ".join(filter(None, (networks and f"from {networks}", *(proof[name] for name in row.confirmation))))


def limit_told(row: Any) -> str:
    amount = f"{Decimal(row.limit) / 1_000_000} {row.currency}" if row.unit == Unit.MONEY else str(row.limit)
    unit = "" if row.unit == Unit.MONEY else f" {Unit(row.unit).label.lower()}"
    return f"{amount}{unit} {Period(row.period).label}"


def end_of(entity: Any) -> datetime:
    """When the entity ended, or its term runs out."""
    end: datetime = min(entity.ended_at, entity.valid_until) if entity.ended_at else entity.valid_until
    return end


def held_at(entity: Any, at: datetime) -> str:
    if at < entity.valid_from:
        return "not yet verified"
    return "verified" if at < end_of(entity) else "verified no longer"


def gap_row(kind: str, gap: Interval, sentence: str) -> dict[str, str]:
    lasted = str(gap.end - gap.start)
    return {"kind": kind, "from": exact(gap.start), "to": exact(gap.end), "lasted": lasted, "sentence": sentence}


def in_words(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC"


def plainly(value: Any) -> str:
    """A detail of an event as a reader has it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(plainly, value)) if isinstance(value, list) else str(value)
