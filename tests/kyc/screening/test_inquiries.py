"""What is asked of the lists beside any case: by whom, for what, by which versions; answered once whoever dies; and its end."""

import json
from datetime import date, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from accounts import legal_holds
from accounts.models import AuditEvent, Disposal, User
from accounts.permissions import NotPermitted
from accounts.refused import NoteMissing
from accounts.vault import Erased, shredding
from config import jobs
from kyc.rules import packs
from kyc.screening import answering, asked, disposal, filed, inquiries, lists, retention
from kyc.screening.asked import Asked
from kyc.screening.models import Inquiry, InquiryPart
from tests import cast
from tests.conftest import acting_as
from tests.stage import scene

pytestmark = pytest.mark.django_db
KARPOV = Asked(("Zorislav Karpov",), "person", "1961-02-04", "RU", ("C01 77",))


@scene
def ana() -> User:
    return cast.staff("analyst", "Ana Maric")


@pytest.fixture(autouse=True)
def listed(tmp_path: Path) -> None:
    cast.load_list(tmp_path)


def ask(ana: User, about: Asked = KARPOV) -> Inquiry:
    return inquiries.ask(about, reason="payment", by=ana)


def ask_many(ana: User, text: str, *, part: int = 2) -> Inquiry:
    with patch.object(inquiries, "PART", part):
        return inquiries.ask_file(filed.read(text.encode()), name="payees.csv", reason="payment", by=ana)


def counted(inquiry: Inquiry) -> Inquiry:
    return Inquiry.objects.counted().get(pk=inquiry.pk)


def answers(inquiry: Inquiry) -> list[list[str]]:
    """The entries of the hits, row by row."""
    parts = inquiry.parts.filter(state="done").order_by("first")
    return [[hit.entry for hit in one.hits] for part in parts for one in asked.answers_of(part.answers)]


@pytest.mark.parametrize(
    ("field", "about"),
    [("names", Asked(("Zorislav", "a\u202eb"))), ("identifiers", Asked(("Zorislav",), identifiers=("1\u202e2",)))],
)
def test_what_would_be_read_otherwise_than_it_is_written_is_refused(ana: User, field: str, about: Asked) -> None:
    with pytest.raises(inquiries.Unshown) as refused:
        ask(ana, about)
    assert refused.value.field == field and not Inquiry.objects.exists()
    with pytest.raises(inquiries.Unshown):
        inquiries.ask(KARPOV, reason="payment", note="a\u202eb", by=ana)


def test_the_name_of_a_file_hides_nothing(ana: User) -> None:
    inquiry = inquiries.ask_file(filed.read(b"name\nKari Moe\n"), name="a\u202evsc.exe", reason="payment", by=ana)
    assert inquiry.title == "avsc.exe"


MANY = "name,kind\nZorislav Karpov,person\nKari Moe,person\nTimur Belkin,person\nVolkhov Trading LLC,company\nOla Berg,\n"
FOUND = [["9103"], [], ["9104"], ["9101"], []]


