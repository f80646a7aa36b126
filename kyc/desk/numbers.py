"""Where what an investigator has typed the number of stands: in the search of networks and of incidents alike."""

import re
from typing import Any

from django.db.models import Model
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Permission
from kyc.keys.appeal_models import Appeal
from kyc.networks.controller_models import Controller
from kyc.networks.measure_models import Measure
from kyc.networks.models import Incident
from kyc.networks.network_models import Network

NUMBERED = re.compile(r"(N|CT|M|I)-\d{4}-(\d{1,9})", re.ASCII)
APPEAL = re.compile(r"A-\d{4}-(\w{1,20})", re.ASCII)
PAGES: dict[str, tuple[Any, str]] = {
    "N": (Network, "desk:network"),
    "CT": (Controller, "desk:controller"),
    "M": (Measure, "desk:measure"),
    "I": (Incident, "desk:incident"),
}


def address_of(text: str, *, to: User, but: type[Model]) -> str:
    """Of its page; empty where it is no such number, of nothing that `to` may see, or of what the search lists itself."""
    sought = text.strip().upper()
    if to.can(Permission.NETWORK_VIEW) and (number := NUMBERED.fullmatch(sought)):
        model, page = PAGES[number[1]]
        return "" if model is but else found(model.objects.filter(pk=int(number[2])), sought, page)
    if to.can(Permission.HOLD_PLACE) and (number := APPEAL.fullmatch(sought)):
        return found(Appeal.objects.filter(handle=number[1]), sought, "desk:appeal")
    return ""


def found(rows: Any, sought: str, page: str) -> str:
    row = rows.first()
    is_it = row is not None and int(row.number.rsplit("-", 2)[1]) == int(sought.rsplit("-", 2)[1])
    return reverse(page, args=[row.pk]) if is_it else ""
