"""Interests as declared, and what each regime makes of them."""

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from accounts.models import Organisation
from kyc.ownership.graph import Holding
from kyc.ownership.shares import parse
from kyc.ownership.trusts import ROLES
from kyc.parties.models import Party


class InterestQuerySet(models.QuerySet["Interest"]):
    def live(self) -> "InterestQuerySet":
        return self.filter(valid_to__isnull=True)


@tracked()
class Interest(models.Model):
    """What one party holds in another, by BODS interest types. The share is exact text in the form of kyc.ownership.shares,
    empty when unknown; who has a role in a trust holds no share of it."""

    class Kind(models.TextChoices):
        SHAREHOLDING = "shareholding", _("Shares")
        SETTLOR = "settlor", _("Settlor")
        TRUSTEE = "trustee", _("Trustee")
        PROTECTOR = "protector", _("Protector")
        BENEFICIARY = "beneficiaryOfLegalArrangement", _("Beneficiary")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    owner = models.ForeignKey(Party, models.PROTECT, related_name="interests")
    owned = models.ForeignKey(Party, models.PROTECT, related_name="holders")
    kind = models.CharField(max_length=40, choices=Kind.choices, default=Kind.SHAREHOLDING)
    # Whom a nominee holds it for (FATF-07); arithmetic goes by that party.
    held_for = models.ForeignKey(Party, models.PROTECT, null=True, blank=True, related_name="held_through")
    share = models.CharField(_("share"), max_length=40, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    objects = InterestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="interest_is_in_another", condition=~Q(owner=F("owned"))),
            models.CheckConstraint(
                name="interest_is_held_for_another",
                condition=Q(held_for__isnull=True) | ~Q(held_for=F("owner")) & ~Q(held_for=F("owned")),
            ),
            models.CheckConstraint(name="only_shares_have_a_size", condition=Q(kind="shareholding") | Q(share="")),
            models.CheckConstraint(
                name="interest_ends_after_it_starts", condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from"))
            ),
            models.UniqueConstraint(
                name="interest_declared_once",
                fields=["owner", "owned", "kind", "held_for"],
                nulls_distinct=False,
                condition=Q(valid_to__isnull=True),
            ),
        ]

    @property
    def counted_owner(self) -> int:
        return counted_owner(self)

    @property
    def role(self) -> str:
        """What the owner is in a trust; nothing of a shareholder."""
        return str(self.get_kind_display()) if self.kind in ROLES else ""


def counted_owner(row: Any) -> int:
    """By whom arithmetic goes, of an interest or a row of its history: whom a nominee holds it for, or the owner himself."""
    found: int = row.held_for_id or row.owner_id
    return found


def holdings(interests: Iterable[Any]) -> list[Holding]:
    """Interests, or rows of their history, as the arithmetic goes by them; roles in trusts among them."""
    return [Holding(str(counted_owner(row)), str(row.owned_id), parse(row.share), row.kind) for row in interests]


class Determination(models.Model):
    """One regime's word on one party of a structure, with its arithmetic. Never edited; a new examination writes new rows."""

    personal = ("why",)

    append_only = True

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    party = models.ForeignKey(Party, models.PROTECT)
    regime = models.CharField(max_length=40)
    verdict = models.CharField(max_length=20)
    share_min = models.CharField(max_length=80)
    share_max = models.CharField(max_length=80)
    why = models.JSONField(default=list)
    rule_pack = models.CharField(max_length=20)
    examination_id = models.BigIntegerField(db_index=True)
    determined_at = models.DateTimeField(auto_now_add=True)
