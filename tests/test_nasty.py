"""Bad input, generated: every field of every form behind a door, with every value below, sent to the real view by who may.

The answer is never a failure: the page again with a sentence and what was typed, or the next page, and nothing in the log.
"""

import logging
import os
import re
from collections.abc import Iterable, Iterator
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django import forms
from django.apps import apps
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.html import conditional_escape, escape

from tests import cast
from tests.test_doors import DOORS, HIDDEN, OURS, House, house, path_of, undone

pytestmark = pytest.mark.soak
# The forms that every run tries, with fewer values.
SAMPLES = {"onboarding:company"}

__all__ = ["house"]  # pytest finds the fixture here

FORMS = [name for name in OURS if DOORS[name].post and not name.startswith("api:")]
# Values that any text field may be sent, by what they are.
TEXTS: dict[str, str] = {
    "empty": "",
    "spaces": " \t\r\n ",
    "very long": "x" * 1_000_000,
    "null byte": "a\0b",
    "bell and escape": "a\x07\x1b[31mb",
    "right to left": "\u202egro.elpmaxe\u202c",
    "isolates left open": "\u2066\u2067a",
    "nothing but zero width": "\u200b\u200d\u2060\ufeff",
    "emoji": "👩🏽‍🚀🏴‍☠️",
    "combining": "Z" + "\u0351" * 200,
    "beyond the last character": "\U0010ffff",
    "SQL": "'; DROP TABLE kyc_party; --",
    "HTML": "<script>alert(1)</script>",
    "attribute": '" autofocus onfocus="alert(1)',
    "template": "{{ settings.SECRET_KEY }}{% debug %}",
    "format": "%s%n%(name)s{0}{0.__class__}",
    "path": "../../../../etc/passwd",
    "huge number": "9" * 400,
    "past 64 bits": "9223372036854775808",
    "negative": "-1",
    "not a number": "NaN",
    "infinite": "1e999",
    "division by zero": "1/0",
    "digits of another script": "٣٤",
    "superscript": "²",
    "day nought": "0000-00-00",
    "last day": "9999-12-31",
    "no day": "2026-02-30",
    "no time": "9999-12-31T23:59:59",
    "JSON": '{"a": [1, {"b": null}]}',
    "dotted": "__proto__.polluted",
}
# Bytes of one field's value as they stand in a form-encoded body.
BYTES: dict[str, bytes] = {
    "lone surrogate": b"%ED%A0%80",
    "no UTF-8": b"%FF%FE%80",
    "overlong slash": b"%C0%AF",
    "broken escape": b"%ZZ%",
    "latin letters": b"caf\xe9",
}
BODIES = [
    ("application/json", b'{"name": '),
    ("text/plain", b"name=1"),
    *(
        (f"{kind}; charset={charset}", body)
        for kind, body in (
            ("application/x-www-form-urlencoded", b"name=1%ff"),
            ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\n1\xff\r\n--x--\r\n'),
        )
        for charset in ("utf-16", "iso-8859-1", "utf-7", "base64", "idna", "nonsense")
    ),
    ("multipart/form-data", b"no boundary"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name="),
    ("multipart/form-data; boundary=" + "x" * 300, b"--x--"),
    ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(1200))),
    ("", b"name=1"),
]
# Every how many-th value is sent, each field beginning with another one. KEYHOLDER_WHOLE=1 leaves none out.
SAMPLE = 1 if os.environ.get("KEYHOLDER_WHOLE") else 13
ALLOWED = {200, 302, 400, 403, 404, 409, 413, 422}
# Text that every form keeps as it is: it comes back when the form is refused for another reason.
SHOWN = ("HTML", "attribute", "template", "SQL", "emoji", "path", "format")
# What a form brings along unseen, without which it is about nothing.
UNSEEN = ("shown", "notice", "once", "decision")
# A wrong form says so beside its fields, and who was too late above the page; any other refusal is a page of its own.
NOTICES = tuple(f'class="notice {tone}"'.encode() for tone in ("bad", "warn", "info"))
BESIDE = (b'class="errors"', b"error-summary", *NOTICES, b'role="alert"')
PAGE = re.compile(rb"<h1[^>]*>\s*\S.*?</h1>.*?<p[^>]*>\s*\S", re.DOTALL)
# What a second sending may add, and why it may.
AUDIT, REPORTS = ("accounts.AuditEvent",), ("accounts.AuditEvent", "reports.Report", "reports.ReportEvent")
TWICE: dict[str, tuple[tuple[str, ...], str]] = {
    "desk:reveal": (AUDIT, "each time that somebody is shown it is recorded"),
    "desk:document_for": (AUDIT, "as for an identifier"),
    "desk:next": (("accounts.AuditEvent", "kyc.CaseEvent"), "each press takes one case more"),
    "onboarding:owner": (AUDIT, "to save again what stands answers a question about it, and kyc.cases.items reads that there"),
    "onboarding:person": (AUDIT, "as for an owner"),
    "onboarding:payment_change": (AUDIT, "as for an owner"),
    "reports:again": (REPORTS, "each press asks for one more of the same"),
    "reports:restate": (REPORTS, "each press asks for what is known then"),
    "reports:link": (
        ("accounts.AuditEvent", "reports.ReportLink", "reports.ReportLinkEvent"),
        "each press makes a link of its own, shown once",
    ),
    "reports:request": (REPORTS, "the instant at which it is asked is part of what a report is of"),
}
# Counted by nobody: what is kept of the asking itself, not of what was asked for.
UNCOUNTED = ("sessions.", "usersessions.", "accounts.snapshot")


