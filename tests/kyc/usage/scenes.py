"""Batches, and others who are at work in the same database."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import psycopg
from django.db import connection

from kyc.keys.models import Key
from kyc.usage.intake import Sent


@contextmanager
def another_connection() -> Iterator["psycopg.Connection[Any]"]:
    """As the app, in the test's database."""
    held = connection.settings_dict
    with psycopg.connect(host=held["HOST"], dbname=held["NAME"], user=held["USER"], autocommit=True) as other:
        yield other


def row(key: str, hour: datetime, requests: int = 1, **more: Any) -> dict[str, Any]:
    return {"key": key, "hour": hour.isoformat(), "model": "sonnet-5", "requests": requests, **more}


def sent(*rows: Any, batch: UUID | None = None) -> Sent:
    return Sent(batch or uuid4(), rows, sha256(json.dumps(rows).encode()).hexdigest())


def this_hour() -> datetime:
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def issued_long_ago() -> None:
    """Every key, so that hours of the past are told of."""
    Key.objects.update(issued_at=datetime(2020, 1, 1, tzinfo=UTC))
