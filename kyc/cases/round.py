"""What one round of checks goes by: an organisation's parties, holdings and documents, under one rule pack and list versions."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kyc.cases import declared
from kyc.cases.declared import Declared
from kyc.cases.models import Examination
from kyc.evidence.models import Document
from kyc.ownership import regimes, trusts
from kyc.ownership.graph import above
from kyc.ownership.models import Interest, holdings
from kyc.ownership.regimes import Holding
from kyc.ownership.shares import ONE, Interval, exactly
from kyc.parties import countries
from kyc.parties.models import Party, Role
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
    documents: int
    nominees: int
    declared: Declared

    @cached_property
    def names(self) -> dict[str, str]:
        return {str(pk): name for pk, name in told_apart(self.parties.values()).items()}

    @property
    def people(self) -> set[str]:
        return {str(pk) for pk, party in self.parties.items() if party.is_person}

    @cached_property
    def gaps(self) -> dict[str, Interval]:
        """What of the customer, and of each company above it, nobody is named for."""
        companies = [str(pk) for pk, party in self.parties.items() if party.is_company]
        return {party: left for party, left in undeclared(self.holdings, companies).items() if party in self.chain}

    @cached_property
    def chain(self) -> list[str]:
        """The customer, and everybody above it by an interest of any kind."""
        return above(self.interests, str(self.customer.pk))


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
    parties = {party.pk: party for party in Party.objects.current().filter(organisation=organisation)}
    live = Interest.objects.live().filter(organisation=organisation).order_by("pk")
    interests = holdings(live)
    return Round(
        examination=examination,
        pack=packs.get(examination.rule_pack),
        customer=Role.objects.live().select_related("party").get(organisation=organisation, kind=Role.Kind.CUSTOMER).party,
        parties=parties,
        holdings=trusts.shares_only(interests),
        interests=interests,
        versions=lists.active_versions(),
        documents=Document.objects.current().filter(organisation=organisation).count(),
        nominees=sum(1 for interest in live if interest.held_for_id),
        declared=declared.of(examination.organisation, list(parties.values())),
    )
