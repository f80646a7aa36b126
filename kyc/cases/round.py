"""What one round of checks goes by: an organisation's parties, holdings and documents, under one rule pack and list versions."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kyc.cases import declared
from kyc.cases.declared import Declared
from kyc.cases.models import Examination
from kyc.evidence import doubted, exclusions, sharing
from kyc.evidence.models import Document, ExclusionRuling
from kyc.ownership import graph as structures
from kyc.ownership import regimes, trusts
from kyc.ownership.exclusions import Claims
from kyc.ownership.graph import ENTITY, PERSON, Graph, above
from kyc.ownership.models import Interest, holdings
from kyc.ownership.regimes import Holding
from kyc.ownership.shares import ONE, Interval, exactly
from kyc.parties import countries
from kyc.parties.models import Party, Role
from kyc.risk import seen
from kyc.rules import packs
from kyc.rules.packs import Pack
from kyc.screening import lists
from kyc.screening.models import ListVersion


@dataclass(frozen=True)
class Round:
    """One organisation as it was when the round began."""

    examination: Examination
    pack: Pack
    customer: Party
    parties: dict[int, Party]
    # Shares, each with whom a nominee holds it for; and interests of every kind, control and roles in trusts among them.
    holdings: list[Holding]
    interests: list[Holding]
    versions: list[ListVersion]
    # What was sent, by its kind, with its name.
    papers: list[tuple[str, str]]
    nominees: int
    # On how many days of late keys were used from countries that disagree with those that were told.
    days_abroad: int
    # In how many other accounts one of its documents is known by its number.
    elsewhere: int
    # What speaks against its documents, by kinds (kyc/evidence/reading/signs.py).
    signs: frozenset[str]
    declared: Declared
    # Who is named in control, with the title.
    controllers: Mapping[str, str]
    # What is claimed of exclusions from FinCEN's rule, by party.
    claims: Claims
    # What was verified of these, and expires soon or has.
    expiring: list[ExclusionRuling]
    day: date

    @cached_property
    def names(self) -> dict[str, str]:
        return {str(pk): name for pk, name in told_apart(self.parties.values()).items()}

    @property
    def documents(self) -> int:
        return len(self.papers)

    @property
    def subject(self) -> str:
        return str(self.customer.pk)

    def graph(self, others: Iterable[str] = ()) -> Graph:
        """What every regime reads: whoever holds or is held, the customer, who is in control, and `others`."""
        involved = {self.subject, *structures.everyone(self.interests), *self.controllers, *others}
        return structure({pk: self.parties[int(pk)] for pk in involved}, self.interests, self.names)

    @cached_property
    def gaps(self) -> dict[str, Interval]:
        """What of the customer, and of each company above it, nobody is named for."""
        companies = [str(pk) for pk, party in self.parties.items() if party.is_company]
        return {party: left for party, left in undeclared(self.holdings, companies).items() if party in self.chain}

    @cached_property
    def chain(self) -> list[str]:
        """The customer, and everybody above it by an interest of any kind."""
        return above(self.interests, str(self.customer.pk))


def structure(parties: Mapping[str, Any], interests: Iterable[Holding], names: Mapping[str, str]) -> Graph:
    """Of parties, or rows of their history. Whoever is no person is an entity: companies, trusts, states, and those who are
    known as a class of people, of whom none is named."""
    return Graph.of(
        interests,
        [
            structures.Party(pk, PERSON if party.kind == Party.Kind.PERSON else ENTITY, headquarters(party), names[pk])
            for pk, party in sorted(parties.items())
        ],
    )


def headquarters(party: Any) -> str:
    """Empty where it is not known. A state is where it is."""
    return str(party.hq_country or (party.country if party.kind == Party.Kind.STATE else ""))


def undeclared(holdings: Collection[Holding], companies: Iterable[str]) -> dict[str, Interval]:
    """What of each owned party, and of each of the companies, nobody is named for, where that is anything."""
    left = regimes.unaccounted(holdings)
    return {party: part for party, part in (dict.fromkeys(companies, exactly(ONE)) | left).items() if part.max}


def told_apart(parties: Iterable[Party]) -> dict[int, str]:
    """The name of each party. Where several bear one name, with the year of birth or the country behind it; where that does
    not tell them apart either, with a number."""
    namesakes: dict[str, list[Party]] = defaultdict(list)
    for party in sorted(parties, key=lambda party: party.pk):
        namesakes[party.name].append(party)
    found = {}
    for name, group in namesakes.items():
        marks = [mark(party) for party in group]
        often = Counter(marks)
        for number, (party, told) in enumerate(zip(group, marks, strict=True), start=1):
            words = [told] if told and often[told] == 1 else [*filter(None, [told]), str(number)]
            found[party.pk] = name if len(group) == 1 else f"{name} ({', '.join(words)})"
    return found


def mark(party: Party) -> str:
    if party.birth_year:
        return _("born %(year)s") % {"year": party.birth_year}
    return countries.name(party.country, get_language() or "en") if party.country else ""


def gather(examination: Examination) -> Round:
    organisation = examination.organisation_id
    parties = {party.pk: party for party in Party.objects.current().filter(organisation=organisation).order_by("pk")}
    live = Interest.objects.live().filter(organisation=organisation).order_by("pk")
    interests = holdings(live)
    roles = Role.objects.live().filter(organisation=organisation, kind__in=[Role.Kind.CUSTOMER, Role.Kind.CONTROLLER])
    held, day, pack = {role.kind: role for role in roles}, timezone.localdate(), packs.get(examination.rule_pack)
    return Round(
        examination=examination,
        pack=pack,
        customer=parties[held[Role.Kind.CUSTOMER].party_id],
        parties=parties,
        holdings=trusts.shares_only(interests),
        interests=interests,
        versions=lists.active_versions(),
        papers=list(Document.objects.current().filter(organisation=organisation).order_by("pk").values_list("kind", "name")),
        nominees=sum(1 for interest in live if interest.held_for_id),
        days_abroad=seen.days_abroad(organisation, pack, day),
        elsewhere=sharing.count(organisation),
        signs=doubted.of(organisation, day),
        declared=declared.of(examination.organisation, list(parties.values())),
        controllers={str(role.party_id): role.title for kind, role in held.items() if kind == Role.Kind.CONTROLLER},
        claims=exclusions.claims(examination.organisation, on=day),
        expiring=exclusions.expiring(examination.organisation, by=day + timedelta(days=pack.days("renewal"))),
        day=day,
    )
