"""How long it takes to take over a provider's keys: a file of a hundred thousand, ten to an account, read, tried and written.

As `import_estate` does it, on an empty database; then once more, as after a run that was cut off, when nothing is new.
`KEYHOLDER_ESTATE_KEYS=5000` measures fewer."""

import csv
import hashlib
import io
import os
import time
from datetime import date
from typing import Any

import pytest

from kyc.keys import estate_file, importing
from kyc.keys.estate_file import COLUMNS, Fault, Line
from kyc.keys.estate_models import ImportedKey, Remediation
from tests import figures

pytestmark = [pytest.mark.bench, pytest.mark.django_db(transaction=True)]
KEYS, AN_ACCOUNT = int(os.environ.get("KEYHOLDER_ESTATE_KEYS", "100000")), 10


def text() -> list[str]:
    """A file's lines, as a provider exports them."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    for number in range(KEYS):
        account = number // AN_ACCOUNT
        writer.writerow(
            {
                "account": f"acct-{account}", "name": f"Customer {account} GmbH", "email": f"owner{account}@customer.example",
                "country": "DE", "project": "Default", "key_prefix": f"sk-{number:08}", "last_four": "abcd",
                "digest": hashlib.sha256(str(number).encode()).hexdigest(), "scheme": "sha256", "issued_on": "2025-03-01",
                "responsible_email": f"dev{account}@customer.example",
            }
        )  # fmt: skip
    return out.getvalue().splitlines(keepends=True)


def told(seconds: float) -> str:
    return f"{seconds:.1f} s, {KEYS / seconds:,.0f} rows a second"


def test_a_hundred_thousand_keys(settings: Any) -> None:
    settings.ESTATE_FORMS = [("sk-", 11, 40)]
    lines = text()
    began = time.perf_counter()
    found: list[Line | Fault] = list(estate_file.read(lines, source="estate.csv", today=date(2026, 11, 30)))
    read = time.perf_counter() - began
    began = time.perf_counter()
    first = importing.load(found, apply=True)
    written = time.perf_counter() - began
    began = time.perf_counter()
    again = importing.load(found, apply=True)
    repeated = time.perf_counter() - began
    figures.keep(
        "estate",
        seeds=[],
        figures={"rows": KEYS, "read and judged": told(read), "written": told(written), "again, nothing new": told(repeated)},
    )
    assert (first.new, first.refused, again.new, again.unchanged) == (KEYS, [], 0, KEYS)
    assert ImportedKey.objects.count() == KEYS and Remediation.objects.count() == KEYS // AN_ACCOUNT
