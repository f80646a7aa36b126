"""An officer's word on an agency that a customer has declared."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.eraser import YIELDS
from accounts.history import tracked
from accounts.models import Organisation, User
from kyc.evidence.models import Document
from kyc.parties.agency_models import Agency


class AgencyRulingQuerySet(models.QuerySet["AgencyRuling"]):
    def live(self) -> "AgencyRulingQuerySet":
        return self.filter(superseded_at__isnull=True)


@tracked()
class AgencyRuling(models.Model):
    """Confirmed, by which document and until when, or not accepted, also what was confirmed before; why, in either case."""

    personal = ("reason",)

    class Ruling(models.TextChoices):
        CONFIRMED = "confirmed", _("It is so: confirmed")
        REFUSED = "refused", _("It is not, or not any more: not accepted")

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="rulings")
    ruling = models.CharField(max_length=20, choices=Ruling.choices)
    document = models.ForeignKey(Document, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.TextField()
    valid_until = models.DateField(null=True, blank=True)
    ruled_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    ruled_at = models.DateTimeField(auto_now_add=True)
    superseded_at = models.DateTimeField(null=True, blank=True)

    objects = AgencyRulingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="agency_ruling_has_a_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="agency_is_confirmed_by_a_document_until",
                condition=Q(ruling="confirmed", document__isnull=False, valid_until__isnull=False)
                | Q(ruling="refused", document__isnull=True, valid_until__isnull=True),
            ),
            models.UniqueConstraint(name="one_live_ruling_an_agency", fields=["agency"], condition=Q(superseded_at__isnull=True)),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="agency_ruling_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    {YIELDS}
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'what an officer said of an agency is never deleted' USING ERRCODE = 'check_violation';
                    ELSIF NOT EXISTS (
                        SELECT 1 FROM kyc_agency a WHERE a.id = NEW.agency_id AND a.organisation_id = NEW.organisation_id
                    ) OR NEW.document_id IS NOT NULL AND NOT EXISTS (
                        SELECT 1 FROM kyc_document d WHERE d.id = NEW.document_id AND d.organisation_id = NEW.organisation_id
                    ) THEN
                        RAISE EXCEPTION 'an agency is ruled on by what its customer has sent' USING ERRCODE = 'check_violation';
                    ELSIF TG_OP = 'UPDATE' AND (OLD.superseded_at IS NOT NULL OR ROW(
                        NEW.id, NEW.agency_id, NEW.ruling, NEW.document_id, NEW.reason, NEW.valid_until, NEW.ruled_by_id
                    ) IS DISTINCT FROM ROW(
                        OLD.id, OLD.agency_id, OLD.ruling, OLD.document_id, OLD.reason, OLD.valid_until, OLD.ruled_by_id
                    )) THEN
                        RAISE EXCEPTION 'what an officer said stays as it was, and a later word takes its place'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608  # nosec B608  # words of ours
            )
        ]

    def __str__(self) -> str:
        return self.get_ruling_display()
