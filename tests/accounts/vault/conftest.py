"""The vault as a thief with the database's superuser finds it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from accounts.vault import VaultStorage, keyring, subjects

Run = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture(autouse=True)
def no_key_remembered() -> Iterator[None]:
    subjects.cache.forget()
    yield
    subjects.cache.forget()


@pytest.fixture
def keys(settings: Any) -> Callable[..., None]:
    """Sets the key-encryption keys of this process."""

    def given(**written: str) -> None:
        settings.VAULT_KEYS_FILE = None
        settings.VAULT_KEYS = {name.removeprefix("v"): key for name, key in written.items()}
        keyring.wrapper.cache_clear()

    return given


@pytest.fixture
def vault(settings: Any, tmp_path: Path) -> VaultStorage:
    settings.VAULT_DIR = tmp_path / "vault"
    return VaultStorage()


@pytest.fixture
def superuser() -> Iterator[Run]:
    """Runs a statement past every trigger and grant. Needs committed rows."""
    found = connection.settings_dict
    with psycopg.connect(host=found["HOST"], user="postgres", dbname=found["NAME"], autocommit=True) as held:
        held.execute("SET session_replication_role = replica")

        def run(statement: str, *values: object) -> list[tuple[Any, ...]]:
            cursor = held.execute(statement, values)  # type: ignore[call-overload]  # statements of the tests
            return cursor.fetchall() if cursor.description else []

        yield run
