"""The facts that a population asks of keys, read from what stands: a few queries for many keys, and those alone that are asked.

Proved is what an officer has verified by a document that still counts, what a done round of checks has determined, or that a
customer is verified at all. Of a person, who has neither headquarters nor a parent, his person status tells both."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Max

from kyc.cases.determining import LIMBS
from kyc.cases.models import Entity, Examination
from kyc.directives.population import (
    CONCERN,
    CUSTOMER,
    FORMED,
    HEADQUARTERS,
    OWNERS,
    PARENT,
    RESPONSIBLE,
    UNKNOWN,
    USED_FROM,
    WHO,
    Fact,
    Facts,
    Population,
)
from kyc.evidence.models import AttributeProof, StatusProof
from kyc.ownership.models import Determination
from kyc.ownership.rule import CASCADES
from kyc.ownership.verdicts import INDETERMINATE, NO, YES
from kyc.parties.models import Attribute, Party, PersonStatus, Role
from kyc.risk.models import Fact as Seen
from kyc.rules import packs

W = Attribute.What
# In the place of a parent's country, of whom nobody can own.
NOBODY = "nobody"


@dataclass(frozen=True)
class Asked:
    """A key, as far as facts are found by it."""

    pk: int
    organisation: int
    responsible: int
    prefix: str


@dataclass(frozen=True)
class Proved:
    """Of a party's status or attribute: which row, by which proof, until when."""

    value: str
    row: int
    evidence: int | None = None
    until: datetime | None = None
    parent: int | None = None

    def fact(self, values: Iterable[str]) -> Fact:
        return Fact(frozenset(values), self.evidence is not None, self.row, self.evidence, self.until)


class Batch:
    """What is known of these keys at `now`; each query once, when first asked for."""

    def __init__(self, keys: Collection[Asked], now: datetime) -> None:
        self.keys, self.now, self.pack = keys, now, packs.current()
        self.organisations = {key.organisation for key in keys}

    @property
    def today(self) -> date:
        return self.now.astimezone(UTC).date()

    @cached_property
    def customers(self) -> dict[int, int]:
        """The party that the customer itself is, by organisation."""
        rows = Role.objects.live().filter(organisation__in=self.organisations, kind=Role.Kind.CUSTOMER)
        return dict(rows.values_list("organisation", "party"))

    @cached_property
    def people(self) -> set[int]:
        """Customers that are persons themselves."""
        people = Party.objects.filter(pk__in=self.customers.values(), kind=Party.Kind.PERSON)
        return set(people.values_list("pk", flat=True))

    @cached_property
    def homes(self) -> dict[int, set[str]]:
        """By customer's party: the countries from which use is not noted."""
        rows = Party.objects.filter(pk__in=self.customers.values()).values_list("pk", "country", "hq_country")
        return {party: {*filter(None, countries)} for party, *countries in rows}

    @cached_property
    def statuses(self) -> dict[int, Proved]:
        """By party: where it stands as a foreign person, with the proof that lasts longest."""
        parties = {*self.customers.values(), *(key.responsible for key in self.keys)}
        live = PersonStatus.objects.live().filter(party__in=parties, axis=PersonStatus.Axis.EAR)
        proofs = StatusProof.objects.good(self.today).filter(status__in=live.values("pk")).order_by("valid_until", "pk")
        until = {status: (proof, end_of(day)) for status, proof, day in proofs.values_list("status", "pk", "valid_until")}
        return {
            party: Proved(standing, row, *until.get(row, ()))
            for party, standing, row in live.values_list("party", "standing", "pk")
        }

    @cached_property
    def attributes(self) -> dict[tuple[int, str], Proved]:
        """By party and what: where it was formed and is led from, and its parent; of all that these organisations have named."""
        live = Attribute.objects.live().filter(organisation__in=self.organisations)
        proofs = AttributeProof.objects.good().filter(attribute__in=live.values("pk"))
        by = dict(proofs.order_by("pk").values_list("attribute", "pk"))
        return {
            (party, what): Proved(country, row, by.get(row), parent=parent)
            for party, what, country, row, parent in live.values_list("party", "what", "country", "pk", "parent")
        }

    @cached_property
    def verdicts(self) -> dict[tuple[int, str], tuple[str, int]]:
        """By customer's organisation and regime: the word of the last round that was done on the customer itself, and which."""
        done = Examination.objects.filter(organisation__in=self.organisations, state=Examination.State.DONE)
        last = dict(done.order_by().values("organisation").annotate(last=Max("pk")).values_list("organisation", "last"))
        rows = Determination.objects.filter(examination_id__in=last.values(), party__in=self.customers.values())
        return {
            (organisation, regime): (verdict, examination)
            for organisation, regime, verdict, examination in rows.values_list(
                "organisation", "regime", "verdict", "examination_id"
            )
        }

    @cached_property
    def entities(self) -> dict[int, tuple[int, datetime]]:
        live = Entity.objects.live().filter(organisation__in=self.organisations)
        return {organisation: (pk, until) for organisation, pk, until in live.values_list("organisation", "pk", "valid_until")}

    @cached_property
    def used_from(self) -> dict[str, set[str]]:
        """By subject: countries other than its customer's own from which a key was used of late."""
        since = self.today - timedelta(days=self.pack.directive("used_days"))
        rows = Seen.objects.filter(organisation__in=self.organisations, name="traffic_country", on__gte=since)
        found: dict[str, set[str]] = defaultdict(set)
        for subject, value in rows.values_list("subject", "value"):
            found[subject].add(value["traffic"])
        return found


