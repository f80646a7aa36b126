"""A customer's LEI against the golden copy of GLEIF that is here: what agrees, what differs, and who its parents are."""

from dataclasses import dataclass, field
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import organisations
from accounts.models import Organisation, User
from accounts.permissions import Permission, require
from accounts.refused import Refused
from kyc.evidence import confirmations
from kyc.evidence.confirmation_models import Confirmation
from kyc.evidence.confirming import entities
from kyc.evidence.confirming.entities import Compared, Declared, Listed, Owner
from kyc.evidence.lei_models import LegalEntity, LegalEntityParent, LeiCopy
from kyc.ownership import observing, reconciling
from kyc.ownership.models import Interest, Observation
from kyc.parties.actions import own
from kyc.parties.models import Party

# Who is consolidated by whom in the accounts, and not who holds what, or how much.
FOUND_IN = reconciling.CONSOLIDATION


class NoCopy(Refused):
    """No golden copy has been loaded, or the LEI is not in it."""


class NotTheSame(Refused):
    """The list names another company, or says of the LEI that it is not kept up."""


@dataclass(frozen=True)
class Parent:
    """As level 2 tells it; `name` is empty where level 1 does not know the LEI."""

    lei: str
    name: str
    kind: str


@dataclass(frozen=True)
class Checked:
    """Of one LEI on the day of the copy; `listed` is None where it does not know it."""

    published: date
    listed: LegalEntity | None
    compared: Compared | None = None
    parents: tuple[Parent, ...] = ()
    # Parents who are none of the declared owners, and whether anything was said of parents at all.
    undeclared: tuple[Parent, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)


def newest(level: str) -> LeiCopy | None:
    return LeiCopy.objects.filter(level=level).order_by("-published", "-pk").first()


def check(party: Party) -> Checked | None:
    """None where the party has no LEI, or no copy is here."""
    copy = newest(LeiCopy.Level.ENTITIES)
    if not party.lei or copy is None:
        return None
    listed = LegalEntity.objects.filter(lei=party.lei).first()
    if listed is None:
        return Checked(copy.published, None)
    told = confirmations.said(party)
    number = told.get(Confirmation.What.REGISTRATION, "")
    declared = Declared((party.name, party.native_name), party.country, party.hq_country, number)
    compared = entities.compared(declared, as_listed(listed))
    parents = parents_of(party.lei)
    return Checked(
        copy.published,
        listed,
        compared,
        parents,
        undeclared(party.organisation, party, parents),
        {"published": copy.published.isoformat(), "status": listed.status, **compared.verdicts},
    )


def as_listed(row: LegalEntity) -> Listed:
    return Listed(
        lei=row.lei,
        names=(row.name, *row.names),
        country=row.country,
        hq_country=row.hq_country,
        jurisdiction=row.jurisdiction,
        number=row.number,
        status=row.status,
        entity_status=row.entity_status,
    )


def parents_of(lei: str) -> tuple[Parent, ...]:
    rows = list(LegalEntityParent.objects.filter(child=lei, is_active=True).order_by("kind", "parent"))
    names = dict(LegalEntity.objects.filter(lei__in=[row.parent for row in rows]).values_list("lei", "name"))
    return tuple(Parent(row.parent, names.get(row.parent, ""), row.kind) for row in rows)


def undeclared(organisation: Organisation, party: Party, parents: tuple[Parent, ...]) -> tuple[Parent, ...]:
    """Of the direct parent among who holds of the party itself, of the ultimate one among all who hold anything."""
    live = Interest.objects.live().filter(organisation=organisation).select_related("owner", "owned")
    direct = [as_owner(interest.owner) for interest in live if interest.owned_id == party.pk]
    every = [as_owner(interest.owner) for interest in live]
    found = []
    for parent in parents:
        among = direct if parent.kind == LegalEntityParent.Kind.DIRECT else every
        if entities.undeclared([Owner(parent.lei, (parent.name,))], among):
            found.append(parent)
    return tuple(found)


def as_owner(party: Party) -> Owner:
    return Owner(party.lei, (party.name, party.native_name))


@transaction.atomic
def confirm(party: Party, *, by: User) -> Confirmation:
    """An officer takes over that the LEI is the party's: name, country and number agree, and it is kept up; and with it, as from
    any register, which parents it names that were not declared. Raises NotPermitted,
    NotHere, NoCopy, NotTheSame."""
    require(by, Permission.EVIDENCE_JUDGE)
    organisation = organisations.held(party.organisation_id)
    organisations.refuse_closed(organisation)
    party = own(party, organisation)
    found = check(party)
    if found is None or found.listed is None or found.compared is None:
        raise NoCopy(_("No list of legal entities is here that knows this LEI."))
    if not found.compared.is_same:
        raise NotTheSame(_("The list says otherwise than %(name)s. Ask the customer.") % {"name": party.name})
    if not found.compared.is_good:
        status = found.compared.status or "INACTIVE"
        raise NotTheSame(_("The LEI is %(status)s: nobody keeps it up.") % {"status": status})
    what = Confirmation.What.LEI
    facts = found.facts | {f"{one.kind}_parent": one.lei for one in found.parents}
    mark = confirmations.mark_of(party, what, party.lei)
    made = confirmations.make(party, what=what, how=Confirmation.How.GLEIF, value=party.lei, mark=mark, by=by, **facts)
    for parent in found.undeclared:
        observe(party, parent, found.parents, by=by)
    return made


def observe(party: Party, parent: Parent, parents: tuple[Parent, ...], *, by: User) -> None:
    """That the parent controls the party; the ultimate one of the direct one, where that stands between and is declared. By
    what it does level 2 does not say."""
    copy, between = (
        newest(LeiCopy.Level.PARENTS),
        next((one for one in parents if one.kind == LegalEntityParent.Kind.DIRECT), None),
    )
    owned: Party | None = party
    if parent.kind == LegalEntityParent.Kind.ULTIMATE and between and between.lei != parent.lei:
        owned = declared_as(party.organisation, between)
    if copy is None or owned is None:
        return
    owner, listed = declared_as(party.organisation, parent), LegalEntity.objects.filter(lei=parent.lei).first()
    who = {"owner": owner} if owner else {"owner_name": parent.name or parent.lei, "owner_kind": Party.Kind.COMPANY}
    where = {} if owner or listed is None else {"owner_country": listed.country}
    observing.observe(
        party.organisation,
        owned=owned,
        kind=Interest.Kind.OTHERWISE,
        source=Observation.Source.REGISTER,
        found_in=FOUND_IN,
        stated_on=copy.published,
        by=by,
        **who,
        **where,
    )


def declared_as(organisation: Organisation, parent: Parent) -> Party | None:
    """The company of that LEI, or of that name, that the customer has named."""
    named = Party.objects.current().filter(organisation=organisation, kind=Party.Kind.COMPANY).order_by("pk")
    return next((one for one in named if not entities.undeclared([Owner(parent.lei, (parent.name,))], [as_owner(one)])), None)
