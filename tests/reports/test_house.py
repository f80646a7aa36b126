"""Reports about several customers: of an order (R-10), and of all property held on a day (R-20); asked for where these stand,
issued by two, shown to nobody who may not read of them all, and kept for years of their own."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import Error, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts import legal_holds, scope
from accounts.models import AuditEvent, Disposal, Organisation, User
from accounts.permissions import NotPermitted
from accounts.vault import Erased
from kyc.directives.blocked import actions as blocked
from kyc.directives.models import Directive
from reports import actions, building, disposing, issuing, links, pack, pdf, retention, signing
from reports.models import Report
from tests import cast
from tests.conftest import acting_as
from tests.kyc.directives.blocked.scenes import said
from tests.kyc.directives.scenes import proposed

pytestmark = pytest.mark.django_db(transaction=True)
Kept = Callable[[], set[Path]]


@pytest.fixture(autouse=True)
def unpainted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages take most of a report's time; test_paper draws them."""
    monkeypatch.setattr(pdf, "render", lambda facts, envelope, changes=(), *, told=None: b"%PDF-1.7 pages")
    monkeypatch.setattr(signing, "signed", lambda data: data)


@pytest.fixture
def rui() -> User:
    return cast.staff("approver", "Rui Duarte")


@pytest.fixture
def helena() -> User:
    return cast.staff("senior", "Helena Sá")


@pytest.fixture
def directive(rui: User) -> Directive:
    return proposed(by=rui)


def built(report: Report) -> Report:
    building.run()
    report.refresh_from_db()
    return report


def issued(report: Report, by: User) -> Report:
    issuing.approve(built(report), by=by)
    return built(report)


def facts(report: Report) -> dict[str, Any]:
    return dict(json.loads(str(report.facts)))


class TestOfAnOrder:
    def test_two_issue_it_and_it_tells_of_that_order(
        self, directive: Directive, astrid: User, rui: User, organisation: Organisation, kept: Kept
    ) -> None:
        made = built(actions.request_of_order(directive, addressee="BIS", by=astrid))
        assert (made.state, made.organisation, made.directive) == ("awaiting", None, directive)
        found = issued(made, rui)
        assert found.state == "issued"
        assert facts(found)["subject"]["id"] == directive.pk
        assert facts(found)["profile"] == "minimised"
        assert found.about.startswith(directive.number)

    def test_what_is_issued_is_what_the_command_draws(
        self, directive: Directive, astrid: User, rui: User, kept: Kept, tmp_path: Path
    ) -> None:
        found = issued(actions.request_of_order(directive, by=astrid), rui)
        when = {"valid_at": found.valid_at.isoformat(), "known_at": found.known_at.isoformat()}
        call_command("render_report", "R-10", subject=str(directive.pk), out=tmp_path, **when)
        assert json.loads((tmp_path / "report.json").read_text()) == facts(found)

    def test_a_later_one_restates_it_and_says_what_changed(
        self, directive: Directive, astrid: User, rui: User, helena: User, kept: Kept
    ) -> None:
        first = issued(actions.request_of_order(directive, by=astrid), rui)
        Directive.objects.filter(pk=directive.pk).update(end_reason="")
        second = issued(actions.restate(first, by=astrid), helena)
        first.refresh_from_db()
        assert (first.state, first.superseded_by, second.restates) == ("superseded", second, first)

    def test_it_tells_nothing_of_before_its_entry(self, directive: Directive, astrid: User) -> None:
        with pytest.raises(actions.NotYetThere):
            actions.request_of_order(directive, valid_at=directive.proposed_at - timedelta(days=1), by=astrid)

    def test_of_one_customer_it_cannot_be_asked_for(self, organisation: Organisation, astrid: User) -> None:
        with pytest.raises(actions.AboutAnOrder):
            actions.request(organisation, kind="R-10", by=astrid)

    @pytest.mark.parametrize("role", ["analyst", "investigator", "support", "administrator"])
    def test_who_does_not_read_orders_neither_asks_nor_sees(self, directive: Directive, astrid: User, role: str) -> None:
        other = cast.staff(role)
        with pytest.raises(NotPermitted):
            actions.request_of_order(directive, by=other)
        made = actions.request_of_order(directive, by=astrid)
        assert not Report.objects.visible_to(other).filter(pk=made.pk).exists()
        client = cast.signed_in(other)
        assert {client.get(page).status_code for page in (f"/reports/{made.pk}/", f"/reports/orders/{directive.pk}/")} == {404}

    def test_it_goes_to_nobody_by_a_link_and_has_no_pack(self, directive: Directive, astrid: User, rui: User, kept: Kept) -> None:
        found = issued(actions.request_of_order(directive, by=astrid), rui)
        with pytest.raises(links.NotForOthers):
            links.make(found, reader="BIS", by=astrid)
        with pytest.raises(pack.NoPack):
            pack.allowed(found, by=astrid)
        page = cast.signed_in(rui).get(f"/reports/{found.pk}/").content.decode()
        assert "Restate as known now" in page and "pack.zip" not in page

    def test_withdrawn_its_page_says_where_another_is_asked_for(
        self, directive: Directive, astrid: User, rui: User, kept: Kept
    ) -> None:
        found = issued(actions.request_of_order(directive, by=astrid), rui)
        issuing.withdraw(found, reason="Asked for wrongly.", by=rui)
        assert "where the first was asked for" in cast.signed_in(rui).get(f"/reports/{found.pk}/").content.decode()

    def test_no_customer_is_shown_its_row(self, directive: Directive, astrid: User, organisation: Organisation) -> None:
        made = actions.request_of_order(directive, by=astrid)
        with scope.of(organisation.pk):
            assert not Report.objects.filter(pk=made.pk).exists()
        with scope.everything():
            assert Report.objects.filter(pk=made.pk).exists()