@pytest.fixture(autouse=True)
def no_limits_yet() -> None:
    cache.clear()


class Sender:
    """Who may, at one door, with the form filled in as it should be."""

    def __init__(self, house: House, name: str) -> None:
        door = DOORS[name]
        self.house, self.name, self.path = house, name, path_of(name, house.mine)
        role = sorted(door.who - set(door.told) or door.who)[0]
        self.cookies = SimpleCookie({key: morsel.value for key, morsel in house.clients[role].items()})
        self.data: dict[str, Any] = dict(door.post(house.mine)) if door.post else {}
        if door.get:
            page = self.client().get(self.path)
            self.data |= {field.decode(): value.decode() for field, value in HIDDEN.findall(page.content)}
        else:
            page = self.send(self.unseen())
        self.forms = forms_of(page)

    def unseen(self) -> dict[str, Any]:
        return {name: value for name, value in self.data.items() if name in UNSEEN}

    def client(self, **options: Any) -> Client:
        client = Client(**options)
        client.cookies = SimpleCookie({key: morsel.value for key, morsel in self.cookies.items()})
        return client

    def fields(self) -> list[str]:
        return sorted({*self.data, *(form.add_prefix(name) for form in self.forms for name in form.fields)})

    def send(self, data: Any, *, is_outside: bool = False, **options: Any) -> Any:
        with undone():
            if isinstance(data, bytes):
                # As it stands: the client's own post would write it anew in the charset that it claims.
                return self.client(enforce_csrf_checks=is_outside).generic("POST", self.path, data, **options)
            return self.client().post(self.path, data, **options)


def forms_of(page: Any) -> list[forms.Form]:
    """The forms that a page was drawn from; of an answer to what was sent, those that were."""
    if not page.context:
        return []
    found = [value for context in page.context for value in context.flatten().values() if isinstance(value, forms.Form)]
    return [form for form in found if form.is_bound] or found


def some(values: Iterable[Any], place: int = 0) -> list[Any]:
    return list(values)[place % SAMPLE :: SAMPLE]


@pytest.fixture
def sender(house: House, request: pytest.FixtureRequest) -> Iterator[Sender]:
    with undone():
        house.case_is(DOORS[request.param].state)
        yield Sender(house, request.param)


def sound(answer: Any, said: str, log: pytest.LogCaptureFixture) -> None:
    assert answer.status_code in ALLOWED, f"{said}: {answer.status_code}"
    # What Django itself turns away as an attack it answers with 400 and notes under a name of its own.
    noted = [record for record in log.records if not record.name.startswith("django.security")]
    failures = [record.getMessage() for record in noted if record.levelno >= logging.ERROR]
    assert not failures, f"{said}: {failures}"
    if answer.status_code == 422:
        assert any(part in answer.content for part in BESIDE), f"{said} is refused without a sentence"
        page = answer.content.decode()
        for sentence in sentences(answer):
            assert sentence in page, f"{said} is refused without: {sentence}"
    elif answer.status_code >= 400:
        assert PAGE.search(answer.content), f"{said}: {answer.status_code} without a sentence"
    if answer.status_code != 302 and not answer.streaming:
        assert b"Traceback" not in answer.content, said
        assert b"<script>alert(1)" not in answer.content, said
        assert b'onfocus="alert' not in answer.content, said


def sentences(answer: Any) -> set[str]:
    """What the forms that were sent say is wrong, as a page writes it."""
    lists = [errors for form in forms_of(answer) if form.is_bound for errors in form.errors.values()]
    return {conditional_escape(error) for errors in lists for error in errors}


def is_text(answer: Any, name: str) -> bool:
    found = [field for form in forms_of(answer) for part, field in form.fields.items() if form.add_prefix(part) == name]
    return any(isinstance(field, forms.CharField) and not isinstance(field.widget, forms.HiddenInput) for field in found)


def counted() -> dict[str, int]:
    """How many rows there are of everything, its history and the audit among it."""
    models = [model for model in apps.get_models() if model._meta.managed and not model._meta.proxy]
    kept = [model for model in models if not model._meta.label_lower.startswith(UNCOUNTED)]
    return {model._meta.label: model._base_manager.count() for model in kept}


def named(name: str) -> SimpleUploadedFile:
    """A file with a name that only a hand-made request can give it."""
    file = SimpleUploadedFile("a.pdf", b"%PDF-1.7\n")
    file._name = name
    return file


