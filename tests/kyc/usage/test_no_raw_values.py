"""A customer's whole story leaves signals of every type, and neither the tables of signals nor the log has a word of it."""

import subprocess
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from accounts import scope
from accounts.models import Signal
from config import postgres
from kyc.evidence import actions as evidence
from kyc.networks import attaching
from kyc.parties import actions as parties
from kyc.parties import payments
from kyc.usage import intake, signalled
from tests.cast import Founded
from tests.kyc.evidence.test_likeness import passport, saved
from tests.kyc.keys.scenes import Issued
from tests.kyc.usage.scenes import row, sent, this_hour

PASSWORD = "correct horse battery staple"
TOLD = {
    "address": "203.0.113.77", "browser": "Mozilla/5.0 (planted)", "mailbox": "alice", "domain": "nordlys.example",
    "phone": "4722334455", "person": "Kvalsund", "born": "1977-03-04", "street": "Plantegata", "account": "9386011117947",
    "tax": "987654325", "hash": "5f1d7a84db00d2fce00b31a7fc73224f", "template": "9f86d081884c7d659a2feaa0c55ad015",
}  # fmt: skip
TABLES = ("accounts_signal", "accounts_signalvalue", "accounts_signalarrival", "kyc_attachment", "kyc_edge", "kyc_networkchange")


def dump() -> str:
    held = connection.settings_dict
    command = [str(postgres.binaries() / "pg_dump"), "-h", held["HOST"], "-U", "postgres", "-d", held["NAME"], "--data-only"]
    command += [part for table in TABLES for part in ("-t", table)]
    return subprocess.run(command, capture_output=True, check=True, timeout=120, text=True).stdout


def lived(linked: Issued, nordlys: Founded, gateway: Any) -> None:
    """Declares, sends, pays, signs in and uses a key."""
    organisation, by = nordlys.organisation, nordlys.by
    parties.declare_person(
        organisation, name=f"Kari {TOLD['person']}", country="NO", birth_date=TOLD["born"], roles=["director"], by=by,
        address=f"{TOLD['street']} 7, 0150 Oslo",
    )  # fmt: skip
    company = parties.customer(organisation)
    assert company
    parties.correct(
        company, name=company.name, country="NO", hq_country="NO", registration_number=company.registration_number or "914778271",
        tax_number=TOLD["tax"], tax_country="NO", by=by,
    )  # fmt: skip
    person = parties.declare_person(
        organisation, name="Ola Nordmann", country="NO", birth_date="1970-01-01", roles=["signatory"], by=by
    )
    parties.correct(person, name="Ola Nordmann", country="NO", birth_date="1970-01-01", phone=f"+{TOLD['phone']}", by=by)
    payments.declare(
        organisation, kind="bank", holder="X", institution="Bank", country="NO", reference=f"NO{TOLD['account']}",
        source="revenue", by=by,
    )  # fmt: skip
    picture = SimpleUploadedFile("p.png", saved(passport(3)), content_type="image/png")
    evidence.upload(organisation, kind="passport", file=picture, party=person, by=by)
    by.set_password(PASSWORD)
    by.save()
    EmailAddress.objects.get_or_create(user=by, email=by.email, defaults={"verified": True, "primary": True})
    client = Client(REMOTE_ADDR=TOLD["address"], headers={"user-agent": TOLD["browser"]})
    assert client.post("/account/login/", {"login": by.email, "password": PASSWORD}).status_code == 302
    told = row(linked.key.prefix, this_hour(), ip_hash=TOLD["hash"], client="0" * 32, template=TOLD["template"])
    assert intake.take(sent(told), credential=gateway)["accepted"] == 1


@pytest.mark.django_db(transaction=True)
def test_no_raw_value_stands_in_a_signal_table_nor_in_the_log(
    linked: Issued, nordlys: Founded, gateway: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="accounts")
    caplog.set_level("DEBUG", logger="kyc")
    lived(linked, nordlys, gateway)
    signalled.run()
    attaching.run()
    with scope.whole():
        types = set(Signal.objects.values_list("type", flat=True))
    assert types == set(Signal.Type.values), "the story leaves one of every type, else its silence would prove nothing"
    found = dump().lower()
    # Tables by name, and what Keyholder itself calls things, stand there; of the customer nothing does.
    rows = "\n".join(line for line in found.splitlines() if not line.startswith(("--", "copy", "select", "set")))
    assert rows.count("\n") > len(types)
    assert [what for what, text in TOLD.items() if text.lower() in rows] == []
    assert [
        what for what, text in TOLD.items() if any(text.lower() in record.getMessage().lower() for record in caplog.records)
    ] == []
