"""How far the accounts of imported keys have come."""

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Now

from accounts.models import Membership
from kyc.cases.models import Case, Entity
from kyc.keys.estate_models import ImportedKey, Remediation


@dataclass(frozen=True)
class Progress:
    """Counts of accounts, and of their keys; closed accounts are in none but `imported`. Each account that is verified was signed
    up and sent; `settled` are those all of whose keys have become keys like any other, or were revoked; `limited` and `overdue`
    those that are not settled by then."""

    imported: int
    signed_up: int
    sent: int
    verified: int
    settled: int
    limited: int
    overdue: int
    keys: int
    keys_answered: int
    keys_revoked: int


def progress() -> Progress:
    """In two queries."""
    org = OuterRef("organisation")
    left = ImportedKey.objects.filter(remediation=OuterRef("pk"), became__isnull=True, revoked_at__isnull=True)
    marked = Remediation.objects.annotate(
        has_member=Exists(Membership.objects.filter(organisation=org)),
        was_sent=Exists(Case.objects.filter(organisation=org, submitted_at__isnull=False)),
        is_verified=Exists(Entity.objects.live().filter(organisation=org)),
        has_left=Exists(left),
    )
    lives = Q(organisation__closed_at__isnull=True)
    counts = marked.aggregate(
        imported=Count("pk"),
        signed_up=Count("pk", filter=lives & Q(has_member=True)),
        sent=Count("pk", filter=lives & Q(was_sent=True)),
        verified=Count("pk", filter=lives & Q(is_verified=True)),
        settled=Count("pk", filter=lives & Q(has_left=False)),
        limited=Count("pk", filter=lives & Q(has_left=True, limited_at__lte=Now(), due_at__gt=Now())),
        overdue=Count("pk", filter=lives & Q(has_left=True, due_at__lte=Now())),
    )
    keys = ImportedKey.objects.aggregate(
        keys=Count("pk"),
        keys_answered=Count("pk", filter=Q(became__isnull=False)),
        keys_revoked=Count("pk", filter=Q(revoked_at__isnull=False)),
    )
    return Progress(**counts, **keys)
