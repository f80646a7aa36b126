"""What only the owner may do: a connection beside the app's, whose work is rolled back, and another incarnation."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from accounts.models import Incarnation
from tests.conftest import owner as as_owner


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


@pytest.fixture
def restored(transactional_db: None) -> Iterator[Callable[[], None]]:
    """Called, it begins another incarnation, as a restore does; the test database goes back to its first."""
    first = Incarnation.objects.get()

    def begin() -> None:
        with as_owner():
            Incarnation.objects.create(number=first.number + 1, system_identifier=first.system_identifier)

    yield begin
    with as_owner():
        Incarnation.objects.exclude(pk=first.pk).delete()
        first.save()
