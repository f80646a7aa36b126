"""One customer's structure in the Beneficial Ownership Data Standard, as true at one instant and known in one snapshot
(BODS-01 to BODS-09). Who is a beneficial owner is what an approval that holds decided of him; of whom none decided anything, what
the rule that the product asks by makes of what is written out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

from django.conf import settings

from accounts.history import as_of
from accounts.models import Organisation
from kyc.cases.models import DecidedOwner
from kyc.cases.round import structure as graph_of
from kyc.ownership import regimes
from kyc.ownership.bods import records, shares
from kyc.ownership.bods.writing import CONTROLLER, VERSION, Element, Owner, Said, Structure, Tie, Word, element
from kyc.ownership.graph import Graph
from kyc.ownership.interests import has_size
from kyc.ownership.models import Interest, counted_owner, holdings
from kyc.ownership.rule import OF_OWNERS, Rule, rule
from kyc.ownership.shares import NONE, NOTHING, Interval, parse
from kyc.ownership.verdicts import INDETERMINATE, NO, YES, Verdict
from kyc.parties.models import Party, Role
from kyc.parties.wording import first_day
from reports.decided import Decided, decided
from reports.facts.reader import Reader, day

# What a role in the customer is in the standard's words. A signatory holds no interest.
ROLES = {Role.Kind.CONTROLLER: CONTROLLER, Role.Kind.DIRECTOR: "boardMember"}
OTHERWISE = "otherInfluenceOrControl"
NOT_KNOWN = {"type": "unknownInterest", "directOrIndirect": "unknown"}
LONGEST = 2000
# Stands for the provider until the file is published; nobody else may be without a name.
NAMELESS = ""
FROM_DECLARED = "No beneficial owner has been identified from what was declared."
HOLDS = {YES: True, NO: False, INDETERMINATE: None}


def statements(reader: Reader, *, full: bool = False) -> list[dict[str, Any]]:
    """`full` writes addresses and whole birth dates too."""
    return published(unpublished(reader, full=full), settings.PROVIDER_NAME)


def unpublished(reader: Reader, *, full: bool = False) -> list[dict[str, Any]]:
    """As `statements`, with an empty name where the provider's stands: what an installation is called is no fact of a report,
    and no part of a statement's id."""
    return Export(reader, full).structure().statements() if reader.customer else []


def published(found: list[dict[str, Any]], provider: str) -> list[dict[str, Any]]:
    """With the name of who publishes them, says what was decided, and checked it."""
    return [{name: signed(value, provider) for name, value in statement.items()} for statement in found]


def signed(value: Any, provider: str) -> Any:
    if isinstance(value, list):
        return [signed(inner, provider) for inner in value]
    if not isinstance(value, dict):
        return value
    return {name: provider if (name, inner) == ("name", "") else signed(inner, provider) for name, inner in value.items()}


