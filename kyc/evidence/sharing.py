"""One document that stands behind several accounts (DST-07), found by the keyed hash of its number."""

from collections.abc import Iterable

from django.db.models import QuerySet

from accounts.models import Organisation
from accounts.vault import searching
from kyc.evidence.item_models import EvidenceItem

# Of a keyed SHA-256, in hexadecimal.
DIGEST = 64


def known_by(country: str, number: str) -> list[str]:
    """By what a document is known again as a signal, whoever has read it: the country that issued it (ISO 3166-1 alpha-2) and its
    number. Nothing without both: a number alone is many documents'."""
    plain = searching.characters(number)
    return [f"{country} {plain}"] if country and len(plain) >= searching.SHORTEST else []


def elsewhere(items: Iterable[EvidenceItem]) -> QuerySet[EvidenceItem]:
    """The live evidence of other customers that bears the same number; sandboxes are nobody's. Only to whose business everything
    is it shows anything."""
    # What was erased bears the number of its certificate there.
    prints = {item.fingerprint for item in items if len(item.fingerprint) == DIGEST}
    mine = {item.organisation_id for item in items}
    found = EvidenceItem.objects.live().filter(fingerprint__in=prints, organisation__in=Organisation.objects.real())
    return found.exclude(organisation__in=mine).select_related("organisation", "party").order_by("organisation", "pk")


def count(organisation: int) -> int:
    """In how many other accounts a number of this one's evidence is known."""
    mine = EvidenceItem.objects.live().filter(organisation=organisation).exclude(fingerprint="")
    return elsewhere(mine).order_by("organisation").values("organisation").distinct().count()
