"""The incidents that involve a case's organisation, and the networks and controllers that have it, as its page shows them to who
may see that there are any."""

from typing import Any

from django.urls import reverse

from accounts.models import User
from accounts.permissions import Permission
from kyc.cases.models import Case
from kyc.desk.incident_forms import InvolveForm
from kyc.networks import overlapping
from kyc.networks.models import Incident
from kyc.networks.network_models import NetworkMembership


def facts(case: Case, user: User) -> dict[str, Any]:
    """Nothing, and nothing is asked, for everybody else."""
    if not user.can(Permission.NETWORK_VIEW):
        return {}
    found = Incident.objects.visible_to(user).filter(
        involvements__organisation=case.organisation, involvements__ended_at__isnull=True
    )
    facts: dict[str, Any] = {"sees_incidents": True, "incidents": found.distinct().order_by("-pk")}
    facts["networks"] = NetworkMembership.objects.live().filter(organisation=case.organisation).select_related("network")
    facts["overlaps"] = overlapping.of([case.organisation_id])
    if user.can(Permission.INCIDENT_WORK):
        facts["involve_form"] = InvolveForm(case.organisation, actions=(reverse("desk:involve", args=[case.pk]),))
    return facts
