"""The end of an incident: overwritten with its notes, referrals, involvements and events, in live rows and in history, by the
nightly disposal (accounts/disposal.py). The certificate stands in the incident itself, where only investigators read it."""

from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from psycopg import sql

from accounts import audit, disposal, legal_holds, organisations
from accounts.disposal import Tally
from accounts.models import AuditEvent
from kyc.networks import erasing, forgetting, retention
from kyc.networks.models import Incident, IncidentNote, Involvement, Referral

PARTS = (Involvement, IncidentNote, Referral)


def dispose_of_all(on: date) -> None:
    for number in retention.due(on):
        dispose(number, on=on)


@transaction.atomic
def dispose(number: int, *, on: date) -> Incident | None:
    """Erases it and says so in it; None where it is not due any more. Raises ProgrammingError in any role but the eraser's."""
    legal_holds.none_placed_meanwhile()
    involved = Involvement.objects.filter(incident=number).order_by("organisation")
    for organisation in involved.values_list("organisation", flat=True).distinct():
        organisations.held(organisation)
    incident = Incident.objects.select_for_update().get(pk=number)
    if number not in retention.due(on):
        return None
    certificate, tally = incident.certificate_number, Tally()
    events = about(incident)
    for model in PARTS:
        disposal.overwrite(model, sql.SQL("incident_id = {}").format(number), certificate, tally)
    disposal.overwrite(Incident, sql.SQL("id = {}").format(number), certificate, tally)
    disposal.forget_events(AuditEvent.objects.filter(events), certificate, tally)
    backups = timezone.now().date() + timedelta(days=settings.BACKUP_DAYS)
    done = {"erased_at": timezone.now(), "erased_rows": tally.told(), "backups_until": backups}
    Incident.objects.filter(pk=number).update(**done)
    count = sum(table["count"] for table in tally.told().values())
    audit.record("incident.erased", target=incident, by=None, certificate=certificate, count=count, **audit.operator(None))
    return Incident.objects.get(pk=number)


def about(incident: Incident) -> Q:
    """The events of an incident and of its parts."""
    found = Q(target_type=Incident._meta.label_lower, target_id=str(incident.pk))
    for model in PARTS:
        numbers = [str(pk) for pk in model._default_manager.filter(incident=incident).values_list("pk", flat=True)]
        found |= Q(target_type=model._meta.label_lower, target_id__in=numbers)
    return found


disposal.APART += [dispose_of_all, erasing.erase_words, forgetting.forget_signals, forgetting.forget_ties]
