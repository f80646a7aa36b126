"""Which controllers have accounts already, since when, and what was done to these: so that nobody acts over them twice unawares.

Whoever calls this has the compartment open, as with incidents (kyc/networks/actions.py)."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Exists, OuterRef

from kyc.keys.appeal_models import Appeal
from kyc.networks.controller_models import Controller, ControllerMember
from kyc.networks.measure_models import Measure, MeasureMember

S = Controller.State


@dataclass
class Overlap:
    """A controller that stands or is proposed, with how many of the accounts are of it, since when the first is, the measures
    over them that are in force or proposed, and the appeals of theirs that wait for an answer."""

    controller: Controller
    accounts: set[int] = field(default_factory=set)
    since: datetime | None = None
    measures: list[Measure] = field(default_factory=list)
    appeals: list[Appeal] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.accounts)


def of(organisations: Collection[int], *, without: Controller | None = None) -> list[Overlap]:
    """In order of their numbers; three queries, however many."""
    rows = ControllerMember.objects.live().filter(organisation__in=organisations, controller__state__in=[S.PROPOSED, S.RULED])
    found: dict[int, Overlap] = {}
    for row in rows.exclude(controller=without).select_related("controller").order_by("controller", "added_at"):
        one = found.setdefault(row.controller_id, Overlap(row.controller, since=row.added_at))
        one.accounts.add(row.organisation_id)
    of_it = MeasureMember.objects.filter(measure__controller__in=found, organisation__in=organisations)
    standing = of_it.filter(measure__state__in=[Measure.State.PROPOSED, Measure.State.TAKEN]).exclude(stage=0)
    measures: dict[int, set[int]] = defaultdict(set)
    for member in standing.select_related("measure").order_by("measure"):
        one = found[member.measure.controller_id]
        if member.measure_id not in measures[one.controller.pk]:
            measures[one.controller.pk].add(member.measure_id)
            one.measures.append(member.measure)
    whose = dict(of_it.exclude(restriction=None).values_list("restriction", "measure__controller"))
    for appeal in Appeal.objects.open().filter(restriction__in=whose).order_by("pk"):
        found[whose[appeal.restriction_id]].appeals.append(appeal)
    return list(found.values())


def done(organisations: Collection[int]) -> dict[int, list[MeasureMember]]:
    """By account what measures that were taken did to it, in their order; each with whether an appeal against it waits."""
    waits = Appeal.objects.open().filter(restriction=OuterRef("restriction"))
    rows = MeasureMember.objects.filter(organisation__in=organisations, measure__proposal__outcome="taken").exclude(stage=0)
    found: dict[int, list[MeasureMember]] = defaultdict(list)
    for row in rows.select_related("measure").annotate(is_appealed=Exists(waits)).order_by("measure"):
        found[row.organisation_id].append(row)
    return found