class TestAsk:
    def test_about_one_is_answered_by_a_worker_and_names_what_it_was_answered_by(self, ana: User) -> None:
        inquiry = ask(ana)
        assert counted(inquiry).standing == "asked" and answering.QUEUE.is_waiting()
        answering.run()
        answering.run()
        found = counted(inquiry)
        assert (found.standing, found.hit_rows, found.strong_rows) == ("answered", 1, 1)
        part = found.parts.get()
        [answer] = asked.answers_of(part.answers)
        [hit] = answer.hits
        version = lists.active_versions()[0]
        assert (hit.entry, hit.source, hit.version) == ("9103", "ofac-sdn", version.pk)
        assert found.lists == [{"id": version.pk, "source": "ofac-sdn", "published": "2026-10-01"}] and found.rule_pack
        assert (part.engine, part.configuration) == (answering.ENGINE, answering.CURRENT)
        assert list(AuditEvent.objects.values_list("verb", flat=True).filter(verb__startswith="inquiry.").order_by("pk")) == [
            "inquiry.asked", "inquiry.answered",
        ]  # fmt: skip

    def test_the_same_question_gives_the_same_answer(self, ana: User) -> None:
        first, second = ask(ana), ask(ana)
        answering.run()
        one, other = (inquiry.parts.get().answers for inquiry in (first, second))
        assert one == other and "9103" in one

    def test_whom_it_is_about_stands_in_no_event_and_in_no_column_in_clear(self, ana: User) -> None:
        inquiry = ask(ana)
        answering.run()
        with connection.cursor() as cursor:
            cursor.execute("SELECT subjects, answers FROM kyc_inquirypart")
            [(subjects, found)] = cursor.fetchall()
            cursor.execute("SELECT to_jsonb(e)::text FROM kyc_inquirypartevent e")
            history = cursor.fetchall()
        assert subjects.startswith("kh1.") and found.startswith("kh1.") and history
        said = json.dumps([history, list(AuditEvent.objects.values("details", "reason"))], default=str)
        assert not any(word in said for word in ("Karpov", "1961", "C01"))
        assert asked.subjects_of(inquiry.parts.get().subjects) == [KARPOV]

    @pytest.mark.parametrize("role", ["auditor", "administrator", "investigator", "support", ""])
    def test_only_who_works_cases_may(self, role: str) -> None:
        somebody = cast.staff(role) if role else cast.customer()
        with pytest.raises(NotPermitted):
            ask(somebody)
        assert not Inquiry.objects.exists()

    @pytest.mark.parametrize(
        ("reason", "error"), [("", inquiries.Unreasoned), ("curiosity", inquiries.Unreasoned), ("other", NoteMissing)]
    )
    def test_nobody_is_looked_up_without_a_purpose(self, ana: User, reason: str, error: type[Exception]) -> None:
        with pytest.raises(error):
            inquiries.ask(KARPOV, reason=reason, by=ana)

    def test_nothing_is_asked_where_that_is_not_recorded(self, ana: User) -> None:
        with patch("accounts.audit.record", side_effect=DatabaseError), pytest.raises(DatabaseError):
            ask(ana)
        assert not Inquiry.objects.exists() and not InquiryPart.objects.exists()

    def test_without_a_list_there_is_nothing_to_ask(self, ana: User) -> None:
        lists.ListVersion.objects.update(is_active=False)
        with pytest.raises(inquiries.NoLists):
            ask(ana)

    def test_one_is_taken_before_the_rows_of_a_file(self, ana: User) -> None:
        ask_many(ana, MANY)
        one = ask(ana)
        claim = answering.QUEUE.claim()
        assert claim and claim.row.inquiry_id == one.pk


