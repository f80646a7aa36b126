"""How many accounts have a value, and whose it is by that."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import pytest

from accounts import counting, ranges, scope, signals
from accounts.models import Organisation, SignalValue
from accounts.signals import Seen

pytestmark = pytest.mark.django_db
BEGAN = datetime(2026, 1, 5, 9, tzinfo=UTC)


def value(name: str) -> UUID:
    return uuid5(UUID(int=9), name)


def came(name: str, type: str, days: Iterable[int], *, network: str = "") -> None:
    """An account of its own on each of these days."""
    made = Organisation.objects.bulk_create(Organisation(name=name) for _ in days)
    Organisation.objects.filter(pk__in=[one.pk for one in made]).update(created_at=BEGAN)
    at = [BEGAN + timedelta(days=day) for day in days]
    signals.leave_all([Seen(one.pk, type, value(name), when, when, network=network) for one, when in zip(made, at, strict=True)])


def found(name: str) -> tuple[int, str] | None:
    counting.count()
    with scope.whole():
        return SignalValue.objects.filter(value=value(name)).values_list("accounts", "hub").first()


class TestCount:
    @pytest.mark.parametrize(
        ("type", "days", "hub"),
        [
            ("phone", [0], None),
            ("phone", [0, 1], (2, "private")),
            ("phone", [0, 1, 2], (3, "shared")),
            ("login_ip", range(0, 200, 7), (29, "office")),
            ("address", range(0, 200, 7), (29, "office")),
            ("api_ip", range(0, 240, 2), (120, "carrier_nat")),
            # One hand comes at once, however many it is, and however long it stays.
            ("login_ip", [*range(30), *range(30, 200, 14)], (43, "shared")),
            ("login_ip", range(40), (40, "shared")),
            # A person's own is never taken for a hub by its count.
            ("phone", range(0, 240, 2), (120, "shared")),
            ("payment", range(0, 200, 7), (29, "shared")),
            ("template", range(0, 240, 2), (120, "shared")),
            ("domain", range(0, 240, 2), (120, "shared")),
        ],
    )
    def test_says_whose_a_value_is(self, type: str, days: list[int], hub: tuple[int, str] | None) -> None:
        came("x", type, list(days))
        assert found("x") == hub

    def test_leaves_what_a_file_of_ranges_said(self) -> None:
        ranges.replace([ranges.Line("192.0.2.0/24", None, "vpn", "")], "vpns", "0" * 64)
        came("x", "login_ip", list(range(0, 200, 7)), network="192.0.2.7")
        assert found("x") == (29, "vpn")

    def test_again_changes_nothing_and_follows_what_comes(self) -> None:
        came("x", "phone", [0, 1])
        assert counting.count() == 1 and counting.count() == 0
        came("x", "phone", [2])
        assert found("x") == (3, "shared")

    def test_a_hub_says_why_in_words(self) -> None:
        came("x", "login_ip", list(range(0, 200, 7)))
        counting.count()
        with scope.whole():
            assert SignalValue.objects.get().why == "29 accounts came to it over 29 weeks, never many at once."