class TestOfAYear:
    YEAR = 2026

    def test_two_issue_it_and_it_tells_of_all_customers(
        self, organisation: Organisation, astrid: User, rui: User, kept: Kept
    ) -> None:
        blocked.record(organisation, said(), kind="blocked", happened_on=date(self.YEAR, 6, 15), by=rui)
        found = issued(actions.request_of_year(self.YEAR, by=astrid), rui)
        assert (found.state, found.organisation, found.about) == ("issued", None, "All customers")
        assert found.valid_at == datetime(self.YEAR, 6, 30, 23, 59, 59, 999_999, UTC)
        assert [row["holder"]["name"] for row in facts(found)["stock"]] == [organisation.name]
        assert facts(found)["annual"]["is_the_day"] == "yes"

    def test_not_of_a_day_to_come(self, astrid: User) -> None:
        with pytest.raises(actions.FutureAsked):
            actions.request_of_year(timezone.now().year + 1, by=astrid)


class TestTheDatabase:
    @pytest.mark.parametrize(
        ("kind", "change"),
        [
            ("R-10", "organisation_id = (SELECT min(id) FROM accounts_organisation)"),
            ("R-10", "directive_id = NULL"),
            ("R-20", "directive_id = (SELECT min(id) FROM kyc_directive)"),
            ("R-20", "kind = 'R-03'"),
        ],
    )
    def test_refuses_one_about_anything_else(
        self, directive: Directive, organisation: Organisation, astrid: User, kind: str, change: str
    ) -> None:
        of_order, of_year = actions.request_of_order(directive, by=astrid), actions.request_of_year(2026, by=astrid)
        made = of_order if kind == "R-10" else of_year
        wrong = "report_is_about_what_its_kind_tells_of"
        with pytest.raises(Error, match=wrong), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE reports_report SET {change} WHERE id = %s", [made.pk])

    def test_refuses_it_issued_by_one(self, directive: Directive, astrid: User) -> None:
        made = actions.request_of_order(directive, by=astrid)
        with pytest.raises(Error, match="report_for_others_takes_two"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE reports_report SET proposal_id = NULL WHERE id = %s", [made.pk])


class TestPages:
    def test_it_is_asked_for_where_the_order_stands(self, directive: Directive, rui: User) -> None:
        client = cast.signed_in(rui)
        assert f"/reports/orders/{directive.pk}/" in client.get(f"/desk/directives/{directive.pk}/").content.decode()
        answer = client.post(f"/reports/orders/{directive.pk}/", {"profile": "full", "addressee": "BIS"})
        made = Report.objects.get()
        assert (answer.status_code, answer["Location"]) == (302, f"/reports/{made.pk}/")
        assert (made.parameters["profile"], made.envelope["addressee"]) == ("full", "BIS")
        for page in (f"/reports/{made.pk}/", "/reports/"):
            assert directive.reference in client.get(page).content.decode()

    def test_a_bad_answer_is_said_beside_its_field_and_loses_nothing(self, directive: Directive, rui: User) -> None:
        tomorrow = (timezone.now() + timedelta(days=2)).date().isoformat()
        told = {"profile": "minimised", "as_of": tomorrow, "addressee": "The addressee"}
        answer = cast.signed_in(rui).post(f"/reports/orders/{directive.pk}/", told)
        assert answer.status_code == 422
        assert "lies in the future" in answer.content.decode() and "The addressee" in answer.content.decode()
        assert not Report.objects.exists()

    def test_of_a_year(self, rui: User) -> None:
        client = cast.signed_in(rui)
        assert client.get("/reports/years/2026/").status_code == 200
        assert client.get(f"/reports/years/{timezone.now().year + 1}/").status_code == 404
        assert client.post("/reports/years/2026/", {"addressee": "OFAC"}).status_code == 302
        assert Report.objects.get().organisation is None

    def test_not_before_sign_in(self, directive: Directive) -> None:
        assert Client().get(f"/reports/orders/{directive.pk}/").status_code == 302


class TestTheEnd:
    LATER = date(2037, 1, 1)

    def test_it_is_kept_for_ten_years_and_the_page_says_so(
        self, directive: Directive, astrid: User, rui: User, kept: Kept
    ) -> None:
        found = issued(actions.request_of_order(directive, by=astrid), rui)
        until = retention.of_house(found).until
        assert until and until.year == found.requested_at.year + 10
        assert f"{until.year}" in cast.signed_in(rui).get(f"/reports/{found.pk}/").content.decode()
        assert not retention.due_of_house(timezone.now().date()).exists()

    def test_then_nothing_of_it_can_be_read_and_one_certificate_says_so(
        self, directive: Directive, astrid: User, rui: User, kept: Kept
    ) -> None:
        found = issued(actions.request_of_order(directive, addressee="The addressee", by=astrid), rui)
        with acting_as("eraser"):
            made = disposing.dispose_of_house_reports(self.LATER)
            assert disposing.dispose_of_house_reports(self.LATER) is None
        assert made and (made.record_class, made.organisation, made.keys_destroyed) == ("house_reports", None, 1)
        assert Disposal.objects.get() == made
        found = Report.objects.get(pk=found.pk)
        assert isinstance(found.facts, Erased)
        assert "The addressee" not in json.dumps(found.envelope)
        assert AuditEvent.objects.filter(verb="records.disposed").count() == 1

    def test_not_while_everything_is_held(self, directive: Directive, astrid: User, rui: User, kept: Kept) -> None:
        issued(actions.request_of_order(directive, by=astrid), rui)
        told = {"source": "agency", "reference": "BIS 7", "asked_by": "BIS", "reason": "Keep all.", "since": date(2026, 11, 1)}
        legal_holds.place(None, **told, by=rui)
        assert not retention.due_of_house(self.LATER).exists()
