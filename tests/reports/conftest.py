from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import override_settings

from accounts import organisations
from accounts.models import Organisation, User
from accounts.vault import VaultStorage, subjects
from reports import pdf, signing
from reports.models import Report, ReportPack
from tests import cast
from tests.conftest import owner
from tests.reports.story import Life, whole_life

QUICK = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = QUICK


@pytest.fixture
def quick_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages take most of a report's time; what is not about them makes do with these."""
    monkeypatch.setattr(pdf, "render", lambda facts, envelope, changes=(), told=None: b"%PDF-1.7 pages")
    monkeypatch.setattr(signing, "signed", lambda data: data)


SHORT = '<!doctype html><html lang="en"><head><title>A report</title></head><body><h1>A report</h1></body></html>'


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """One page with a word on it, but with all that is attached to a report, sealed and signed as one."""
    monkeypatch.setattr(pdf, "render_to_string", lambda *args: SHORT)


@pytest.fixture
def alice() -> User:
    return cast.customer()


@pytest.fixture
def organisation(alice: User) -> Organisation:
    return cast.having_sent(organisations.create(name="Nordlys Modelling AS", by=alice), by=alice)


@pytest.fixture
def astrid() -> User:
    return cast.staff("auditor", "Astrid Lund")


@pytest.fixture(scope="session")
def life(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Life:
    """Lived once for the whole run, because only what is committed is ever known; what is told of it needs no database."""
    with django_db_blocker.unblock(), override_settings(PASSWORD_HASHERS=QUICK):
        try:
            return whole_life(tmp_path_factory.mktemp("life"))
        finally:
            with owner():
                call_command("flush", verbosity=0, interactive=False, allow_cascade=False)
            # Numbers begin anew: the keys of those who bore them are no others'.
            subjects.cache.forget()


@pytest.fixture
def kept(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], set[Path]]:
    """A vault of the test's own, and what files stand in it."""
    settings.VAULT_DIR = tmp_path / "vault"
    for model in (Report, ReportPack):
        monkeypatch.setattr(model._meta.get_field("file"), "storage", VaultStorage())
    return lambda: {path for path in settings.VAULT_DIR.rglob("*") if path.is_file()}
