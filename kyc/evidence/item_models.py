"""Evidence items, where what they say differs from what was declared, and an officer's word on each document."""

from datetime import date

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from accounts.models import Organisation, User
from accounts.vault import RowNumber, SealedField, Subject
from kyc.evidence.models import Document
from kyc.parties.models import Party

# How the signature of the data on it was found good (IDA-03): what the database asks of what is superior.
SIGNED = ("chip", "chip_issuer")


class EvidenceItemQuerySet(models.QuerySet["EvidenceItem"]):
    def live(self) -> "EvidenceItemQuerySet":
        """Neither withdrawn nor resting on a document that was taken back."""
        return self.filter(withdrawn_at__isnull=True).filter(Q(document__isnull=True) | Q(document__removed_at__isnull=True))

    def unexpired(self, on: date) -> "EvidenceItemQuerySet":
        """Those that may count that day: the document that they rest on is not unsound either."""
        found = self.live().filter(Q(expires_on__isnull=True) | Q(expires_on__gte=on))
        return found.exclude(document__in=Document.objects.unsound())

    def good(self, on: date) -> "EvidenceItemQuerySet":
        """Those that count that day: found good, and not expired."""
        return self.unexpired(on).filter(validation_result=EvidenceItem.Result.PASSED)


@tracked()
class EvidenceItem(models.Model):
    """One piece of evidence of who a party is (IDA-01): of which kind, by whom issued, how it was validated, and how it was
    verified that it is the party's; by whom, and under which version of the rules of assurance. It rests on a document, or on a
    confirmation that has none."""

    personal = ("issuer", "note", "validation_note", "verification_note", "withdrawn_because", "fingerprint")

    class Strength(models.TextChoices):
        FAIR = "fair", _("Fair")
        STRONG = "strong", _("Strong")
        SUPERIOR = "superior", _("Superior")

    class Result(models.TextChoices):
        PASSED = "passed", _("Found good")
        FAILED = "failed", _("Not found good")

    id = RowNumber(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    party = models.ForeignKey(Party, models.PROTECT, related_name="evidence")
    document = models.ForeignKey(Document, models.PROTECT, null=True, blank=True, related_name="items")
    # A code of the rules of assurance; so are `validation` and `verification`.
    kind = models.CharField(max_length=40)
    issuer = models.CharField(_("issuer"), max_length=200, blank=True)
    issuing_country = models.CharField(_("issuing country"), max_length=2, blank=True)
    number = SealedField(_("number"), blank=True, indexed_as="number")
    # By which the same number is told in another account; a keyed hash of kind, country and number.
    fingerprint = models.CharField(max_length=64, blank=True)
    issued_on = models.DateField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    note = models.TextField(blank=True)
    guideline = models.CharField(max_length=20)
    recorded_at = models.DateTimeField(auto_now_add=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    strength = models.CharField(max_length=10, choices=Strength.choices, blank=True)
    validation = models.CharField(max_length=30, blank=True)
    validation_result = models.CharField(max_length=10, choices=Result.choices, blank=True)
    validation_note = models.TextField(blank=True)
    validated_at = models.DateTimeField(null=True, blank=True)
    validated_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    verification = models.CharField(max_length=30, blank=True)
    verification_result = models.CharField(max_length=10, choices=Result.choices, blank=True)
    verification_note = models.TextField(blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_because = models.TextField(blank=True)

    objects = EvidenceItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="evidence_item_has_a_kind", condition=~Q(kind="")),
            models.CheckConstraint(
                name="evidence_item_superior_only_by_signed_data",
                condition=~Q(strength="superior") | Q(validation__in=SIGNED, validation_result="passed"),
            ),
            models.CheckConstraint(
                name="evidence_item_is_strong_only_when_found_good", condition=Q(strength="") | Q(validation_result="passed")
            ),
            models.CheckConstraint(
                name="evidence_item_validated_at_and_by",
                condition=Q(validated_at__isnull=True, validated_by__isnull=True, validation="", validation_result="")
                | Q(validated_at__isnull=False, validated_by__isnull=False) & ~Q(validation="") & ~Q(validation_result=""),
            ),
            models.CheckConstraint(
                name="evidence_item_verified_at_and_by",
                condition=Q(verified_at__isnull=True, verified_by__isnull=True, verification="", verification_result="")
                | Q(verified_at__isnull=False, verified_by__isnull=False, validation_result="passed")
                & ~Q(verification="")
                & ~Q(verification_result=""),
            ),
            models.CheckConstraint(
                name="evidence_item_withdrawn_at_and_by",
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True, withdrawn_because="")
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawn_because=""),
            ),
            models.CheckConstraint(
                name="evidence_item_expires_after_issue",
                condition=Q(issued_on__isnull=True) | Q(expires_on__isnull=True) | Q(expires_on__gte=F("issued_on")),
            ),
        ]
        indexes = [
            # The same number elsewhere, and what expires.
            models.Index(name="evidence_by_fingerprint", fields=["fingerprint"], condition=~Q(fingerprint="")),
            models.Index(name="evidence_expiring", fields=["expires_on"], condition=Q(withdrawn_at__isnull=True)),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="evidence_item_of_one_customer",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    IF NOT EXISTS (
                            SELECT 1 FROM kyc_party p WHERE p.id = NEW.party_id AND p.organisation_id = NEW.organisation_id)
                       OR NEW.document_id IS NOT NULL AND NOT EXISTS (
                            SELECT 1 FROM kyc_document d
                            WHERE d.id = NEW.document_id AND d.organisation_id = NEW.organisation_id
                              AND (d.party_id IS NULL OR d.party_id = NEW.party_id))
                    THEN
                        RAISE EXCEPTION 'evidence is of a party and by a document of one customer'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def sealed_for(self) -> Subject:
        return self.party.sealed_for


class MismatchQuerySet(models.QuerySet["Mismatch"]):
    def open(self) -> "MismatchQuerySet":
        """Those that nobody has resolved, of evidence that still stands."""
        return self.filter(resolved_at__isnull=True, item__withdrawn_at__isnull=True)


@tracked()
class Mismatch(models.Model):
    """One point in which a piece of evidence says otherwise than was declared, and how that was resolved (FIN-12). Both are kept
    as they were then."""

    personal = ("reason",)

    class What(models.TextChoices):
        NAME = "name", _("Name")
        BIRTH_DATE = "birth_date", _("Date of birth")
        COUNTRY = "country", _("Country")
        ADDRESS = "address", _("Address")
        NUMBER = "number", _("Number")

    class Resolution(models.TextChoices):
        CORRECTED = "corrected", _("The customer has corrected it")
        SPELLING = "spelling", _("Spelling or transliteration only")
        CHANGED = "changed", _("It has changed since the document was issued")
        MISREAD = "misread", _("The document was misread")
        EXPLAINED = "explained", _("Explained by the customer otherwise")

    id = RowNumber(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    item = models.ForeignKey(EvidenceItem, models.PROTECT, related_name="mismatches")
    what = models.CharField(max_length=20, choices=What.choices)
    declared = SealedField()
    shown = SealedField()
    opened_at = models.DateTimeField(auto_now_add=True)
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    resolution = models.CharField(max_length=20, choices=Resolution.choices, blank=True)
    reason = models.TextField(blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = MismatchQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="mismatch_resolved_at_and_by",
                condition=Q(resolved_at__isnull=True, resolved_by__isnull=True, resolution="", reason="")
                | Q(resolved_at__isnull=False, resolved_by__isnull=False) & ~Q(resolution="") & ~Q(reason=""),
            ),
            models.UniqueConstraint(name="mismatch_is_open_once", fields=["item", "what"], condition=Q(resolved_at__isnull=True)),
        ]
        indexes = [models.Index(name="open_mismatches", fields=["organisation"], condition=Q(resolved_at__isnull=True))]
        triggers = [
            pgtrigger.Trigger(
                name="mismatch_resolution_is_final",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF OLD.resolved_at IS NOT NULL AND NEW.resolution IS DISTINCT FROM OLD.resolution
                       OR ROW(NEW.id, NEW.organisation_id, NEW.item_id, NEW.what)
                          IS DISTINCT FROM ROW(OLD.id, OLD.organisation_id, OLD.item_id, OLD.what)
                    THEN
                        RAISE EXCEPTION 'what was resolved stays resolved' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    @property
    def sealed_for(self) -> Subject:
        return self.item.sealed_for


class DocumentReviewQuerySet(models.QuerySet["DocumentReview"]):
    def live(self) -> "DocumentReviewQuerySet":
        return self.filter(superseded_at__isnull=True)


@tracked()
class DocumentReview(models.Model):
    """An officer's word on one document: accepted, to be sent anew, or rejected, with a reason of the catalogue that the customer
    reads. The newest counts; `told_at` is when he was written to."""

    class Ruling(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        UPLOAD = "upload", _("To be sent anew")
        REJECTED = "rejected", _("Rejected")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    document = models.ForeignKey(Document, models.PROTECT, related_name="reviews")
    ruling = models.CharField(max_length=10, choices=Ruling.choices)
    # A code of the rules of assurance.
    reason = models.CharField(max_length=30, blank=True)
    reviewed_at = models.DateTimeField(auto_now_add=True)
    reviewed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    told_at = models.DateTimeField(null=True, blank=True)
    superseded_at = models.DateTimeField(null=True, blank=True)

    objects = DocumentReviewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="document_review_gives_a_reason",
                condition=Q(ruling="accepted", reason="") | ~Q(ruling="accepted") & ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="document_review_tells_only_what_is_asked_anew", condition=Q(told_at__isnull=True) | ~Q(ruling="accepted")
            ),
            models.UniqueConstraint(
                name="one_live_review_a_document", fields=["document"], condition=Q(superseded_at__isnull=True)
            ),
        ]
