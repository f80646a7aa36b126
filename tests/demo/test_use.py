"""What the demo tells of a key agrees with what the key is."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Organisation
from demo import use
from kyc.keys.models import Key
from kyc.usage.rows import Row

NOW = datetime(2026, 11, 30, 10, 30, tzinfo=UTC)


def rows(*tiers: str, days: float) -> list[Row]:
    key = Key(pk=7, prefix="kh_live_abcdefghijkl", name="prod", tiers=list(tiers), issued_at=NOW - timedelta(days=days))
    return list(use.of_key(Organisation(pk=3, name="Nordlys Modelling AS"), key, NOW))


def test_no_use_before_the_key_was_issued() -> None:
    assert min(row.hour for row in rows("small", days=12)) >= NOW - timedelta(days=12)
    assert min(row.hour for row in rows("small", days=300)).date() == (NOW - timedelta(days=use.DAYS)).date()


@pytest.mark.parametrize(
    ("tiers", "models"),
    [
        (["small"], {"atlas-small-2"}),
        (["small", "standard"], {"atlas-small-2", "atlas-large-2"}),
        (["frontier"], {"atlas-max-1"}),
        ([], set()),
    ],
)
def test_models_of_the_tiers_that_it_may_use(tiers: list[str], models: set[str]) -> None:
    assert {row.model for row in rows(*tiers, days=30)} == models
