"""A connection of the owner's beside the app's, for what only the owner may do; everything it does is rolled back."""

from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from django.db import connection


@pytest.fixture
def owner(db: None) -> Iterator[psycopg.Cursor[tuple[object, ...]]]:
    found = connection.settings_dict
    with psycopg.connect(
        dbname=found["NAME"],
        user=settings.DB_ROLE_NAMES["owner"],
        password=found["PASSWORD"] or None,
        host=found["HOST"] or None,
        port=found["PORT"] or None,
        options="-c lock_timeout=3000",
    ) as direct:
        try:
            yield direct.cursor()
        finally:
            direct.rollback()
