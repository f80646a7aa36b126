"""The page of jobs, and what a monitoring server is told."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import messages, work
from accounts.models import AuditEvent, Message, User
from accounts.permissions import NotPermitted
from kyc.cases.models import Case, Examination
from kyc.evidence.models import Document
from kyc.keys.models import SandboxOutcome
from tests import cast
from tests.rows import Rows, on_its_way_in, one_of_each
from tests.stage import scene

pytestmark = pytest.mark.django_db
QUEUES = sorted(work.queues())
OUT = "RuntimeError: out of paper"


def test_each_has_a_name_in_words_and_none_tells_of_what_investigators_look_for() -> None:
    assert [name for name in QUEUES if name not in work.NAMES] == []
    told = " ".join([*QUEUES, *(str(work.NAMES[name]) for name in QUEUES)]).lower()
    assert not [word for word in ("signal", "network", "incident", "controller", "measure") if word in told]


@scene
def rows() -> Rows:
    alice = cast.customer()
    return one_of_each(alice) | on_its_way_in(alice)


@scene
def omar() -> User:
    return cast.staff("administrator", "Omar Said")


def failed(rows: Rows, name: str) -> Any:
    queue = work.queues()[name][0]
    row = rows[queue.model]
    Case.objects.update(state="review")
    told = {queue.field: queue.failed, "failure": OUT, "errors": 3, "claims": 3}
    # No document is scanned whose scan has failed.
    if queue.model is Document:
        told["scanned_at"] = None
    queue.model.objects.filter(pk=row.pk).update(**told)
    return row


def states(name: str) -> dict[str, int]:
    return work.queues()[name][0].census(timezone.now()).counts()


class TestRetry:
    @pytest.mark.parametrize("name", QUEUES)
    def test_a_failed_row_waits_again_and_its_task_is_woken(
        self, rows: Rows, omar: User, name: str, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
    ) -> None:
        row, sent = failed(rows, name), []
        monkeypatch.setattr("config.jobs.publish", sent.append)
        before = states(name)
        with django_capture_on_commit_callbacks(execute=True):
            work.retry(name, row.pk, by=omar)
        assert states(name) == {**before, "waiting": before["waiting"] + 1, "failed": before["failed"] - 1}
        row.refresh_from_db()
        assert (row.errors, row.claims, row.claimed_until) == (0, 0, None)
        assert sent == [work.queues()[name][1]]
        event = AuditEvent.objects.get(verb="job.retried")
        assert (event.target_id, event.reason, event.details) == (str(row.pk), OUT, {"queue": name})

    def test_twice_it_is_refused(self, rows: Rows, omar: User) -> None:
        row = failed(rows, "messages.send")
        work.retry("messages.send", row.pk, by=omar)
        with pytest.raises(work.NotFailed, match="any more"):
            work.retry("messages.send", row.pk, by=omar)

    def test_a_mail_whose_text_was_forgotten_stays(self, rows: Rows, omar: User) -> None:
        row = failed(rows, "messages.send")
        Message.objects.filter(pk=row.pk).update(is_secret=True, text="")
        with pytest.raises(work.NotFailed, match="Its text was forgotten"):
            work.retry("messages.send", row.pk, by=omar)

    def test_checks_that_a_newer_round_replaced_stay(self, rows: Rows, omar: User) -> None:
        row = failed(rows, "cases.examine")
        Examination.objects.create(organisation=row.organisation, case=row.case, rule_pack="2026.11")
        with pytest.raises(work.NotFailed, match="newer round"):
            work.retry("cases.examine", row.pk, by=omar)

    def test_checks_of_a_case_that_no_officer_has_stay(self, rows: Rows, omar: User) -> None:
        row = failed(rows, "cases.examine")
        Case.objects.filter(pk=row.case_id).update(state="waiting")
        with pytest.raises(work.NotFailed, match="No officer has the case any more"):
            work.retry("cases.examine", row.pk, by=omar)

    @pytest.mark.parametrize("role", ["analyst", "approver", "auditor", "investigator", "support"])
    def test_nobody_else_may(self, rows: Rows, role: str) -> None:
        with pytest.raises(NotPermitted):
            work.retry("messages.send", failed(rows, "messages.send").pk, by=cast.staff(role))


class TestPage:
    def test_tells_what_failed_and_why_and_has_it_tried_again(self, rows: Rows, omar: User) -> None:
        row, client = failed(rows, "keys.link"), cast.signed_in(omar)
        page = client.get(reverse("jobs")).content.decode()
        assert OUT in page and "Links of keys" in page
        assert "Nordlys" not in page
        address = reverse("job_retry", args=["keys.link", row.pk])
        assert f'action="{address}"' in page
        told = client.post(address, follow=True).content.decode()
        assert "Put back. It is tried again within seconds." in told and "Nothing has failed" in told
        assert "It does not stand failed any more." in client.post(address, follow=True).content.decode()

    def test_says_why_something_can_not_be_tried_again(self, rows: Rows, omar: User) -> None:
        Message.objects.filter(pk=failed(rows, "messages.send").pk).update(is_secret=True, text="")
        page = cast.signed_in(omar).get(reverse("jobs")).content.decode()
        assert "Its text was forgotten" in page and "Try again:" not in page

    def test_asks_as_often_for_twenty_failed_rows_as_for_two(self, rows: Rows, omar: User) -> None:
        case, client, asked = rows[Case], cast.signed_in(omar), []
        organisation = case.organisation
        for more in (2, 18):
            for _ in range(more):
                Message.objects.create(to="a@b.example", subject="s", text="t", state="failed", failure=OUT)
                newest = Examination.objects.create(
                    organisation=organisation, case=case, rule_pack="2026.11", state="failed", failure=OUT
                )
                SandboxOutcome.objects.create(organisation=organisation, examination=newest, state="failed", failure=OUT)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(reverse("jobs")).status_code == 200
            asked.append(len(queries))
        assert asked[0] == asked[1]

    def test_shows_to_nobody_whom_a_mail_was_for(self, rows: Rows, omar: User) -> None:
        row = failed(rows, "messages.send")
        refused = "SMTPRecipientsRefused: {'carol@nordlys.example': (550, b'<carol@nordlys.example>: no such mailbox')}"
        Message.objects.filter(pk=row.pk).update(failure=refused)
        page = cast.signed_in(omar).get(reverse("jobs")).content.decode()
        assert "carol" not in page and "no such mailbox" in page
        work.retry("messages.send", row.pk, by=omar)
        reason = AuditEvent.objects.get(verb="job.retried").reason
        assert "carol" not in reason and "no such mailbox" in reason

    @pytest.mark.parametrize(("queue", "pk"), [("no.such", 1), ("messages.send", 999_999)])
    def test_what_does_not_exist_is_missing(self, omar: User, queue: str, pk: int) -> None:
        assert cast.signed_in(omar).post(reverse("job_retry", args=[queue, pk])).status_code == 404


class TestCensus:
    def test_tells_rows_apart(self, db: None) -> None:
        Message.objects.all().delete()
        first, at_work, resting, silent = (messages.queue(to="a@b.example", subject="s", text="t") for _ in range(4))
        later, before = Now() + timedelta(seconds=60), Now() - timedelta(seconds=1)
        Message.objects.filter(pk=at_work.pk).update(claimed_until=later, job_token=1)
        Message.objects.filter(pk=resting.pk).update(claimed_until=later, errors=1)
        Message.objects.filter(pk=silent.pk).update(claimed_until=before, job_token=2)
        assert states("messages.send") == {"waiting": 2, "held": 1, "resting": 1, "failed": 0}
        assert work.queues()["messages.send"][0].census(timezone.now()).oldest == first.queued_at


class TestMetrics:
    @pytest.fixture(autouse=True)
    def token(self, settings: Any) -> None:
        settings.METRICS_TOKEN = "prometheus"

    def test_are_told_to_who_has_the_token(self, rows: Rows) -> None:
        failed(rows, "reports.build")
        answer = Client().get("/metrics", headers={"Authorization": "Bearer prometheus"})
        assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
        lines = answer.content.decode().splitlines()
        assert 'keyholder_jobs{queue="reports.build",state="failed"} 1' in lines
        assert {line.partition("{")[0].split()[0] for line in lines if not line.startswith("#")} == {
            "keyholder_jobs",
            "keyholder_jobs_oldest_seconds",
            "keyholder_audit_waits_seconds",
        }
        assert len([line for line in lines if line.startswith("keyholder_jobs{")]) == 4 * len(QUEUES)

    @pytest.mark.parametrize("sent", ["", "Bearer", "Bearer other", "Bearer \u00e9"])
    def test_are_told_to_nobody_else(self, db: None, sent: str) -> None:
        answer = Client().get("/metrics", headers={"Authorization": sent})
        assert (answer.status_code, answer.content, answer["WWW-Authenticate"]) == (401, b"", "Bearer")

    def test_are_missing_where_none_is_set(self, db: None, settings: Any) -> None:
        settings.METRICS_TOKEN = ""
        assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
