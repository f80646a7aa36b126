"""What people ask about their own data: who may answer what, by when, and what stands in the answer."""

import json
import re
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, InternalError, connection, transaction
from django.test import Client
from django.utils import timezone, translation

from accounts import disposal, retention, scope, snapshots
from accounts.models import AuditEvent, ErasureOrder, LegalHold, Message, Organisation, User
from accounts.permissions import ROLES, NotPermitted
from accounts.refused import ReasonMissing
from accounts.retention import Due
from kyc.evidence.models import Document
from kyc.networks import actions as networks
from kyc.parties.models import Party
from kyc.rules import packs
from reports import building, subjects
from reports.facts.subject import SUBJECT
from reports.models import Report, SubjectRequest
from tests import cast
from tests.conftest import acting_as
from tests.rows import one_of_each

pytestmark = pytest.mark.django_db(transaction=True)
# Its pages are drawn in two tests, one of which asks for all there is about a party; the others are about its facts.
QUICK = pytest.mark.usefixtures("quick_pages")


@pytest.fixture
def alice() -> User:
    return cast.customer()


@pytest.fixture
def nordlys(alice: User) -> Organisation:
    """Everything there is, with a second person who is not Alice."""
    found: Organisation = one_of_each(alice)[Organisation]
    SubjectRequest.objects.update(outcome="withdrawn", ended_at=timezone.now(), ended_by=alice)
    third = Party.objects.create(organisation=found, kind="person", name="Torvald Tredje", country="NO", birth_date="1970-01-02")
    third.roles.create(organisation=found, kind="director", valid_from=date(2026, 1, 1))
    return found


@pytest.fixture
def party(nordlys: Organisation) -> Party:
    return Party.objects.get(organisation=nordlys, kind="person", name="Alice Olsen")


@pytest.fixture
def rui() -> User:
    return cast.staff("approver", "Rui Lopes")


@pytest.fixture
def asked(nordlys: Organisation, alice: User) -> SubjectRequest:
    return subjects.ask(nordlys, kind="access", by=alice)


def answered(asked: SubjectRequest, rui: User, *, party: Party | None = None, grounds: str = "") -> dict[str, Any]:
    subjects.identify(asked, how="Signed in, and called back.", party=party, by=rui)
    subjects.decide(asked, grounds=grounds, by=rui)
    report = subjects.issue(asked, now=snapshots.take(), by=rui)
    building.run()
    report.refresh_from_db()
    assert report.state == "ready", report.failure
    found: dict[str, Any] = json.loads(report.facts)
    return found


def as_known_now(asked: SubjectRequest) -> dict[str, Any]:
    """The facts of its report as known at this moment, without the two instants."""
    now = snapshots.take()
    with translation.override(building.LANGUAGE):
        *_, (_, facts) = SUBJECT.build(
            organisation=asked.organisation_id, valid_at=now.taken_at, snapshot=now, pack=packs.current(),
            parameters={"request": asked.pk},
        )  # fmt: skip
    return {name: value for name, value in facts.items() if name not in ("valid_at", "known_at")}


def groups(facts: dict[str, Any]) -> dict[str, list[tuple[str, str]]]:
    return {group["title"]: [(row["what"], row["value"]) for row in group["rows"]] for group in facts["data"]}


class TestAsking:
    def test_it_is_due_in_a_month(self, asked: SubjectRequest) -> None:
        assert asked.received_on == timezone.now().date()
        assert timedelta(28) <= asked.due_on - asked.received_on <= timedelta(31)

    def test_asked_twice_it_is_the_first(self, asked: SubjectRequest, nordlys: Organisation, alice: User) -> None:
        assert subjects.ask(nordlys, kind="access", by=alice) == asked
        assert subjects.ask(nordlys, kind="erasure", by=alice) != asked

    def test_only_of_oneself_and_where_one_is_a_member(self, nordlys: Organisation) -> None:
        with pytest.raises(NotPermitted):
            subjects.ask(nordlys, kind="access", by=cast.customer("charlie@outside.example", "Charlie"))

    def test_an_officer_records_what_came_by_letter(self, nordlys: Organisation, party: Party, rui: User) -> None:
        made = subjects.record(nordlys, kind="erasure", party=party, channel="letter", received_on=date(2026, 1, 31), by=rui)
        assert made.due_on == date(2026, 2, 28)
        with pytest.raises(subjects.AlreadyAsked):
            subjects.record(nordlys, kind="erasure", party=party, channel="mail", received_on=date(2026, 2, 1), by=rui)

    def test_not_of_a_company_nor_of_anothers_person(self, nordlys: Organisation, rui: User) -> None:
        company = Party.objects.filter(organisation=nordlys, kind="company").first()
        theirs = cast.founded(cast.customer("c@o.example", "C"), name="Outside", person="C").controller
        for wrong, refusal in ((company, subjects.NotAPerson), (theirs, subjects.NotOfIt)):
            with pytest.raises(refusal):
                subjects.record(nordlys, kind="access", party=wrong, channel="mail", received_on=date(2026, 1, 1), by=rui)

    def test_nothing_is_received_tomorrow(self, nordlys: Organisation, party: Party, rui: User) -> None:
        day = timezone.now().date() + timedelta(1)
        with pytest.raises(subjects.NotYet):
            subjects.record(nordlys, kind="access", party=party, channel="mail", received_on=day, by=rui)

    @pytest.mark.parametrize("role", sorted(set(ROLES) - {"approver"}))
    def test_no_other_role_answers(self, asked: SubjectRequest, role: str) -> None:
        with pytest.raises(NotPermitted):
            subjects.identify(asked, how="Seen.", party=None, by=cast.staff(role))


