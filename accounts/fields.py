"""Columns of PostgreSQL's that Django does not know."""

from typing import Any

from django.db import models


class NetworkField(models.Field):  # type: ignore[type-arg]  # as text
    """cidr: a network of IPv4 or IPv6 addresses."""

    def db_type(self, connection: Any) -> str:
        return "cidr"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str | None:
        return None if value is None else str(value)
