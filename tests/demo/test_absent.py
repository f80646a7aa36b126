"""Outside demo mode there is no demo: no addresses, no app, no caught mail, and nothing of the product needs it."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(__file__).parents[2]
ASK = """
import json, django
django.setup()
from django.apps import apps
from django.conf import settings
from django.test import RequestFactory
from django.urls import resolve, Resolver404, get_resolver
found = []
for path in ("/demo/", "/demo/sign-in-as/", "/demo/mail", "/verification/"):
    try:
        resolve(path)
        found.append(path)
    except Resolver404:
        pass
print(json.dumps({
    "demo": settings.DEMO, "installed": apps.is_installed("demo"), "found": found,
    "mail": settings.EMAIL_BACKEND, "imported": "demo" in __import__("sys").modules,
}))
"""
PRODUCTION = {
    "DATABASE_URL": "postgresql://app@127.0.0.1:1/keyholder",
    "DATABASE_OWNER_URL": "postgresql://owner@127.0.0.1:1/keyholder",
    "BROKER_URL": "redis://127.0.0.1:1/0",
    "CACHE_URL": "redis://127.0.0.1:1/1",
    "SECRET_KEY": "a secret of production",
    "KEY_PEPPERS": "1:pepper",
    "AUDIT_SIGNING_KEY": "YSBzaWduaW5nIGtleSBvZiB0aGlzIHRlc3QsIDMyIEI=",
    "REPORT_SIGNER": "/nowhere/signer.pem",
    "REPORT_ROOTS": "/nowhere/roots.pem",
    "VAULT_KEYS": "1:a key-encryption key of this test and long enough",
    "VAULT_INDEX_KEY": "an index key of this test",
    "ALLOWED_HOSTS": "keyholder.example",
    "SITE_URL": "https://keyholder.example",
    "TRUSTED_PROXIES": "1",
    "EMAIL_HOST": "mail.example",
    "PROVIDER_NAME": "Example",
}


def started(**environment: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if name not in PRODUCTION}
    return subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=ROOT,
        env={**kept, "DJANGO_SETTINGS_MODULE": "config.settings", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class TestProduction:
    def test_has_no_demo(self, tmp_path: Path) -> None:
        answer = started(**PRODUCTION, KEYHOLDER_STATE=str(tmp_path))
        assert answer.returncode == 0, answer.stderr
        assert json.loads(answer.stdout) == {
            "demo": False,
            "installed": False,
            "found": ["/verification/"],
            "mail": "django.core.mail.backends.smtp.EmailBackend",
            "imported": False,
        }
        assert list(tmp_path.iterdir()) == [], "and starts no database of its own"

    @pytest.mark.parametrize("name", ["SECRET_KEY", "KEY_PEPPERS", "ALLOWED_HOSTS", "EMAIL_HOST"])
    def test_starts_with_no_demo_value_in_place_of_a_missing_one(self, name: str, tmp_path: Path) -> None:
        values = {key: value for key, value in PRODUCTION.items() if key != name}
        answer = started(**values, KEYHOLDER_STATE=str(tmp_path))
        assert answer.returncode != 0
        assert f"{name} is not set. Keyholder does not start without it outside demo mode" in answer.stderr
        assert answer.stdout == ""


def test_here_it_is() -> None:
    """The negative control: these tests themselves run in demo mode."""
    assert settings.DEMO
    assert "demo" in settings.INSTALLED_APPS


def test_nothing_of_the_product_imports_it() -> None:
    for folder in ("config", "accounts", "kyc", "reports"):
        for path in (ROOT / folder).rglob("*.py"):
            # Who imports it names it: the others need not be parsed.
            if "demo" not in (source := path.read_text()):
                continue
            for node in ast.walk(ast.parse(source)):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                assert not [name for name in names if name.split(".")[0] == "demo"], path