@dataclass(frozen=True)
class Export:
    reader: Reader
    full: bool

    def structure(self) -> Structure:
        return Structure(
            seed=self.seed(),
            subject=self.subject,
            elements={found.key: found for found in self.elements()},
            ties=joined([*self.ties, *self.nobody(self.ties)]),
            owners={owner.key: owner for owner in self.owners},
            source=self.declared,
            words=dict(self.words()),
            publication={
                "publicationDate": day(self.reader.snapshot.taken_at.astimezone(UTC).date()),
                "bodsVersion": VERSION,
                "publisher": {"name": NAMELESS},
            },
        )

    @cached_property
    def declared(self) -> dict[str, Any]:
        return {"type": ["selfDeclaration"], "assertedBy": [{"name": self.reader.customer.name}]}

    @cached_property
    def decided(self) -> Decided | None:
        return decided(self.reader)

    @cached_property
    def ties(self) -> tuple[Tie, ...]:
        return (*self.held(), *self.offices())

    def words(self) -> Iterator[tuple[str, Word]]:
        """On the relationship of each person that was decided on, or on himself where there is none; on nobody, where no owner
        was found."""
        if not self.decided:
            return
        by, ties = NAMELESS, {tie.key for tie in self.ties}
        checked = {"type": [*self.declared["type"], "verified"], "assertedBy": [*self.declared["assertedBy"], {"name": by}]}
        for party in self.decided.rows:
            owner = key_of(party) if party else ""
            is_told = not owner or owner in self.primary or f"{owner}>{self.subject}" in ties
            key = (f"{owner}>{self.subject}" if owner else f"nobody>{self.subject}") if is_told else owner
            yield key, Word(self.decided.on, self.decided.sentence(party, full=self.full), by, checked)

    @property
    def subject(self) -> str:
        return key_of(self.reader.customer.pgh_obj_id)

    def seed(self) -> str:
        """Numbers are given anew in every installation; the moment of signing up tells them apart."""
        row = as_of(Organisation, self.reader.snapshot).get(pgh_obj_id=self.reader.organisation)
        return f"{self.reader.organisation}/{row.created_at.astimezone(UTC).isoformat()}"

    @cached_property
    def interests(self) -> list[Any]:
        return [row for row in self.reader.held(Interest) if {row.owner_id, row.owned_id} <= self.reader.parties.keys()]

    @cached_property
    def involved(self) -> set[int]:
        """The customer, who stands in its structure, and who has an office in it."""
        ends = {pk for row in self.interests for pk in (row.owner_id, row.owned_id, row.held_for_id) if pk}
        officers = {pk for pk, roles in self.reader.roles.items() if any(role.kind in ROLES for role in roles)}
        return {self.reader.customer.pgh_obj_id} | ends | officers

    def elements(self) -> Iterator[Element]:
        for pk in sorted(self.involved & self.reader.parties.keys()):
            party = self.reader.parties[pk]
            details = records.described(party, full=self.full, run_from=self.reader.headquarters(party))
            yield element(key_of(pk), details, self.said(Party, party, self.described))
        for row in self.nominations:
            held = self.reader.parties[row.held_for_id]
            details = {"entityType": records.NOMINATION, "name": f"Nomination by {held.name}"}
            yield element(nomination(row), details, self.said(Interest, row, lambda event: event.held_for_id))

    def described(self, row: Any) -> dict[str, Any]:
        return records.described(row, full=self.full)

    @property
    def nominations(self) -> list[Any]:
        return [row for row in self.interests if row.held_for_id in self.reader.parties]

    def held(self) -> Iterator[Tie]:
        for row in self.interests:
            said = self.said(Interest, row, lambda event: self.held_as(event))
            interest = self.interest(row)
            if row not in self.nominations:
                yield Tie(key_of(row.owner_id), key_of(row.owned_id), (interest,), said)
                continue
            for party, kind in ((row.held_for_id, "nominator"), (row.owner_id, "nominee")):
                yield Tie(key_of(party), nomination(row), (direct(kind),), said)
            yield Tie(nomination(row), key_of(row.owned_id), (interest,), said)

    @staticmethod
    def held_as(event: Any) -> tuple[Any, ...]:
        return event.share, event.kind, event.held_for_id, event.is_indirect, event.held_since

    def interest(self, row: Any) -> dict[str, Any]:
        found = direct(row.kind) | ({"directOrIndirect": "indirect"} if row.is_indirect else {})
        if has_size(row.kind) and (share := shares.written(parse(row.share))):
            found["share"] = share
            if "/" in row.share:
                found["details"] = f"{row.share} of the whole"
        return found | started(row, found.get("details", ""))

    def offices(self) -> Iterator[Tie]:
        for roles in self.reader.roles.values():
            for role in roles:
                if role.kind in ROLES:
                    found = direct(ROLES[Role.Kind(role.kind)])
                    if role.title:
                        found["details"] = role.title
                    said = self.said(Role, role, lambda event: event.title)
                    yield Tie(key_of(role.party_id), self.subject, (found,), said)

    def nobody(self, ties: Iterable[Tie]) -> Iterator[Tie]:
        """A company of which no beneficial owner is known says so, and why (BODS-07, AMLR-07)."""
        if any(owner.is_sure for owner in self.owners) or not records.is_entity(self.reader.customer):
            return
        why = "subjectUnableToConfirmOrIdentifyBeneficialOwner"
        # A decision that found owners, who have left since, did not find that there is none.
        found = "No beneficial owner was found." if self.decided and self.decided.is_of_nobody else FROM_DECLARED
        told = {"reason": why, "description": found}
        said = self.said(Party, self.reader.customer, self.described).with_(tie.said for tie in ties)
        yield Tie("", self.subject, (), said, told)

    @cached_property
    def by_shares(self) -> Mapping[str, Verdict]:
        return self.asked(replace(self.rule, roles=()))

    @cached_property
    def verdicts(self) -> Mapping[str, Verdict]:
        return self.asked(self.rule)

    @property
    def rule(self) -> Rule:
        return rule(self.reader.pack, OF_OWNERS, on=self.reader.day)

    def asked(self, wanted: Rule) -> Mapping[str, Verdict]:
        """Of everybody but the customer, who may be a person and is nobody's owner."""
        subject = str(self.reader.customer.pgh_obj_id)
        found = regimes.determine(self.graph, subject=subject, rule=wanted).parties
        return {party: verdict for party, verdict in found.items() if party != subject}

    @cached_property
    def graph(self) -> Graph:
        parties = {str(pk): row for pk, row in self.reader.parties.items() if pk in self.involved}
        return graph_of(parties, holdings(self.interests), {pk: self.reader.brief(int(pk)) for pk in parties})

    @cached_property
    def owners(self) -> list[Owner]:
        """People only, by what was decided of each, or determined."""
        people = [pk for pk in sorted(self.involved & self.reader.parties.keys()) if self.is_person(pk)]
        return [owner for owner in map(self.owner, people) if owner]

    def owner(self, pk: int) -> Owner | None:
        """A decision names all of whom it takes for owners: whoever had been named by then and has no row is none, also who
        controls the customer, since a senior managing official stands in only where nobody is one (AMLR-07, BODS-05)."""
        standing = self.decided.standing(pk) if self.decided else ""
        if not standing:
            return None if pk in self.decided_on else self.determined(pk)
        return self.decided_owner(pk) if standing == DecidedOwner.Standing.OWNER else None

    @cached_property
    def decided_on(self) -> set[int]:
        """Whom the officers had before them when they decided who is an owner."""
        if not self.decided:
            return set()
        named = self.reader.events(Party).filter(pgh_created_at__lte=self.decided.asked_at)
        return set(named.values_list("pgh_obj_id", flat=True))

    @cached_property
    def primary(self) -> set[str]:
        return {owner.key for owner in self.owners}

    def is_person(self, pk: int) -> bool:
        return bool(self.reader.parties[pk].kind == Party.Kind.PERSON)

    @cached_property
    def controllers(self) -> set[int]:
        return {pk for pk, roles in self.reader.roles.items() if any(role.kind == Role.Kind.CONTROLLER for role in roles)}

    def determined(self, pk: int) -> Owner | None:
        """Whoever controls the customer is one whatever he owns (IAAS-04)."""
        verdict, controls = self.verdicts.get(str(pk)), pk in self.controllers
        word = verdict.verdict if verdict else NO
        if word == NO and not controls:
            return None
        return Owner(key_of(pk), HOLDS[word], controls, self.through(pk, verdict) if verdict and word != NO else {})

    def decided_owner(self, pk: int) -> Owner:
        """By all that he holds; where nothing is known to be held, by an interest that is not known."""
        verdict = self.verdicts.get(str(pk))
        found = Owner(key_of(pk), True, pk in self.controllers, self.through(pk, verdict) if verdict else {})
        own = [tie for tie in self.ties if (tie.owner, tie.owned) == (found.key, self.subject)]
        is_by_something = any(found.by(interest["type"]) for tie in own for interest in tie.interests)
        return found if found.through or is_by_something else replace(found, through=NOT_KNOWN)

    def through(self, pk: int, verdict: Verdict) -> dict[str, Any]:
        """What he holds of the customer through others; nothing where he holds all of it himself."""
        rows, customer = [row for row in self.interests if counted_owner(row) == pk], self.reader.customer.pgh_obj_id
        himself = [row for row in rows if row.owned_id == customer and not row.held_for_id]
        if rows == himself:
            return {}
        found: dict[str, Any] = {"type": OTHERWISE, "directOrIndirect": "indirect", "details": " ".join(verdict.why)[:LONGEST]}
        counted = self.by_shares.get(str(pk))
        part = remaining(counted.share, [parse(row.share) for row in himself if is_share(row)]) if counted else NONE
        if part.max:
            found["type"] = Interest.Kind.SHAREHOLDING.value
            found |= {"share": share} if (share := shares.written(part)) else {}
        return found

    def said(self, model: Any, row: Any, content: Any) -> Said:
        """When the row came to say what it says: a fact with a day of its own from that day, until it was changed."""
        events = list(self.reader.events(model).filter(pgh_obj_id=row.pgh_obj_id).exclude(pgh_label="delete")) or [row]
        now, first = content(events[-1]), len(events) - 1
        while first and content(events[first - 1]) == now:
            first -= 1
        own = None if first else getattr(row, "valid_from", None)
        return Said(own or min(on(events[first].pgh_created_at), self.reader.day), bool(first))


