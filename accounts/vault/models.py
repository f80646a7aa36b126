"""The vault's own tables. They have no history: an older copy of a key would outlive its destruction."""

import pgtrigger
from django.db import models
from django.db.models import Q


class SubjectKey(models.Model):
    """The key of one subject: the person or organisation that sealed data is about, one issued report, which may be of
    the house, or one inquiry, which is of no organisation. Destroyed, it leaves the row that says when, by whom and why."""

    class Kind(models.TextChoices):
        PARTY = "party"
        ORGANISATION = "organisation"
        REPORT = "report"
        INQUIRY = "inquiry"
        PACK = "pack"

    kind = models.CharField(max_length=20, choices=Kind.choices)
    # Id of the party, the organisation, the report, the inquiry or the pack.
    ref = models.BigIntegerField()
    organisation = models.ForeignKey("accounts.Organisation", models.PROTECT, null=True, blank=True, related_name="+")
    wrapped = models.BinaryField()
    # The number of the key-encryption key that wrapped it.
    wrapped_by = models.CharField(max_length=10, db_index=True)
    made_at = models.DateTimeField(auto_now_add=True)
    destroyed_at = models.DateTimeField(null=True, blank=True)
    destroyer = models.CharField(max_length=250, blank=True)
    why = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_key_a_subject", fields=["kind", "ref"]),
            models.CheckConstraint(
                name="only_inquiries_packs_and_reports_are_of_no_organisation",
                condition=Q(kind__in=["inquiry", "pack"], organisation__isnull=True)
                | Q(kind="report")
                | ~Q(kind__in=["inquiry", "pack", "report"]) & Q(organisation__isnull=False),
            ),
            models.CheckConstraint(
                name="destroyed_key_is_gone",
                condition=Q(destroyed_at__isnull=True, destroyer="", why="") & ~Q(wrapped=b"")
                | Q(destroyed_at__isnull=False, wrapped=b"") & ~Q(destroyer="") & ~Q(why=""),
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="destroyed_key_stays_so", operation=pgtrigger.Update, condition=pgtrigger.Q(old__destroyed_at__isnull=False)
            ),
            pgtrigger.Protect(name="key_row_is_kept", operation=pgtrigger.Delete),
        ]

    @property
    def bound(self) -> str:
        return f"{self.kind}:{self.ref}"

    @property
    def certificate(self) -> str:
        return f"ER-{self.destroyed_at:%Y}-{self.pk:06d}" if self.destroyed_at else ""


class SearchDigest(models.Model):
    """The keyed hash of one sealed value, by which exactly that value is found. Goes with its subject's key."""

    subject = models.ForeignKey(SubjectKey, models.PROTECT, related_name="+")
    organisation = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=20)
    # Where the value stands: `kyc_party.phone`, and the id of the row.
    place = models.CharField(max_length=100)
    row = models.BigIntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_digest_a_value", fields=["place", "row"])]
        indexes = [models.Index(name="digest_found", fields=["digest"])]
