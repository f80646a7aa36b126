"""How sure the evidence of a party makes us today, by each guideline that fits it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from accounts.models import Organisation
from kyc.evidence.grading.reaching import Item, Reached, following, reached
from kyc.evidence.grading.shortest import Path, shortest
from kyc.evidence.item_models import EvidenceItem
from kyc.evidence.items import about
from kyc.parties.models import Party
from kyc.rules import assurance
from kyc.rules.assurance import Guideline


@dataclass(frozen=True)
class Graded:
    """By one guideline: the level reached with the items that reach it, and the shortest way to the next; none at the top."""

    guideline: Guideline
    reached: Reached | None
    items: tuple[EvidenceItem, ...]
    path: Path | None
    is_aim: bool


def counted(item: EvidenceItem) -> Item:
    """What the arithmetic sees of an item: what was not found good counts for nothing, and may still be."""
    passed = EvidenceItem.Result.PASSED
    validation = item.validation if item.validation_result == passed else ""
    return Item(item.pk, item.kind, validation, item.verification if item.verification_result == passed else "")


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
    seen, by_number = [counted(item) for item in items], {item.pk: item for item in items}
    found = []
    for guideline in rules.of(about(party)):
        level = reached(guideline, seen, given, rules)
        above = following(guideline, level)
        path = shortest(above, seen, given, rules, guideline.about) if above else None
        used = tuple(by_number[number] for number in level.items) if level else ()
        found.append(Graded(guideline, level, used, path, rules.aim[guideline.about][0] == guideline.code))
    return found


def levels(organisation: Organisation, parties: Iterable[Party]) -> dict[int, Reached | None]:
    """By the number of the party, the level that it reaches by the guideline that is aimed at: one query, however many."""
    rules, items = assurance.load(), defaultdict(list)
    for item in known(EvidenceItem.objects.good(timezone.localdate()).filter(organisation=organisation).order_by("pk")):
        items[item.party_id].append(item)
    found = {}
    for party in parties:
        guideline = rules.guideline(rules.aim[about(party)][0])
        given = told(party, items[party.pk])
        found[party.pk] = reached(guideline, [counted(item) for item in items[party.pk]], given, rules)
    return found
