"""When what was said of networks and controllers has been kept long enough: as long as an incident (kyc/networks/retention.py),
from when it was over, and as the file of the last account that it was about."""

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, time

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from accounts import retention
from accounts.eraser import MARKED
from accounts.models import LegalHold, Organisation
from accounts.periods import first_kept
from accounts.retention import Kept, Runs, Started, day_of
from kyc.networks.controller_models import Controller, ControllerMember, KeptEvidence
from kyc.networks.indication_models import Authorisation
from kyc.networks.measure_models import Measure
from kyc.networks.network_models import Attachment, NetworkChange
from kyc.networks.retention import FILED, SUSPICION, longest
from kyc.networks.ruling_models import ProposedRuling, Ruling

# A row's number, when it was over, and the accounts that it was about.
Over = tuple[int, datetime, Collection[int]]


def controllers(on: date) -> list[int]:
    """Those that were ended or never ruled, of which no measure is in force and no incident with its evidence is kept."""
    over = Controller.objects.filter(state__in=[Controller.State.ENDED, Controller.State.DECLINED])
    over = over.annotate(over=Coalesce(F("ended_at"), F("proposal__outcome_at"))).exclude(name__regex=MARKED)
    over = over.exclude(Exists(Measure.objects.filter(controller=OuterRef("pk"), state__in=["proposed", "taken"])))
    kept = KeptEvidence.objects.filter(controller=OuterRef("pk"), incident__isnull=False, incident__erased_at=None)
    old = list(over.exclude(Exists(kept)).filter(over__lt=oldest(on)).values_list("pk", "over"))
    members: dict[int, set[int]] = {pk: set() for pk, _at in old}
    for controller, organisation in ControllerMember.objects.filter(controller__in=members).values_list(
        "controller", "organisation"
    ):
        members[controller].add(organisation)
    return past([(pk, at, members[pk]) for pk, at in old], on)


def rulings(on: date) -> list[int]:
    return past(told(Ruling.objects.exclude(reason__regex=MARKED), "ruled_at", on), on)


def proposed(on: date) -> list[int]:
    """Whatever came of them."""
    return past(told(ProposedRuling.objects.exclude(reason__regex=MARKED), "proposal__outcome_at", on), on)


def changes(on: date) -> list[int]:
    return past(told(with_words(), "at", on), on)


def with_words() -> QuerySet[NetworkChange]:
    """As the index `network_change_with_words` has them, so that a night reads those that are due and no others."""
    return NetworkChange.objects.filter(~Q(reason__regex=MARKED))


def authorisations(on: date) -> list[int]:
    """From when they were ended, or held no longer."""
    rows = Authorisation.objects.exclude(reason__regex=MARKED).filter(Q(ended_at__lt=oldest(on)) | Q(until__lt=oldest(on).date()))
    over = []
    for pk, ended, until, organisation in rows.values_list("pk", "ended_at", "until", "organisation"):
        last = [one for one in (ended, until and datetime.combine(until, time.max, UTC)) if one]
        over.append((pk, min(last), {organisation}))
    return past(over, on)


def attachments(on: date) -> list[int]:
    """With the values that they rest on, whatever came of them."""
    is_done = Q(evidence=[]) & (Q(outcome_note="") | Q(outcome_note__regex=MARKED))
    said = Attachment.objects.exclude(Q(outcome="") | is_done).filter(outcome_at__lt=oldest(on))
    rows = said.values_list("pk", "outcome_at", "organisation")
    return past([(pk, at, {organisation}) for pk, at, organisation in rows if at], on)


def told(rows: QuerySet[Ruling] | QuerySet[ProposedRuling] | QuerySet[NetworkChange], at: str, on: date) -> list[Over]:
    return list(rows.filter(**{f"{at}__lt": oldest(on)}).values_list("pk", at, "organisations"))


def oldest(on: date) -> datetime:
    """Whatever was over later is kept."""
    return datetime.combine(first_kept(on, FILED.years), time.min, UTC)


def past(over: Iterable[Over], on: date) -> list[int]:
    """Those that are past their last day and that no legal hold keeps, in a few queries for all."""
    rows = list(over)
    numbers = {number for _pk, _at, whose in rows for number in whose}
    runs = {values["pk"]: Runs(values, on) for values in retention.asked(Organisation.objects.filter(pk__in=numbers), on)}
    held = set(LegalHold.objects.live().values_list("organisation", flat=True))
    if None in held:
        return []
    found = []
    for pk, at, whose in rows:
        running = [retention.running(FILED, Started(day_of(at))), *longest(runs[one] for one in whose if one in runs)]
        decides = retention.the_latest(running)
        kept = Kept(SUSPICION, tuple(running), decides, decides.until if decides else None)
        if kept.is_due(on) and held.isdisjoint(whose):
            found.append(pk)
    return sorted(found)
