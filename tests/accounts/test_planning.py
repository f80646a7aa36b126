"""The plan of the next night's disposal, worked out once a day and stored."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from accounts import disposal, planning, retention
from accounts.models import DisposalPlan, Organisation, PlannedDisposal
from accounts.retention import Due
from accounts.tasks import plan_disposals
from config import jobs, wake  # noqa: F401  # importing it registers

pytestmark = pytest.mark.django_db
UNTIL = date(2026, 11, 1)


@pytest.fixture
def organisations(monkeypatch: pytest.MonkeyPatch) -> list[Organisation]:
    made = Organisation.objects.bulk_create(Organisation(name=f"Customer {n}") for n in range(5))

    def planned(on: date) -> Iterator[Due]:
        for one in made:
            for code in ("use", "ownership"):
                yield Due(one.pk, retention.CLASSES[code], UNTIL, "cdd-file")

    monkeypatch.setattr(disposal, "planned", planned)
    monkeypatch.setattr(planning, "A_PART", 2)
    return made


@pytest.fixture(autouse=True)
def nobody_else_is_at_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning.shared, "note_first", lambda *_, **__: True)


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(planning.timezone, "now", lambda: moment)


class TestPlan:
    def test_stores_what_is_due_of_each_organisation(self, organisations: list[Organisation]) -> None:
        plan_disposals()
        plan = planning.last_plan()
        assert plan is not None
        assert (plan.organisations, plan.counts) == (5, {"use": 5, "ownership": 5})
        rows = list(PlannedDisposal.objects.filter(plan=plan).order_by("pk"))
        assert [row.organisation_id for row in rows] == [one.pk for one in organisations]
        assert rows[0].classes[1] == {"code": "ownership", "until": "2026-11-01", "rule": "cdd-file"}

    def test_is_made_once_a_day_and_the_one_before_goes(
        self, organisations: list[Organisation], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        at(monkeypatch, datetime(2026, 11, 29, 10, tzinfo=UTC))
        first = planning.plan()
        assert first is not None and first.on == date(2026, 11, 30)
        assert planning.plan() is None
        # While the night's disposal is at work, what it works on is shown.
        at(monkeypatch, datetime(2026, 11, 30, 3, tzinfo=UTC))
        assert not planning.is_due()
        at(monkeypatch, datetime(2026, 11, 30, 4, 15, tzinfo=UTC))
        second = planning.plan()
        assert second is not None and second.on == date(2026, 12, 1)
        assert list(DisposalPlan.objects.all()) == [second]
        assert PlannedDisposal.objects.count() == 5

    def test_one_that_did_not_come_to_its_end_is_not_shown_and_made_anew(
        self, organisations: list[Organisation], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as broken:
            broken.setattr(planning, "timezone", None)
            broken.setattr(planning, "is_due", lambda: True)
            broken.setattr(planning, "night", lambda: date(2026, 11, 30))
            with pytest.raises(AttributeError):
                planning.plan()
        assert PlannedDisposal.objects.count() == 5
        assert planning.last_plan() is None and planning.is_due()
        assert planning.plan() == planning.last_plan() == DisposalPlan.objects.get()
        assert PlannedDisposal.objects.count() == 5

    def test_one_at_a_time(self, organisations: list[Organisation], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(planning.shared, "note_first", lambda *_, **__: False)
        assert planning.plan() is None and not DisposalPlan.objects.exists()


class TestDue:
    def test_not_where_there_is_nobody(self) -> None:
        assert not planning.is_due()

    def test_the_sweeper_asks(self, organisations: list[Organisation]) -> None:
        (queue,) = (queue for queue, task in jobs.SWEPT if task is plan_disposals)
        assert queue.is_waiting()
        planning.plan()
        assert not queue.is_waiting()
        DisposalPlan.objects.update(on=planning.night() - timedelta(days=1))
        assert queue.is_waiting()

    def test_an_installation_where_nothing_is_due_has_its_plan_too(self, monkeypatch: Any) -> None:
        Organisation.objects.create(name="New")
        plan = planning.plan()
        assert plan is not None and (plan.organisations, plan.counts) == (0, {})
        assert not planning.is_due()
