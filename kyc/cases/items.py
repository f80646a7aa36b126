"""What can be asked of a customer, item by item: what it is, where he does it, and what shows that he has."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import AuditEvent
from accounts.refused import Refused
from kyc.cases.completeness import WITHOUT
from kyc.cases.models import Case, Requirement
from kyc.evidence.models import Document
from kyc.ownership.models import Interest
from kyc.parties.actions import PEOPLE_ROLES
from kyc.parties.models import Party, Role

D = Document.Kind
LONGEST = 1000


@dataclass(frozen=True)
class Item:
    """`step` is the onboarding's page; `documents` the kinds of which one answers it, `verbs` the events that do, and `undoing`
    those that do unless something is missing; `about` says whether it is asked of one party, `kinds` of which kinds that can
    be, any where none is named, and `of_one` what it is called then. One `of_somebody` is asked of nobody, and answered only by a
    document that says whom it is about."""

    label: Promise
    step: str
    about: str = ""
    documents: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    undoing: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    of_one: Promise | str = ""
    of_somebody: bool = False


PARTY = "party"
PEOPLE = (Party.Kind.PERSON,)
COMPANIES = (Party.Kind.COMPANY,)
ITEMS: dict[str, Item] = {
    "register_extract": Item(gettext_lazy("Register extract"), "documents", documents=(D.REGISTER_EXTRACT,)),
    "articles": Item(
        gettext_lazy("Articles, founding act or deed"), "documents", documents=(D.ARTICLES, D.FOUNDING_ACT, D.TRUST_DEED)
    ),
    "identity": Item(gettext_lazy("Identity document"), "documents", PARTY, (D.PASSPORT, D.IDENTITY_CARD), kinds=PEOPLE),
    "whose": Item(
        gettext_lazy("A person’s paper: send it with whom it is about"),
        "documents",
        documents=(D.PASSPORT, D.IDENTITY_CARD, D.RESIDENCE, D.AUTHORITY, D.WEALTH),
        of_somebody=True,
    ),
    "residence": Item(gettext_lazy("Proof of residence status"), "documents", PARTY, (D.RESIDENCE, D.PASSPORT), kinds=PEOPLE),
    "address": Item(gettext_lazy("Proof of address"), "documents", PARTY, (D.ADDRESS,)),
    "authority": Item(gettext_lazy("Proof of authority to sign"), "documents", PARTY, (D.AUTHORITY,), kinds=PEOPLE),
    "licence": Item(
        gettext_lazy("Licence, listing or entry with a regulator"), "documents", PARTY, (D.LICENCE,), kinds=COMPANIES
    ),
    "wealth": Item(gettext_lazy("Proof of the source of wealth"), "documents", PARTY, (D.WEALTH,), kinds=PEOPLE),
    "account_statement": Item(gettext_lazy("Account statement"), "documents", documents=(D.PAYMENT,)),
    "other_document": Item(gettext_lazy("Another document"), "documents", documents=(D.OTHER,)),
    "details": Item(
        gettext_lazy("Details of the customer"), "company", verbs=("party.company_declared", "party.individual_declared")
    ),
    "people": Item(
        gettext_lazy("People"),
        "people",
        PARTY,
        verbs=("party.person_declared",),
        undoing=("party.removed",),
        kinds=PEOPLE,
        of_one=gettext_lazy("What you told us"),
    ),
    "owners": Item(
        gettext_lazy("Owners"),
        "owners",
        PARTY,
        verbs=("interest.declared", "interest.share_changed", "interest.held_for_changed", "interest.dated", "party.corrected"),
        undoing=("interest.ended",),
        kinds=(Party.Kind.COMPANY, Party.Kind.TRUST),
    ),
    "use": Item(gettext_lazy("Intended use"), "use", verbs=("questionnaire.signed",)),
    "payment": Item(
        gettext_lazy("Means of payment"), "payment", verbs=("payment.declared", "payment.changed"), undoing=("payment.ended",)
    ),
}
# Why it is asked for, as the customer reads it.
REASONS: dict[str, Promise] = {
    "missing": gettext_lazy("It is missing."),
    "unreadable": gettext_lazy("It cannot be read."),
    "expired": gettext_lazy("It has expired or is too old."),
    "incomplete": gettext_lazy("A part of it is missing."),
    "contradicts": gettext_lazy("It contradicts something else that you told us."),
    "unclear": gettext_lazy("We do not understand it as it stands."),
}
CONSEQUENCE = gettext_lazy("Without it we cannot finish the check, and no live key can be switched on.")
# Not an officer's, but what a customer says himself.
CHANGED = "changed"
# Upon these something must come; upon the others taking something back may be the answer.
LACKING = ("missing", "incomplete")


class BadItem(Refused):
    """What is asked for is not in the catalogue, or is about nobody."""

    field = "items"


def checked(items: Iterable[Mapping[str, Any]], parties: dict[int, Party], customer_class: str) -> list[dict[str, Any]]:
    """Each as {"what", "party", "why", "words"}, checked against the catalogue, the organisation's parties and what it is.
    Raises BadItem."""
    kept = []
    for item in items:
        what, party, why = str(item.get("what", "")), item.get("party"), str(item.get("why", ""))
        words = str(item.get("words", "")).strip()
        if what not in ITEMS or why not in REASONS:
            raise BadItem(_("Choose what you ask for, and why, from the lists."))
        if party is not None and party not in parties:
            raise BadItem(_("Choose one of this customer's parties."))
        if wrong := misplaced(what, parties.get(party) if party is not None else None, customer_class):
            raise BadItem(_("%(item)s: %(wrong)s") % {"item": ITEMS[what].label, "wrong": wrong})
        if len(words) > LONGEST:
            raise BadItem(_("Your own words are too long: at most %(limit)s characters.") % {"limit": LONGEST})
        kept.append({"what": what, "party": party, "why": why, "words": words})
    return kept


def misplaced(what: str, party: Party | None, customer_class: str) -> str:
    """Why that can't be asked of that party, or of a customer of that class, in a sentence; nothing where it can."""
    item = ITEMS[what]
    if item.step in WITHOUT.get(customer_class, ()):
        return str(UNASKED[item.step])
    if party and item.about != PARTY:
        return _("This is asked of nobody in particular.")
    if party is None:
        return _("Say whose it is.") if item.about == PARTY and item.documents else ""
    if item.kinds and party.kind not in item.kinds:
        return str(ONLY_A_COMPANY if item.kinds == COMPANIES else NOT_OF_THAT_KIND["documents" if item.documents else item.step])
    if item.step == "people" and not Role.objects.live().filter(party=party, kind__in=PEOPLE_ROLES).exists():
        return _("This person is none of the people who run the customer. Ask for the owners of what he or she owns.")
    return ""


