"""Who may sign for a customer, and what shows it (FATF-02): the one place where that is said."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.models import Organisation
from kyc.evidence.models import AuthorityProof, Document
from kyc.parties.models import Role

D, K = Document.Kind, Role.Kind
# Who stands in a register, if what the customer declared is true.
OFFICES = (K.DIRECTOR, K.CONTROLLER)
IDENTITY = (D.PASSPORT, D.IDENTITY_CARD)
# Always about a person, who is named with it.
OF_PEOPLE = (*IDENTITY, D.RESIDENCE, D.AUTHORITY)
# What names those who lead a customer; sent about nobody, it is about the customer.
REGISTERS = (D.REGISTER_EXTRACT, D.ARTICLES, D.FOUNDING_ACT, D.TRUST_DEED)


@dataclass(frozen=True)
class Signatory:
    """One who may sign: the numbers of the party and of his role, the offices he is declared to hold, the papers about him by
    their numbers, and the proof that stands. An office is only declared; what an officer has verified is the proof."""

    party: int
    role: int
    offices: tuple[str, ...]
    papers: tuple[int, ...]
    identity: tuple[int, ...]
    proof: Any | None

    @property
    def is_claimed(self) -> bool:
        """Whether anything at all is said to show it."""
        return bool(self.offices or self.papers)


def signatories(roles: Mapping[int, Any], documents: Mapping[int, Any], proofs: Iterable[Any]) -> list[Signatory]:
    """Of live roles and current documents by their numbers, and of proofs in the order in which they were made; rows of today
    and rows as they were at a past instant alike."""
    offices: dict[int, list[str]] = {}
    for row in roles.values():
        if row.kind in OFFICES:
            offices.setdefault(row.party_id, []).append(row.kind)
    good = {proof.role_id: proof for proof in proofs if proof.document_id in documents}
    signing = {pk: row for pk, row in roles.items() if row.kind == K.SIGNATORY}
    return [
        Signatory(
            party=row.party_id,
            role=pk,
            offices=tuple(offices.get(row.party_id, ())),
            papers=about(row.party_id, (D.AUTHORITY,), documents),
            identity=about(row.party_id, IDENTITY, documents),
            proof=good.get(pk),
        )
        for pk, row in sorted(signing.items(), key=lambda item: (item[1].party_id, item[0]))
    ]


def about(party: int, kinds: Collection[str], documents: Mapping[int, Any]) -> tuple[int, ...]:
    return tuple(pk for pk, row in sorted(documents.items()) if row.party_id == party and row.kind in kinds)


def of(organisation: Organisation) -> list[Signatory]:
    """As things stand today."""
    roles = Role.objects.live().filter(organisation=organisation).in_bulk()
    documents = Document.objects.current().filter(organisation=organisation).in_bulk()
    proofs = AuthorityProof.objects.filter(organisation=organisation).select_related("document", "proved_by").order_by("pk")
    return signatories(roles, documents, proofs)
