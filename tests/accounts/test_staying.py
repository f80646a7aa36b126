"""What a page knows of the end of its session, and how a person goes on with it."""

import re
import time
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from accounts import sessions
from accounts.sessions import ACTIVE
from tests import cast

pytestmark = pytest.mark.django_db
STAY = "/account/sessions/stay/"


def said(client: Client, page: str) -> tuple[int, int]:
    found = re.search(r'data-idle="(\d+)" data-absolute="(\d+)"', client.get(page).content.decode())
    assert found
    return int(found[1]), int(found[2])


class TestPage:
    @pytest.mark.parametrize(("role", "idle", "hours"), [("", 59, 24), ("analyst", 29, 12), ("administrator", 14, 8)])
    def test_says_when_its_session_ends(self, role: str, idle: int, hours: int) -> None:
        client = cast.signed_in(cast.staff(role, "Somebody") if role else cast.customer())
        minutes, absolute = said(client, "/account/sessions/")
        assert minutes == idle * 60
        assert hours * 3600 - 5 <= absolute <= hours * 3600

    def test_of_a_stranger_says_nothing(self) -> None:
        assert "session-end" not in Client().get("/account/login/").content.decode()


class TestStay:
    def test_is_noted_as_use(self, monkeypatch: pytest.MonkeyPatch) -> None:
        alice = cast.signed_in(cast.customer())
        alice.get("/account/sessions/")
        later = time.time() + 59 * 60
        monkeypatch.setattr(sessions.time, "time", lambda: later)
        monkeypatch.setattr(sessions.shared, "found", lambda _key: None)
        assert alice.post(STAY).status_code == 204
        assert UserSession.objects.get().data[ACTIVE] == later
        monkeypatch.setattr(sessions.time, "time", lambda: later + 59 * 60)
        assert alice.post(STAY).status_code == 204

    def test_after_the_end_it_is_too_late(self, monkeypatch: pytest.MonkeyPatch) -> None:
        alice = cast.signed_in(cast.customer())
        alice.get("/account/sessions/")
        later = time.time() + 61 * 60
        monkeypatch.setattr(sessions.time, "time", lambda: later)
        monkeypatch.setattr(sessions.shared, "found", lambda _key: None)
        answer: Any = alice.post(STAY)
        assert answer.status_code == 302 and answer["Location"].startswith("/account/login/")

    def test_is_sent_and_not_looked_up(self) -> None:
        assert cast.signed_in(cast.customer()).get(STAY).status_code == 405
        assert Client().post(STAY).status_code == 302
