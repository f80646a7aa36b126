"""One document that stands behind several accounts (DST-07), found by the keyed hash of its number."""

from collections.abc import Iterable

from django.db.models import QuerySet

from accounts.models import Organisation
from kyc.evidence.item_models import EvidenceItem


def elsewhere(items: Iterable[EvidenceItem]) -> QuerySet[EvidenceItem]:
    """The live evidence of other customers that bears the same number; sandboxes are nobody's. Only to whose business everything
    is it shows anything."""
    prints = {item.fingerprint for item in items if item.fingerprint}
    mine = {item.organisation_id for item in items}
    found = EvidenceItem.objects.live().filter(fingerprint__in=prints, organisation__in=Organisation.objects.real())
    return found.exclude(organisation__in=mine).select_related("organisation", "party").order_by("organisation", "pk")


def count(organisation: int) -> int:
    """In how many other accounts a number of this one's evidence is known."""
    mine = EvidenceItem.objects.live().filter(organisation=organisation).exclude(fingerprint="")
    return elsewhere(mine).order_by("organisation").values("organisation").distinct().count()
