"""What customers tell about who is involved: the company, and the people who run it."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, organisations
from accounts.models import Organisation, User
from accounts.refused import Refused
from config import jobs
from kyc.parties import addresses, attributes, countries, exclusions, signalled, statuses, wording
from kyc.parties.addresses import Address
from kyc.parties.identifying import identify
from kyc.parties.models import Party, PersonStatus, Role
from kyc.parties.wording import BadText, alike, checked, past_day

PEOPLE_ROLES = (Role.Kind.CONTROLLER, Role.Kind.DIRECTOR, Role.Kind.SIGNATORY)


class SecondController(Refused):
    """Exactly one person controls the company day to day (FIN-03)."""

    field = "roles"


class NoRole(Refused):
    """A person is named for something he does."""

    field = "roles"


class NamedBefore(Refused):
    """One person is named once; `party` is the entry there is."""

    def __init__(self, message: str, party: Party) -> None:
        super().__init__(message)
        self.party = party


class NotHere(Refused):
    """The party is none of this organisation's, or has been removed."""


def country_of(field: str, code: str, *, required: bool = True) -> str:
    """`code` when it is a country, or empty when none is needed. Raises BadText."""
    if code and countries.is_country(code):
        return code
    if code or required:
        raise BadText(field, _("Choose a country from the list."))
    return ""


def own(party: Party, organisation: Organisation) -> Party:
    """The party as it stands now. Raises NotHere when it is not a current one of the organisation."""
    found = Party.objects.current().filter(organisation=organisation, pk=party.pk).first()
    if found is None:
        raise NotHere(_("That party has been removed meanwhile."))
    return found


def customer(organisation: Organisation) -> Party | None:
    """The company that the organisation is, once declared."""
    live = Role.objects.live().filter(organisation=organisation, kind=Role.Kind.CUSTOMER)
    return next((role.party for role in live.select_related("party")), None)


def signing(organisation: Organisation) -> list[Party]:
    """Who may sign for it by what was told: signatories and the controlling person; a person who is the customer, himself."""
    kinds = (Role.Kind.SIGNATORY, Role.Kind.CONTROLLER, Role.Kind.CUSTOMER)
    live = Role.objects.live().filter(organisation=organisation, kind__in=kinds)
    return list(Party.objects.people().filter(pk__in=live.values("party")).order_by("pk"))


def is_same(one: Party, other: Party) -> bool:
    """Whether two entries name one party: the kind, the name, and what tells apart those who share them."""
    numbers = [{one.registration_number, other.registration_number} - {""}, {one.lei, other.lei} - {""}]
    is_alike = (one.kind, alike(one.name), one.birth_date) == (other.kind, alike(other.name), other.birth_date)
    return is_alike and all(len(told) < 2 for told in numbers)


def refuse_named_before(person: Party) -> None:
    for known in Party.objects.people().filter(organisation=person.organisation_id).order_by("pk"):
        if is_same(known, person):
            raise NamedBefore(
                _("%(name)s is already named with this date of birth. Change that entry instead of adding another.")
                % {"name": known.name},
                known,
            )


def take_role(party: Party, kind: str, *, title: str = "") -> Role:
    """The live role of that kind, begun today unless already held."""
    role, is_new = Role.objects.live().get_or_create(
        organisation=party.organisation,
        party=party,
        kind=kind,
        valid_to=None,
        defaults={"title": title, "valid_from": timezone.localdate()},
    )
    if not is_new and role.title != title:
        role.title = title
        role.save(update_fields=["title"])
    return role


def end_role(party: Party, kind: str) -> None:
    for role in Role.objects.live().filter(party=party, kind=kind):
        role.valid_to = timezone.localdate()
        role.save(update_fields=["valid_to"])


def leave_if_idle(party: Party) -> bool:
    """Takes a party out that holds no role any more; says whether it did. Whoever owns something, or for whom a nominee holds
    it, has the role of an owner for as long."""
    if Role.objects.live().filter(party=party).exists():
        return False
    party.removed_on = timezone.localdate()
    party.save(update_fields=["removed_on"])
    return True


