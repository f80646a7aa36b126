"""Where keys were used from, where that disagrees with the countries that their customer told (SAN-04): for the score, and for
the officer who weighs it. kyc/keys/uses.py writes the facts."""

from dataclasses import dataclass
from datetime import date, timedelta

from accounts.models import Organisation
from kyc.risk.models import Fact
from kyc.rules.packs import Pack

TRAFFIC = "traffic_country"
KEY = "key:"


@dataclass(frozen=True)
class Abroad:
    """One country that keys were used from: on how many days and on which last, by which keys, and which countries the customer
    had declared and paid from by then."""

    country: str
    days: int
    last_on: date
    keys: tuple[str, ...]
    declared: tuple[str, ...]
    payment: tuple[str, ...]


def facts_of(organisation: Organisation | int, pack: Pack, on: date) -> list[Fact]:
    """Those that the pack looks back to, the oldest first."""
    since = on - timedelta(days=pack.abroad_within_days)
    return list(Fact.objects.filter(organisation=organisation, name=TRAFFIC, on__gt=since, on__lte=on).order_by("on", "pk"))


def days_abroad(organisation: Organisation | int, pack: Pack, on: date) -> int:
    """On how many days a gateway saw a country that disagrees."""
    return len({fact.on for fact in facts_of(organisation, pack, on)})


def abroad(organisation: Organisation | int, pack: Pack, on: date) -> list[Abroad]:
    """Country by country, the one of most days first."""
    found: dict[str, list[Fact]] = {}
    for fact in facts_of(organisation, pack, on):
        found.setdefault(str(fact.value["traffic"]), []).append(fact)
    rows = [
        Abroad(
            country,
            len({fact.on for fact in facts}),
            facts[-1].on,
            tuple(sorted({fact.subject.removeprefix(KEY) for fact in facts})),
            tuple(facts[-1].value["declared"]),
            tuple(facts[-1].value["payment"]),
        )
        for country, facts in found.items()
    ]
    return sorted(rows, key=lambda row: (-row.days, row.country))