every_form = pytest.mark.parametrize(
    "sender", [pytest.param(name, marks=pytest.mark.sample if name in SAMPLES else ()) for name in FORMS], indirect=True
)


def test_there_are_forms_to_try() -> None:
    assert len(FORMS) > 20
    assert {"onboarding:documents", *SAMPLES} <= set(FORMS)


@every_form
class TestEveryField:
    def test_takes_any_text(self, sender: Sender, caplog: pytest.LogCaptureFixture) -> None:
        for place, name in enumerate(sender.fields()):
            for what, text in some(TEXTS.items(), place):
                sound(sender.send(sender.data | {name: text}), f"{sender.path} {name}: {what}", caplog)

    def test_takes_any_text_with_all_others(self, sender: Sender, caplog: pytest.LogCaptureFixture) -> None:
        for what, text in some(TEXTS.items()):
            if what == "very long":
                continue  # each field alone; together they are more than a request may hold
            kept = {name: value for name, value in sender.data.items() if hasattr(value, "read")}
            sound(sender.send(dict.fromkeys(sender.fields(), text) | kept), f"{sender.path}: {what}", caplog)

    def test_loses_nothing_that_was_typed_when_it_is_refused(self, sender: Sender, caplog: pytest.LogCaptureFixture) -> None:
        for place, name in enumerate(sender.fields()):
            for what in some(SHOWN, place) or SHOWN[:1]:
                # All the rest is left empty.
                answer = sender.send(sender.unseen() | {name: TEXTS[what]})
                sound(answer, f"{sender.path} {name} alone: {what}", caplog)
                if answer.status_code == 422 and is_text(answer, name):
                    assert escape(TEXTS[what]) in answer.content.decode(), f"{sender.path} {name}: {what} is lost"

    def test_takes_any_bytes(self, sender: Sender, caplog: pytest.LogCaptureFixture) -> None:
        for place, name in enumerate(sender.fields()):
            for what, value in some(BYTES.items(), place):
                body = name.encode() + b"=" + value
                answer = sender.send(body, content_type="application/x-www-form-urlencoded")
                sound(answer, f"{sender.path} {name}: {what}", caplog)

    def test_takes_several_where_one_is_expected(self, sender: Sender, caplog: pytest.LogCaptureFixture) -> None:
        for place, name in enumerate(sender.fields()):
            many: list[dict[str, Any]] = [{name: ["a", "b"]}, {name: ["1"] * 900}, {f"{name}[]": "a", f"{name}[0]": "a"}]
            for number, more in some(enumerate(many), place):
                sound(sender.send(sender.data | more), f"{sender.path} {name} several: {number}", caplog)

    def test_takes_a_file_for_text_and_text_for_a_file(self, sender: Sender, caplog: pytest.LogCaptureFixture) -> None:
        for place, name in enumerate(sender.fields()):
            files = (cast.pdf(), SimpleUploadedFile("empty.pdf", b""), named("\u202e/../a\0.pdf" * 40), "text")
            for file in some(files, place):
                sound(sender.send(sender.data | {name: file}), f"{sender.path} {name}: a file", caplog)


@every_form
class TestEveryForm:
    def test_says_why_when_its_token_is_missing(self, sender: Sender) -> None:
        with undone():
            answer = sender.client(enforce_csrf_checks=True).post(sender.path, sender.data)
        assert answer.status_code == 403
        assert "This page stood open for too long" in answer.content.decode()

    def test_takes_any_kind_of_body(self, sender: Sender, caplog: pytest.LogCaptureFixture) -> None:
        for kind, body in BODIES:
            sound(sender.send(body, content_type=kind), f"{sender.path} {kind}", caplog)
            # As it comes from outside: whoever looks for the form's token reads the body first.
            sound(sender.send(body, content_type=kind, is_outside=True), f"{sender.path} {kind}", caplog)

    def test_sent_twice_does_it_once_or_says_so(self, sender: Sender, caplog: pytest.LogCaptureFixture) -> None:
        rows = []
        with undone():
            client = sender.client()
            for _ in range(2):
                for file in sender.data.values():
                    if hasattr(file, "seek"):
                        file.seek(0)
                sound(client.post(sender.path, sender.data), f"{sender.path} twice", caplog)
                rows.append(counted())
        first, second = rows
        growing, _reason = TWICE.get(sender.name, ((), ""))
        grown = {name: count - first[name] for name, count in second.items() if count != first[name]}
        grown = {name: more for name, more in grown.items() if name not in growing}
        assert not grown, f"{sender.path} twice: {grown}"


class TestUploads:
    @pytest.mark.parametrize("sender", ["onboarding:documents"], indirect=True)
    def test_one_that_is_too_large_is_refused_with_a_sentence(self, sender: Sender) -> None:
        large = SimpleUploadedFile("large.pdf", b"%PDF-1.7\n" + b"0" * (15 * 1024 * 1024), content_type="application/pdf")
        answer = sender.send({"kind": "register_extract", "file": large})
        assert answer.status_code in {413, 422}
        assert "15 MB" in answer.content.decode()
