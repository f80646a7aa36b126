"""In the list of differences: what two customers tell differently of one company."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.vault import subjects
from kyc.cases.models import Case
from kyc.desk import diverged
from kyc.ownership import diverging
from kyc.ownership.models import Divergence
from kyc.parties.models import Party
from tests.kyc.desk.conftest import made
from tests.kyc.desk.test_differences import look, text

pytestmark = pytest.mark.django_db
PATH = "/desk/cases/differences/"
LEI = "5493001KJTIIGC8Y1R12"


def company(case: Case) -> Party:
    return Party.objects.get(organisation=case.organisation, kind="company")


@pytest.fixture
def differs(case: Case, ana: User) -> Any:
    """Another customer names the company of the case, and another country of it."""

    def once_more(number: int = 0, late: int = 0) -> Divergence:
        other = made(f"Sorvik {number} AS", email=f"bo{number}@sorvik.example")
        Party.objects.filter(pk=company(case).pk).update(lei=LEI)
        Party.objects.filter(pk=company(other).pk).update(lei=LEI, hq_country="SE")
        with pytest.MonkeyPatch.context() as patch:
            earlier = timezone.now() - timedelta(days=late)
            patch.setattr(timezone, "now", lambda: earlier)
            diverging.rule(company(case), company(other), ruling="same", reason="One LEI.", by=ana)
        return Divergence.objects.get(other=company(other))

    return once_more


class TestList:
    def test_is_counted_beside_the_others_and_late_past_its_day(self, ana: User, differs: Any) -> None:
        differs(1), differs(2, late=20)
        assert {name: look(ana).counts[name] for name in ("open", "ended", "late")} == {"open": 2, "ended": 0, "late": 1}
        [row] = look(ana, "late=1").twice.rows
        assert row.cases[1].organisation.name == "Sorvik 2 AS"
        assert [row.cases[1].organisation.name for row in look(ana).twice.rows] == ["Sorvik 2 AS", "Sorvik 1 AS"]

    def test_shows_one_that_ended_too_late_and_how(self, as_ana: Client, ana: User, differs: Any) -> None:
        row = differs(2, late=20)
        assert "6 d late" in text(as_ana, PATH)
        diverging.resolve(row, resolution="second", reason="Moved in 2024.", by=ana)
        assert "Sorvik" not in text(as_ana, PATH)
        shown = text(as_ana, f"{PATH}?tab=ended&late=1")
        assert "6 d late" in shown and "Sorvik 2 AS is right · Ana Maric" in shown and "Moved in 2024." in shown

    def test_mine_is_whose_case_on_either_side_is_mine(self, ana: User, rui: User, case: Case, differs: Any) -> None:
        row = differs()
        Case.objects.filter(organisation=row.other.organisation).update(owner=ana)
        assert look(ana).counts["mine"] == 1 == len(look(ana, "mine=1").twice.rows)
        assert look(rui).counts["mine"] == 0 == len(look(rui, "mine=1").twice.rows)

    def test_a_source_is_none_of_them(self, ana: User, differs: Any) -> None:
        differs()
        shown = look(ana, "source=officialRegister")
        assert shown.twice is None and shown.counts["open"] == 0

    def test_every_count_adds_up_and_the_queue_says_the_same(self, as_ana: Client, ana: User, differs: Any) -> None:
        row = differs(2, late=20)
        for address in ("", "source=customers"):
            shown = look(ana, address)
            assert (shown.counts["open"], shown.of_customers, len(shown.twice.rows)) == (1, 1, 1)
            assert sum(chip.count for chip in look(ana).sources) == look(ana).counts["open"]
        assert look(ana, "source=officialRegister").counts["customers"] == 1
        assert "1 difference to settle 1 overdue" in text(as_ana, "/desk/cases/")
        Case.objects.filter(organisation=row.other.organisation).update(owner=ana)
        told = text(as_ana, PATH)
        assert "Two customers 1" in told and "Waiting on" in told and "Ana Maric" in told
        diverging.resolve(row, resolution="second", reason="Moved in 2024.", by=ana)
        assert "0 differences to settle" in text(as_ana, "/desk/cases/") and look(ana).counts["open"] == 0

    def test_of_who_has_sent_nothing_yet_nothing_is_told(self, ana: User, differs: Any) -> None:
        row = differs()
        Case.objects.filter(organisation=row.other.organisation).update(state="draft", submitted_at=None, submitted_by=None)
        assert look(ana).twice.rows == [] and look(ana).counts["open"] == 0

    def test_stands_page_by_page(self, as_ana: Client, ana: User, differs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(diverged, "PAGE", 2)
        for number in range(3):
            differs(number)
        assert [len(look(ana, address).twice.rows) for address in ("", "twice=2", "twice=9")] == [2, 1, 2]
        assert "?twice=2#declared-twice" in as_ana.get(PATH).content.decode()
        assert "?twice=1#declared-twice" in as_ana.get(f"{PATH}?twice=2").content.decode()

    def test_is_read_in_as_many_queries_however_long_it_is(self, as_ana: Client, differs: Any) -> None:
        counts = []
        for number in range(10):
            differs(number)
            if number in (0, 9):
                subjects.cache.forget()
                with CaptureQueriesContext(connection) as asked:
                    shown = as_ana.get(PATH).content.decode()
                assert shown.count("Sweden") == number + 1
                counts.append(len(asked))
        assert counts[0] == counts[1]
