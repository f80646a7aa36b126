"""A thousand identifiers (a quarter of them in every run) are told to the product. A thief who copies everything that it keeps
finds none of them."""

import base64
import io
import json
import logging
import random
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from django.utils.log import AdminEmailHandler
from redis import Redis

from accounts import organisations
from accounts.models import AuditEvent, Organisation
from accounts.vault import VaultStorage, shredding, subjects
from config import postgres, urls, valkey
from config.celery import app
from kyc.cases import actions as cases
from kyc.evidence.models import Document
from kyc.parties import actions as parties
from kyc.parties import payments
from kyc.parties.models import Party
from tests import cast
from tests.whole import IS_WHOLE

COUNT = 1000 if IS_WHOLE else 250
PLANTED = "planted-7f3a-identifier"


def broken(request: HttpRequest) -> HttpResponse:
    told = dict(request.POST.items())
    birth_date, phone = told["birth_date"], told["phone"]
    raise RuntimeError(f"{len(birth_date)} {len(phone)}")


urlpatterns = [*urls.urlpatterns, path("broken/", broken)]


class Values:
    """Drawn with a seed, and unlike anything else that is kept."""

    def __init__(self) -> None:
        self.random, self.told = random.Random(8306), []

    def note(self, value: str) -> str:
        self.told.append(value)
        return value

    def birth_date(self) -> str:
        while (
            day := f"{self.random.randint(1910, 1960)}-{self.random.randint(1, 12):02}-{self.random.randint(1, 28):02}"
        ) in self.told:
            pass
        return self.note(day)

    def number(self) -> str:
        return self.note(str(self.random.randint(10**11, 10**12 - 1)))

    def phone(self) -> str:
        return self.note(f"+{self.random.randint(10**11, 10**12 - 1)}")

    def street(self) -> str:
        return self.note(f"Kvitløygata {self.random.randint(10**6, 10**7 - 1)}")


def found(values: Iterable[str], kept: bytes) -> list[str]:
    return [value for value in values if value.encode() in kept]


def dump(*options: str) -> bytes:
    """All of the test database, as its superuser copies it."""
    held = connection.settings_dict
    command = [str(postgres.binaries() / "pg_dump"), "-h", held["HOST"], "-U", "postgres", "-d", held["NAME"], *options]
    done = subprocess.run(command, capture_output=True, check=True, timeout=120)
    return done.stdout


def in_memory() -> bytes:
    """Every key and value of Valkey, of whichever kind, with what messages hold; and the cache, which stands apart in tests."""
    client = Redis(unix_socket_path=str(valkey.socket()))
    kept = [b"".join(cache._cache.values())]  # type: ignore[attr-defined]  # the local one's
    for key in client.scan_iter(count=1000):
        kept += [key, *values_of(client, key)]
    return b"\n".join([*kept, *map(body, kept)])


def values_of(client: Any, key: bytes) -> list[bytes]:
    kind = client.type(key)
    if kind == b"hash":
        return [part for pair in client.hgetall(key).items() for part in pair]
    if kind == b"list":
        return list(client.lrange(key, 0, -1))
    if kind == b"set":
        return list(client.smembers(key))
    if kind == b"zset":
        return list(client.zrange(key, 0, -1))
    assert kind == b"string", f"{key!r} is a {kind!r}, which nobody reads here"
    return [client.get(key) or b""]


