"""What must be there before a case can be sent, by what the customer is. What its class does not need is not asked (PRV-01)."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Organisation
from kyc.evidence import authority, reviews
from kyc.evidence.authority import Signatory
from kyc.evidence.models import Document
from kyc.ownership.models import Interest
from kyc.parties import profiles, questionnaires, statuses
from kyc.parties.models import Party, PaymentMeans, Profile, Role
from kyc.parties.sentences import one_stop

C, D, K = Profile.CustomerClass, Document.Kind, Interest.Kind
FOUNDED = (D.REGISTER_EXTRACT, D.ARTICLES, D.FOUNDING_ACT)
# Of each class one of these documents, and the sentence that asks for it.
PAPERS: dict[str, tuple[tuple[str, ...], Promise]] = {
    C.COMPANY: (FOUNDED, gettext_lazy("Add one document about the company: a register extract, its articles or founding act.")),
    C.RESEARCH: (FOUNDED, gettext_lazy("Add one document about the institution: its statute, articles or a register extract.")),
    C.INDIVIDUAL: ((D.PASSPORT, D.IDENTITY_CARD), gettext_lazy("Add your passport or identity card.")),
    C.TRUST: ((D.TRUST_DEED,), gettext_lazy("Add the trust deed.")),
    C.STATE_BODY: ((D.FOUNDING_ACT,), gettext_lazy("Add the act that founded the body, or its statute.")),
}
# What is about a person, and says nothing about a company.
# How each class is asked about itself.
ABOUT: dict[str, Promise] = {
    C.COMPANY: gettext_lazy("Tell us about the company."),
    C.RESEARCH: gettext_lazy("Tell us about the institution."),
    C.INDIVIDUAL: gettext_lazy("Tell us about yourself."),
    C.TRUST: gettext_lazy("Tell us about the trust."),
    C.STATE_BODY: gettext_lazy("Tell us about the state body."),
}
# The steps that a class has no need of (PRV-01): an individual acts for himself, and nobody owns a state.
WITHOUT: dict[str, tuple[str, ...]] = {C.INDIVIDUAL: ("people", "owners"), C.STATE_BODY: ("owners",)}
# Who is led by somebody, and the sentence that asks for him.
LEADING: dict[str, Promise] = {
    C.COMPANY: gettext_lazy("Name the one person who controls the company day to day."),
    C.RESEARCH: gettext_lazy("Name the one person who controls the institution day to day."),
    C.STATE_BODY: gettext_lazy("Name the one person who controls the body day to day."),
}


@dataclass(frozen=True)
class Missing:
    """`step` is kind, company, people, owners, use, payment or documents; `sentence` says what to do."""

    step: str
    sentence: str
    # For whoever goes by what it is: sentences are in the reader's language.
    code: str = ""


# Nothing is known of the customer itself.
UNNAMED = "unnamed"


@dataclass(frozen=True)
class Holding:
    """One live interest: in whom, of which kind that party is, as what it is held, and how much."""

    owned: int
    owned_kind: str
    kind: str
    share: str


class Told:
    """What an organisation has told by now. Each kind of row is read when it is first asked for, and once: a page asks for the
    same again and again."""

    def __init__(self, organisation: Organisation) -> None:
        self.organisation = organisation

    @cached_property
    def profile(self) -> Profile | None:
        return profiles.of(self.organisation)

    @property
    def customer_class(self) -> str:
        """The class it chose; a company until it has chosen."""
        return self.profile.customer_class if self.profile else C.COMPANY

    @cached_property
    def roles(self) -> dict[int, Role]:
        return Role.objects.live().filter(organisation=self.organisation).select_related("party").in_bulk()

    @cached_property
    def parties(self) -> list[Party]:
        return list(Party.objects.current().filter(organisation=self.organisation).order_by("pk"))

    @cached_property
    def holdings(self) -> list[Holding]:
        live = Interest.objects.live().filter(organisation=self.organisation)
        return [Holding(*row) for row in live.values_list("owned", "owned__kind", "kind", "share")]

    @cached_property
    def documents(self) -> dict[int, Document]:
        """Each with `is_unreadable`."""
        found = Document.objects.current().filter(organisation=self.organisation)
        return found.annotate(is_unreadable=reviews.is_unreadable()).in_bulk()

    @cached_property
    def signing(self) -> list[Signatory]:
        """Whether what shows that they may is verified, is for `authority.of` to say."""
        return authority.signatories(self.roles, self.documents, ())

    @cached_property
    def is_foreign_data_asked(self) -> bool:
        return not statuses.are_declared_us(self.organisation, [party.pk for party in self.parties])


def missing(told: Told) -> list[Missing]:
    """Empty when the case can be sent."""
    if told.profile is None:
        return [Missing("kind", _("Say what you are, and how you come to us."))]
    roles = {role.kind: role for role in told.roles.values()}
    steps = {
        "company": about_customer(roles.get(Role.Kind.CUSTOMER), told),
        "people": people(told.customer_class, roles),
        "owners": ownerless(told),
        "use": [] if questionnaires.current(told.organisation) else [_("Say how you will use it, and sign.")],
        "payment": payment(told),
        "documents": documents(told),
    }
    codes = {} if Role.Kind.CUSTOMER in roles else {"company": UNNAMED}
    return [Missing(step, sentence, codes.get(step, "")) for step, sentences in steps.items() for sentence in sentences]


def is_foreign_data_asked(organisation: Organisation) -> bool:
    """Whether what is needed of foreign customers only is asked (IAAS-10, IAAS-18)."""
    return Told(organisation).is_foreign_data_asked


def about_customer(found: Role | None, told: Told) -> Iterator[str]:
    if found is None:
        yield str(ABOUT[told.customer_class])
    elif not found.party.phone and told.is_foreign_data_asked:
        yield _("Add a telephone number.")


def people(customer_class: str, roles: Mapping[str, Role]) -> Iterator[str]:
    """One controlling person with a title (FIN-03), directors, and who signs (FATF-02); `roles` has one by each kind that
    somebody has."""
    leading = roles.get(Role.Kind.CONTROLLER)
    if customer_class in LEADING and leading is None:
        yield str(LEADING[customer_class])
    elif leading and not leading.title:
        yield one_stop(_("Say what title %(name)s has, who controls you day to day.") % {"name": leading.party.name})
    if customer_class in {C.COMPANY, C.RESEARCH} and Role.Kind.DIRECTOR not in roles:
        yield _("Name at least one director.")
    if customer_class != C.INDIVIDUAL and Role.Kind.SIGNATORY not in roles:
        yield _("Name at least one person who may sign for you.")


def payment(told: Told) -> Iterator[str]:
    if told.is_foreign_data_asked and not PaymentMeans.objects.live().filter(organisation=told.organisation).exists():
        yield _("Say how you pay, and where the money comes from.")


def documents(told: Told) -> Iterator[str]:
    """A paper of the customer's class; of everybody who signs what shows who he is; and of whoever leads nothing, what shows
    that he may (FATF-02)."""
    if lacks_paper(told):
        yield str(PAPERS[told.customer_class][1])
    names = {role.party_id: role.party.name for role in told.roles.values()}
    for one in unidentified(told.signing):
        sentence = _("Add the passport or identity card of this person, who may sign for you, or invite him or her: %(name)s.")
        yield one_stop(sentence % {"name": names[one.party]})
    for one in unproved(told.signing):
        yield one_stop(_("Add the proof that this person may sign for you: %(name)s.") % {"name": names[one.party]})


def lacks_paper(told: Told) -> bool:
    """Whether no document of the customer itself shows what it is; one of another party's, such as an owner's, does not."""
    itself = {None, *(role.party_id for role in told.roles.values() if role.kind == Role.Kind.CUSTOMER)}
    kinds = PAPERS[told.customer_class][0]
    return not any(document.kind in kinds and document.party_id in itself for document in told.documents.values())


def unidentified(signing: Collection[Signatory]) -> list[Signatory]:
    """Those of whom no identity document was sent, by the customer or by themselves."""
    return [one for one in signing if not one.identity]


def unproved(signing: Collection[Signatory]) -> list[Signatory]:
    """Those of whom nothing is even said to show that they may sign."""
    return [one for one in signing if not one.is_claimed]


def ownerless(told: Told) -> Iterator[str]:
    return (sentence for _party, sentence in lacking_owners(told))


def lacking_owners(told: Told) -> Iterator[tuple[Party, str]]:
    """Each company in the chain for which nobody is named as its owner (IAAS-04), and a trust for each of its roles in which
    nobody is (FATF-04), with a sentence that asks for them."""
    held: dict[int, set[str]] = {}
    for holding in told.holdings:
        held.setdefault(holding.owned, set()).add(holding.kind)
    for party in told.parties:
        kinds = held.get(party.pk, set())
        if party.is_company and not kinds:
            yield party, one_stop(_("Say who owns %(name)s.") % {"name": party.name})
        elif party.is_trust:
            for kind, sentence in NEEDED_IN_TRUST.items():
                if kind not in kinds:
                    yield party, one_stop(str(sentence) % {"name": party.name})


# The roles in which somebody must be named.
NEEDED_IN_TRUST: dict[str, Promise] = {
    K.SETTLOR: gettext_lazy("Name the settlor of %(name)s."),
    K.TRUSTEE: gettext_lazy("Name the trustees of %(name)s."),
    K.BENEFICIARY: gettext_lazy("Name the beneficiaries, or their class, of %(name)s."),
}
