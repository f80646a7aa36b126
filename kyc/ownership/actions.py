"""What customers tell about who owns what, as deep as it goes."""

from collections.abc import Iterable
from fractions import Fraction

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, organisations
from accounts.models import Organisation, User
from accounts.refused import Refused
from kyc.ownership import shares
from kyc.ownership.models import Interest
from kyc.parties import statuses
from kyc.parties.actions import (
    country_of,
    end_role,
    is_same,
    leave_if_idle,
    own,
    reach,
    refuse_named_before,
    refuse_while_held,
    take_role,
)
from kyc.parties.models import Party, Role
from kyc.parties.wording import BadText, checked, past_day

SHAREHOLDING = Interest.Kind.SHAREHOLDING
APART = {
    Party.Kind.PERSON: gettext_lazy("Another person of that name is told apart by the date of birth."),
    Party.Kind.COMPANY: gettext_lazy("Another company of that name is told apart by the registration number."),
}


class OverWhole(Refused):
    """More than everything cannot be owned."""

    field = "share"


class OwnsItself(Refused):
    """A share is held in another, and so is a role."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


class NamedTwice(Refused):
    """One owner of one company is named once; `interest` is what is named of it."""

    def __init__(self, message: str, interest: Interest) -> None:
        super().__init__(message)
        self.interest = interest


class OwnedByNobody(Refused):
    """Companies and trusts have owners, people and states have none."""


class BadRole(Refused):
    """What the owner is does not fit what is owned."""

    field = "interest"


class BadNominee(Refused):
    """A nominee holds it for another."""

    field = "held_for"


def share_of(text: str) -> str:
    """The share as it is kept; raises BadText with what a share looks like."""
    try:
        shares.parse(text)
    except shares.BadShare as bad:
        raise BadText("share", _(str(bad))) from None
    return " ".join(text.split())[:40]


def stated(texts: Iterable[str]) -> Fraction:
    """What shares come to at least, as a part of one."""
    return sum((shares.parse(text).min for text in texts), Fraction(0))


def fits(owned: Party, share: str, *, without: int | None = None) -> None:
    """Raises OverWhole when the shares of one company's owners come to more than everything."""
    others = Interest.objects.live().filter(owned=owned, kind=SHAREHOLDING).exclude(pk=without).values_list("share", flat=True)
    texts = [*others, share]
    total = stated(texts)
    if total > 1 or (total == 1 and any(shares.parse(text).above for text in texts)):
        raise OverWhole(
            _("Together with the other owners of %(name)s this comes to more than 100 %%. %(left)s is left.")
            % {"name": owned.name, "left": shares.per_cent(max(Fraction(0), 1 - stated(others)))}
        )


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
    registration_number: str = "",
    birth_date: str = "",
    us_basis: str = "unknown",
    address: str = "",
    email: str = "",
    phone: str = "",
    owner: Party | None = None,
    interest: str = SHAREHOLDING,
    held_for: Party | None = None,
    by: User,
) -> Interest:
    """Names who holds `share` (text of kyc.ownership.shares, empty when unknown) in the company `owned`, or has the role
    `interest` in the trust `owned`: the party `owner` named before, or a new one of `kind`. `held_for` is whose nominee the
    owner is. Raises BadText, OverWhole, OwnsItself, NamedTwice, OwnedByNobody, BadRole, BadNominee."""
    organisation = organisations.locked(organisation, by=by)
    owned = own(owned, organisation)
    refuse_misplaced(owned, interest, kind if owner is None else owner.kind)
    share = share_of(share) if interest == SHAREHOLDING else ""
    if owner:
        owner = own(owner, organisation)
    else:
        owner = described(kind, name, native_name, country, hq_country, registration_number, birth_date)
        if owner.is_person:
            reach(owner, address=address, email=email, phone=phone)
    held_for = nominator(organisation, owner, owned, held_for)
    refuse_twice(owner, owned, interest, held_for)
    if interest == SHAREHOLDING:
        fits(owned, share)
    if owner.pk is None:
        owner.organisation = organisation
        owner.save()
        statuses.record(owner, us_basis, by=by)
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
        valid_from=timezone.localdate(),
    )
    more = {"held_for": held_for.name} if held_for else {}
    audit.record(
        "interest.declared", target=declared, by=by, owner=owner.name, owned=owned.name, interest=interest, share=share, **more
    )
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
    address: str = "",
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
    return person


@transaction.atomic
def leave_principal(person: Party, *, by: User) -> None:
    """Nobody holds anything for that person after all. Whose nominee somebody is stays. Raises HeldThrough."""
    organisations.locked(person.organisation, by=by)
    person = Party.objects.get(pk=person.pk)
    refuse_while_held(person)
    let_go(person, by=by)


