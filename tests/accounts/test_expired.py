"""Sessions that have expired leave the database by themselves."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts import expired
from accounts.tasks import clear_sessions
from config import jobs, wake  # noqa: F401  # importing it registers
from tests import cast

pytestmark = pytest.mark.django_db


def session(ended: timedelta) -> Session:
    key = f"ended{ended.total_seconds():.0f}"
    return Session.objects.create(session_key=key, session_data="", expire_date=timezone.now() - ended)


class TestExpired:
    def test_go_together(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(expired, "A_PART", 1)
        for minutes in (1, 90, 300):
            session(timedelta(minutes=minutes))
        clear_sessions()
        assert Session.objects.count() == 0
        assert expired.clear() == 0

    def test_who_is_signed_in_stays_so(self) -> None:
        alice = cast.signed_in(cast.customer())
        session(timedelta(days=3))
        assert expired.clear() == 1
        assert alice.get("/account/sessions/").status_code == 200

    def test_the_sweeper_asks(self) -> None:
        (queue,) = (queue for queue, task in jobs.SWEPT if task is clear_sessions)
        session(timedelta(minutes=-5))
        session(timedelta(minutes=30))
        assert not queue.is_waiting()
        session(timedelta(minutes=61))
        assert queue.is_waiting()
        expired.clear()
        assert not queue.is_waiting()
