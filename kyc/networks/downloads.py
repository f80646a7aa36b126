"""That an investigator took a file of a network out of the product."""

from django.db import transaction

from accounts import audit
from accounts.models import User
from accounts.permissions import Permission, require
from kyc.networks.network_models import Network


@transaction.atomic
def record(network: Network, *, what: str, by: User) -> None:
    """`what` is members or ledger."""
    require(by, Permission.NETWORK_VIEW)
    audit.record("network.downloaded", target=network, by=by, network=network.number, what=what)
