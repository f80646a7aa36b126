"""What one round of checks goes by: an organisation's parties, holdings and documents, under one rule pack and list versions."""

from dataclasses import dataclass

from kyc.cases.models import Examination
from kyc.evidence.models import Document
from kyc.ownership.models import Interest
from kyc.ownership.regimes import Holding
from kyc.ownership.shares import parse
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
    holdings: list[Holding]
    versions: list[ListVersion]
    documents: int

    @property
    def names(self) -> dict[str, str]:
        return {str(pk): party.name for pk, party in self.parties.items()}

    @property
    def people(self) -> set[str]:
        return {str(pk) for pk, party in self.parties.items() if party.is_person}


def gather(examination: Examination) -> Round:
    organisation = examination.organisation_id
    parties = {party.pk: party for party in Party.objects.current().filter(organisation=organisation)}
    interests = Interest.objects.live().filter(organisation=organisation)
    return Round(
        examination=examination,
        pack=packs.get(examination.rule_pack),
        customer=Role.objects.live().select_related("party").get(organisation=organisation, kind=Role.Kind.CUSTOMER).party,
        parties=parties,
        holdings=[Holding(str(i.owner_id), str(i.owned_id), parse(i.share)) for i in interests],
        versions=lists.active_versions(),
        documents=Document.objects.current().filter(organisation=organisation).count(),
    )