def asked_anew(document: Document, customer: Party | None, customer_class: str) -> tuple[str, Party | None]:
    """The item by which such a document is asked for, and of whom; another document, where there is none. What was sent about
    nobody in particular is about the customer, and some papers are asked of nobody, about whomever they were sent. A person's
    paper that names nobody, of a customer who is none, is asked for with whom it is about."""
    for party in (document.party or customer, None):
        for code, item in ITEMS.items():
            if document.kind in item.documents and not misplaced(code, party, customer_class):
                return code, party
    return "other_document", None


ONLY_A_COMPANY = gettext_lazy("Only a company has one.")
# Why that can't be asked of a party of that kind.
NOT_OF_THAT_KIND: dict[str, Promise] = {
    "documents": gettext_lazy("Only a person has one."),
    "people": gettext_lazy("Only a person is one of the people."),
    "owners": gettext_lazy("Only a company or a trust has owners."),
}
# Why a step that a class has no need of can't be asked for.
UNASKED: dict[str, Promise] = {
    "people": gettext_lazy("This customer is a person and acts alone, so no people are asked for."),
    "owners": gettext_lazy("Nobody owns a person or a state body, so no owners are asked for."),
}


def sentence(item: dict[str, Any], parties: dict[int, Party]) -> str:
    """What the customer reads of one item."""
    kind, party = ITEMS[item["what"]], parties.get(item["party"])
    label = str(kind.of_one if party and kind.of_one else kind.label)
    named = _("%(what)s of %(name)s") % {"what": label, "name": party.name} if party else label
    return " ".join(filter(None, [named if named.endswith(".") else f"{named}.", str(REASONS[item["why"]]), item["words"]]))


def step(requirement: Requirement) -> str:
    """The onboarding's page where it is done; empty where only its sentence says what is meant."""
    return ITEMS[requirement.what].step if requirement.what in ITEMS else ""


def has_left(requirement: Requirement) -> bool:
    """Whether it is about a party that has been removed since: nothing of that party can be sent any more, nor is needed."""
    return requirement.party is not None and requirement.party.removed_on is not None


