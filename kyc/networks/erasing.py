"""The end of what was said of networks and controllers, by the nightly disposal (accounts/disposal.py): the words and names of
each are overwritten, in live rows and in history, once it is over and nobody whom it was about is kept any longer. In silence, as
all of the compartment: one event that investigators read says how many.

Which accounts were of a network, and by which hashed values, names nobody and stays.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Model, Q
from psycopg import sql

from accounts import audit, disposal, legal_holds
from accounts.disposal import Tally
from accounts.models import AuditEvent, Proposal
from kyc.networks import ending
from kyc.networks.controller_models import Controller, ControllerMember, ControllerNote, KeptEvidence
from kyc.networks.measure_models import Measure, MeasureMember
from kyc.networks.network_models import Attachment, NetworkChange
from kyc.networks.ruling_models import ProposedRuling, Ruling

Rows = Mapping[type[Model], Collection[int]]


@transaction.atomic
def erase_words(on: date) -> int:
    """How many were erased. Raises ProgrammingError in any role but the eraser's."""
    legal_holds.none_placed_meanwhile()
    certificate, tally, erased = f"NC-{on}", Tally(), 0
    for model, due, parts in KINDS:
        numbers = due(on)
        if not numbers:
            continue
        for each, those in parts(numbers).items():
            overwrite(each, those, certificate, tally)
        told = {"certificate": certificate, "count": len(numbers)}
        audit.record("networks.erased", target=model(pk=max(numbers)), by=None, **told, **audit.operator(None))
        erased += len(numbers)
    return erased


def overwrite(model: type[Model], numbers: Collection[int], certificate: str, tally: Tally) -> None:
    if not numbers:
        return
    disposal.overwrite(model, sql.SQL("id = ANY ({})").format(list(numbers)), certificate, tally)
    about = Q(target_type=model._meta.label_lower, target_id__in=[str(number) for number in numbers])
    disposal.forget_events(AuditEvent.objects.filter(about), certificate, tally)


def of_controllers(numbers: Collection[int]) -> Rows:
    measures = Measure.objects.filter(controller__in=numbers)
    members = ControllerMember.objects.filter(controller__in=numbers, proposal__isnull=False)
    of_them = (Controller.objects.filter(pk__in=numbers), measures, members)
    proposals = reduce(or_, (Q(pk__in=rows.values("proposal")) for rows in of_them))
    return {
        Controller: numbers,
        Proposal: numbered(Proposal, proposals),
        Measure: numbered(Measure, Q(controller__in=numbers)),
        MeasureMember: numbered(MeasureMember, Q(measure__controller__in=numbers)),
        **{part: numbered(part, Q(controller__in=numbers)) for part in (ControllerMember, ControllerNote, KeptEvidence)},
    }


def of_proposed(numbers: Collection[int]) -> Rows:
    proposals = ProposedRuling.objects.filter(pk__in=numbers).values("proposal")
    return {ProposedRuling: numbers, Proposal: numbered(Proposal, Q(pk__in=proposals))}


def numbered(model: type[Model], which: Q) -> list[int]:
    return list(model._default_manager.filter(which).values_list("pk", flat=True))


def alone(model: type[Model]) -> Callable[[Collection[int]], Rows]:
    return lambda numbers: {model: numbers}


# By what it is about: which are due, and what goes with them.
KINDS: tuple[tuple[type[Model], Callable[[date], list[int]], Callable[[Collection[int]], Rows]], ...] = (
    (Controller, ending.controllers, of_controllers),
    (Ruling, ending.rulings, alone(Ruling)),
    (ProposedRuling, ending.proposed, of_proposed),
    (NetworkChange, ending.changes, alone(NetworkChange)),
    (Attachment, ending.attachments, alone(Attachment)),
)
