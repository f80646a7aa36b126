"""Person status on two axes that are not the same test: US person (IAAS-01), foreign person of the EAR (IAAS-02).

The customer names a ground in plain words; the rule pack says where it puts the party under each test.
"""

from collections.abc import Collection

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, organisations
from accounts.models import Organisation, User
from kyc.parties.models import Party, PersonStatus
from kyc.parties.wording import BadText
from kyc.rules import packs

B = PersonStatus.Basis
# What a person may name; what entities are follows from where they were formed.
OF_PEOPLE = (B.CITIZEN, B.RESIDENT, B.PROTECTED, B.LOCATED, B.NONE, B.UNKNOWN)


def formed(party: Party) -> str:
    """The ground of an entity: where it was formed."""
    if not party.country:
        return B.UNKNOWN
    return B.ORGANISED if party.country == packs.current().home else B.NONE


def basis_of(party: Party) -> str:
    """The ground declared last, or empty."""
    found = PersonStatus.objects.live().filter(party=party, axis=PersonStatus.Axis.IAAS).first()
    return found.basis if found else ""


@transaction.atomic
def declare(party: Party, *, basis: str = "", by: User) -> list[PersonStatus]:
    """Says on which ground a party is a US person and is not a foreign one, or is; of entities it is derived. One live row
    an axis. What was verified before ends with the row it verified. Raises BadText."""
    organisations.locked(party.organisation, by=by)
    party = Party.objects.get(pk=party.pk)
    if party.removed_on:
        raise BadText("us_basis", _("That party has been removed meanwhile."))
    return record(party, basis, by=by)


def record(party: Party, basis: str, *, by: User) -> list[PersonStatus]:
    """As declare, for those who hold the organisation's lock. Raises BadText."""
    if not party.is_person:
        basis = formed(party)
    elif basis not in OF_PEOPLE:
        raise BadText("us_basis", _("Choose what applies, or “Not known”."))
    return [stand(party, axis, basis, by=by) for axis in PersonStatus.Axis.values]


def stand(party: Party, axis: str, basis: str, *, by: User) -> PersonStatus:
    pack, today = packs.current(), timezone.localdate()
    standing = pack.standing(axis, basis)
    before = PersonStatus.objects.live().filter(party=party, axis=axis).first()
    if before and (before.basis, before.standing) == (basis, standing):
        return before
    if before:
        before.valid_to = today
        before.save(update_fields=["valid_to"])
    status = PersonStatus.objects.create(
        organisation=party.organisation,
        party=party,
        axis=axis,
        basis=basis,
        standing=standing,
        rule_pack=pack.version,
        valid_from=today,
    )
    audit.record("party.status_declared", target=status, by=by, name=party.name, axis=axis, standing=standing, basis=basis)
    return status


def are_declared_us(organisation: Organisation, named: Collection[int]) -> bool:
    """Whether every party, of those that are named by now, is declared a US person: then what is asked of foreign customers is
    not asked (PRV-01, IAAS-18). Whether that is so is for an officer to verify before an approval."""
    live = PersonStatus.objects.live().filter(organisation=organisation, axis=PersonStatus.Axis.IAAS)
    return bool(named) and {*named} <= {*live.filter(standing=PersonStatus.Standing.US).values_list("party", flat=True)}


def ground(basis: str) -> str:
    """A ground as it reads where the others do not stand beside it."""
    return _("No US citizen, resident or the like") if basis == B.NONE else str(B(basis).label)


def grounds(organisation: Organisation) -> dict[int, str]:
    """The ground that was declared of each party, in words, by the party's number."""
    live = PersonStatus.objects.live().filter(organisation=organisation, axis=PersonStatus.Axis.IAAS)
    return {party: ground(basis) for party, basis in live.values_list("party", "basis")}
