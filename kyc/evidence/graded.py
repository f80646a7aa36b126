"""How sure the evidence of a party makes us today, by each guideline that fits it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from accounts.models import Organisation
from kyc.evidence import confirmations
from kyc.evidence.confirmation_models import Confirmation
from kyc.evidence.grading.reaching import Item, Reached, following, reached
from kyc.evidence.grading.shortest import Path, shortest
from kyc.evidence.item_models import EvidenceItem
from kyc.evidence.items import about
from kyc.parties.models import Party, PaymentMeans
from kyc.rules import assurance
from kyc.rules.assurance import Assurance, Guideline


@dataclass(frozen=True)
class Graded:
    """By one guideline: the level reached with the items that reach it, beside what was confirmed, and the shortest way to the
    next; none at the top."""

    guideline: Guideline
    reached: Reached | None
    items: tuple[EvidenceItem, ...]
    path: Path | None
    is_aim: bool


def counted(item: EvidenceItem) -> Item:
    return counted_at(item, item.pk)


def counted_at(item: Any, number: int) -> Item:
    """What the arithmetic sees of an item, or of a row of its history: what was not found good counts for nothing, and may
    still be."""
    passed = EvidenceItem.Result.PASSED
    validation = item.validation if item.validation_result == passed else ""
    return Item(number, item.kind, validation, item.verification if item.verification_result == passed else "")


# Of what of an entity, confirmed how, a confirmation is which kind of evidence, validated how.
W, H = Confirmation.What, Confirmation.How
COUNTED = {
    (W.DOMAIN, H.DNS): ("domain_control", "source"),
    (W.DOMAIN, H.WEB_FILE): ("domain_control", "source"),
    (W.DOMAIN, H.DOMAIN_MAIL): ("domain_control", "source"),
    (W.LEI, H.GLEIF): ("lei_match", "source"),
    (W.REGISTRATION, H.EXTRACT): ("register_extract", "inspected"),
    (W.ADDRESS, H.ADDRESS_DOCUMENT): ("address_proof", "inspected"),
    (W.PAYMENT, H.PAYMENT_NAME): ("payment_match", "source"),
}
# Past the numbers of all items, those of confirmations.
BEYOND = 1 << 64


def counted_as(row: Confirmation) -> Item | None:
    """What the arithmetic sees of a confirmation of an entity; None where it is no evidence, or by a paper that is none of that
    kind, as where an extract of the register bears the address."""
    return confirmed_at(row, row.pk, paper=row.document.kind if row.document else "", rules=assurance.load())


def confirmed_at(row: Any, number: int, *, paper: str, rules: Assurance) -> Item | None:
    """The same, of a row of its history too; `paper` is the kind of the document that it rests on, empty for none."""
    code, validation = COUNTED.get((W(row.what), H(row.how)), ("", ""))
    kind = rules.kinds.get(code)
    if kind is None or (paper and paper not in kind.documents):
        return None
    return Item(BEYOND + number, code, validation)


def of_confirmed(rows: Iterable[Confirmation]) -> list[Item]:
    return [item for item in map(counted_as, rows) if item]


def confirmed(party: Party, *, on: date | None = None) -> list[Item]:
    """What of an entity was confirmed and counts that day; of people it goes by their evidence alone."""
    if party.is_person:
        return []
    return of_confirmed(confirmations.confirmed(party, on=on).select_related("document"))


# What of a party's or an item's columns tells what the rules of assurance ask for.
TOLD = {
    "name": ("name",),
    "birth_date": ("birth_date",),
    "address": ("address",),
    "number": ("registration_number", "tax_number", "lei"),
    "reach": ("address", "phone", "email"),
}


def told(party: Party, items: Iterable[EvidenceItem]) -> set[str]:
    """What of a customer's identity is known (FIN-10), as the rules of assurance call it. Whether there is a value is all that is
    asked, so nothing sealed is opened."""
    found = {what for what, columns in TOLD.items() if any(party.__dict__.get(column) for column in columns)}
    return found | {"number"} if any(item.fingerprint for item in items) else found


def known(items: Iterable[EvidenceItem]) -> list[EvidenceItem]:
    """Those whose kind the rules still have."""
    kinds = assurance.load().kinds
    return [item for item in items if item.kind in kinds]


def graded(party: Party, *, on: date | None = None) -> list[Graded]:
    rules, day = assurance.load(), on or timezone.localdate()
    rows = EvidenceItem.objects.unexpired(day).filter(party=party).exclude(validation_result=EvidenceItem.Result.FAILED)
    items = known(rows.select_related("document").order_by("pk"))
    given = told(party, EvidenceItem.objects.live().filter(party=party))
    seen, by_number = [*map(counted, items), *confirmed(party, on=day)], {item.pk: item for item in items}
    found = []
    for guideline in rules.of(about(party)):
        level = reached(guideline, seen, given, rules)
        above = following(guideline, level)
        path = shortest(above, seen, given, rules, guideline.about) if above else None
        used = tuple(by_number[number] for number in level.items if number in by_number) if level else ()
        found.append(Graded(guideline, level, used, path, rules.aim[guideline.about][0] == guideline.code))
    return found


def levels(organisation: Organisation, parties: Iterable[Party]) -> dict[int, Reached | None]:
    """By the number of the party, the level that it reaches by the guideline that is aimed at: three queries, however many."""
    rules, items = assurance.load(), defaultdict(list)
    for item in known(EvidenceItem.objects.good(timezone.localdate()).filter(organisation=organisation).order_by("pk")):
        items[item.party_id].append(item)
    said = confirmed_of(organisation)
    found = {}
    for party in parties:
        guideline = rules.guideline(rules.aim[about(party)][0])
        given = told(party, items[party.pk])
        beside = [] if party.is_person else said.get(party.pk, [])
        found[party.pk] = reached(guideline, [*map(counted, items[party.pk]), *beside], given, rules)
    return found


def reached_by(party: Party) -> str:
    """The code of the level that it reaches today by the guideline that is aimed at; empty for none."""
    found = levels(party.organisation, [party])[party.pk]
    return found.level.code if found else ""


def confirmed_of(organisation: Organisation) -> dict[int, list[Item]]:
    """By the number of the party, what of it is confirmed today and said so still."""
    rows = Confirmation.objects.good(timezone.localdate()).filter(organisation=organisation, party__removed_on__isnull=True)
    known, found = list(rows.select_related("party", "document").order_by("pk")), defaultdict(list)
    means = list(PaymentMeans.objects.live().filter(organisation=organisation)) if known else []
    for row in known:
        if row.mark in confirmations.marks(row.party, means):
            found[row.party_id] += of_confirmed([row])
    return found