@QUICK
class TestAnswering:
    def test_not_before_it_is_known_who_asks(self, asked: SubjectRequest, rui: User) -> None:
        with pytest.raises(subjects.NotIdentified):
            subjects.decide(asked, by=rui)
        with pytest.raises(IntegrityError), transaction.atomic():
            SubjectRequest.objects.filter(pk=asked.pk).update(
                outcome="answered", ended_at=timezone.now(), ended_by=rui, decision={"kept": []}
            )

    def test_extended_once_by_two_months_with_the_reason(self, asked: SubjectRequest, alice: User, rui: User) -> None:
        due_on = asked.due_on
        extended = subjects.extend(asked, because="Many have asked.", by=rui)
        assert timedelta(58) <= extended.due_on - due_on <= timedelta(62)
        assert "Why, stands in your account" in Message.objects.filter(to=alice.email).latest("pk").text
        with pytest.raises(subjects.ExtendedAlready):
            subjects.extend(asked, because="Again.", by=rui)

    def test_not_after_the_month(self, asked: SubjectRequest, rui: User) -> None:
        SubjectRequest.objects.filter(pk=asked.pk).update(received_on=date(2026, 1, 1), due_on=date(2026, 2, 1))
        with pytest.raises(subjects.ExtendedAlready):
            subjects.extend(asked, because="Forgotten.", by=rui)

    def test_what_has_ended_stays_as_it_is(self, asked: SubjectRequest, rui: User) -> None:
        subjects.end(asked, outcome="unidentified", note="Did not answer.", by=rui)
        with pytest.raises(subjects.Ended):
            subjects.decide(asked, by=rui)
        for statement in ("UPDATE reports_subjectrequest SET identity = 'x'", "DELETE FROM reports_subjectrequest"):
            with pytest.raises((IntegrityError, InternalError)), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"{statement} WHERE id = %s", [asked.pk])

    def test_the_report_is_made_once(self, asked: SubjectRequest, rui: User) -> None:
        answered(asked, rui)
        first = SubjectRequest.objects.get(pk=asked.pk).answer
        assert subjects.issue(asked, now=snapshots.take(), by=rui) == first
        assert Report.objects.filter(kind="R-17").count() == 1

    def test_and_again_where_it_could_not_be_built(self, asked: SubjectRequest, rui: User) -> None:
        subjects.identify(asked, how="Seen.", party=None, by=rui)
        subjects.decide(asked, by=rui)
        first = subjects.issue(asked, now=snapshots.take(), by=rui)
        Report.objects.filter(pk=first.pk).update(state="failed", failure="no paper")
        assert subjects.issue(asked, now=snapshots.take(), by=rui) != first


