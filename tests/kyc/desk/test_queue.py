from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.permissions import NotPermitted, StaffRole
from kyc.cases import actions
from kyc.cases.models import Case, Requirement
from kyc.desk import queue
from kyc.keys import sandboxes
from kyc.keys.secret import generate
from kyc.parties.models import Party
from kyc.screening.models import Hit
from tests import cast

Make = Callable[..., Case]


def names(page: queue.Page) -> list[str]:
    return [case.organisation.name for case in page.rows]


def look(user: User, address: str = "") -> queue.Page:
    return queue.page(user, QueryDict(address))


class TestDoor:
    def test_an_outsider_finds_nothing(self, case: Case, charlie: User) -> None:
        client = cast.signed_in(charlie)
        assert client.get("/desk/cases/").content == client.get("/no/such/page").content
        assert client.post("/desk/cases/next/").status_code == 404

    def test_a_customer_finds_nothing(self, case: Case, alice: User) -> None:
        assert cast.signed_in(alice).get("/desk/cases/").status_code == 404

    def test_an_administrator_finds_nothing(self, case: Case) -> None:
        assert cast.signed_in(cast.staff("administrator")).get("/desk/cases/").status_code == 404

    def test_a_stranger_signs_in_first(self, db: None) -> None:
        assert Client().get("/desk/cases/")["Location"].startswith("/account/login/")

    def test_an_auditor_reads_but_takes_no_case(self, case: Case, auditor: User) -> None:
        client = cast.signed_in(auditor)
        assert "Next unassigned" not in client.get("/desk/cases/").content.decode()
        assert client.post("/desk/cases/next/").status_code == 404


class TestSandboxes:
    """They are decided by robots, and are nobody's work."""

    @pytest.fixture
    def sandbox(self, case: Case) -> Case:
        type(case.organisation).objects.filter(pk=case.organisation_id).update(sandbox="approved")
        return case

    def test_are_neither_listed_nor_counted_nor_found(self, sandbox: Case, make: Make, ana: User) -> None:
        make("Lotus Inference Ltd", email="li@lotus.example")
        page = look(ana)
        assert names(page) == ["Lotus Inference Ltd"]
        assert (page.open, page.counts["review"], page.counts["unassigned"]) == (1, 1, 1)
        assert names(look(ana, f"q={sandbox.number}")) == []

    def test_are_not_the_next_to_take(self, sandbox: Case, ana: User) -> None:
        assert queue.take_next(ana) is None
        assert Case.objects.get(pk=sandbox.pk).owner is None

    def test_robots_own_no_case(self, sandbox: Case, make: Make, ana: User, as_ana: Client) -> None:
        robot = sandboxes.robot(StaffRole.ANALYST)
        other = make("Lotus Inference Ltd", email="li@lotus.example")
        # Elsewhere on the page a party may have the same number.
        chosen = as_ana.get(f"/desk/cases/{other.pk}/").content.decode().partition('name="to"')[2].partition("</select>")[0]
        assert f'value="{ana.pk}"' in chosen and f'value="{robot.pk}"' not in chosen
        assert as_ana.post(f"/desk/cases/{other.pk}/assign/", {"to": robot.pk}).status_code == 422
        with pytest.raises(NotPermitted):
            actions.assign(other, to=robot, by=ana)
        assert Case.objects.get(pk=other.pk).owner is None


class TestPage:
    def test_shows_the_case_with_what_it_waits_for(self, as_ana: Client, case: Case, hit: Hit) -> None:
        text = as_ana.get("/desk/cases/").content.decode()
        assert "Nordlys Modelling AS" in text
        assert "1 possible match to rule on" in text
        assert "Low 12" in text
        assert f"/desk/cases/{case.pk}/" in text

    def test_is_titled_by_the_legal_name(self, as_ana: Client, case: Case) -> None:
        Party.objects.filter(organisation=case.organisation, kind="company").update(name="Polar Light AS", native_name="极光")
        text = as_ana.get("/desk/cases/").content.decode()
        title = text[text.index('class="title"') :].partition("</a>")[0]
        assert "Polar Light AS" in title
        assert "极光" in title

    def test_matches_that_no_longer_count_are_not_waited_for(self, ana: User, case: Case, hit: Hit) -> None:
        assert look(ana).rows[0].open_hits == 1
        cast.matched(hit.party, hit.list_version, entry_id=hit.entry_id, before=hit, is_match=False)
        assert look(ana).rows[0].open_hits == 0

    def test_takes_two_queries_however_long(self, make: Make, ana: User, django_assert_num_queries: Any) -> None:
        make()
        with django_assert_num_queries(2):
            look(ana)
        for number in range(3):
            make(f"Company {number}")
        with django_assert_num_queries(2):
            assert len(look(ana).rows) == 4

    def test_the_whole_view_asks_no_more_for_more_cases(self, make: Make, as_ana: Client) -> None:
        def asked() -> int:
            with CaptureQueriesContext(connection) as queries:
                as_ana.get("/desk/cases/")
            return len(queries)

        make()
        few = asked()
        make("Lotus Inference Ltd")
        make("Helios Compute FZE")
        assert asked() == few

    def test_drafts_are_not_for_officers(self, alice: User, ana: User) -> None:
        cast.founded(alice)
        assert look(ana).open == 0

    def test_says_so_when_nothing_is_there(self, as_ana: Client) -> None:
        assert "No case is in this status" in as_ana.get("/desk/cases/").content.decode()
        assert "No case matches" in as_ana.get("/desk/cases/?q=nobody").content.decode()

    def test_names_are_text(self, make: Make, as_ana: Client) -> None:
        make("<script>alert(1)</script> Ltd")
        assert "<script>alert" not in as_ana.get("/desk/cases/").content.decode()