def end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def status(batch: Batch, party: int | None) -> Fact:
    known = batch.statuses.get(party) if party else None
    return known.fact([known.value]) if known else UNKNOWN


def home_of_person(batch: Batch, party: int) -> Fact:
    """Shown to be a person of the rule pack's home country, or nothing."""
    known = batch.statuses.get(party)
    return known.fact([batch.pack.home]) if known and known.value == PersonStatus.Standing.US else UNKNOWN


def attribute(batch: Batch, party: int | None, what: str) -> Fact:
    if party in batch.people and party is not None:
        return home_of_person(batch, party)
    known = batch.attributes.get((party, what)) if party else None
    return known.fact(filter(None, [known.value])) if known else UNKNOWN


def parent(batch: Batch, party: int | None) -> Fact:
    """Where its ultimate parent is led from: both that it is the parent and where that is are to be proved."""
    if party in batch.people:
        return Fact(frozenset([NOBODY]), is_proved=True, row=party, evidence=party)
    known = batch.attributes.get((party, W.PARENT)) if party else None
    if known is None:
        return UNKNOWN
    where = attribute(batch, known.parent, W.HEADQUARTERS)
    is_proved = known.evidence is not None and where.is_proved
    return Fact(where.values, is_proved, known.row, known.evidence, where.until)


def used_from(batch: Batch, key: Asked) -> Fact:
    """From its customer's own country, and wherever else it was seen. Use from where the customer says that it is of, or
    is led from, is not noted (kyc/keys/uses.py), so each of these counts as used."""
    party = batch.customers.get(key.organisation)
    own, unnoted = attribute(batch, party, W.HEADQUARTERS), batch.homes.get(party, set()) if party else set()
    seen = batch.used_from.get(f"key:{key.prefix}", set())
    return Fact(own.values | unnoted | seen, own.is_proved, own.row, own.evidence, own.until)


def determined(batch: Batch, key: Asked, regimes: Collection[str]) -> Fact:
    """Yes where one of the regimes says so, no where all do. A round that does not ask one of a person leaves it out."""
    told = [batch.verdicts[key.organisation, regime] for regime in regimes if (key.organisation, regime) in batch.verdicts]
    if not told:
        return UNKNOWN
    words = {verdict for verdict, _ in told}
    verdict = YES if YES in words else NO if words == {NO} else INDETERMINATE
    examination = told[0][1]
    return Fact(frozenset([verdict]), verdict == NO, examination, examination)


def concern(batch: Batch, key: Asked) -> Fact:
    """What the checks say rests on where the customer says that it is, so that is to be proved too."""
    party = batch.customers.get(key.organisation)
    where = attribute(batch, party, W.HEADQUARTERS)
    found = Fact(frozenset([NO]), True, party, party) if party in batch.people else determined(batch, key, LIMBS)
    if not where.is_proved:
        return Fact(found.values, False, found.row)
    return Fact(found.values, found.is_proved, found.row, where.evidence, where.until)


def who(batch: Batch, key: Asked) -> Fact:
    entity, until = batch.entities.get(key.organisation, (None, None))
    return Fact(frozenset([str(key.organisation)]), entity is not None, entity, entity, until)


READERS: dict[str, Callable[[Batch, Asked], Fact]] = {
    CUSTOMER: lambda batch, key: status(batch, batch.customers.get(key.organisation)),
    RESPONSIBLE: lambda batch, key: status(batch, key.responsible),
    HEADQUARTERS: lambda batch, key: attribute(batch, batch.customers.get(key.organisation), W.HEADQUARTERS),
    FORMED: lambda batch, key: attribute(batch, batch.customers.get(key.organisation), W.FORMED),
    PARENT: lambda batch, key: parent(batch, batch.customers.get(key.organisation)),
    USED_FROM: used_from,
    CONCERN: concern,
    OWNERS: lambda batch, key: determined(batch, key, tuple(CASCADES)),
    WHO: who,
}


def of(keys: Collection[Asked], over: Population, *, now: datetime) -> list[tuple[Asked, Facts]]:
    """Each key with what the population asks of it."""
    batch, wanted = Batch(keys, now), {test.fact for test in over.tests}
    return [(key, {code: READERS[code](batch, key) for code in wanted}) for key in keys]


def asked(rows: Iterable[Any]) -> list[Asked]:
    """From rows of (key, organisation, responsible, prefix)."""
    return [Asked(*row) for row in rows]
