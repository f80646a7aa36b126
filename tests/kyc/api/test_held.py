"""A gateway that asks about a key again and again, while its customer's checks become worse and are cleared."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.core.cache import cache

from accounts import audit
from accounts.models import User
from config import (
    jobs,
    wake,  # noqa: F401  # importing it registers
)
from kyc.cases import examining, telling
from kyc.cases.models import Case
from kyc.cases.tasks import examine_cases
from kyc.keys import reassessing
from kyc.keys.models import Hold, Reassessment
from kyc.ownership import actions as ownership
from kyc.ownership import leaving
from kyc.ownership.models import Interest
from kyc.parties import actions as parties
from kyc.screening.models import Hit
from tests import cast
from tests.cast import Founded
from tests.kyc.api.conftest import Ask
from tests.kyc.cases import scenes
from tests.kyc.keys.scenes import Issued

pytestmark = pytest.mark.django_db


@pytest.fixture
def is_good(ask: Ask, linked: Issued) -> Callable[[], bool]:
    """What the gateway is told, which nothing on the way may keep."""

    def asked() -> bool:
        answer = ask(json.dumps({"token": linked.secret}))
        assert answer.status_code == 200 and "no-store" in answer["Cache-Control"]
        return bool(json.loads(answer.content)["active"])

    cache.clear()
    return asked


@pytest.fixture
def change(nordlys: Founded, linked: Issued) -> Case:
    """Told; a listed owner holds more than half, and no round has looked at it."""
    found = telling.tell(nordlys.organisation, changed=["owners"], by=nordlys.by)
    examining.run()
    ownership.change_share(Interest.objects.live().get(owner=nordlys.controller), share="40", by=nordlys.by)
    scenes.own(nordlys, scenes.KARPOV, "60")
    return found


class TestHeld:
    def test_it_is_told_on_the_next_question(self, is_good: Callable[[], bool], change: Case) -> None:
        assert is_good() and is_good()
        examining.run()
        assert is_good(), "found, and not held yet"
        reassessing.run()
        assert not is_good()
        assert Hold.objects.live().get().source == "policy.ownership"
        assert Case.objects.open().get(organisation=change.organisation) == change

    def test_and_so_it_is_once_rulings_have_cleared_the_customer(
        self, is_good: Callable[[], bool], change: Case, ana: User
    ) -> None:
        examining.run()
        reassessing.run()
        assert not is_good()
        for hit in Hit.objects.open():
            cast.ruled(hit, ruling="false", reason="different_name", by=ana)
        examining.run()
        assert not is_good()
        reassessing.run()
        assert is_good()

    def test_the_job_is_done_with_its_hold_or_not_at_all(self, is_good: Callable[[], bool], change: Case) -> None:
        examining.run()
        token = audit.request_id.set("x" * 41)
        try:
            reassessing.run()
        finally:
            audit.request_id.reset(token)
        row = Reassessment.objects.get(what="hold")
        assert (row.state, row.errors) == ("waiting", 1) and "too long" in row.failure
        assert not Hold.objects.exists() and is_good()
        Reassessment.objects.update(claimed_until=None)
        reassessing.run()
        assert Reassessment.objects.get(what="hold").state == "done"
        assert not is_good()


class TestWoken:
    """Within a second no sweep comes round: whatever the regimes go by wakes the checks when it is committed."""

    @pytest.fixture
    def woken(self, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        tasks: list[Any] = []
        monkeypatch.setattr(jobs, "publish", lambda task: tasks.append(task) or True)
        return tasks

    @pytest.mark.parametrize("what", ["share", "owner", "end", "name"])
    def test_by_what_the_customer_says_of_its_owners(
        self,
        nordlys: Founded,
        woken: list[Any],
        what: str,
        django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[object]],
    ) -> None:
        own = scenes.own(nordlys, "Lars Moe", "30")
        says: dict[str, Callable[[], object]] = {
            "share": lambda: ownership.change_share(own, share="40", by=nordlys.by),
            "owner": lambda: scenes.own(nordlys, "Kari Moe", ""),
            "end": lambda: leaving.end(own, by=nordlys.by),
            "name": lambda: parties.correct(own.owner, name="Zorislav Karpov", country="NO", by=nordlys.by),
        }
        with django_capture_on_commit_callbacks(execute=True):
            says[what]()
            assert woken == []
        assert examine_cases in woken