class TestAddress:
    def test_each_status_counts_what_it_shows(self, make: Make, ana: User) -> None:
        make()
        asked = make("Lotus Inference Ltd")
        Case.objects.filter(pk=asked.pk).update(state=Case.State.WAITING)
        assert look(ana).counts["review"] == look(ana).counts["waiting"] == 1
        assert names(look(ana, "tab=waiting")) == ["Lotus Inference Ltd"]

    def test_mine_and_unassigned_cross_the_status(self, make: Make, ana: User) -> None:
        mine = make()
        make("Lotus Inference Ltd")
        actions.assign(mine, to=ana, by=ana)
        assert names(look(ana, "whose=mine")) == ["Nordlys Modelling AS"]
        assert names(look(ana, "whose=unassigned")) == ["Lotus Inference Ltd"]
        assert look(ana).counts["mine"] == look(ana).counts["unassigned"] == 1

    def test_the_active_one_clears(self, make: Make, ana: User) -> None:
        make()
        tab = look(ana, "whose=mine&tab=waiting").whose[0]
        assert tab.active
        assert "whose" not in tab.url
        assert "tab=waiting" in tab.url

    def test_search_finds_organisations_parties_and_numbers(self, make: Make, ana: User) -> None:
        case = make()
        make("Lotus Inference Ltd")
        assert names(look(ana, "q=nordlys")) == ["Nordlys Modelling AS"]
        assert len(look(ana, "q=alice+olsen").rows) == 2
        assert names(look(ana, f"q={case.number}")) == ["Nordlys Modelling AS"]
        assert names(look(ana, "q=%25")) == []
        of_it = case.organisation
        for number in (of_it.pk, f"O-{of_it.pk}", f"({of_it.pk})", of_it.numbered):
            assert names(look(ana, urlencode({"q": number}))) == ["Nordlys Modelling AS"], number
        for odd in (f"O-{of_it.pk}9", "O-", "(x)", f"{of_it.name} ({of_it.pk}9)", "9" * 30):
            assert names(look(ana, urlencode({"q": odd}))) == [], odd

    @pytest.mark.parametrize(("role", "finds"), [("analyst", 1), ("investigator", 1), ("auditor", 0), ("support", 0)])
    def test_whose_a_number_is_finds_who_may_have_it_shown(self, make: Make, role: str, finds: int) -> None:
        case = make()
        reader = cast.staff(role, f"{role} of numbers")
        for number in ("+47 77 00 00 00", "918334207"):
            assert len(look(reader, urlencode({"q": number})).rows) == finds
        assert len(look(reader, f"q={case.number}").rows) == 1

    def test_a_key_pasted_whole_is_cut_and_goes_out_of_the_address(self, as_ana: Client) -> None:
        written = generate()
        answer: Any = as_ana.get(f"/desk/cases/?tab=review&q={written.text}")
        assert (answer.status_code, answer["Location"]) == (302, f"/desk/cases/?tab=review&q={written.prefix}")
        assert queue.Asked(QueryDict(f"q={written.text}")).text == written.prefix

    def test_search_finds_the_account_by_either_name(self, make: Make, ana: User) -> None:
        case = make()
        Party.objects.filter(organisation=case.organisation, kind="company").update(name="Polar Light AS")
        assert names(look(ana, "q=nordlys")) == names(look(ana, "q=polar+light")) == ["Nordlys Modelling AS"]

    def test_search_without_a_status_shows_the_first_that_has_any(self, make: Make, ana: User) -> None:
        Case.objects.filter(pk=make().pk).update(state=Case.State.WAITING)
        make("Lotus Inference Ltd")
        assert look(ana, "q=nordlys").asked.tab == "waiting"
        assert names(look(ana, "q=nordlys")) == ["Nordlys Modelling AS"]
        assert names(look(ana, "q=nordlys&tab=review")) == []
        assert look(ana, "q=nobody").asked.tab == "review"
        assert look(ana).asked.tab == "review"

    def test_due_first_or_riskiest_first(self, make: Make, ana: User) -> None:
        calm = make(value=10, band="low")
        make("Helios Compute FZE", value=90, band="high")
        Case.objects.filter(pk=calm.pk).update(due_on=timezone.localdate() - timedelta(days=1))
        assert names(look(ana)) == ["Nordlys Modelling AS", "Helios Compute FZE"]
        assert names(look(ana, "order=priority")) == ["Helios Compute FZE", "Nordlys Modelling AS"]
        assert look(ana).late == 1

    @pytest.mark.parametrize(
        ("address", "sorted_by"),
        [("", {"Due": "ascending"}), ("order=priority", {"Risk": "descending"}), ("tab=decided", {"In status": "ascending"})],
    )
    def test_its_head_says_by_what_it_is_sorted_and_leads_to_the_other(
        self, make: Make, ana: User, address: str, sorted_by: dict[str, str]
    ) -> None:
        make()
        columns = look(ana, address).columns
        assert {str(column.label): column.sorted for column in columns if column.sorted} == sorted_by
        ways = {str(column.label) for column in columns if column.url}
        assert ways == (set() if "decided" in address else {"Risk", "Due"} - set(sorted_by))

    def test_a_page_behind_the_last_shows_the_first(self, make: Make, ana: User) -> None:
        make()
        page = look(ana, "page=7")
        assert (names(page), page.asked.number) == (["Nordlys Modelling AS"], 1)

    def test_what_is_decided_waits_for_nobody(self, ana: User) -> None:
        assert [str(tab.label) for tab in look(ana, "tab=decided").whose] == ["Mine"]
        assert [str(tab.label) for tab in look(ana, "tab=review").whose] == ["Mine", "Unassigned"]

    def test_things_asked_of_the_customer_are_counted(self, make: Make, as_ana: Client) -> None:
        case = make()
        Case.objects.filter(pk=case.pk).update(state="waiting")
        asked = {"organisation": case.organisation, "case": case, "consequence": "No key.", "due_on": timezone.localdate()}
        Requirement.objects.create(sentence="Send the extract.", **asked)
        assert "Send the extract." in as_ana.get("/desk/cases/?tab=waiting").content.decode()
        Requirement.objects.create(sentence="Sign the use.", **asked)
        assert "2 things of the customer" in as_ana.get("/desk/cases/?tab=waiting").content.decode()

    @pytest.mark.parametrize("address", ["tab=x&whose=y&order=z&page=x", "page=99999999999999999", "q=%00", "page=-1", "page=²"])
    def test_nonsense_is_left_out(self, make: Make, ana: User, address: str) -> None:
        make()
        assert names(look(ana, address)) == ["Nordlys Modelling AS"]

    def test_the_pager_keeps_the_address(self, make: Make, ana: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(queue, "PAGE", 1)
        make()
        make("Lotus Inference Ltd")
        first = look(ana, "order=priority&q=l")
        assert (first.first, first.last, first.newer) == (1, 1, "")
        second = look(ana, first.older.removeprefix("?"))
        assert names(second) != names(first)
        assert second.asked.order == "priority"
        assert (second.older, second.first) == ("", 2)
        assert second.newer


class TestNext:
    def test_the_most_urgent_free_case_becomes_mine(self, make: Make, ana: User, as_ana: Client) -> None:
        make()
        urgent = make("Lotus Inference Ltd")
        Case.objects.filter(pk=urgent.pk).update(due_on=timezone.localdate() - timedelta(days=1))
        answer = as_ana.post("/desk/cases/next/")
        assert answer["Location"] == f"/desk/cases/{urgent.pk}/"
        assert Case.objects.get(pk=urgent.pk).owner == ana

    def test_an_approver_begins_with_what_waits_for_him(self, case: Case, ana: User, rui: User) -> None:
        assert [look(person).asked.tab for person in (ana, rui)] == ["review", "review"]
        Case.objects.filter(pk=case.pk).update(state=Case.State.PROPOSED)
        assert [look(person).asked.tab for person in (ana, rui)] == ["review", "approve"]
        assert [look(rui, words).asked.tab for words in ("tab=review", "whose=mine")] == ["review", "review"]

    def test_when_all_are_taken_it_says_so(self, as_ana: Client, case: Case, rui: User) -> None:
        actions.assign(case, to=rui, by=rui)
        assert "No case is waiting without an owner" in as_ana.post("/desk/cases/next/", follow=True).content.decode()

    def test_reading_takes_nothing(self, as_ana: Client, case: Case) -> None:
        assert as_ana.get("/desk/cases/next/").status_code == 405
        assert Case.objects.get(pk=case.pk).owner is None
