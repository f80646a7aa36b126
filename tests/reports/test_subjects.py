"""What people ask about their own data: who may answer what, by when, and what stands in the answer."""

import json
import re
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.core.management import CommandError, call_command
from django.db import IntegrityError, InternalError, connection, transaction
from django.test import Client
from django.utils import timezone, translation
from django.utils.formats import date_format

from accounts import disposal, messages, retention, scope, snapshots
from accounts.models import AuditEvent, ErasureOrder, LegalHold, Membership, Message, Organisation, User
from accounts.permissions import ROLES, NotPermitted
from accounts.refused import ReasonMissing
from accounts.retention import Due
from accounts.vault import shredding
from demo.cast import PASSWORD
from kyc.evidence.models import Document
from kyc.networks import actions as networks
from kyc.parties.models import Party
from kyc.rules import packs
from reports import building, subjects
from reports.facts.subject import OLDER, SUBJECT
from reports.models import Report, SubjectRequest
from tests import cast
from tests.accounts.test_elevated import confirm, half_a_minute_passes
from tests.accounts.test_middleware import SHOW
from tests.accounts.test_sessions import after
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
    assert report.state == "issued", report.failure
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
        for day, said in ((timezone.now().date() + timedelta(1), "not come yet"), (date(2018, 5, 24), "Before 25 May 2018")):
            with pytest.raises(subjects.NotThen, match=said):
                subjects.record(nordlys, kind="access", party=party, channel="mail", received_on=day, by=rui)
        assert subjects.record(nordlys, kind="access", party=party, channel="mail", received_on=date(2018, 5, 25), by=rui).pk

    def test_a_letter_of_a_member_is_his_and_no_others(self, nordlys: Organisation, alice: User, rui: User) -> None:
        told = {"kind": "access", "channel": "letter", "received_on": date(2026, 1, 31), "by": rui}
        assert subjects.record(nordlys, user=alice, **told).person == "Alice Olsen"
        with pytest.raises(subjects.AlreadyAsked):
            subjects.ask(nordlys, kind="access", by=alice) and subjects.record(nordlys, user=alice, **told)
        with pytest.raises(subjects.NotOfIt):
            subjects.record(nordlys, user=cast.customer("charlie@outside.example", "Charlie"), **told)
        with pytest.raises(subjects.Nobody):
            subjects.record(nordlys, **told)

    @pytest.mark.parametrize("role", sorted(set(ROLES) - {"approver", "senior"}))
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

    def test_a_letter_of_a_party_is_tied_to_the_account_it_has(
        self, nordlys: Organisation, party: Party, alice: User, rui: User
    ) -> None:
        asked = subjects.record(nordlys, kind="access", party=party, channel="letter", received_on=timezone.now().date(), by=rui)
        assert subjects.likely_member(asked) == alice
        charlie = cast.customer("charlie@outside.example", "Charlie")
        with pytest.raises(subjects.NotOfIt):
            subjects.identify(asked, how="Called back.", party=party, user=charlie, by=rui)
        subjects.identify(asked, how="Called back.", party=None, user=None, by=rui)
        assert SubjectRequest.objects.get(pk=asked.pk).party == party, "who was recorded stays so"
        subjects.identify(asked, how="Called back.", party=party, user=alice, by=rui)
        subjects.decide(asked, by=rui)
        subjects.issue(asked, now=snapshots.take(), by=rui)
        building.run()
        told = groups(json.loads(SubjectRequest.objects.get(pk=asked.pk).answer.facts))
        assert ("E-mail", "alice@nordlys.example") in told["Your account"] and "Who you are" in told
        assert "Download the answer" in cast.signed_in(alice).get("/your-data/").content.decode()

    def test_who_asked_from_an_account_has_that_one_also_after_he_left(
        self, asked: SubjectRequest, alice: User, party: Party, rui: User
    ) -> None:
        other = cast.customer("bob@nordlys.example", "Bob")
        asked.organisation.membership_set.create(user=other, role="owner")
        asked.organisation.membership_set.filter(user=alice).delete()
        subjects.identify(asked, how="Called back.", party=party, user=other, by=rui)
        assert SubjectRequest.objects.get(pk=asked.pk).user == alice

    def test_decided_twice_it_is_the_first_decision(self, asked: SubjectRequest, rui: User) -> None:
        answered(asked, rui)
        first = SubjectRequest.objects.get(pk=asked.pk)
        with pytest.raises(subjects.Ended):
            subjects.decide(asked, by=rui)
        again = SubjectRequest.objects.get(pk=asked.pk)
        assert (again.decision, again.ended_at) == (first.decision, first.ended_at)
        assert AuditEvent.objects.filter(verb="subject_request.decided").count() == 1
        desk = cast.signed_in(rui)
        page = desk.post(f"/data-requests/{asked.pk}/decide/", {}, follow=True).content.decode()
        assert "This request has ended, and nothing of it changes any more." in page
        assert Report.objects.filter(kind="R-17").count() == 1

    def test_where_and_with_what_he_signed_in_stays_with_no_decision(self, asked: SubjectRequest, alice: User, rui: User) -> None:
        UserSession.objects.create(user=alice, session_key="a" * 32, ip="198.51.100.77", user_agent="Netscape 4.7")
        text = json.dumps(answered(asked, rui))
        found = SubjectRequest.objects.get(pk=asked.pk)
        assert found.decision["account"]["sessions"] == 1 and "1 when this was decided" in text
        kept = [json.dumps(found.decision), text, *(str(row.decision) for row in SubjectRequest.pgh_event_model.objects.all())]
        for word in ("198.51.100.77", "Netscape"):
            assert not any(word in one for one in kept), word
        # What the decision rests on.
        assert found.identity == "Signed in, and called back." and found.identified_at and found.identified_by == rui

    def test_extended_once_by_two_months_with_the_reason(self, asked: SubjectRequest, alice: User, rui: User) -> None:
        due_on = asked.due_on
        extended = subjects.extend(asked, because="Many have asked.", by=rui)
        assert timedelta(58) <= extended.due_on - due_on <= timedelta(62)
        mail = Message.objects.filter(to=alice.email).latest("pk")
        assert mail.subject == "Your request takes longer" and "Many have asked" not in mail.text + mail.html
        for text in (mail.text, mail.html):
            assert "Why, stands in your account" in text and asked.number in text and "/your-data/" in text
            assert f"We answer by {date_format(extended.due_on, 'j F Y')}" in text
        assert "Many have asked." in cast.signed_in(alice).get("/your-data/").content.decode()
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

    def test_that_it_ended_a_member_reads_in_a_mail_and_why_in_his_account(
        self, asked: SubjectRequest, alice: User, rui: User
    ) -> None:
        before = Message.objects.count()
        with pytest.raises(ReasonMissing):
            subjects.end(asked, outcome="unidentified", note=" ", by=rui)
        assert Message.objects.count() == before
        subjects.end(asked, outcome="unidentified", note="Did not answer.", by=rui)
        mail = Message.objects.filter(to=alice.email).latest("pk")
        assert mail.subject == "Your request has ended" and "Did not answer" not in mail.text + mail.html
        for text in (mail.text, mail.html):
            assert "has ended without an answer" in text and asked.number in text and "/your-data/" in text
        assert "Did not answer." in cast.signed_in(alice).get("/your-data/").content.decode()

    def test_who_has_no_account_gets_no_mail(self, nordlys: Organisation, party: Party, rui: User) -> None:
        told = {"party": party, "channel": "letter", "received_on": timezone.now().date(), "by": rui}
        before = Message.objects.count()
        subjects.extend(subjects.record(nordlys, kind="erasure", **told), because="Many.", by=rui)
        subjects.end(subjects.record(nordlys, kind="access", **told), outcome="withdrawn", note="By phone.", by=rui)
        assert Message.objects.count() == before

    def test_that_it_is_answered_is_told_once_there_is_something_to_take(
        self, asked: SubjectRequest, alice: User, rui: User
    ) -> None:
        mails = Message.objects.filter(subject="The answer about your data")
        subjects.identify(asked, how="Seen.", party=None, by=rui)
        subjects.decide(asked, by=rui)
        subjects.issue(asked, now=snapshots.take(), by=rui)
        assert not mails.exists()
        building.run()
        building.run()
        assert mails.get().to == alice.email and "is ready for you" in mails.get().text

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
        besides = (
            "", " Each at least 5 years from the day it was made.", " At least as long as the records that it tells of.",
        )  # fmt: skip
        assert {row["why"] for row in answered(asked, rui)["decision"]["kept"] if not row["until"]} <= {
            f"{years} years from {clock}.{more}" for more in besides for years in (2, 5, 10) for clock in (
                "the end of the relationship", "the closing of the account", "the last transaction, or the unblocking",
                "the latest of export, re-export and end of the transaction",
                "the closing of the account, or the last access if later",
            )
        } | {
            # As every customer reads it, whether or not there is any.
            "Each 10 years from the day of the refusal, or of the unblocking.",
            "Each 2 years from the day it was made.", "Each 2 years from the day it was last used.",
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

    def test_the_page_says_what_was_ordered_and_whether_it_is_done(self, asked: SubjectRequest, rui: User) -> None:
        client = cast.signed_in(rui)
        subjects.identify(asked, how="Seen.", party=None, by=rui)
        before = client.get(f"/data-requests/{asked.pk}/").content.decode()
        assert "The next night erases" in before and "nothing will be erased" not in before
        subjects.decide(asked, grounds="To answer who held which key.", by=rui)
        order = ErasureOrder.objects.latest("pk")
        page = client.get(f"/data-requests/{asked.pk}/").content.decode()
        assert order.number in page and "ordered, and not carried out yet" in page
        LegalHold.objects.update(lifted_at=timezone.now(), lifted_by=rui, lift_reason="Settled.")
        Message.objects.update(state="sent", sent_at=timezone.now())
        with acting_as("eraser"):
            assert disposal.carry_out(order.pk)
        assert "carried out on" in client.get(f"/data-requests/{asked.pk}/").content.decode()
        assert order.number in cast.signed_in(cast.staff("auditor", "Astrid")).get("/disposals/").content.decode()

    def test_the_page_promises_no_erasure_where_there_is_nothing_to_erase(self, asked: SubjectRequest, rui: User) -> None:
        subjects.identify(asked, how="Seen.", party=None, by=rui)
        Message.objects.all().delete()
        page = cast.signed_in(rui).get(f"/data-requests/{asked.pk}/").content.decode()
        assert "nothing will be erased" in page and "The next night erases" not in page

    def test_where_nothing_was_mailed_nothing_is_said_to_be_erased(self, asked: SubjectRequest, rui: User) -> None:
        orders = ErasureOrder.objects.count()
        Message.objects.all().delete()
        assert answered(asked, rui, grounds="To answer who held which key.")["decision"]["erased"] == []
        assert ErasureOrder.objects.count() == orders

    def test_what_another_organisation_mailed_to_the_same_address_is_neither_told_nor_erased(
        self, asked: SubjectRequest, nordlys: Organisation, alice: User, rui: User
    ) -> None:
        theirs = cast.founded(cast.customer("c@o.example", "C"), name="Outside", person="C")
        Party.objects.filter(pk=theirs.controller.pk).update(email="alice@nordlys.example")
        for subject, of in (("Ours", nordlys), ("Of Outside", theirs.organisation), ("Of the account", None)):
            messages.queue(to="alice@nordlys.example", subject=subject, text="Hello", organisation=of)
        Message.objects.update(state="sent", sent_at=timezone.now())
        copy = answered(subjects.ask(nordlys, kind="access", by=alice), rui)
        told = [what for what, _ in groups(copy)["What we mailed to you"]]
        assert {"Ours", "Of the account"} <= {*told} and "Of Outside" not in told
        answered(asked, rui, grounds="To answer who held which key.")
        LegalHold.objects.filter(organisation=nordlys).update(lifted_at=timezone.now(), lifted_by=rui, lift_reason="Settled.")
        Message.objects.update(state="sent", sent_at=timezone.now())
        with acting_as("eraser"):
            assert all([disposal.carry_out(number) for number in disposal.ordered()])
        left = {message.subject for message in Message.objects.filter(to="alice@nordlys.example")}
        assert "Of Outside" in left and not {"Ours", "Of the account"} & left

    def test_what_somebody_else_of_it_is_named_with_too_is_not_his(self, nordlys: Organisation, party: Party, rui: User) -> None:
        """Both read that mail, and which is about whom nobody can say."""
        Party.objects.filter(organisation=nordlys, kind="person").update(email="office@nordlys.example")
        messages.queue(to="office@nordlys.example", subject="To the office", text="Hello", organisation=nordlys)
        asked = subjects.record(nordlys, kind="access", party=party, channel="letter", received_on=date(2026, 1, 31), by=rui)
        assert "What we mailed to you" not in groups(answered(asked, rui))

    @pytest.mark.parametrize("channel", ["account", "letter"])
    def test_asked_again_it_does_not_tell_whether_a_hold_kept_the_mail(
        self, nordlys: Organisation, alice: User, party: Party, rui: User, channel: str
    ) -> None:
        """The same before and after the night, and whether it erased or could not: fact for fact."""
        Party.objects.filter(pk=party.pk).update(email="alice@nordlys.example")

        def ask(kind: str) -> SubjectRequest:
            if channel == "account":
                return subjects.ask(nordlys, kind=kind, by=alice)
            return subjects.record(nordlys, kind=kind, party=party, channel="letter", received_on=date(2026, 1, 31), by=rui)

        if channel == "letter":
            # Somebody else's sign-in address would not be his.
            Party.objects.filter(pk=party.pk).update(email="alice@home.example")
        address = "alice@nordlys.example" if channel == "account" else "alice@home.example"
        messages.queue(to=address, subject="Long ago", text="Hello", organisation=nordlys)
        answered(ask("erasure"), rui, party=party, grounds="To answer who held which key.")
        Message.objects.update(state="sent", sent_at=timezone.now())
        again = ask("access")
        told = answered(again, rui, party=party)
        Message.objects.update(state="sent", sent_at=timezone.now())
        kept, is_held = as_known_now(again), bool(disposal.ordered())
        assert not is_held and Message.objects.filter(subject="Long ago").exists()
        LegalHold.objects.update(lifted_at=timezone.now(), lifted_by=rui, lift_reason="Settled.")
        with acting_as("eraser"):
            assert all([disposal.carry_out(number) for number in disposal.ordered()])
        assert not Message.objects.filter(subject="Long ago").exists()
        assert as_known_now(again) == kept
        mail = groups(told)["What we mailed to you"]
        assert mail[-1] == ("Older mail", OLDER) and "Long ago" not in [what for what, _ in mail]
        orders = ErasureOrder.objects.count()
        erasure = answered(ask("erasure"), rui, party=party, grounds="To answer who held which key.")["decision"]["erased"]
        # A member was told of his answers by mail since.
        assert len(erasure) == ErasureOrder.objects.count() - orders == (1 if channel == "account" else 0)

    def test_nothing_past_its_period_is_told_which_only_a_hold_can_have_kept(
        self, nordlys: Organisation, alice: User, rui: User
    ) -> None:
        made = messages.queue(to="alice@nordlys.example", subject="Of old", text="Hello", organisation=nordlys)
        Message.objects.filter(pk=made.pk).update(queued_at=timezone.now() - timedelta(days=900))
        found = UserSession.objects.create(user=alice, session_key="x", ip="192.0.2.77", user_agent="x")
        UserSession.objects.filter(pk=found.pk).update(last_seen_at=timezone.now() - timedelta(days=900))
        facts = json.dumps(answered(subjects.ask(nordlys, kind="access", by=alice), rui))
        assert "Of old" not in facts and "192.0.2.77" not in facts and "Hello" in facts

    def test_and_the_end_of_the_file_takes_the_answered_request_too(self, asked: SubjectRequest, rui: User) -> None:
        answered(asked, rui, grounds="To answer who held which key.")
        found = Due(asked.organisation_id, retention.CLASSES["subject_requests"], date(2026, 11, 1), "cdd-file")
        with acting_as("eraser"), transaction.atomic():
            disposal.erased(asked.organisation, found, on=date(2026, 11, 29))
        asked.refresh_from_db()
        assert asked.decision == {} and asked.identity.startswith("erased, DC-")

    def test_once_it_is_erased_it_is_taken_no_more_and_the_page_says_so(
        self, asked: SubjectRequest, alice: User, rui: User
    ) -> None:
        answered(asked, rui, grounds="To answer who held which key.")
        report = SubjectRequest.objects.get(pk=asked.pk).answer
        client = cast.signed_in(alice)
        client.post("/account/reauthenticate/", {"password": PASSWORD})
        assert client.get(f"/your-data/{asked.pk}/answer.json").status_code == 200
        shredding.shred(report.sealed_for, reason="Past its last day.", by=None)
        for form in ("json", "pdf"):
            assert client.get(f"/your-data/{asked.pk}/answer.{form}").status_code == 404
        page = client.get("/your-data/").content.decode()
        assert "The answer was erased, as it was due to be." in page and "Download the answer" not in page

    def test_a_copy_orders_nothing(self, nordlys: Organisation, alice: User, rui: User) -> None:
        orders = ErasureOrder.objects.count()
        answered(subjects.ask(nordlys, kind="access", by=alice), rui)
        assert ErasureOrder.objects.count() == orders


class TestTakingItBack:
    def test_a_member_takes_his_own_back_and_nobody_writes_to_him(self, asked: SubjectRequest, alice: User, rui: User) -> None:
        client, mails = cast.signed_in(alice), Message.objects.count()
        assert "Take this request back" in client.get("/your-data/").content.decode()
        page = client.post(f"/your-data/{asked.pk}/withdraw/", follow=True).content.decode()
        assert "Your request is taken back." in page and "Withdrawn by the person" in page and "Take it back" not in page
        asked.refresh_from_db()
        assert (asked.outcome, asked.ended_by, Message.objects.count()) == ("withdrawn", alice, mails)
        event = AuditEvent.objects.get(verb="subject_request.withdrawn")
        assert (event.actor_id, event.organisation_id) == (alice.pk, asked.organisation_id)
        with pytest.raises(subjects.Ended):
            subjects.identify(asked, how="Seen.", party=None, by=rui)
        assert subjects.withdraw(asked, by=alice) == asked
        assert AuditEvent.objects.filter(verb="subject_request.withdrawn").count() == 1
        # He may ask anew.
        assert subjects.ask(asked.organisation, kind="access", by=alice) != asked

    def test_not_once_it_is_decided(self, asked: SubjectRequest, alice: User, rui: User) -> None:
        answered(asked, rui)
        with pytest.raises(subjects.Ended):
            subjects.withdraw(asked, by=alice)
        page = cast.signed_in(alice).post(f"/your-data/{asked.pk}/withdraw/", follow=True).content.decode()
        assert "nothing of it changes any more" in page and "Download the answer" in page

    def test_nobody_elses_and_none_that_an_officer_wrote_down(
        self, asked: SubjectRequest, nordlys: Organisation, party: Party, alice: User, rui: User
    ) -> None:
        bob = cast.customer("bob@nordlys.example", "Bob")
        Membership.objects.create(organisation=nordlys, user=bob)
        assert cast.signed_in(bob).post(f"/your-data/{asked.pk}/withdraw/").status_code == 404
        letter = subjects.record(nordlys, kind="access", party=party, channel="letter", received_on=date(2026, 1, 31), by=rui)
        for whose in (bob, rui):
            with pytest.raises(NotPermitted):
                subjects.withdraw(asked, by=whose)
        with pytest.raises(NotPermitted):
            subjects.withdraw(letter, by=alice)
        assert SubjectRequest.objects.open().count() == 2


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
        assert re.search(r'<option value="party-\d+" selected>Alice Olsen', page), "the one of that name is proposed"
        refused = desk.post(f"/data-requests/{asked.pk}/identify/", {"how": "Called back.", "whom": ""})
        assert refused.status_code == 422 and "Choose which of the people it has named this is" in refused.content.decode()
        assert 'name="account"' not in page
        desk.post(f"/data-requests/{asked.pk}/identify/", {"how": "Called back.", "whom": "nobody"})
        desk.post(f"/data-requests/{asked.pk}/decide/", {})
        building.run()
        page = client.get("/your-data/").content.decode()
        assert "Download the answer, PDF" in page
        client.post("/account/reauthenticate/", {"password": PASSWORD})
        pdf = client.get(f"/your-data/{asked.pk}/answer.pdf")
        assert b"".join(pdf.streaming_content).startswith(b"%PDF")
        found = client.get(f"/your-data/{asked.pk}/answer.json")
        report = SubjectRequest.objects.get(pk=asked.pk).answer
        assert found.content.decode() == report.facts and json.loads(found.content)["subject"]["name"] == "Alice Olsen"
        assert AuditEvent.objects.filter(verb="subject_request.answer_taken").count() == 2

    def test_an_officer_records_a_letter_and_ties_it_to_party_and_account(
        self, nordlys: Organisation, alice: User, party: Party, rui: User
    ) -> None:
        desk = cast.signed_in(rui)
        page = desk.get(f"/data-requests/new/?organisation={nordlys.pk}").content.decode()
        assert 'label="Members"' in page and f'value="member-{alice.pk}"' in page and 'min="2018-05-25"' in page
        sent = {"organisation": nordlys.pk, "kind": "access", "channel": "letter", "received_on": "2026-11-01"}
        refused = desk.post("/data-requests/new/", {**sent, "whom": ""})
        assert refused.status_code == 422 and "Choose the person." in refused.content.decode()
        early = desk.post("/data-requests/new/", {**sent, "whom": f"member-{alice.pk}", "received_on": "2006-11-01"})
        assert early.status_code == 422 and "Check the year" in early.content.decode()
        desk.post("/data-requests/new/", {**sent, "whom": f"member-{alice.pk}"})
        asked = SubjectRequest.objects.open().get()
        assert (asked.user, asked.party, asked.channel) == (alice, None, "letter")
        address = f"/data-requests/{asked.pk}/identify/"
        refused = desk.post(address, {"how": "Called back.", "whom": "nobody", "account": "nobody"})
        assert refused.status_code == 422 and "Choose somebody in one of the two" in refused.content.decode()
        desk.post(address, {"how": "Called back.", "whom": f"party-{party.pk}", "account": f"member-{alice.pk}"})
        asked.refresh_from_db()
        assert (asked.user, asked.party, asked.identity) == (alice, party, "Called back.")

    @QUICK
    @pytest.mark.parametrize("role", ["analyst", "investigator", "auditor"])
    def test_no_other_officer_reads_a_persons_data_in_it(self, asked: SubjectRequest, rui: User, role: str) -> None:
        answered(asked, rui)
        report = Report.objects.get(kind="R-17")
        assert cast.signed_in(cast.staff(role)).get(f"/reports/{report.pk}/download/").status_code == 404
        assert cast.signed_in(rui).get(f"/reports/{report.pk}/download/").status_code == 200

    def test_whoever_has_got_hold_of_a_members_session_takes_no_answer(
        self, asked: SubjectRequest, client: Client, rui: User
    ) -> None:
        answered(asked, rui)
        for form in ("pdf", "json"):
            address = f"/your-data/{asked.pk}/answer.{form}"
            for method in (client.get, client.head):
                sent = method(address)
                assert (sent.status_code, sent["Location"]) == (302, "/account/reauthenticate/?next=%2Fyour-data%2F")
            assert "Refresh" not in client.get("/your-data/").headers, "who goes back is not sent there again"
        assert not AuditEvent.objects.filter(verb="subject_request.answer_taken").exists()

    def test_who_shows_again_that_it_is_he_gets_the_file_from_his_page_and_once(
        self, asked: SubjectRequest, client: Client, rui: User
    ) -> None:
        answered(asked, rui)
        address = f"/your-data/{asked.pk}/answer.json"
        back = client.post(client.get(address)["Location"], {"password": PASSWORD, "next": "/your-data/"})
        assert back["Location"] == "/your-data/"
        assert client.get("/your-data/")["Refresh"] == f"0; url={address}"
        assert "Refresh" not in client.get("/your-data/").headers
        assert json.loads(client.get(address).content)["report"] == "R-17"

    def test_whoever_has_got_hold_of_an_officers_session_decides_nothing_and_takes_no_answer(
        self, asked: SubjectRequest, rui: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        desk = cast.signed_in(rui)
        subjects.identify(asked, how="Called back.", party=None, by=rui)
        after(monkeypatch, minutes=6)
        sent = desk.post(f"/data-requests/{asked.pk}/decide/", {})
        assert sent["Location"].startswith(SHOW) and SubjectRequest.objects.open().get() == asked
        page = desk.get(sent["Location"]).content.decode()
        assert f"Decide {asked.number} of Alice Olsen: A copy of the data" in page
        done = confirm(desk, sent)
        assert done["Location"] == f"/data-requests/{asked.pk}/"
        building.run()
        report = SubjectRequest.objects.get(pk=asked.pk).answer
        after(monkeypatch, minutes=12)
        sent = desk.get(f"/reports/{report.pk}/download/")
        assert sent["Location"].startswith(SHOW)
        assert not AuditEvent.objects.filter(verb="report.downloaded").exists()
        half_a_minute_passes()
        back = confirm(desk, sent)
        assert back["Location"] == f"/reports/{report.pk}/"
        assert desk.get(back["Location"])["Refresh"] == f"0; url=/reports/{report.pk}/download/"
        assert b"".join(desk.get(f"/reports/{report.pk}/download/").streaming_content).startswith(b"%PDF")

    def test_nobody_asks_for_one_of_an_organisation(self, nordlys: Organisation, rui: User) -> None:
        page = cast.signed_in(rui).post("/reports/request/", {"kind": "R-17", "organisation": nordlys.pk})
        assert page.status_code == 422

    def test_an_answer_without_a_file_is_not_there(self, asked: SubjectRequest, client: Client, rui: User) -> None:
        subjects.identify(asked, how="Seen.", party=None, by=rui)
        subjects.decide(asked, by=rui)
        subjects.issue(asked, now=snapshots.take(), by=rui)
        assert client.get(f"/your-data/{asked.pk}/answer.pdf").status_code == 404
        assert client.get(f"/your-data/{asked.pk}/answer.json").status_code == 404