class TestAskFile:
    def test_each_row_is_answered_in_its_place(self, ana: User) -> None:
        inquiry = ask_many(ana, MANY)
        answering.run()
        found = counted(inquiry)
        assert (found.standing, found.rows, found.done_rows, found.hit_rows) == ("answered", 5, 5, 3)
        assert answers(inquiry) == FOUND and found.parts.count() == 3

    def test_all_of_it_is_compared_with_the_lists_in_use_when_it_began(self, ana: User, tmp_path: Path) -> None:
        inquiry = ask_many(ana, MANY)
        first = answering.QUEUE.claim()
        assert first
        with first:
            answering.answer(first)
        cast.load_list(tmp_path, cast.LISTED.replace("BELKIN, Timur", "DRUGOY, Ivan"), published=date(2026, 10, 2))
        answering.run()
        assert answers(inquiry) == FOUND
        later = ask_many(ana, MANY)
        answering.run()
        assert answers(later) == [FOUND[0], [], [], FOUND[3], []]

    def test_nothing_begins_with_errors_before_somebody_says_so(self, ana: User) -> None:
        inquiry = ask_many(ana, MANY + "Nils,robot\n")
        assert counted(inquiry).standing == "held" and not answering.QUEUE.is_waiting()
        assert "robot" in inquiry.faults
        inquiries.go_on(inquiry, by=ana)
        inquiries.go_on(inquiry, by=ana)
        answering.run()
        found = counted(inquiry)
        assert (found.standing, found.rows, found.done_rows, found.faulty) == ("answered", 6, 5, 1)
        assert AuditEvent.objects.filter(verb="inquiry.gone_on").count() == 1

    def test_a_file_of_errors_alone_is_refused(self, ana: User) -> None:
        with pytest.raises(inquiries.NobodyAsked):
            ask_many(ana, "name,kind\nNils,robot\n")

    def test_cancelled_what_is_answered_stays_and_the_rest_is_not_asked(self, ana: User) -> None:
        inquiry = ask_many(ana, MANY)
        first, second = answering.QUEUE.claim(), answering.QUEUE.claim()
        assert first and second
        with first:
            answering.answer(first)
        inquiries.cancel(inquiry, by=ana)
        inquiries.cancel(inquiry, by=ana)
        with second:
            answering.answer(second)
        answering.run()
        found = counted(inquiry)
        assert (found.standing, found.done_rows) == ("cancelled", 2) and answers(inquiry) == FOUND[:2]
        assert AuditEvent.objects.filter(verb="inquiry.cancelled").count() == 1
        assert not AuditEvent.objects.filter(verb="inquiry.answered").exists()

    def test_answered_it_is_not_cancelled(self, ana: User) -> None:
        inquiry = ask_many(ana, MANY)
        answering.run()
        with pytest.raises(inquiries.HasBegun):
            inquiries.cancel(inquiry, by=ana)

    def test_discarded_before_it_began_whom_it_was_about_is_destroyed(self, ana: User) -> None:
        inquiry = ask_many(ana, MANY + "Nils,robot\n")
        inquiries.cancel(inquiry, by=ana)
        assert isinstance(inquiry.parts.order_by("first")[0].subjects, Erased)
        with pytest.raises(inquiries.HasBegun):
            inquiries.go_on(inquiry, by=ana)


class TestAnswer:
    def test_a_worker_that_dies_leaves_its_part_to_the_next_and_writes_nothing_later(self, ana: User) -> None:
        inquiry = ask_many(ana, MANY)
        dead = answering.QUEUE.claim()
        assert dead
        InquiryPart.objects.filter(pk=dead.row.pk).update(claimed_until=timezone.now())
        answering.run()
        assert answers(inquiry) == FOUND
        with pytest.raises(jobs.Fenced):
            answering.answer(dead)
        assert answers(inquiry) == FOUND
        assert AuditEvent.objects.filter(verb="inquiry.answered").count() == 1

    def test_it_gives_way_after_a_while_and_is_woken_again(self, ana: User) -> None:
        ask_many(ana, MANY, part=1)
        with patch.object(answering, "DRAIN", -1), patch.object(jobs, "wake") as wake:
            answering.run()
        wake.assert_called_once_with("inquiry.begun")
        assert InquiryPart.objects.filter(state="done").count() == 1

    def test_what_was_erased_meanwhile_is_not_asked(self, ana: User) -> None:
        inquiry = ask(ana)
        shredding.shred(inquiry.sealed_for, reason="Asked to.", by=ana)
        answering.run()
        assert inquiry.parts.get().state == "cancelled"
        assert counted(inquiry).standing == "cancelled"

    def test_what_is_left_to_wait_or_has_failed_goes_before_what_was_erased(self, ana: User) -> None:
        inquiry = ask_many(ana, MANY)
        one, other, third = inquiry.parts.order_by("pk").values_list("pk", flat=True)
        for states, standing in (
            (("cancelled", "waiting", "waiting"), "asked"),
            (("cancelled", "failed", "cancelled"), "failed"),
        ):
            for pk, state in zip((one, other, third), states, strict=True):
                InquiryPart.objects.filter(pk=pk).update(state=state)
            assert counted(inquiry).standing == standing

    @pytest.mark.parametrize("column", ["answers", "subjects", "first", "state", "with_hits"])
    def test_an_answer_never_changes(self, ana: User, column: str) -> None:
        ask(ana)
        answering.run()
        change = {"first": 2, "state": "waiting", "with_hits": 0}.get(column, "kh1.1.x")
        for statement in (f"UPDATE kyc_inquirypart SET {column} = %s", "DELETE FROM kyc_inquirypart WHERE %s::text IS NOT NULL"):
            with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement, [change])

    @pytest.mark.parametrize("change", [{"title": "x"}, {"reason": "news"}, {"rule_pack": "x"}, {"lists": []}, {"rows": 9}])
    def test_nor_what_was_asked(self, ana: User, change: dict[str, object]) -> None:
        inquiry = ask(ana)
        with pytest.raises(IntegrityError), transaction.atomic():
            Inquiry.objects.filter(pk=inquiry.pk).update(**change)
        with pytest.raises(IntegrityError), transaction.atomic():
            Inquiry.objects.filter(pk=inquiry.pk).delete()


