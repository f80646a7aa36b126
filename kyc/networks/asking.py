"""A building of networks that a person asks for, besides the nightly one."""

from django.db import transaction

from accounts import audit
from accounts.models import User
from accounts.permissions import Permission, require
from config import jobs
from kyc.networks.network_models import NetworkRun


@transaction.atomic
def ask(*, by: User) -> NetworkRun:
    """While one waits or goes on already it is that one, and silence."""
    require(by, Permission.INCIDENT_WORK)
    made, is_new = NetworkRun.objects.get_or_create(state=NetworkRun.State.WAITING, defaults={"asked_by": by})
    if is_new:
        audit.record("networks.building_asked", target=made, by=by)
        jobs.woke("network_run.asked")
    return made
