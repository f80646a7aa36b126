"""What officers say of what was blocked."""

from decimal import Decimal
from typing import Any

from accounts.models import User
from kyc.directives.blocked import actions
from kyc.directives.blocked.actions import Said
from kyc.directives.blocked.models import BlockedFiling, BlockedRecord

# As an officer sends it.
TOLD = {
    "asset": "balance", "what": "What was prepaid for use in December.", "value": "1250.00", "currency": "USD",
    "authority": "31 CFR part 594", "programme": "SDGT", "action": "The keys were held and the balance was frozen.",
    "contact": "Sanctions desk, sanctions@keyholder.example",
}  # fmt: skip


def said(**more: Any) -> Said:
    return Said(**(TOLD | {"value": Decimal("1250.00")} | more))


def completed(found: BlockedRecord, *, by: User, **more: Any) -> BlockedRecord:
    return actions.amend(found, said(**more), kind=found.kind, happened_on=found.happened_on, by=by)


def filed(found: BlockedRecord, *, by: User, second: User) -> BlockedRecord:
    made: BlockedFiling = actions.prepare(completed(found, by=by), by=by)
    actions.take(made, filed_on=found.happened_on, reference="ORS-2026-118", by=second)
    found.refresh_from_db()
    return found
