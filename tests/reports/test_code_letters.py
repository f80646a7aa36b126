"""A letter with a code, as an officer prints it."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEvent
from kyc.cases.models import Case
from kyc.evidence.confirmation_models import ConfirmationCode
from reports import code_letters
from tests.cast import Founded, customer, founded, signed_in, staff
from tests.kyc.cases import scenes
from tests.stage import scene


@scene
def nordlys() -> Founded:
    found = founded(customer())
    scenes.ready(found)
    Case.objects.filter(organisation=found.organisation).update(notice_locale="de")
    return found


@pytest.fixture
def ana(nordlys: Founded) -> Client:
    client = signed_in(staff("analyst", "Ana Reis"))
    client.raise_request_exception = False
    return client


def address(nordlys: Founded) -> str:
    return f"/desk/cases/{Case.objects.get(organisation=nordlys.organisation).pk}/letters/{nordlys.party.pk}/"


def test_it_is_in_the_language_in_which_the_customer_is_written_to(
    nordlys: Founded, ana: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages: list[str] = []

    def drawn(page: str, *_more: Any, **_how: Any) -> bytes:
        pages.append(page)
        return b"%PDF"

    monkeypatch.setattr(code_letters.pdf, "drawn", drawn)
    assert ana.post(address(nordlys)).content == b"%PDF"
    assert '<html lang="de" dir="ltr">' in pages[0]


def test_one_that_cannot_be_drawn_was_never_written(nordlys: Founded, ana: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def drawn(*_page: Any, **_how: Any) -> bytes:
        raise OSError("no fonts")

    monkeypatch.setattr(code_letters.pdf, "drawn", drawn)
    assert ana.post(address(nordlys)).status_code == 500
    assert not ConfirmationCode.objects.exists() and not AuditEvent.objects.filter(verb="code.printed").exists()