def body(value: bytes) -> bytes:
    """A task's arguments, which its message carries in base 64."""
    try:
        found = json.loads(value)
        found = json.loads(found[0]) if isinstance(found, list) and isinstance(found[0], str) else found
        found = found[0] if isinstance(found, list) else found
        return base64.b64decode(found["body"])
    except (ValueError, KeyError, TypeError, IndexError):
        return b""


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """All that the process logs, down to the least."""
    out, root = io.StringIO(), logging.getLogger()
    handler, before = logging.StreamHandler(out), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield out
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.mark.django_db(transaction=True)
class TestNothingReadable:
    @pytest.fixture
    def values(self, vault: VaultStorage, monkeypatch: pytest.MonkeyPatch) -> Values:
        """Told as customers tell them: by the product's own actions, and through its pages."""
        monkeypatch.setattr(Document._meta.get_field("file"), "storage", vault)
        values = Values()
        while len(values.told) < COUNT:
            self.customer(values)
        return values

    def customer(self, values: Values) -> None:
        by = cast.customer(f"of{len(values.told)}@nordlys.example", "Alice")
        organisation = organisations.create(name=f"Nordlys {len(values.told)}", by=by)
        cases.open_case(organisation, notice_version="2026-11", locale="en", by=by)
        told = {"legal_form": "AS", "country": "NO", "hq_country": "NO", "by": by}
        for _ in range(2):  # the first answers stay in history
            company = parties.declare_company(
                organisation, name="Nordlys", registration_number=values.number(), address=values.street(),
                registered_address=values.street(), phone=values.phone(), tax_number=values.number(), tax_country="KE", **told,
            )  # fmt: skip
        for number in range(20):
            person = parties.declare_person(
                organisation, name=f"P {number}", country="NO", birth_date=values.birth_date(), address=values.street(),
                roles=["director"], by=by,
            )  # fmt: skip
            parties.correct(person, name=person.name, country="NO", birth_date=values.birth_date(), phone=values.phone(), by=by)
        payments.declare(
            organisation, kind="bank", holder="A", institution="DNB", country="NO", reference=f"DNB/{values.number()}",
            source="revenue", by=by,
        )  # fmt: skip
        assert company.pk
        file = SimpleUploadedFile("x.pdf", cast.pdf().read() + f"\n%{values.number()}\n".encode(), content_type="application/pdf")
        client = cast.signed_in(by)
        client.post("/verification/documents/", {"kind": "register_extract", "file": file})
        client.post("/verification/people/add/", {"name": "X", "birth_date": values.birth_date(), "address": "x"})

    @pytest.mark.soak
    @pytest.mark.sample
    def test_by_whoever_copies_the_database_the_files_and_the_cache(
        self, values: Values, vault: VaultStorage, logged: io.StringIO
    ) -> None:
        everything = dump()
        assert everything.count(b"kh1.") > COUNT
        files = b"".join(path.read_bytes() for path in Path(vault.location).rglob("*") if path.is_file())
        assert files.startswith(b"KHV1")
        memory = in_memory()
        assert found(values.told, everything) == []
        assert found(values.told, files) == []
        assert found(values.told, memory) == []
        assert len(set(values.told)) >= COUNT

    @pytest.mark.soak
    def test_while_the_product_reads_them_all(self, values: Values) -> None:
        """The negative control: they are there, and it takes the keys to see them."""
        subjects.cache.forget()
        events: Any = Party.pgh_event_model  # type: ignore[attr-defined]  # pghistory adds it
        columns = ("birth_date", "address", "registered_address", "phone", "registration_number", "tax_number")
        read = {getattr(row, name) for row in events.objects.all() for name in columns}
        assert len(set(values.told) & read) > COUNT * 0.9

    def test_one_that_is_planted_is_found(self, vault: VaultStorage) -> None:
        """The negative controls: the same search finds what lies there in clear."""
        organisation = Organisation.objects.create(name=PLANTED)
        assert found([PLANTED], dump()) == [PLANTED]
        Organisation.objects.filter(pk=organisation.pk).update(name="x")
        assert found([PLANTED], dump()) == [PLANTED], "history still holds it"
        beside = Path(vault.location) / "beside"
        beside.parent.mkdir(parents=True)
        beside.write_text(PLANTED)
        files = b"".join(path.read_bytes() for path in Path(vault.location).rglob("*") if path.is_file())
        assert found([PLANTED], files) == [PLANTED]
        client = Redis(unix_socket_path=str(valkey.socket()))
        client.set("planted-by-a-test", PLANTED, ex=60)
        assert found([PLANTED], in_memory()) == [PLANTED]
        client.delete("planted-by-a-test")
        app.send_task("planted", args=[PLANTED], queue="planted-by-a-test", ignore_result=True)
        assert found([PLANTED], in_memory()) == [PLANTED]
        client.delete("planted-by-a-test")
        cache.set("planted", PLANTED)
        assert found([PLANTED], in_memory()) == [PLANTED]
        cache.delete("planted")
        assert found([PLANTED], in_memory()) == []

    def test_in_audit_rows_and_logs(self, logged: io.StringIO, vault: VaultStorage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Document._meta.get_field("file"), "storage", vault)
        values = Values()
        self.customer(values)
        logging.getLogger("of the test").info(PLANTED)
        assert found([PLANTED], logged.getvalue().encode()) == [PLANTED], "the negative control"
        assert found(values.told, logged.getvalue().encode()) == []
        rows = json.dumps(list(AuditEvent.objects.values("verb", "reason", "details", "actor")))
        assert found(values.told, rows.encode()) == []

    @pytest.mark.urls("tests.accounts.vault.test_nothing_readable")
    def test_on_error_pages_and_in_the_mail_about_them(self, settings: Any, logged: io.StringIO) -> None:
        settings.ADMINS = [("Ops", "ops@keyholder.example")]
        sent = {"birth_date": "1884-03-17", "phone": "+479900112233"}
        handler = logging.getLogger("django.request")
        mailing = AdminEmailHandler(include_html=True)
        handler.addHandler(mailing)
        try:
            answer = Client(raise_request_exception=False).post("/broken/?q=%2B479900112233", sent)
        finally:
            handler.removeHandler(mailing)
        mails = ["".join([str(one.message()), one.body, *(str(part) for part, _kind in one.alternatives)]) for one in mail.outbox]
        assert answer.status_code == 500
        assert all("birth_date" in one and "RuntimeError" in one for one in mails) and mails
        for kept in (answer.content.decode(), logged.getvalue(), *mails):
            assert found(sent.values(), kept.encode()) == []

    def test_in_a_backup_once_the_subject_is_gone(self, vault: VaultStorage, monkeypatch: pytest.MonkeyPatch) -> None:
        """Subject keys are backed up apart: an older backup of all the rest, with today's keys, shows nothing of the erased."""
        monkeypatch.setattr(Document._meta.get_field("file"), "storage", vault)
        values = Values()
        self.customer(values)
        party = Party.objects.filter(kind="person").earliest("pk")
        birth_date = party.birth_date
        older = dump("--data-only", "-t", "kyc_party", "-t", "kyc_partyevent")
        key = subjects.SubjectKey.objects.get(kind="party", ref=party.pk)
        assert bytes(key.wrapped).hex().encode() not in older
        assert bytes(key.wrapped).hex().encode() in dump("-t", "accounts_subjectkey"), "the negative control"
        shredding.shred(party.sealed_for, reason="Asked for.", by=None)
        assert bytes(key.wrapped).hex().encode() not in dump()
        self.restored(older)
        subjects.cache.forget()
        assert birth_date != Party.objects.get(pk=party.pk).birth_date
        assert "erased on" in Party.objects.get(pk=party.pk).birth_date
        assert "erased on" in party.pgh_event_model.objects.filter(pgh_obj_id=party.pk)[0].birth_date

    def restored(self, older: bytes) -> None:
        """The rows as they were, past every trigger."""
        held = connection.settings_dict
        psql = [
            str(postgres.binaries() / "psql"),
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            held["HOST"],
            "-U",
            "postgres",
            held["NAME"],
        ]
        first = b"SET session_replication_role = replica; DELETE FROM kyc_party; DELETE FROM kyc_partyevent;\n"
        subprocess.run(psql, input=first + older, check=True, timeout=60, stdout=subprocess.DEVNULL)
