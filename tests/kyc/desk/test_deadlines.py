"""All clocks in one list: what each reader may see, the earliest first, in so many queries however many run."""

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import scope
from accounts.models import Organisation, Proposal, User
from accounts.permissions import Permission
from kyc.cases.models import Case, Requirement
from kyc.desk import deadlines
from kyc.desk.deadlines import AddedTwice, Asked
from kyc.directives.blocked import finding
from kyc.directives.blocked.models import BlockedRecord
from kyc.networks.measure_models import Measure
from tests import cast
from tests.kyc.desk.conftest import made
from tests.rows import one_of_each

PAGE = reverse("desk:deadlines")


@pytest.fixture
def everything(db: None) -> User:
    alice = cast.customer()
    one_of_each(alice)
    return alice


def kinds(user: User) -> dict[str, int]:
    with scope.of_officer(user):
        return {code: count for code, count in Asked(user).counts().items() if count}


def planned(at: datetime) -> None:
    """A further measure, as the one that stands but later."""
    with scope.whole():
        measure = Measure.objects.get()
        measure.proposal = Proposal.objects.create(
            kind="network.measure", choice="measure", reason="harm", proposed_by=measure.proposed_by
        )
        measure.pk, measure.starts_at, measure._state.adding = None, at, True
        measure.save()


class TestKinds:
    def test_each_has_its_own_code_and_a_permission_that_somebody_holds(self) -> None:
        assert {"blocked", "cases", "data_requests", "schedules", "measures"} <= deadlines.KINDS.keys()
        with pytest.raises(AddedTwice):
            deadlines.add(deadlines.KINDS["cases"])

    def test_each_can_be_read_and_leads_somewhere(self, everything: User) -> None:
        for role in ("senior", "investigator", "auditor", "support"):
            user = cast.staff(role, f"Reader {role}")
            with scope.of_officer(user):
                for line in Asked(user).every():
                    assert line.url.startswith("/") and str(line.told) and line.about, line.kind.code

    def test_only_what_the_reader_may_see_is_counted(self, everything: User) -> None:
        planned(timezone.now() + timedelta(days=3))
        senior, ines, sam = (cast.staff(role, f"One {role}") for role in ("senior", "investigator", "support"))
        assert {"blocked", "data_requests", "requirements", "appeals", "resellers"} <= kinds(
            senior
        ).keys() and "measures" not in kinds(senior)
        assert "measures" in kinds(ines) and "blocked" not in kinds(ines)
        assert not {"blocked", "data_requests", "measures", "schedules"} & kinds(sam).keys()
        assert all(ines.can(deadlines.KINDS[code].permission) for code in kinds(ines))

    def test_a_sandbox_has_no_clock_here(self, everything: User, ana: User) -> None:
        rows = {"cases", "requirements", "verifications"} & kinds(ana).keys()
        assert {"requirements", "verifications"} <= rows
        with scope.whole():
            Organisation.objects.update(sandbox="approved")
        assert not rows & kinds(ana).keys()


class TestList:
    def test_the_earliest_stands_first_and_is_called_overdue(self, as_ana: Client, case: Case) -> None:
        for number, on in enumerate((date(2027, 3, 1), date(2026, 1, 5))):
            Requirement.objects.create(
                organisation=case.organisation, case=case, sentence=f"Send paper {number}.", consequence="No key.", due_on=on
            )
        page = as_ana.get(PAGE, {"kind": "requirements"}).content.decode()
        assert page.index("Send paper 1.") < page.index("Send paper 0.") and page.count("Overdue") == 1

    def test_mine_are_those_of_my_cases(self, as_ana: Client, ana: User, case: Case) -> None:
        Case.objects.filter(pk=case.pk).update(due_on=date(2026, 12, 4), owner=None)
        assert not as_ana.get(PAGE, {"whose": "mine"}).context["rows"]
        Case.objects.filter(pk=case.pk).update(owner=ana)
        [row] = as_ana.get(PAGE, {"whose": "mine"}).context["rows"]
        assert (row.owner, row.due_on, row.kind.code) == (ana, date(2026, 12, 4), "cases")

    def test_the_file_holds_the_same(self, as_ana: Client, case: Case) -> None:
        Case.objects.filter(pk=case.pk).update(due_on=date(2026, 12, 4))
        answer = as_ana.get(reverse("desk:deadlines_csv"), {"kind": "cases"})
        lines = b"".join(answer.streaming_content).decode().splitlines()
        assert lines[0].startswith("due,kind,about") and lines[1].startswith("2026-12-04,Cases to decide,Nordlys Modelling AS")

    def test_the_annual_report_of_blocked_property_stands_in_the_page_and_in_the_file(
        self, as_ana: Client, everything: User
    ) -> None:
        blocked = BlockedRecord.objects.get()
        finding.put(
            blocked.organisation, kind="blocked", basis="region", facts={}, happened_on=date(2026, 3, 2), made_by=blocked.made_by
        )
        assert "The annual report of blocked property of 2026 is due on 30 September 2026." in as_ana.get(PAGE).content.decode()
        lines = b"".join(as_ana.get(reverse("desk:deadlines_csv")).streaming_content).decode().splitlines()
        [line] = [line for line in lines if "Annual report" in line]
        assert line.startswith("2026-09-30,Blocked and rejected,2026,Annual report of blocked property") and "late" in line
        assert lines[1:] == sorted(lines[1:], key=lambda line: line[:10])

    def test_pages_follow_each_other_without_a_gap(self, ana: User, case: Case) -> None:
        for number in range(7):
            Requirement.objects.create(
                organisation=case.organisation, case=case, sentence=f"Paper {number}.", consequence="No key.",
                due_on=date(2026, 12, 1) + timedelta(days=number),
            )  # fmt: skip
        asked = Asked(ana, "requirements")
        first, more = asked.page(0, 4)
        second, no_more = asked.page(4, 8)
        assert [line.told for line in (*first, *second)] == [f"Paper {number}." for number in range(7)]
        assert (more, no_more) == (True, False)

    def test_so_many_queries_however_many_clocks(self, ana: User, case: Case) -> None:
        def count() -> int:
            with CaptureQueriesContext(
                connection,
            ) as found:
                asked = Asked(ana)
                asked.counts()
                asked.page(0, 50)
            return len(found)

        made("Sorvik AS", email="bob@sorvik.example")
        Case.objects.update(due_on=date(2026, 12, 4))
        before = count()
        for number in range(20):
            Requirement.objects.create(
                organisation=case.organisation,
                case=case,
                sentence=f"Paper {number}.",
                consequence="No key.",
                due_on=date(2027, 1, 1),
            )
        assert count() - before <= 1
        assert before <= 3 * len(deadlines.shown_to(ana))

    def test_a_customer_has_no_such_page(self, charlie: User) -> None:
        assert cast.signed_in(charlie).get(PAGE).status_code == 404
        assert Permission.CASE_VIEW not in {kind.permission for kind in deadlines.shown_to(charlie)}
