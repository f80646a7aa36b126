"""Tests run in the app's database role; only making the test database and flushing it use the owner's."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.test import TransactionTestCase
from django.test.utils import setup_databases, teardown_databases

from tests.running import Installation, open_folder, whole_installation


def become(role: str) -> None:
    for connection in connections.all():
        connection.close()
        connection.settings_dict["USER"] = settings.DB_ROLE_NAMES[role]


@contextmanager
def owner() -> Iterator[None]:
    become("owner")
    try:
        yield
    finally:
        become("app")


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any, request: pytest.FixtureRequest) -> Iterator[None]:
    with django_db_blocker.unblock():
        with owner():
            made = setup_databases(verbosity=0, interactive=False, serialized_aliases=[])
        flush = TransactionTestCase._fixture_teardown

        def flush_as_owner(self: TransactionTestCase) -> None:
            with owner():
                flush(self)

        TransactionTestCase._fixture_teardown = flush_as_owner  # type: ignore[method-assign]  # flush truncates, app may not
        yield
        TransactionTestCase._fixture_teardown = flush  # type: ignore[method-assign]  # as found
        with owner():
            teardown_databases(made, verbosity=0)


@pytest.fixture(autouse=True)
def mail_and_passwords(settings: Any) -> None:
    """Argon2 is meant to be slow."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture(scope="session")
def installation() -> Iterator[Installation]:
    """One for the whole run: browsers walk it, and processes of it are killed."""
    with open_folder() as folder, whole_installation(folder) as running:
        yield running
