"""Documents that support what was declared."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from accounts.models import Organisation, User
from accounts.vault import VaultStorage
from kyc.parties.models import Party


class DocumentQuerySet(models.QuerySet["Document"]):
    def current(self) -> "DocumentQuerySet":
        return self.filter(removed_at__isnull=True)


@tracked()
class Document(models.Model):
    """One uploaded file: what it is, what it is called, its type by content, and its digest."""

    class Kind(models.TextChoices):
        REGISTER_EXTRACT = "register_extract", _("Register extract")
        ARTICLES = "articles", _("Articles of association")
        PASSPORT = "passport", _("Passport")
        IDENTITY_CARD = "identity_card", _("Identity card")
        OTHER = "other", _("Other document")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    party = models.ForeignKey(Party, models.PROTECT, null=True, blank=True)
    kind = models.CharField(_("what it is"), max_length=30, choices=Kind.choices)
    name = models.CharField(max_length=200)
    file = models.FileField(storage=VaultStorage(), max_length=200)
    content_type = models.CharField(max_length=60)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = DocumentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="document_removed_at_and_by",
                condition=Q(removed_at__isnull=True, removed_by__isnull=True)
                | Q(removed_at__isnull=False, removed_by__isnull=False),
            ),
        ]
