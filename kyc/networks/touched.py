"""Whom a measure would touch, read for kyc.networks.measures: a few queries, however many accounts."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import UTC, timedelta

from django.db.models import Count, Sum
from django.utils import timezone

from accounts.models import Organisation
from kyc.cases.models import Entity
from kyc.keys.models import Key
from kyc.networks.controlling import between
from kyc.networks.measures import Radius, Tie, Touched, radius
from kyc.parties.models import PaymentMeans, Questionnaire
from kyc.usage.models import UsageDay

# Days of use of which it is told what would break.
DAYS = 7


def rows(organisations: Collection[Organisation]) -> list[Touched]:
    """In order of what they used, the most first."""
    of_them = {"organisation__in": [one.pk for one in organisations]}
    live = Key.objects.filter(**of_them).exclude(state=Key.State.REVOKED)
    keys = dict(live.order_by().values_list("organisation").annotate(n=Count("pk")))
    people: dict[int, list[str]] = defaultdict(list)
    for organisation, name in (
        live.order_by("organisation", "responsible__name").values_list("organisation", "responsible__name").distinct()
    ):
        people[organisation].append(name)
    paying = set(PaymentMeans.objects.live().filter(**of_them).values_list("organisation", flat=True))
    verified = set(Entity.objects.live().filter(**of_them).values_list("organisation", flat=True))
    since = timezone.now().astimezone(UTC).date() - timedelta(days=DAYS)
    days = UsageDay.objects.filter(**of_them, day__gt=since).order_by().values("organisation")
    used = {
        row["organisation"]: row for row in days.annotate(requests=Sum("requests"), tokens=Sum("tokens_in") + Sum("tokens_out"))
    }
    signed = signed_use(of_them["organisation__in"])
    found = [
        Touched(
            account=one.pk,
            name=one.name,
            keys=keys.get(one.pk, 0),
            is_paying=one.pk in paying,
            is_verified=one.pk in verified,
            requests=used.get(one.pk, {}).get("requests", 0),
            tokens=used.get(one.pk, {}).get("tokens", 0),
            people=tuple(people[one.pk]),
            use=signed.get(one.pk, ""),
        )
        for one in organisations
    ]
    return sorted(found, key=lambda row: (-row.requests, row.name, row.account))


def signed_use(numbers: Collection[int]) -> dict[int, str]:
    """What each has signed last that its keys are for, in its own words."""
    signed = Questionnaire.objects.filter(organisation__in=numbers).order_by("pk")
    return {one: str(use or "") for one, use in signed.values_list("organisation", "answers__end_use")}


def ties(organisations: Collection[Organisation]) -> list[Tie]:
    """Without what the edges rest on, of which the ledger tells."""
    edges = between([one.pk for one in organisations]).values_list("a", "b", "bits", "families__len")
    return [Tie(a, b, bits, families or 0) for a, b, bits, families in edges]


def parted(rows: Collection[Touched], ties: Collection[Tie], stages: Mapping[int, int]) -> dict[str, Radius]:
    """Of a measure over these accounts the whole, its first part, the rest and who is left out; `stages` as
    kyc.networks.measuring.staged."""
    of_part = {"whole": (1, 2), "first": (1,), "rest": (2,), "left_out": (0,)}
    return {part: radius([row for row in rows if stages.get(row.account) in which], ties) for part, which in of_part.items()}


def of(organisations: Collection[Organisation]) -> tuple[list[Touched], Radius]:
    found = rows(organisations)
    return found, radius(found, ties(organisations))