@transaction.atomic
def declare_company(
    organisation: Organisation,
    *,
    kind: str = Party.Kind.COMPANY,
    name: str,
    native_name: str = "",
    legal_form: str = "",
    registration_number: str = "",
    country: str,
    hq_country: str,
    address: str | Address,
    registered_address: str | Address = "",
    phone: str = "",
    domain: str = "",
    lei: str = "",
    register: str = "",
    tax_number: str = "",
    tax_country: str = "",
    formed_since: str | None = None,
    hq_since: str | None = None,
    by: User,
) -> Party:
    """Says, or says anew, which company, trust or state body the organisation is. Countries are ISO alpha-2. A company has a
    legal form and a number, in the one register of its country or in `register`. `registered_address` stands in the register,
    where it is another (FATF-02). An address is its parts, or a text. `formed_since` and `hq_since` are a year, a month or a
    day. The account goes by the legal name from then on. Raises BadText."""
    organisation = organisations.locked(organisation, by=by)
    party = customer(organisation) or Party(organisation=organisation, kind=kind)
    party.name = wording.name(name)
    party.native_name = wording.name(native_name, field="native_name", required=False)
    party.legal_form = checked("legal_form", legal_form, limit=100, required=party.is_company)
    party.registration_number = checked("registration_number", registration_number, limit=100, required=party.is_company)
    party.country = country_of("country", country)
    before, was_in = party.address, party.hq_country
    party.hq_country = country_of("hq_country", hq_country)
    addresses.place(party, "address", address, required=True)
    if isinstance(address, Address) and address.country != party.hq_country:
        raise BadText("hq_country", _("The address of the headquarters lies in another country."))
    if was_in not in ("", party.hq_country) and party.address == before:
        raise BadText("hq_country", _("The headquarters moved to another country: write their address there."))
    addresses.place(party, "registered_address", registered_address)
    party.phone = wording.phone("phone", phone)
    party.domain = wording.domain("domain", domain)
    identify(party, lei=lei, register=register, tax_number=tax_number, tax_country=tax_country)
    party.save()
    take_role(party, Role.Kind.CUSTOMER)
    statuses.record(party, "", by=by)
    exclusions.by_nature(party, by=by)
    attributes.record(party, formed_since=formed_since, hq_since=hq_since, by=by)
    audit.record("party.company_declared", target=party, by=by, name=party.name, **organisations.bear(organisation, party.name))
    signalled.of_party(party)
    jobs.woke("structure.told")
    return party


@transaction.atomic
def declare_individual(
    organisation: Organisation,
    *,
    name: str,
    native_name: str = "",
    country: str,
    birth_date: str,
    address: str | Address,
    phone: str = "",
    tax_number: str = "",
    tax_country: str = "",
    us_basis: str,
    by: User,
) -> Party:
    """Says, or says anew, who the customer is who is nobody but himself, by whose name the account goes from then on.
    `us_basis` as in kyc.parties.statuses. Raises BadText."""
    organisation = organisations.locked(organisation, by=by)
    party = customer(organisation) or Party(organisation=organisation, kind=Party.Kind.PERSON)
    party.name = wording.name(name)
    party.native_name = wording.name(native_name, field="native_name", required=False)
    party.country = country_of("country", country)
    party.birth_date = past_day("birth_date", birth_date, required=True)
    addresses.place(party, "address", address, required=True)
    party.phone = wording.phone("phone", phone)
    identify(party, lei=None, register=None, tax_number=tax_number, tax_country=tax_country)
    party.save()
    take_role(party, Role.Kind.CUSTOMER)
    statuses.record(party, us_basis, by=by)
    audit.record(
        "party.individual_declared", target=party, by=by, name=party.name, **organisations.bear(organisation, party.name)
    )
    signalled.of_party(party)
    jobs.woke("structure.told")
    return party


