"""That a customer may train with what models answer, as an investigator writes it down: what is authorised is no extraction."""

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, organisations
from accounts.models import Organisation, User
from accounts.permissions import Permission, require
from accounts.refused import ReasonMissing, is_said
from kyc.networks.actions import EARLIEST, Impossible, tidy
from kyc.networks.indication_models import Authorisation


@transaction.atomic
def declare(
    organisation: Organisation, *, reference: str, reason: str, since: date, until: date | None = None, by: User
) -> Authorisation:
    """Said of the same days and by the same reference again while it stands, it is silence."""
    require(by, Permission.INCIDENT_WORK)
    if not reference.strip():
        raise Impossible("reference", _("Say where it is agreed, such as a contract's number."))
    if not is_said(reason):
        raise ReasonMissing(_("Say what is authorised, and why."))
    if since < EARLIEST:
        raise Impossible("since", _("This day lies before the year 2000. Look at it again."))
    if until is not None and until < since:
        raise Impossible("until", _("It can't end before it begins."))
    organisations.held(organisation.pk)
    said = {"organisation": organisation, "reference": reference.strip(), "since": since, "until": until}
    if standing := Authorisation.objects.standing().filter(**said).first():
        return standing
    made = Authorisation.objects.create(**said, reason=tidy(reason), declared_by=by)
    audit.record("authorisation.declared", target=made, by=by, reason=made.reason, reference=made.reference)
    return made


@transaction.atomic
def end(authorisation: Authorisation, *, reason: str, by: User) -> Authorisation:
    """It was authorised, and is no more. Repeated, it is silence."""
    require(by, Permission.INCIDENT_WORK)
    if not is_said(reason):
        raise ReasonMissing(_("Say why it is not authorised any more."))
    row = Authorisation.objects.select_for_update().get(pk=authorisation.pk)
    if row.ended_at is None:
        row.ended_at, row.ended_by, row.end_reason = timezone.now(), by, tidy(reason)
        row.save(update_fields=["ended_at", "ended_by", "end_reason"])
        audit.record("authorisation.ended", target=row, by=by, reason=row.end_reason, reference=row.reference)
    return row
