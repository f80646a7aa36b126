"""What can be asked of a customer, item by item: what it is, where he does it, and what shows that he has."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import AuditEvent
from accounts.refused import Refused
from kyc.cases.models import Case, Requirement
from kyc.evidence.models import Document
from kyc.parties.models import Party, Role

D = Document.Kind


@dataclass(frozen=True)
class Item:
    """`step` is the onboarding's page; `documents` the kinds of which one answers it, `verbs` what else does; `about` says
    whether it is asked of one party, and `kinds` of which kinds that can be, any where none is named."""

    label: Promise
    step: str
    about: str = ""
    documents: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


PARTY = "party"
PEOPLE = (Party.Kind.PERSON,)
ITEMS: dict[str, Item] = {
    "register_extract": Item(gettext_lazy("Register extract"), "documents", documents=(D.REGISTER_EXTRACT,)),
    "articles": Item(
        gettext_lazy("Articles, founding act or deed"), "documents", documents=(D.ARTICLES, D.FOUNDING_ACT, D.TRUST_DEED)
    ),
    "identity": Item(gettext_lazy("Identity document"), "documents", PARTY, (D.PASSPORT, D.IDENTITY_CARD), kinds=PEOPLE),
    "residence": Item(gettext_lazy("Proof of residence status"), "documents", PARTY, (D.RESIDENCE, D.PASSPORT), kinds=PEOPLE),
    "address": Item(gettext_lazy("Proof of address"), "documents", PARTY, (D.ADDRESS,)),
    "authority": Item(gettext_lazy("Proof of authority to sign"), "documents", PARTY, (D.AUTHORITY,), kinds=PEOPLE),
    "account_statement": Item(gettext_lazy("Account statement"), "documents", documents=(D.PAYMENT,)),
    "other_document": Item(gettext_lazy("Another document"), "documents", documents=(D.OTHER,)),
    "details": Item(
        gettext_lazy("Details of the customer"), "company", verbs=("party.company_declared", "party.individual_declared")
    ),
    "people": Item(
        gettext_lazy("People"), "people", verbs=("party.person_declared", "party.removed", "party.controller_replaced")
    ),
    "owners": Item(
        gettext_lazy("Owners"),
        "owners",
        PARTY,
        verbs=("interest.", "party.corrected"),
        kinds=(Party.Kind.COMPANY, Party.Kind.TRUST),
    ),
    "use": Item(gettext_lazy("Intended use"), "use", verbs=("questionnaire.signed",)),
    "payment": Item(gettext_lazy("Means of payment"), "payment", verbs=("payment.",)),
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


class BadItem(Refused):
    """What is asked for is not in the catalogue, or is about nobody."""

    field = "items"


def checked(items: Iterable[Mapping[str, Any]], parties: dict[int, Party]) -> list[dict[str, Any]]:
    """Each as {"what", "party", "why", "words"}, checked against the catalogue and the organisation's parties. Raises BadItem."""
    kept = []
    for item in items:
        what, party, why = str(item.get("what", "")), item.get("party"), str(item.get("why", ""))
        if what not in ITEMS or why not in REASONS:
            raise BadItem(_("Choose what you ask for, and why, from the lists."))
        if party is not None and party not in parties:
            raise BadItem(_("Choose one of this customer's parties."))
        kept.append({"what": what, "party": party, "why": why, "words": str(item.get("words", "")).strip()[:1000]})
    return kept


def misplaced(what: str, party: Party | None) -> str:
    """Why that can't be asked of that party, in a sentence; nothing where it can."""
    item = ITEMS[what]
    if party and item.about != PARTY:
        return _("This is asked of nobody in particular.")
    if party is None:
        return _("Say whose it is.") if item.about == PARTY and item.documents else ""
    if item.kinds and party.kind not in item.kinds:
        return _("Only a person has one.") if item.kinds == PEOPLE else _("Only a company or a trust has owners.")
    return ""


def sentence(item: dict[str, Any], parties: dict[int, Party]) -> str:
    """What the customer reads of one item."""
    label = str(ITEMS[item["what"]].label)
    party = parties.get(item["party"])
    named = _("%(what)s of %(name)s") % {"what": label, "name": party.name} if party else label
    return " ".join(filter(None, [f"{named}.", str(REASONS[item["why"]]), item["words"]]))


def is_done(requirement: Requirement) -> bool:
    """Whether the customer has since sent or changed what the requirement names."""
    item = ITEMS.get(requirement.what)
    if item is None:
        return False
    if item.documents:
        sent = Document.objects.current().filter(
            organisation=requirement.organisation, kind__in=item.documents, uploaded_at__gt=requirement.asked_at
        )
        if requirement.party is None:
            return sent.exists()
        # A document about the customer itself names no party.
        about = Q(party=requirement.party)
        if requirement.party.roles.live().filter(kind=Role.Kind.CUSTOMER).exists():
            about |= Q(party__isnull=True)
        return sent.filter(about).exists()
    events = AuditEvent.objects.filter(organisation_id=requirement.organisation_id, at__gt=requirement.asked_at)
    return any(verb.startswith(item.verbs) for verb in events.values_list("verb", flat=True))


def undone(case: Case) -> list[Requirement]:
    """What was named and is not yet sent or changed; a sentence that names no item is for people to judge."""
    asked = case.requirements.filter(met_at__isnull=True).exclude(what="").select_related("party").order_by("pk")
    return [requirement for requirement in asked if not is_done(requirement)]
