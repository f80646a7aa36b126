"""What is owned as it may be told: each share and role where it fits, nobody twice, never more than everything."""

from collections.abc import Iterable
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Organisation
from accounts.refused import Refused
from kyc.ownership import interests, shares
from kyc.ownership.models import Interest
from kyc.parties import attributes, wording
from kyc.parties.actions import country_of, is_same, own
from kyc.parties.models import Party
from kyc.parties.sentences import one_stop
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


def since_of(owned: Party, text: str) -> str:
    """Since when it is held, as it is kept: nothing is held of what was not there yet. Raises BadText."""
    held = wording.since("held_since", text)
    formed = attributes.since_told(owned)["formed_since"] if owned.pk and held else ""
    both = min(len(held), len(formed))
    if held[:both] < formed[:both]:
        told = {"name": owned.name, "formed": formed}
        raise BadText("held_since", one_stop(_("This lies before %(name)s was formed: %(formed)s.") % told))
    return held


def stated(texts: Iterable[str]) -> Fraction:
    """What shares come to at least, as a part of one."""
    return sum((shares.parse(text).min for text in texts), Fraction(0))


def fits(owned: Party, kind: str, share: str, *, without: int | None = None) -> None:
    """Raises OverWhole when what one company's owners hold of one kind comes to more than everything."""
    others = Interest.objects.live().filter(owned=owned, kind=kind).exclude(pk=without).values_list("share", flat=True)
    texts = [*others, share]
    total = stated(texts)
    if total > 1 or (total == 1 and any(shares.parse(text).above for text in texts)):
        raise OverWhole(
            _("Together with the other owners of %(name)s this comes to more than 100 %%. %(left)s is left.")
            % {"name": owned.name, "left": shares.per_cent(max(Fraction(0), 1 - stated(others)))}
        )


def refuse_misplaced(owned: Party, interest: str, kind: str) -> None:
    """Companies are owned and controlled, trusts have their roles, and only beneficiaries may be known as a class of people."""
    if not owned.is_company and not owned.is_trust:
        raise OwnedByNobody(_("Only a company or a trust has owners."))
    if interest not in interests.of(is_trust=owned.is_trust):
        raise BadRole(
            _("In a trust, the owner is a settlor, trustee, protector or beneficiary, or controls it in another way.")
            if owned.is_trust
            else _("Of a company, the owner holds shares, votes or another right, or controls it.")
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
    is_run = is_company or kind == Party.Kind.TRUST
    return Party(
        kind=kind,
        name=wording.name(name),
        native_name=wording.name(native_name, field="native_name", required=False),
        country=country_of("country", country, required=kind != Party.Kind.UNKNOWN),
        hq_country=country_of("hq_country", hq_country, required=is_company) if is_run else "",
        registration_number=checked("registration_number", registration_number, limit=100) if is_company else "",
        birth_date=past_day("birth_date", birth_date) if kind == Party.Kind.PERSON else "",
    )