@transaction.atomic
def declare_person(
    organisation: Organisation,
    *,
    name: str,
    native_name: str = "",
    country: str,
    birth_date: str,
    address: str | Address = "",
    roles: Iterable[str],
    title: str = "",
    us_basis: str = "unknown",
    party: Party | None = None,
    replace: bool = False,
    by: User,
) -> Party:
    """Names a person and the live roles among controller, director and signatory; `party` changes one named before. Who
    controls has a title (FIN-03). `birth_date` is YYYY-MM-DD, `us_basis` as in kyc.parties.statuses. A second controlling
    person raises SecondController, unless `replace` makes this one it. Raises BadText, NamedBefore."""
    organisation = organisations.locked(organisation, by=by)
    chosen = set(roles)
    person = own(party, organisation) if party else Party(organisation=organisation, kind=Party.Kind.PERSON)
    if not chosen or not chosen <= set(PEOPLE_ROLES) or not person.is_person:
        raise NoRole(_("Say what this person is: the controlling person, a director, a signatory, or several of these."))
    person.name = wording.name(name)
    person.native_name = wording.name(native_name, field="native_name", required=False)
    person.country = country_of("country", country)
    person.birth_date = past_day("birth_date", birth_date)
    addresses.place(person, "address", address)
    title = checked("title", title, limit=150)
    if Role.Kind.CONTROLLER in chosen and not title:
        raise BadText("title", _("Say what title the controlling person has, such as Chief executive."))
    if party is None:
        refuse_named_before(person)
    if Role.Kind.CONTROLLER in chosen:
        make_room(organisation, person, replace=replace, by=by)
    person.save()
    for kind in PEOPLE_ROLES:
        if kind in chosen:
            take_role(person, kind, title=title)
        else:
            end_role(person, kind)
    statuses.record(person, us_basis, by=by)
    audit.record("party.person_declared", target=person, by=by, name=person.name, roles=sorted(chosen))
    signalled.of_party(person)
    jobs.woke("structure.told")
    return person


def make_room(organisation: Organisation, person: Party, *, replace: bool, by: User) -> None:
    """Ends another's role as the controlling person, or refuses to."""
    live = Role.objects.live().filter(organisation=organisation, kind=Role.Kind.CONTROLLER).exclude(party_id=person.pk)
    for role in live.select_related("party"):
        if not replace:
            raise SecondController(
                _("%(name)s is named as the controlling person, and there is exactly one.") % {"name": role.party.name}
            )
        end_role(role.party, Role.Kind.CONTROLLER)
        leave_if_idle(role.party)
        audit.record("party.controller_replaced", target=role.party, by=by, name=role.party.name)


def reach(person: Party, *, address: str | Address | None, email: str | None, phone: str | None) -> None:
    """Where a person can be reached (IAAS-10), as far as it is told. Raises BadText."""
    if address is not None:
        addresses.place(person, "address", address)
    if email is not None:
        person.email = wording.email("email", email)
    if phone is not None:
        person.phone = wording.phone("phone", phone)


@transaction.atomic
def correct(
    party: Party,
    *,
    name: str,
    native_name: str = "",
    country: str,
    hq_country: str = "",
    hq_since: str | None = None,
    registration_number: str = "",
    register: str | None = None,
    lei: str | None = None,
    tax_number: str | None = None,
    tax_country: str | None = None,
    birth_date: str = "",
    us_basis: str = "",
    address: str | Address | None = None,
    email: str | None = None,
    phone: str | None = None,
    by: User,
) -> Party:
    """Says anew who an owner is; a company takes the headquarters and its numbers, a trust where it is
    administered if that is known, a person the birth date, where he can be
    reached and the ground of his status; what is None stays as it is, and so does a ground that is not given. Raises BadText."""
    party = own(party, organisations.locked(party.organisation, by=by))
    party.name = wording.name(name)
    party.native_name = wording.name(native_name, field="native_name", required=False)
    party.country = country_of("country", country, required=party.kind != Party.Kind.UNKNOWN)
    if party.is_person:
        party.birth_date = past_day("birth_date", birth_date)
        reach(party, address=address, email=email, phone=phone)
    elif party.is_trust:
        party.hq_country = country_of("hq_country", hq_country, required=False)
    elif party.is_company:
        party.hq_country = country_of("hq_country", hq_country)
        party.registration_number = checked("registration_number", registration_number, limit=100)
        identify(party, lei=lei, register=register, tax_number=tax_number, tax_country=tax_country)
    party.save()
    attributes.record(party, hq_since=hq_since, by=by)
    statuses.record(party, us_basis or statuses.basis_of(party) or PersonStatus.Basis.UNKNOWN, by=by)
    audit.record("party.corrected", target=party, by=by, name=party.name)
    signalled.of_party(party)
    jobs.woke("structure.told")
    return party
