"""Accounts with their signals in the database: some that are one hand, among many that have nothing to do with each other."""

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from accounts import signals
from accounts.models import Organisation, SignalValue
from accounts.signals import Seen

BEGAN = datetime(2026, 9, 1, 9, tzinfo=UTC)
# Before any test tells of them.
OPENED = datetime(2024, 1, 1, tzinfo=UTC)
NAMES = UUID(int=0)
# What each account has that is nobody else's.
OWN = ("email", "phone", "payment", "device", "login_ip", "document")
# What a hand shares, and how many of its accounts share one value of it.
SHARED = {"payment": 7, "device": 10, "document": 7, "owner": 10, "phone": 7}


def accounts(count: int, name: str = "Customer") -> list[int]:
    made = Organisation.objects.bulk_create(Organisation(name=f"{name} {number}") for number in range(count))
    Organisation.objects.filter(pk__in=[organisation.pk for organisation in made]).update(created_at=OPENED)
    return [organisation.pk for organisation in made]


def value(*names: object) -> UUID:
    return uuid5(NAMES, " ".join(map(str, names)))


def seen(account: int, type: str, *names: object) -> Seen:
    at = BEGAN + timedelta(hours=account % 1000)
    return Seen(account, type, value(type, *names), at, at + timedelta(days=20), 3)


def alone(those: Iterable[int]) -> Iterator[Seen]:
    for account in those:
        yield from (seen(account, type, "own", account) for type in OWN)


def hand(those: Collection[int], name: str) -> Iterator[Seen]:
    """By circles that overlap, of each type others, so that no value is all of the hand."""
    for type, many in SHARED.items():
        for round in range(2):
            for place, account in enumerate(sorted(those, key=lambda one: value(type, name, round, one))):
                yield seen(account, type, name, round, place // many)


def everybodys(type: str, value: UUID, *, at: datetime = BEGAN) -> None:
    """As a file of ranges says. In a scope that sees the compartment."""
    SignalValue.objects.update_or_create(
        type=type, value=value, defaults={"first_seen": at, "last_seen": at, "hub": "vpn", "why": "A file.", "is_told": True}
    )


def told(*those: Iterable[Seen]) -> None:
    signals.leave_all([one for each in those for one in each])
