"""What a directive would touch, before anything is done: everybody is judged as it would be, and nothing is written.

Whoever is left out counts as such; who is inside for lack of proof is told apart, with the facts that would show otherwise."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Sum
from django.utils import timezone

from kyc.directives import checking
from kyc.directives.population import INSIDE, OUTSIDE, UNPROVEN, Population
from kyc.directives.tiers import HAS, named
from kyc.keys.estate_models import ImportedKey
from kyc.parties.models import PaymentMeans
from kyc.usage.models import UsageDay

REACH = f"SELECT k.id FROM kyc_key k WHERE k.state <> 'revoked' AND {HAS}"  # noqa: S608  # nosec B608  # words of ours
# Days of use of which it is told what would break.
DAYS = 7


@dataclass
class Preview:
    """Keys of each verdict and the organisations they are of; a key counts as touched where a tier of it would be closed.
    `missing`: by fact how many of those unproven it would show to be outside, with others or alone."""

    keys: Counter[str] = field(default_factory=Counter)
    untouched: int = 0
    later: int = 0
    imported: int = 0
    imported_organisations: int = 0
    organisations: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    missing: Counter[str] = field(default_factory=Counter)
    paying: int = 0
    requests: int = 0
    requests_of_all: int = 0

    @property
    def touched(self) -> set[int]:
        """Organisations of which some key would be refused something."""
        return self.organisations[INSIDE] | self.organisations[UNPROVEN]

    @property
    def told(self) -> dict[str, Any]:
        """As it is kept with what was proposed."""
        return {
            "organisations": len(self.touched),
            "organisations_unproven": len(self.organisations[UNPROVEN] - self.organisations[INSIDE]),
            "left_out": len(self.organisations["left_out"]),
            "keys": self.keys[INSIDE] + self.keys[UNPROVEN],
            "keys_inside": self.keys[INSIDE],
            "keys_unproven": self.keys[UNPROVEN],
            "keys_outside": self.keys[OUTSIDE],
            "keys_left_out": self.keys["left_out"],
            "keys_untouched": self.untouched,
            "keys_later": self.later,
            "imported": self.imported,
            "imported_organisations": self.imported_organisations,
            "paying": self.paying,
            "requests": self.requests,
            "requests_of_all": self.requests_of_all,
            "missing": dict(self.missing.most_common()),
        }


def preview(
    asked: Population,
    *,
    tiers: Collection[str],
    later: Collection[str],
    left_out: Collection[int],
    looked: Callable[[int], Any] = int,
) -> Preview:
    """Of this population, which has these tiers closed, none for every one, and of these some `later`; `left_out` are
    numbers of organisations. `looked` is told how many keys were looked at so far."""
    found, now = Preview(), timezone.now()
    reached = reach(tiers)
    first = [code for code in named(tiers) if code not in later]
    at_once = (reach(first) if first else set()) if later else None
    touched: list[int] = []
    done = 0
    for part in checking.parts(checking.keys()):
        for key, verdict in checking.judged(part, asked, now=now):
            word = "left_out" if key.organisation in left_out else verdict.verdict
            if word in (INSIDE, UNPROVEN) and key.pk not in reached:
                found.untouched += 1
                continue
            found.keys[word] += 1
            found.organisations[word].add(key.organisation)
            if word in (INSIDE, UNPROVEN):
                touched.append(key.pk)
                found.later += at_once is not None and key.pk not in at_once
            if word == UNPROVEN:
                found.missing.update(verdict.missing)
        looked(done := done + len(part))
    count_use(found, touched)
    count_imported(found, left_out)
    return found


def reach(closed: Collection[str]) -> set[int]:
    """Keys that have one of these tiers, none for every one."""
    with connection.cursor() as cursor:
        cursor.execute(REACH, {"tiers": named(closed)})
        return {key for (key,) in cursor.fetchall()}


def count_use(found: Preview, touched: list[int]) -> None:
    live = PaymentMeans.objects.live().exclude(kind=PaymentMeans.Kind.CREDIT)
    found.paying = live.filter(organisation__in=found.touched).values("organisation").distinct().count()
    since = timezone.now().astimezone(UTC).date() - timedelta(days=DAYS)
    days = UsageDay.objects.filter(day__gt=since, organisation__sandbox="")
    found.requests_of_all = days.aggregate(n=Sum("requests"))["n"] or 0
    found.requests = days.filter(key__in=touched).aggregate(n=Sum("requests"))["n"] or 0


def count_imported(found: Preview, left_out: Collection[int]) -> None:
    """Of keys that were issued elsewhere nobody knows what they reach or who holds them: all are touched but those left out."""
    rows = ImportedKey.objects.acting().exclude(organisation__in=left_out)
    told = rows.aggregate(keys=Count("pk"), organisations=Count("organisation", distinct=True))
    found.imported, found.imported_organisations = told["keys"], told["organisations"]