class TestTheAnswer:
    @QUICK
    def test_tells_a_member_his_account_and_nothing_of_a_party_he_was_not_found_to_be(
        self, asked: SubjectRequest, rui: User
    ) -> None:
        told = groups(answered(asked, rui))
        assert ("E-mail", "alice@nordlys.example") in told["Your account"]
        assert "Who you are" not in told and "Documents about you" not in told
        facts = json.loads(SubjectRequest.objects.get(pk=asked.pk).answer.facts)
        assert "If one of them is you, tell us" in facts["completeness"]["unknowns"][0]["sentence"]

    def test_and_the_party_he_is_in_full(self, asked: SubjectRequest, party: Party, rui: User) -> None:
        told = groups(answered(asked, rui, party=party))
        who = dict(told["Who you are"])
        assert who["Full legal name"] == "Alice Olsen" and who["Date of birth"] == party.birth_date
        assert any("Passport" in what for what, _ in told["Documents about you"])
        assert told["Keys that you answer for"] and told["Your part in the organisation"] and told["What you hold"]

    @QUICK
    def test_nothing_of_others(self, asked: SubjectRequest, party: Party, nordlys: Organisation, rui: User) -> None:
        facts = answered(asked, rui, party=party)
        text = json.dumps(facts, ensure_ascii=False)
        for word in ("Torvald", "Tredje", "1970", "analyst", "Rui"):
            assert word not in text, word
        kinds = Document.objects.filter(organisation=nordlys).exclude(party=party)
        assert kinds.exists() and not any(document.sha256 in text for document in kinds)

    @QUICK
    def test_nothing_of_the_compartment(self, asked: SubjectRequest, party: Party, nordlys: Organisation, rui: User) -> None:
        """But for its two instants it is the same, fact for fact, before there is an incident about him and after."""
        text = json.dumps(answered(asked, rui, party=party))
        before = as_known_now(asked)
        ines = cast.staff("investigator", "Ines Duarte")
        with scope.of_officer(ines):
            incident = networks.open_incident(
                title="Zugvogel", kind="extraction", confidence="high", detected_on=date(2026, 11, 2), by=ines
            )
            networks.involve(incident, organisation=nordlys, key=None, party=party, why="Zugvogel by its keys.", by=ines)
            networks.refer(incident, recipient="Kranich bureau", made_on=date(2026, 11, 3), by=ines)
        assert as_known_now(asked) == before and before["data"]
        # One was opened before he asked.
        for word in ("Copied answers", "incident", "referral", "Bureau of Industry"):
            assert word.lower() not in text.lower(), word

    @QUICK
    def test_where_something_is_done_outside_it_the_facts_differ(self, asked: SubjectRequest, party: Party, rui: User) -> None:
        """The negative control."""
        answered(asked, rui, party=party)
        before = as_known_now(asked)
        party.roles.update(title="Chair of the board")
        assert as_known_now(asked) != before

    @QUICK
    def test_what_is_kept_names_its_basis_and_never_a_legal_hold(
        self, asked: SubjectRequest, nordlys: Organisation, rui: User
    ) -> None:
        assert LegalHold.objects.live().filter(organisation=nordlys).exists()
        facts = answered(asked, rui)
        kept = {row["class"]: row for row in facts["decision"]["kept"]}
        assert kept["screening"]["obliged"] and "31 CFR 501.601" in kept["screening"]["bases"][0]["citation"]
        assert not kept["identity"]["obliged"] and kept["identity"]["bases"][0]["status"] == "model, followed by choice"
        assert "hold" not in json.dumps(facts["decision"]).lower() and "BIS" not in json.dumps(facts)
        assert any("supervisory authority" in text for text in facts["remedies"])

    @QUICK
    def test_no_day_says_by_its_reason_what_else_is_going_on(self, asked: SubjectRequest, rui: User) -> None:
        assert {row["why"] for row in answered(asked, rui)["decision"]["kept"] if not row["until"]} <= {
            f"{years} years from {clock}." for years in (2, 5, 10) for clock in (
                "the end of the relationship", "the closing of the account", "the last transaction, or the unblocking",
                "the latest of export, re-export and end of the transaction",
                "the closing of the account, or the last access if later",
            )
        }  # fmt: skip

    @QUICK
    def test_a_draft_of_it_is_drawn_from_the_command_line(self, asked: SubjectRequest, rui: User, tmp_path: Path) -> None:
        facts = answered(asked, rui)
        report = Report.objects.get(kind="R-17")
        out = StringIO()
        cut = {"valid_at": facts["valid_at"], "known_at": facts["known_at"]}
        call_command("render_report", "R-17", subject=str(asked.pk), **cut, out=tmp_path, stdout=out)
        assert json.loads(out.getvalue())["sha256"] == report.sha256
        with pytest.raises(CommandError, match="Request 999999 was not answered"):
            call_command("render_report", "R-17", subject="999999", **cut, out=tmp_path)


