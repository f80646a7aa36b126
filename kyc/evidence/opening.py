"""What was told of a party when the account was opened (FIN-12): a later word takes the place of none of it. Read back from what
was known when the customer was first verified, or else when he first sent his case."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.history import as_of
from accounts.models import Snapshot
from kyc.parties.models import Party

FIELDS = ("name", "native_name", "country", "birth_date", "address", "registration_number", "tax_number")


@dataclass(frozen=True)
class Original:
    """One value, as it was then and as it is; sealed ones as they are opened for who reads."""

    field: str
    then: Any
    now: Any

    @property
    def is_same(self) -> bool:
        return bool(self.then == self.now)


def originals(party: Party, *, at: datetime) -> list[Original]:
    """Empty where nothing was known of the party yet."""
    snapshot = Snapshot.objects.filter(taken_at__gte=at).order_by("taken_at").first()
    if snapshot is None:
        return []
    row = as_of(Party, snapshot).filter(pgh_obj_id=party.pk).first()
    if row is None:
        return []
    every = [Original(field, getattr(row, field), getattr(party, field)) for field in FIELDS]
    return [one for one in every if one.then or one.now]
