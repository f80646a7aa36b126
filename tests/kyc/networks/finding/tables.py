"""Small tables of signals, written as who has what."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def signals(*rows: tuple[str, str, str], strangers: int = 400) -> pa.Table:
    """(account, type, value) each, seen from an own day on for a year; with strangers who have a device and mail of their own."""
    all_rows = [*rows]
    for number in range(strangers):
        all_rows += [(f"stranger-{number}", type, f"{type}-{number}") for type in ("email", "device")]
    days = {account: place for place, account in enumerate(sorted({account for account, _, _ in all_rows}))}
    first = [BEGIN + timedelta(days=days[account]) for account, _, _ in all_rows]
    return pa.table(
        {
            "account": [account for account, _, _ in all_rows],
            "type": [type for _, type, _ in all_rows],
            "value": [value for _, _, value in all_rows],
            "first_seen": first,
            "last_seen": [at + timedelta(days=365) for at in first],
            "count": [1] * len(all_rows),
        }
    )


def sharing(accounts: str, *values: tuple[str, str]) -> list[tuple[str, str, str]]:
    """Every one of these accounts, a letter each, has every one of these values."""
    return [(account, type, value) for account in accounts for type, value in values]