@QUICK
class TestErasure:
    @pytest.fixture
    def asked(self, nordlys: Organisation, alice: User) -> SubjectRequest:
        return subjects.ask(nordlys, kind="erasure", by=alice)

    def test_keeping_what_no_law_asks_for_needs_grounds(self, asked: SubjectRequest, rui: User) -> None:
        subjects.identify(asked, how="Seen.", party=None, by=rui)
        with pytest.raises(ReasonMissing):
            subjects.decide(asked, by=rui)

    def test_orders_what_nothing_needs_to_be_erased_and_says_so(self, asked: SubjectRequest, rui: User) -> None:
        facts = answered(asked, rui, grounds="To answer who held which key.")
        order = ErasureOrder.objects.latest("pk")
        assert order.addresses == ["alice@nordlys.example"]
        (erased,) = facts["decision"]["erased"]
        assert erased["order"] == order.number and facts["decision"]["grounds"] == "To answer who held which key."
        # Who sees the case is not told what was weighed.
        assert AuditEvent.objects.get(verb="subject_request.decided").reason == ""

    def test_where_nothing_was_mailed_nothing_is_said_to_be_erased(self, asked: SubjectRequest, rui: User) -> None:
        orders = ErasureOrder.objects.count()
        Message.objects.all().delete()
        assert answered(asked, rui, grounds="To answer who held which key.")["decision"]["erased"] == []
        assert ErasureOrder.objects.count() == orders

    def test_mail_to_an_address_that_others_have_too_is_neither_told_nor_erased(self, asked: SubjectRequest, rui: User) -> None:
        theirs = cast.founded(cast.customer("c@o.example", "C"), name="Outside", person="C").controller
        Party.objects.filter(pk=theirs.pk).update(email="alice@nordlys.example")
        facts = answered(asked, rui, grounds="To answer who held which key.")
        assert facts["decision"]["erased"] == [] and "What we mailed to you" not in groups(facts)

    def test_and_the_end_of_the_file_takes_the_answered_request_too(self, asked: SubjectRequest, rui: User) -> None:
        answered(asked, rui, grounds="To answer who held which key.")
        found = Due(asked.organisation_id, retention.CLASSES["subject_requests"], date(2026, 11, 1), "cdd-file")
        with acting_as("eraser"), transaction.atomic():
            disposal.erased(asked.organisation, found, on=date(2026, 11, 29))
        asked.refresh_from_db()
        assert asked.decision == {} and asked.identity.startswith("erased, DC-")

    def test_a_copy_orders_nothing(self, nordlys: Organisation, alice: User, rui: User) -> None:
        orders = ErasureOrder.objects.count()
        answered(subjects.ask(nordlys, kind="access", by=alice), rui)
        assert ErasureOrder.objects.count() == orders


class TestPages:
    @pytest.fixture
    def client(self, alice: User) -> Client:
        return cast.signed_in(alice)

    def test_from_asking_to_the_answer(self, nordlys: Organisation, alice: User, rui: User, client: Client) -> None:
        page = client.post("/your-data/ask/", {"kind": "access"}, follow=True).content.decode()
        assert "we are working on it" in page
        asked = SubjectRequest.objects.open().get()
        desk = cast.signed_in(rui)
        assert asked.number in desk.get("/data-requests/").content.decode()
        refused = desk.post(f"/data-requests/{asked.pk}/identify/", {"how": ""})
        assert refused.status_code == 422 and "Say how you know" in refused.content.decode()
        page = desk.get(f"/data-requests/{asked.pk}/").content.decode()
        assert re.search(r'<option value="\d+" selected>Alice Olsen', page), "the one of that name is proposed"
        refused = desk.post(f"/data-requests/{asked.pk}/identify/", {"how": "Called back.", "whom": ""})
        assert refused.status_code == 422 and "Choose which of the people it has named this is" in refused.content.decode()
        desk.post(f"/data-requests/{asked.pk}/identify/", {"how": "Called back.", "whom": "nobody"})
        desk.post(f"/data-requests/{asked.pk}/decide/", {})
        building.run()
        page = client.get("/your-data/").content.decode()
        assert "Download the answer, PDF" in page
        pdf = client.get(f"/your-data/{asked.pk}/answer.pdf")
        assert b"".join(pdf.streaming_content).startswith(b"%PDF")
        found = client.get(f"/your-data/{asked.pk}/answer.json")
        report = SubjectRequest.objects.get(pk=asked.pk).answer
        assert found.content.decode() == report.facts and json.loads(found.content)["subject"]["name"] == "Alice Olsen"
        assert AuditEvent.objects.filter(verb="subject_request.answer_taken").count() == 2

    @QUICK
    @pytest.mark.parametrize("role", ["analyst", "investigator", "auditor"])
    def test_no_other_officer_reads_a_persons_data_in_it(self, asked: SubjectRequest, rui: User, role: str) -> None:
        answered(asked, rui)
        report = Report.objects.get(kind="R-17")
        assert cast.signed_in(cast.staff(role)).get(f"/reports/{report.pk}/download/").status_code == 404
        assert cast.signed_in(rui).get(f"/reports/{report.pk}/download/").status_code == 200

    def test_nobody_asks_for_one_of_an_organisation(self, nordlys: Organisation, rui: User) -> None:
        page = cast.signed_in(rui).post("/reports/request/", {"kind": "R-17", "organisation": nordlys.pk})
        assert page.status_code == 422

    def test_an_answer_without_a_file_is_not_there(self, asked: SubjectRequest, client: Client, rui: User) -> None:
        subjects.identify(asked, how="Seen.", party=None, by=rui)
        subjects.decide(asked, by=rui)
        subjects.issue(asked, now=snapshots.take(), by=rui)
        assert client.get(f"/your-data/{asked.pk}/answer.pdf").status_code == 404
        assert client.get(f"/your-data/{asked.pk}/answer.json").status_code == 404
