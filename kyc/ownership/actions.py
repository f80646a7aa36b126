"""What customers tell about who owns what, as deep as it goes."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, organisations
from accounts.models import Organisation, User
from accounts.refused import Refused
from kyc.ownership.fitting import (
    SHAREHOLDING,
    described,
    fits,
    nominator,
    refuse_misplaced,
    refuse_twice,
    share_of,
    since_of,
)
from kyc.ownership.interests import has_size
from kyc.ownership.leaving import end as end
from kyc.ownership.leaving import leave_principal as leave_principal
from kyc.ownership.leaving import let_go
from kyc.ownership.leaving import remove as remove
from kyc.ownership.models import Interest
from kyc.ownership.reconciling import changed
from kyc.parties import attributes, signalled, statuses
from kyc.parties.actions import own, reach, refuse_named_before, take_role
from kyc.parties.addresses import Address
from kyc.parties.identifying import identify
from kyc.parties.models import Party, Role


@transaction.atomic
def declare_owner(
    organisation: Organisation,
    *,
    owned: Party,
    kind: str = Party.Kind.PERSON,
    name: str = "",
    native_name: str = "",
    share: str,
    country: str = "",
    hq_country: str = "",
    hq_since: str = "",
    registration_number: str = "",
    register: str = "",
    lei: str = "",
    tax_number: str = "",
    tax_country: str = "",
    birth_date: str = "",
    us_basis: str = "unknown",
    address: str | Address = "",
    email: str = "",
    phone: str = "",
    owner: Party | None = None,
    interest: str = SHAREHOLDING,
    held_for: Party | None = None,
    is_indirect: bool = False,
    held_since: str = "",
    by: User,
) -> Interest:
    """Names who holds `share` (text of kyc.ownership.shares, empty when unknown) of `interest` in the company `owned`, controls
    it by that, or has that role in the trust `owned`: the party `owner` named before, or a new one of `kind`. `held_for` is
    whose nominee the owner is; `is_indirect` that others stand between who are not named; `held_since` is a year, a month or a
    day. Raises BadText, OverWhole,
    OwnsItself, NamedTwice, OwnedByNobody, BadRole, BadNominee."""
    organisation = organisations.locked(organisation, by=by)
    owned = own(owned, organisation)
    refuse_misplaced(owned, interest, kind if owner is None else owner.kind)
    share = share_of(share) if has_size(interest) else ""
    held_since = since_of(owned, held_since)
    if owner:
        owner = own(owner, organisation)
    else:
        owner = described(kind, name, native_name, country, hq_country, registration_number, birth_date)
        if owner.is_person:
            reach(owner, address=address, email=email, phone=phone)
        elif owner.is_company:
            identify(owner, lei=lei, register=register, tax_number=tax_number, tax_country=tax_country)
    held_for = nominator(organisation, owner, owned, held_for)
    refuse_twice(owner, owned, interest, held_for)
    if has_size(interest):
        fits(owned, interest, share)
    if owner.pk is None:
        owner.organisation = organisation
        owner.save()
        statuses.record(owner, us_basis, by=by)
        attributes.record(owner, hq_since=hq_since, by=by)
        signalled.of_party(owner)
    take_role(owner, Role.Kind.OWNER)
    if held_for:
        take_role(held_for, Role.Kind.OWNER)
    declared = Interest.objects.create(
        organisation=organisation,
        owner=owner,
        owned=owned,
        kind=interest,
        share=share,
        held_for=held_for,
        is_indirect=is_indirect and owned.is_company,
        held_since=held_since,
        valid_from=timezone.localdate(),
    )
    more = {"held_for": held_for.name} if held_for else {}
    more |= {"held": "indirectly"} if declared.is_indirect else {}
    more |= {"since": held_since} if held_since else {}
    audit.record(
        "interest.declared", target=declared, by=by, owner=owner.name, owned=owned.name, interest=interest, share=share, **more
    )
    changed(organisation.pk, by=by)
    return declared


@transaction.atomic
def name_principal(
    organisation: Organisation,
    *,
    name: str,
    native_name: str = "",
    country: str,
    birth_date: str = "",
    us_basis: str = "unknown",
    address: str | Address = "",
    email: str = "",
    phone: str = "",
    by: User,
) -> Party:
    """Names the person who really owns what a nominee holds (FATF-07), before the nominee is named. Raises BadText,
    NamedBefore."""
    organisation = organisations.locked(organisation, by=by)
    person = described(Party.Kind.PERSON, name, native_name, country, "", "", birth_date)
    person.organisation = organisation
    reach(person, address=address, email=email, phone=phone)
    refuse_named_before(person)
    person.save()
    statuses.record(person, us_basis, by=by)
    take_role(person, Role.Kind.OWNER)
    audit.record("interest.principal_named", target=person, by=by, name=person.name)
    signalled.of_party(person)
    return person


@transaction.atomic
def change_share(interest: Interest, *, share: str, by: User) -> Interest:
    """Says anew how much the owner holds. Raises BadText, OverWhole."""
    organisations.locked(interest.organisation, by=by)
    interest = live(interest)
    if not has_size(interest.kind):
        return interest
    share, before = share_of(share), interest.share
    fits(interest.owned, interest.kind, share, without=interest.pk)
    if share != before:
        interest.share = share
        interest.save(update_fields=["share"])
        audit.record("interest.share_changed", target=interest, by=by, before=before, share=share)
        changed(interest.organisation_id, by=by)
    return interest


@transaction.atomic
def say_since(interest: Interest, *, held_since: str, by: User) -> Interest:
    """Says anew since when it is held, or that this isn't told (AMLR-03). Raises BadText."""
    organisations.locked(interest.organisation, by=by)
    interest = live(interest)
    since, before = since_of(interest.owned, held_since), interest.held_since
    if since != before:
        interest.held_since = since
        interest.save(update_fields=["held_since"])
        audit.record("interest.dated", target=interest, by=by, owner=interest.owner.name, owned=interest.owned.name, since=since)
    return interest


class Ended(Refused):
    """The interest has ended meanwhile."""


def live(interest: Interest) -> Interest:
    found = Interest.objects.live().select_related("owner", "owned").filter(pk=interest.pk).first()
    if found is None:
        raise Ended(_("This owner has been removed meanwhile."))
    return found


@transaction.atomic
def say_held_for(interest: Interest, *, held_for: Party | None, by: User) -> Interest:
    """Says anew whose nominee the owner is, or that it is nobody's (FATF-07). Raises BadNominee, NamedTwice."""
    organisation = organisations.locked(interest.organisation, by=by)
    interest = live(interest)
    found, before = nominator(organisation, interest.owner, interest.owned, held_for), interest.held_for
    if before != found:
        refuse_twice(interest.owner, interest.owned, interest.kind, found, without=interest.pk)
        interest.held_for = found
        interest.save(update_fields=["held_for"])
        if found:
            take_role(found, Role.Kind.OWNER)
        audit.record(
            "interest.held_for_changed", target=interest, by=by, owner=interest.owner.name, held_for=found.name if found else ""
        )
        if before:
            let_go(before, by=by)
        changed(organisation.pk, by=by)
    return interest