def is_share(row: Any) -> bool:
    return bool(row.kind == Interest.Kind.SHAREHOLDING)


def key_of(party: int) -> str:
    return f"party-{party}"


def nomination(row: Any) -> str:
    return f"nomination-{row.pgh_obj_id}"


def on(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def started(row: Any, details: str) -> dict[str, Any]:
    """Since when, where that was told. The standard has days only: of a year or a month the first, and the details say so."""
    if not row.held_since:
        return {}
    found = {"startDate": first_day(row.held_since).isoformat()}
    if len(row.held_since) == len(found["startDate"]):
        return found
    return found | {"details": "; ".join(filter(None, (details, f"held since {row.held_since}")))}


def direct(kind: str) -> dict[str, Any]:
    """Without a start: of an office or a nomination nobody says since when."""
    return {"type": kind, "directOrIndirect": "direct"}


def remaining(whole: Interval, own: Iterable[Interval]) -> Interval:
    """What is left of a share over all chains when his own direct ones are taken off."""
    least, most = sum(share.max for share in own), sum(share.min for share in own)
    return Interval(max(whole.min - least, NOTHING), max(whole.max - most, NOTHING), whole.above)


def joined(ties: Iterable[Tie]) -> tuple[Tie, ...]:
    """All that one holds of another in one relationship (BODS-03)."""
    found: dict[str, Tie] = {}
    for tie in ties:
        if before := found.get(tie.key):
            tie = Tie(tie.owner, tie.owned, (*before.interests, *tie.interests), before.said.with_([tie.said]), tie.reason)
        found[tie.key] = tie
    return tuple(found[key] for key in sorted(found))