def refuse_misplaced(owned: Party, interest: str, kind: str) -> None:
    """Companies have shareholders, trusts have their roles, and only beneficiaries may be known as a class of people."""
    if not owned.is_company and not owned.is_trust:
        raise OwnedByNobody(_("Only a company or a trust has owners."))
    if interest not in Interest.Kind.values or owned.is_company != (interest == SHAREHOLDING):
        raise BadRole(
            _("Say what the owner is: a shareholder of a company; a settlor, trustee, protector or beneficiary of a trust.")
        )
    if kind == Party.Kind.UNKNOWN and interest != Interest.Kind.BENEFICIARY:
        raise BadRole(_("Only beneficiaries can be described as a class of people; name everyone else."))


def nominator(organisation: Organisation, owner: Party, owned: Party, held_for: Party | None) -> Party | None:
    """Whom a nominee holds it for, as named here."""
    if held_for is None:
        return None
    if held_for.pk in {owner.pk, owned.pk}:
        raise BadNominee(_("A nominee holds it for somebody else. Choose another, or say that it is held for oneself."))
    return own(held_for, organisation)


def refuse_twice(owner: Party, owned: Party, kind: str, held_for: Party | None, *, without: int | None = None) -> None:
    """Once for himself, and once for each for whom he holds (FATF-07)."""
    refuse_itself(owner, owned)
    live = Interest.objects.live().filter(owned=owned, kind=kind).exclude(pk=without)
    for interest in live.select_related("owner").order_by("pk"):
        is_again = interest.owner_id == owner.pk and interest.held_for_id == (held_for.pk if held_for else None)
        if is_again or (owner.pk is None and is_same(interest.owner, owner)):
            sentence = _("%(owner)s is already named among the owners of %(owned)s; change the share there instead.")
            told_apart = "" if owner.pk else APART.get(owner.kind, "")
            raise NamedTwice(f"{sentence % {'owner': interest.owner.name, 'owned': owned.name}} {told_apart}".strip(), interest)


def refuse_itself(owner: Party, owned: Party) -> None:
    """Whether it is chosen from the list or described anew."""
    if owner.pk == owned.pk or (owner.pk is None and is_same(owner, owned)):
        itself = _("A trust cannot be named as having a role in itself.")
        raise OwnsItself(
            itself if owned.is_trust else _("A company cannot be named as its own owner."), "owner" if owner.pk else "name"
        )


def described(
    kind: str,
    name: str,
    native_name: str,
    country: str,
    hq_country: str,
    registration_number: str,
    birth_date: str,
) -> Party:
    """A new owner, not yet kept."""
    if kind not in Party.Kind.values:
        raise BadText("kind", _("Say whether the owner is a person, a company, a trust or a state."))
    is_company = kind == Party.Kind.COMPANY
    return Party(
        kind=kind,
        name=checked("name", name, limit=300, required=True),
        native_name=checked("native_name", native_name, limit=300),
        country=country_of("country", country, required=kind != Party.Kind.UNKNOWN),
        hq_country=country_of("hq_country", hq_country) if is_company else "",
        registration_number=checked("registration_number", registration_number, limit=100) if is_company else "",
        birth_date=past_day("birth_date", birth_date) if kind == Party.Kind.PERSON else "",
    )


@transaction.atomic
def change_share(interest: Interest, *, share: str, by: User) -> Interest:
    """Says anew how much the owner holds. Raises BadText, OverWhole."""
    organisations.locked(interest.organisation, by=by)
    interest = live(interest)
    if interest.kind != SHAREHOLDING:
        return interest
    share, before = share_of(share), interest.share
    fits(interest.owned, share, without=interest.pk)
    if share != before:
        interest.share = share
        interest.save(update_fields=["share"])
        audit.record("interest.share_changed", target=interest, by=by, before=before, share=share)
    return interest


class Ended(Refused):
    """The interest has ended meanwhile."""


def live(interest: Interest) -> Interest:
    found = Interest.objects.live().select_related("owner", "owned").filter(pk=interest.pk).first()
    if found is None:
        raise Ended(_("This owner has been removed meanwhile."))
    return found


@transaction.atomic
def end(interest: Interest, *, by: User) -> Interest:
    """The owner holds this no longer. Who is then involved in nothing leaves, and so do those who were named only as its
    owners. Repeated, it is silence."""
    organisations.locked(interest.organisation, by=by)
    interest = Interest.objects.select_related("owner", "owned", "held_for").get(pk=interest.pk)
    if interest.valid_to:
        return interest
    interest.valid_to = timezone.localdate()
    interest.save(update_fields=["valid_to"])
    audit.record("interest.ended", target=interest, by=by, owner=interest.owner.name, owned=interest.owned.name)
    let_go(interest.owner, by=by)
    if interest.held_for:
        let_go(interest.held_for, by=by)
    return interest


def let_go(owner: Party, *, by: User) -> None:
    """Ends an owner's role once it owns nothing, nor anybody for it; a company that thereby leaves takes the interests in it
    along."""
    if Interest.objects.live().filter(Q(owner=owner) | Q(held_for=owner)).exists():
        return
    end_role(owner, Role.Kind.OWNER)
    if not leave_if_idle(owner):
        return
    audit.record("party.removed", target=owner, by=by, name=owner.name)
    for held in Interest.objects.live().filter(owned=owner):
        end(held, by=by)


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
    return interest
