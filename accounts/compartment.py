"""The investigators' compartment (FIN-17): networks, incidents and referrals, of which nobody else is shown that they exist.

A model that says `confined = True` is in it, with its history and with every event of the audit log that is about it. It stands
behind two walls: queries leave it out for whoever may not see it, and the database does so where one forgot (accounts/walls.py).

What the product does by itself and what it concludes goes by what stands outside, so that nothing a customer or another officer
sees depends on it. Only the proof of the log and the backup read everything: they serve nobody, and tell sums and places.
"""

import re
import unicodedata
from functools import cache

from django.apps import apps
from django.db.models import Model
from django.utils.translation import gettext as _

from accounts.refused import Refused

# As the number of an incident is written, whether there is one or not: who may not see it can't tell by the refusal.
INCIDENT = re.compile(r"(?<!\w)I\s*[-\u2010-\u2015]\s*\d{4}\s*[-\u2010-\u2015]\s*\d+", re.IGNORECASE)

# How the kind of a proposal begins that is of the compartment (accounts/proposals.py): shown where that is open alone.
PROPOSED = "network."


class NamesIncident(Refused):
    """Officers who must not know of any incident read why a hold was placed, and why it was lifted."""

    field = "reason"


def refuse_incidents(reason: str) -> None:
    if INCIDENT.search(unicodedata.normalize("NFKC", reason)):
        raise NamesIncident(_("Leave out the number of an incident: every officer who sees the customer reads this reason."))


def is_confined(model: type[Model]) -> bool:
    return bool(getattr(model, "confined", False))


@cache
def confined() -> tuple[str, ...]:
    """What the audit log calls the rows of the compartment."""
    return tuple(sorted(model._meta.label_lower for model in apps.get_models() if is_confined(model)))
