"""How long an incident is kept (AMLR-11): it follows neither one organisation nor what is told of any, since a customer and an
officer read how long each of his is kept, and would learn of it (FIN-17)."""

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts import retention
from accounts.models import LegalHold, Organisation, Signal
from accounts.periods import first_kept
from accounts.retention import Kept, RecordClass, Running, Runs, Started, day_of
from kyc.networks.indication_models import Indication
from kyc.networks.models import Incident, IncidentNote, Involvement, Referral
from kyc.networks.network_models import Edge
from kyc.rules.retention import rule

# Registered nowhere: no list of classes has it.
SUSPICION = RecordClass(
    code="suspicion",
    label=_("Incidents, whom they involve, notes and referrals; and what was said of networks and controllers"),
    models=(Incident, Involvement, IncidentNote, Referral),
    rules=(rule("suspicion"), rule("cdd-file")),
)
FILED, OF_CUSTOMERS = SUSPICION.rules
# Neither is this: kyc/networks/forgetting.py.
SIGNALS = RecordClass(
    code="signals",
    label=_("What accounts have in common, as hashes"),
    models=(Signal,),
    rules=(rule("signals"),),
    made={Signal: "last_seen"},
    each=True,
)

# And these, which rest on signals and on how keys were used, and go as those do: kyc/networks/forgetting.py.
TIES = RecordClass(
    code="ties", label=_("What has tied accounts of a network"), models=(Edge,), rules=(rule("signals"),), made={Edge: "until"},
    each=True,
)  # fmt: skip
INDICATED = RecordClass(
    code="indications",
    label=_("What the use of keys indicated"),
    models=(Indication,),
    rules=(rule("usage-rows"),),
    made={Indication: "day"},
    each=True,
)

CONFINED = "of the investigators' compartment, of which the page of what is kept must not tell"
OF_ONE = (
    "Involvement", "NetworkMembership", "Attachment", "PoolMember", "ControllerMember", "MeasureMember", "Indication",
    "Authorisation",
)  # fmt: skip
for label in (*(f"kyc.{name}" for name in OF_ONE), "accounts.Signal", "accounts.SignalArrival"):
    retention.no_record(label, CONFINED)


def of(incident: Incident, *, on: date) -> Kept:
    """Until when, which rule decides, and the legal holds in force on anybody whom it ever involved."""
    return next(kept([incident], on=on))


def kept(incidents: Collection[Incident], *, on: date) -> Iterator[Kept]:
    """Of each, in their order, in a few queries for all. One that is open has no end. Whom it was found not to involve keeps it
    no longer, but for a legal hold on him."""
    rows = list(Involvement.objects.filter(incident__in=incidents).values_list("incident", "organisation", "ended_at"))
    numbers = {organisation for _incident, organisation, _ended in rows}
    asked = retention.asked(Organisation.objects.filter(pk__in=numbers), on)
    runs = {values["pk"]: Runs(values, on) for values in asked}
    referred: dict[int, date] = {}
    for incident, made_on in Referral.objects.filter(incident__in=incidents).values_list("incident", "made_on"):
        referred[incident] = max(made_on, referred.get(incident, made_on))
    holds = list(LegalHold.objects.live().filter(Q(organisation=None) | Q(organisation__in=numbers)).order_by("pk"))
    for incident in incidents:
        mine = [(organisation, ended) for of_incident, organisation, ended in rows if of_incident == incident.pk]
        running = [retention.running(FILED, filed(incident, referred.get(incident.pk)))]
        running += longest(runs[organisation] for organisation, ended in mine if ended is None)
        decides = retention.the_latest(running)
        involved = {None, *(organisation for organisation, _ended in mine)}
        on_it = tuple(hold for hold in holds if hold.organisation_id in involved)
        yield Kept(SUSPICION, tuple(running), decides, decides.until if decides else None, on_it)


def filed(incident: Incident, referred: date | None) -> Started:
    if incident.closed_at is None:
        return Started(None, _("The incident is open."))
    closed = day_of(incident.closed_at)
    return Started(max(closed, referred) if referred else closed)


def longest(runs: Iterator[Runs]) -> list[Running]:
    """Of the customers involved the one whose relationship ends last."""
    found = retention.the_latest([one for run in runs if (one := run.of(OF_CUSTOMERS, SUSPICION))])
    return [found] if found else []


def due(on: date) -> list[int]:
    """Incidents that are past their last day, that no legal hold keeps, and that are still there."""
    before = datetime.combine(first_kept(on, FILED.years), time.min, UTC)
    later = Referral.objects.filter(incident=OuterRef("pk"), made_on__gte=before.date())
    old = list(Incident.objects.filter(~Exists(later), closed_at__lt=before, erased_at=None).order_by("pk"))
    return [incident.pk for incident, one in zip(old, kept(old, on=on), strict=True) if one.is_due(on)]
