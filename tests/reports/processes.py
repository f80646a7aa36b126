"""Other processes over the test database, as far from this one as an operator's shell."""

import os
import subprocess
import sys
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection

from accounts.vault import keyring
from reports import authority, signing

# Whatever a process takes from its surroundings and a report must not.
ELSEWHERE = {"PYTHONHASHSEED": "4711", "TZ": "Asia/Kathmandu", "LANG": "tr_TR.UTF-8", "LC_ALL": "C", "LANGUAGE": "de"}


def environment() -> dict[str, str]:
    """Production settings over the database of the tests, in the app's role."""
    found = connection.settings_dict
    where = urlencode({"host": found["HOST"]}) + (f"&port={found['PORT']}" if found["PORT"] else "")
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")},
        **ELSEWHERE,
        "DATABASE_URL": f"postgresql://{found['USER']}:{found['PASSWORD']}@/{found['NAME']}?{where}",
        "SECRET_KEY": "of the tests",
        "KEY_PEPPERS": "1:of-the-tests",
        "AUDIT_SIGNING_KEY": "YSBzaWduaW5nIGtleSBvZiB0aGlzIHRlc3QsIDMyIEI=",
        "REPORT_SIGNER": signing.source(),
        "REPORT_ROOTS": str(settings.REPORT_AUTHORITY_DIR / authority.ROOT),
        "VAULT_KEYS": ",".join(f"{version}:{key}" for version, key in keyring.written().items()),
        "VAULT_INDEX_KEY": settings.VAULT_INDEX_KEY,
        "ALLOWED_HOSTS": "localhost",
        "EMAIL_HOST": "localhost",
        "SITE_URL": settings.SITE_URL,
        "BROKER_URL": settings.BROKER_URL,
        "VAULT_DIR": str(settings.VAULT_DIR),
    }


def python(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=settings.BASE_DIR, env=environment(), capture_output=True, text=True, timeout=120)


def manage(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return python("manage.py", *arguments)