class TestVisibleTo:
    def test_ones_own_and_to_who_oversees_everybodys(self, ana: User) -> None:
        inquiry = ask(ana)
        for role in ("approver", "auditor", "administrator"):
            assert list(Inquiry.objects.visible_to(cast.staff(role))) == [inquiry]
        for other in (cast.staff("analyst", "Bo"), cast.staff("investigator"), cast.staff("support"), cast.customer()):
            assert not Inquiry.objects.visible_to(other).exists()
        assert list(Inquiry.objects.visible_to(ana)) == [inquiry]


class TestDue:
    def test_past_its_last_day(self, ana: User) -> None:
        inquiry = ask(ana)
        today = timezone.now().date()
        assert not retention.due(today).exists()
        assert list(retention.due(today.replace(year=today.year + 10) + timedelta(days=5))) == [inquiry]

    def test_a_file_that_nobody_began_after_a_week(self, ana: User) -> None:
        inquiry = ask_many(ana, MANY + "Nils,robot\n")
        today = timezone.now().date()
        assert not retention.due(today).exists()
        days = packs.current().unbegun_days
        assert days == 7
        for past, due in ((timedelta(days=days, minutes=-1), []), (timedelta(days=days, minutes=1), [inquiry])):
            with patch.object(timezone, "now", return_value=inquiry.asked_at + past):
                assert list(retention.due(today)) == due

    def test_what_somebody_asked_to_be_erased(self, ana: User) -> None:
        inquiry = ask(ana)
        shredding.shred(inquiry.sealed_for, reason="Asked to.", by=ana)
        assert list(retention.due(timezone.now().date())) == [inquiry]

    def test_nothing_while_everything_is_held(self, ana: User) -> None:
        inquiry = ask(ana)
        shredding.shred(inquiry.sealed_for, reason="Asked to.", by=ana)
        told = {"source": "agency", "reference": "BIS 7", "asked_by": "BIS", "reason": "Keep all.", "since": date(2026, 11, 1)}
        legal_holds.place(None, **told, by=cast.staff("approver"))
        assert not retention.due(timezone.now().date()).exists()


@pytest.mark.django_db(transaction=True)
class TestTheNight:
    def test_nothing_of_it_is_left_to_read_and_a_certificate_says_so(self) -> None:
        ana = cast.staff("analyst", "Ana Maric")
        inquiry = inquiries.ask(KARPOV, reason="other", note="Zorislav's cousin told us.", by=ana)
        kept = inquiries.ask(Asked(("Kari Moe",)), reason="news", by=ana)
        answering.run()
        shredding.shred(inquiry.sealed_for, reason="Asked to.", by=ana)
        today = timezone.now().date()
        with acting_as("eraser"):
            made = disposal.dispose_of_inquiries(today)
            assert disposal.dispose_of_inquiries(today) is None
        assert made and made.record_class == "inquiries" and made.organisation is None
        assert Disposal.objects.get().number == made.number
        row = Inquiry.objects.get(pk=inquiry.pk)
        assert row.title == row.note == f"erased, {made.number}"
        part = row.parts.get()
        assert isinstance(part.subjects, Erased) and isinstance(part.answers, Erased)
        with connection.cursor() as cursor:
            cursor.execute("SELECT string_agg(to_jsonb(e)::text, '') FROM kyc_inquiryevent e WHERE id = %s", [inquiry.pk])
            assert "Zorislav" not in cursor.fetchone()[0]
        assert Inquiry.objects.get(pk=kept.pk).title == "Kari Moe" and not isinstance(kept.parts.get().subjects, Erased)
