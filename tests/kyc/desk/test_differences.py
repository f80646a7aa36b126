"""Every difference between a declaration and a source: what is due first, whose it is, and how the others ended."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organisation, User
from kyc.cases import actions as cases
from kyc.cases.models import Case
from kyc.desk import differences, queue
from kyc.keys import closing
from kyc.ownership import actions as ownership
from kyc.ownership import observing
from kyc.ownership.models import Discrepancy, Interest
from kyc.parties.models import Party
from tests import cast

Make = Callable[..., Case]
PATH = "/desk/cases/differences/"


def differ(case: Case, ana: User, name: str = "Kari Moe", **more: Any) -> Discrepancy:
    """A source names somebody whom the customer has not."""
    company = Party.objects.get(organisation=case.organisation, kind="company")
    said = {"source": "officialRegister", "found_in": "Brønnøysund register", "stated_on": date(2026, 6, 1), "share": "40"}
    [row] = observing.observe(case.organisation, owned=company, owner_name=name, by=ana, **said | more)
    return Discrepancy.objects.get(observation=row)


@contextmanager
def days_ago(days: int) -> Iterator[None]:
    earlier = timezone.now() - timedelta(days=days)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: earlier)
        yield


def look(user: User, address: str = "") -> differences.Page:
    return differences.page(user, QueryDict(address))


def owners(page: differences.Page) -> list[str]:
    return [row.owner for row in page.rows]


def text(client: Client, path: str) -> str:
    """Without tags."""
    return " ".join(re.sub(r"<[^>]+>|[\u2066-\u2069]", " ", client.get(path).content.decode()).split())


class TestDoor:
    def test_an_outsider_finds_nothing(self, case: Case, charlie: User) -> None:
        client = cast.signed_in(charlie)
        assert client.get(PATH).content == client.get("/no/such/page").content

    def test_a_customer_finds_nothing(self, case: Case, by: User) -> None:
        assert cast.signed_in(by).get(PATH).status_code == 404

    def test_an_auditor_reads(self, case: Case, ana: User, auditor: User) -> None:
        differ(case, ana)
        assert "Kari Moe" in cast.signed_in(auditor).get(PATH).content.decode()


class TestOpen:
    def test_what_is_due_first_comes_first(self, case: Case, ana: User) -> None:
        differ(case, ana, "Later")
        with days_ago(20):
            differ(case, ana, "Overdue")
        with days_ago(3):
            differ(case, ana, "Between")
        assert owners(look(ana)) == ["Overdue", "Between", "Later"]

    def test_says_what_differs_in_which_source_and_how_many_days_are_left(self, as_ana: Client, case: Case, ana: User) -> None:
        found = differ(case, ana)
        told = text(as_ana, PATH)
        assert "Nordlys Modelling AS" in told and f"{case.number} · To review" in told
        assert "Kari Moe Owner not declared not declared 40 % Brønnøysund register Register · 1 Jun 2026" in told
        assert "14 d left" in told
        body = as_ana.get(PATH).content.decode()
        assert f'href="/desk/cases/{case.pk}/?tab=people#difference-{found.pk}"' in body
        assert f'id="difference-{found.pk}"' in as_ana.get(f"/desk/cases/{case.pk}/?tab=people").content.decode()

    def test_one_past_its_day_says_so_in_words(self, as_ana: Client, case: Case, ana: User) -> None:
        with days_ago(20):
            differ(case, ana)
        assert '<span class="badge bad">6 d late</span>' in as_ana.get(PATH).content.decode()

    def test_whom_the_source_does_not_name(self, as_ana: Client, case: Case, ana: User, person: Party) -> None:
        share = Interest.objects.get().share
        company = Party.objects.get(organisation=case.organisation, kind="company")
        source = {"source": "thirdParty", "found_in": "Ledger", "stated_on": date(2026, 6, 1)}
        observing.observe(case.organisation, owned=company, is_all=True, by=ana, **source)
        assert f"{person.name} Owner not in the source {share} % not named Ledger Document" in text(as_ana, PATH)

    def test_in_whom_it_is_where_that_is_not_the_customer(self, as_ana: Client, case: Case, ana: User, by: User) -> None:
        company = Party.objects.get(organisation=case.organisation, kind="company")
        ownership.change_share(Interest.objects.get(), share="60", by=by)
        above = ownership.declare_owner(
            case.organisation, owned=company, kind="company", name="Fjord AS", country="NO", hq_country="NO", share="10", by=by
        ).owner
        source = {"source": "thirdParty", "found_in": "Ledger", "stated_on": date(2026, 6, 1)}
        observing.observe(case.organisation, owned=above, owner_name="Kari Moe", share="100", by=ana, **source)
        assert "Kari Moe Owner not declared · in Fjord AS" in text(as_ana, PATH)

    def test_the_customer_is_asked_while_it_is_his_turn_else_the_officer_who_has_the_case(
        self, as_ana: Client, case: Case, ana: User
    ) -> None:
        differ(case, ana)
        assert "Unassigned" in text(as_ana, PATH)
        Case.objects.filter(pk=case.pk).update(owner=ana)
        assert "AM Ana Maric" in text(as_ana, PATH)
        Case.objects.filter(pk=case.pk).update(state=Case.State.WAITING)
        assert "The customer just now" in text(as_ana, PATH)

    def test_leads_to_the_newest_case_that_an_officer_can_open(self, as_ana: Client, case: Case, ana: User, rui: User) -> None:
        differ(case, ana)
        closing.close(case.organisation, reason="Resold keys.", by=rui)
        closing.reopen(case.organisation, by=rui)
        draft = cases.open_case(case.organisation, notice_version="2026-11", locale="en", by=case.submitted_by)
        [row] = look(ana).rows
        assert row.case.pk == case.pk < draft.pk
        assert f"{case.number} · Account closed" in text(as_ana, PATH)

    def test_names_are_text(self, as_ana: Client, case: Case, ana: User) -> None:
        differ(case, ana, "<script>alert(1)</script> Ltd", found_in="<b>Register</b>")
        told = as_ana.get(PATH).content.decode()
        assert "<script>alert" not in told and "<b>Register" not in told

    def test_of_sandboxes_there_are_none(self, case: Case, ana: User) -> None:
        differ(case, ana)
        Organisation.objects.filter(pk=case.organisation_id).update(sandbox="approved")
        assert owners(look(ana)) == [] and look(ana).counts["open"] == 0

    def test_says_so_when_nothing_is_there(self, as_ana: Client, case: Case) -> None:
        assert "No difference is open" in text(as_ana, PATH)
        assert "No difference was resolved yet." in text(as_ana, f"{PATH}?tab=ended")
        assert "No difference matches" in text(as_ana, f"{PATH}?mine=1")


class TestResolved:
    def test_says_how_why_and_by_whom(self, as_ana: Client, case: Case, ana: User) -> None:
        found = differ(case, ana)
        report = {"resolution": "reported", "reason": "They disagree.", "reported_on": timezone.localdate(), "reference": "BR 7"}
        observing.resolve(found, **report, by=ana)
        assert owners(look(ana)) == [] and owners(look(ana, "tab=ended")) == ["Kari Moe"]
        told = text(as_ana, f"{PATH}?tab=ended")
        assert "Reported to the register" in told and "BR 7" in told and "They disagree." in told and "Ana Maric" in told
        assert not re.search(r"\d d late", told)

    def test_after_its_day_it_says_so(self, as_ana: Client, case: Case, ana: User) -> None:
        with days_ago(20):
            late = differ(case, ana, "Late")
        observing.resolve(late, resolution="spelling", reason="One letter.", by=ana)
        observing.resolve(differ(case, ana, "In time"), resolution="spelling", reason="One letter.", by=ana)
        assert "6 d late" in text(as_ana, f"{PATH}?tab=ended")
        assert owners(look(ana, "tab=ended")) == ["In time", "Late"]
        assert owners(look(ana, "tab=ended&late=1")) == ["Late"]


class TestFilters:
    @pytest.fixture
    def three(self, make: Make, case: Case, ana: User) -> Case:
        """Two of Nordlys, of which one is overdue, and one of Sorvik, whose case Ana has."""
        with days_ago(20):
            differ(case, ana, "Overdue", source="thirdParty")
        differ(case, ana, "Register")
        other = make("Sorvik AS", email="bob@sorvik.example")
        Case.objects.filter(pk=other.pk).update(owner=ana)
        differ(other, ana, "Web", source="primaryResearch")
        return other

    @pytest.mark.parametrize(
        ("address", "shown"),
        [
            ("", ["Overdue", "Register", "Web"]),
            ("source=thirdParty", ["Overdue"]),
            ("late=1", ["Overdue"]),
            ("mine=1", ["Web"]),
            ("mine=1&late=1", []),
            ("source=officialRegister&late=1", []),
            ("source=none&late=x&mine=x&tab=x&page=x", ["Overdue", "Register", "Web"]),
        ],
    )
    def test_narrow_the_list(self, three: Case, ana: User, address: str, shown: list[str]) -> None:
        assert owners(look(ana, address)) == shown

    @pytest.mark.parametrize(
        "address", ["", "source=thirdParty", "late=1", "mine=1", "mine=1&source=primaryResearch", "tab=ended"]
    )
    def test_each_count_is_what_one_finds_there(self, three: Case, ana: User, address: str) -> None:
        page = look(ana, address)
        for tab in (*page.tabs, *page.narrowed, *page.sources):
            found = look(ana, tab.url[1:])
            there = sum(one.count for one in found.tabs if one.active and one.count)
            assert len(found.rows) == there
            if not (tab.active and tab not in page.tabs):
                assert len(found.rows) == tab.count, tab

    def test_a_filter_that_is_on_is_undone_by_its_link(self, three: Case, ana: User) -> None:
        [late, _mine] = look(ana, "late=1").narrowed
        assert late.active and owners(look(ana, late.url[1:])) == ["Overdue", "Register", "Web"]


class TestLength:
    def test_takes_three_queries_however_long(self, make: Make, case: Case, ana: User, django_assert_num_queries: Any) -> None:
        differ(case, ana)
        with django_assert_num_queries(3):
            look(ana)
        for number in range(3):
            differ(make(f"Company {number}", email=f"{number}@company.example"), ana)
        with django_assert_num_queries(3):
            page = look(ana)
            assert [(row.customer, row.owner, row.declared, row.observed, str(row.case)) for row in page.rows][3:]
            assert [row.row.observation.owned.name for row in page.rows][3:]

    def test_the_whole_view_asks_no_more_for_more_of_them(self, make: Make, case: Case, as_ana: Client, ana: User) -> None:
        def asked() -> int:
            with CaptureQueriesContext(connection) as queries:
                as_ana.get(PATH)
            return len(queries)

        differ(case, ana)
        few = asked()
        for number in range(3):
            differ(make(f"Company {number}", email=f"{number}@company.example"), ana)
        assert asked() == few

    def test_pages(self, case: Case, ana: User, monkeypatch: pytest.MonkeyPatch) -> None:
        for room in (differences, queue):
            monkeypatch.setattr(room, "PAGE", 2)
        for name in ("A", "B", "C"):
            differ(case, ana, name)
        first, second = look(ana), look(ana, "page=2")
        assert (owners(first), first.newer, first.first, first.last) == (["A", "B"], "", 1, 2)
        assert owners(look(ana, first.older[1:])) == ["C"]
        assert (owners(second), second.older, second.first, second.last) == (["C"], "", 3, 3)
        assert owners(look(ana, "page=9")) == ["A", "B"]


class TestTheQueue:
    def test_says_how_many_there_are_and_how_many_are_overdue(self, as_ana: Client, case: Case, ana: User) -> None:
        assert "0 differences to settle" in text(as_ana, "/desk/cases/")
        with days_ago(20):
            differ(case, ana, "Overdue")
        differ(case, ana)
        assert "2 differences to settle 1 overdue" in text(as_ana, "/desk/cases/")
        assert f'href="{PATH}"' in as_ana.get("/desk/cases/").content.decode()

    def test_counts_as_the_list_does(self, make: Make, case: Case, ana: User) -> None:
        differ(case, ana)
        observing.resolve(differ(case, ana, "Settled"), resolution="spelling", reason="One letter.", by=ana)
        differ(make("Sorvik AS", email="bob@sorvik.example"), ana)
        Organisation.objects.filter(pk=case.organisation_id).update(sandbox="approved")
        assert queue.page(ana, QueryDict()).differences == look(ana).counts["open"] == 1
