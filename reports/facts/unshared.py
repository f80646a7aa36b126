"""What stands where a share would, of whoever owns or controls without one: nought per cent would say that he has no part."""

from kyc.ownership import trusts
from kyc.ownership.models import Interest, counted_owner
from kyc.ownership.rule import CASCADES
from kyc.ownership.shares import Interval, shown
from kyc.parties.models import Role
from reports.facts.reader import Reader

BY_OFFICE = "controls by office"
BY_ROLE = "by a role in a trust"
OTHERWISE = "controls without a share"
OPEN = "no share stated"
ITSELF = "the customer itself"
# Their share is what blocked parties, or companies of a region, hold: nothing is held there, and nothing stands for it.
OF_OTHERS = {*CASCADES, "provider-terms"}


def share_or_how(reader: Reader, party: int, share: Interval, *, is_sure: bool) -> str:
    """The share of a beneficial owner or an ultimate parent in words; where it is none, how he is one. `is_sure` is false of one
    who may be."""
    if share.max:
        return shown(share)
    if reader.customer is not None and party == reader.customer.pgh_obj_id:
        return ITSELF
    if any(role.kind == Role.Kind.CONTROLLER for role in reader.roles.get(party, ())):
        return BY_OFFICE
    kinds = {row.kind for row in reader.held(Interest) if counted_owner(row) == party}
    if kinds & trusts.ROLES.keys():
        return BY_ROLE
    return OTHERWISE if is_sure else OPEN