@dataclass
class Sent:
    """What one organisation has sent and changed since it was first asked: documents as kind, party, when and number; events as
    verb, target and when. `owning` has, by the owned party, what of its owners an event may be about."""

    documents: list[tuple[str, int | None, datetime, int]] = field(default_factory=list)
    rejected: set[int] = field(default_factory=set)
    events: list[tuple[str, str, str, datetime]] = field(default_factory=list)
    owning: dict[int, set[tuple[str, str]]] = field(default_factory=dict)
    people: set[str] = field(default_factory=set)
    customer: int | None = None

    def answers(self, requirement: Requirement) -> bool:
        item = ITEMS[requirement.what]
        return self.has_document(item, requirement) if item.documents else self.has_event(item, requirement)

    def has_document(self, item: Item, requirement: Requirement) -> bool:
        """What is asked for by rule may have been sent before, unless that was rejected."""
        about, since = {requirement.party_id}, None if requirement.why == Requirement.BY_RULE else requirement.asked_at
        if requirement.party_id and requirement.party_id == self.customer:
            # A document about the customer itself names no party.
            about.add(None)
        sent = [(kind, party, at) for kind, party, at, number in self.documents if since or number not in self.rejected]
        return any(
            kind in item.documents
            and (since is None or at > since)
            and (requirement.party_id is None or party in about)
            and (party is not None or not item.of_somebody)
            for kind, party, at in sent
        )

    def has_event(self, item: Item, requirement: Requirement) -> bool:
        verbs = item.verbs if requirement.why in LACKING else item.verbs + item.undoing
        return any(
            verb in verbs and at > requirement.asked_at and self.is_about(item, requirement, kind, target)
            for verb, kind, target, at in self.events
        )

    def is_about(self, item: Item, requirement: Requirement, kind: str, target: str) -> bool:
        """Whether an event's target is what was asked about; somebody who leaves is one of the people or an owner."""
        if item.step == "owners" and requirement.party_id:
            return (kind, target) in self.owning.get(requirement.party_id, set())
        if item.step == "people" and requirement.party_id:
            return target == str(requirement.party_id)
        return item.step != "people" or target in self.people


def done(requirements: Sequence[Requirement]) -> set[int]:
    """The numbers of those, all of one organisation, that the customer has since sent or changed, or that are settled since
    the party they are about has left. As many queries whether few or many."""
    settled = {requirement.pk for requirement in requirements if has_left(requirement)}
    open_ones = [row for row in requirements if row.what in ITEMS and row.pk not in settled]
    if not open_ones:
        return settled
    sent = sent_since(open_ones)
    return settled | {requirement.pk for requirement in open_ones if sent.answers(requirement)}


def sent_since(requirements: Sequence[Requirement]) -> Sent:
    organisation, since = requirements[0].organisation_id, min(row.asked_at for row in requirements)
    items, sent = [ITEMS[row.what] for row in requirements], Sent()
    if kinds := {kind for item in items for kind in item.documents}:
        documents = Document.objects.current().filter(organisation=organisation, kind__in=kinds)
        sent.documents = list(documents.values_list("kind", "party", "uploaded_at", "pk"))
        if any(row.why == Requirement.BY_RULE for row in requirements):
            sent.rejected = set(documents.rejected().values_list("pk", flat=True))
        live = Role.objects.live().filter(organisation=organisation, kind=Role.Kind.CUSTOMER)
        sent.customer = live.values_list("party", flat=True).first()
    if verbs := {verb for item in items for verb in item.verbs + item.undoing}:
        events = AuditEvent.objects.outside_compartment().filter(organisation_id=organisation, at__gt=since, verb__in=verbs)
        sent.events = list(events.values_list("verb", "target_type", "target_id", "at"))
    if any(item.step == "people" for item in items):
        roles = Role.objects.filter(organisation=organisation, kind__in=PEOPLE_ROLES)
        sent.people = set(map(str, roles.values_list("party", flat=True)))
    if owned := {row.party_id for row in requirements if ITEMS[row.what].step == "owners" and row.party_id}:
        sent.owning = owning(owned)
    return sent


def owning(owned: set[int]) -> dict[int, set[tuple[str, str]]]:
    """The interests in each, also those that have ended, and who holds them or has them held, as an event names its target."""
    found: dict[int, set[tuple[str, str]]] = {}
    rows = Interest.objects.filter(owned__in=owned).values_list("owned", "pk", "owner", "held_for")
    for party, interest, *holders in rows:
        about = found.setdefault(party, set())
        about.add((Interest._meta.label_lower, str(interest)))
        about.update((Party._meta.label_lower, str(holder)) for holder in holders if holder)
    return found


def is_done(requirement: Requirement) -> bool:
    """Of one; of several `done` asks once."""
    return requirement.pk in done([requirement])


def undone(case: Case) -> list[Requirement]:
    """What was named and is not yet sent or changed; a sentence that names no item is for people to judge."""
    asked = list(case.requirements.open().exclude(what="").select_related("party").order_by("pk"))
    answered = done(asked)
    return [requirement for requirement in asked if requirement.pk not in answered]
