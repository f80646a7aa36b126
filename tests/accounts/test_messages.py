"""A mail leaves after its transaction has committed, once, and rests while the mail server is away."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models.functions import Now

from accounts import messages, tasks
from accounts.models import Message
from config import jobs
from tests import cast

TEMPLATES = ("case_approved", "case_refused", "case_waiting")


class Down(BaseEmailBackend):
    """A mail server that does not answer."""

    def send_messages(self, email_messages: Any) -> int:
        raise ConnectionRefusedError("mail server away")


class Woken:
    name = "test.task"

    def __init__(self) -> None:
        self.times = 0

    def apply_async(self, **_: Any) -> None:
        self.times += 1


def queued(**changes: Any) -> Message:
    return messages.queue(**{"to": "alice@nordlys.example", "subject": "Hello", "text": "Hello Alice", **changes})


@pytest.mark.django_db(transaction=True)
class TestQueue:
    @pytest.fixture
    def woken(self, monkeypatch: pytest.MonkeyPatch) -> Woken:
        task = Woken()
        monkeypatch.setitem(jobs.WAKES, "message.queued", [task])
        monkeypatch.setattr(jobs, "publish", jobs.Publisher().send)
        return task

    def test_wakes_the_sender_once_the_transaction_has_committed(self, woken: Woken) -> None:
        with transaction.atomic():
            queued()
            assert woken.times == 0
            assert mail.outbox == []
        assert woken.times == 1

    def test_of_a_transaction_taken_back_nothing_leaves(self, woken: Woken) -> None:
        with transaction.atomic():
            queued()
            transaction.set_rollback(True)
        messages.send_all()
        assert (woken.times, len(mail.outbox)) == (0, 0)


def test_the_event_wakes_the_task_that_sends() -> None:
    assert [task.name for task in jobs.WAKES["message.queued"]] == ["accounts.send_messages"]
    assert [task.name for queue, task in jobs.SWEPT if queue is messages.QUEUE] == ["accounts.send_messages"]


@pytest.mark.django_db
class TestSendAll:
    def test_run_twice_it_sends_once(self) -> None:
        first, second = queued(), queued(to="charlie@x.example")
        tasks.send_messages()
        tasks.send_messages()
        assert [sent.to for sent in mail.outbox] == [[first.to], [second.to]]
        for message in Message.objects.all():
            assert message.state == Message.State.SENT
            assert message.sent_at

    def test_the_message_id_is_the_rows(self) -> None:
        message = queued()
        messages.send_all()
        assert mail.outbox[0].message()["Message-ID"] == f"<message-{message.pk}@keyholder>"

    def test_sent_again_after_a_lost_worker_it_is_told_by_the_same_id(self) -> None:
        """A worker that dies between the server's yes and the commit can't know; the id lets the reader's side tell."""
        queued()
        claim = messages.QUEUE.claim()
        assert claim is not None
        for _ in range(2):
            Message.objects.update(state="queued", claimed_until=None)
            messages.send_all()
        assert len(mail.outbox) == 2
        assert len({sent.message()["Message-ID"] for sent in mail.outbox}) == 1

    def test_text_and_html_go_together(self) -> None:
        queued(html="<p>Hello</p>")
        messages.send_all()
        (sent,) = mail.outbox
        assert (sent.subject, sent.body) == ("Hello", "Hello Alice")
        assert [(str(body), kind) for body, kind in sent.alternatives] == [("<p>Hello</p>", "text/html")]  # type: ignore[attr-defined]

    def test_while_the_server_is_away_it_rests_longer_each_time_and_then_fails(self, settings: Any) -> None:
        settings.EMAIL_BACKEND = "tests.accounts.test_messages.Down"
        message = queued()
        rests = []
        for attempt in range(1, 13):
            messages.send_all()
            message.refresh_from_db()
            assert message.failure == "ConnectionRefusedError: mail server away"
            assert (message.errors, message.sent_at) == (attempt, None)
            if message.claimed_until:
                rests.append(message.claimed_until)
            Message.objects.filter(state="queued").update(claimed_until=Now() - timedelta(seconds=1))
        assert message.state == Message.State.FAILED
        assert len(rests) == 11
        assert rests == sorted(rests)
        assert rests[-1] - rests[0] > timedelta(minutes=30)

    def test_a_server_that_comes_back_gets_what_waited(self, settings: Any) -> None:
        backend = settings.EMAIL_BACKEND
        message = queued()
        settings.EMAIL_BACKEND = "tests.accounts.test_messages.Down"
        messages.send_all()
        settings.EMAIL_BACKEND = backend
        messages.send_all()
        assert mail.outbox == [], "it rests first"
        Message.objects.update(claimed_until=Now() - timedelta(seconds=1))
        messages.send_all()
        message.refresh_from_db()
        assert (len(mail.outbox), message.state, message.errors, message.failure) == (1, "sent", 0, "")

    def test_one_poisoned_mail_holds_up_no_other(self) -> None:
        poisoned, sound = queued(subject="a\nBcc: all@x.example"), queued()
        messages.send_all()
        assert [sent.subject for sent in mail.outbox] == [sound.subject]
        poisoned.refresh_from_db()
        assert poisoned.failure.startswith("BadHeaderError")
        assert "all@x.example" not in str([sent.message() for sent in mail.outbox])

    def test_what_a_mail_says_stands_in_no_history(self) -> None:
        queued(text="Your code: 123456", html="<b>123456</b>")
        assert "123456" not in str(list(Message.pgh_event_model.objects.values()))  # type: ignore[attr-defined]


@pytest.mark.django_db
class TestQueueTemplate:
    @pytest.mark.parametrize("name", TEMPLATES)
    def test_text_and_html_say_the_same_and_lead_to_what_is_next(self, name: str, settings: Any) -> None:
        found = cast.founded(cast.customer(), name="Nordlys & Søn <AS>")
        case = found.organisation.case_set.get()
        message = messages.queue_template(
            name, to="alice@nordlys.example", subject="x", organisation=found.organisation, case=case, message="Send the extract."
        )
        leads_back = name != "case_refused"
        assert (settings.SITE_URL in message.text) == (settings.SITE_URL in message.html) == leads_back
        assert "<AS>" not in message.html
        assert "&lt;AS&gt;" not in message.text
        if name == "case_waiting":
            assert "Send the extract." in message.text
            assert "Send the extract." in message.html
        assert not re.search(r"{[{%]|%}|None", message.text + message.html)


@pytest.mark.django_db(transaction=True)
class TestSecret:
    def test_its_text_is_forgotten_once_it_is_sent(self) -> None:
        kept = messages.queue(to="a@b.example", subject="Hello", text="Plain", html="<p>Plain</p>")
        secret = messages.queue(to="a@b.example", subject="A link", text="/prove/token", html="<p>token</p>", is_secret=True)
        messages.send_all()
        rows = {row.pk: (row.state, row.text, row.html) for row in Message.objects.all()}
        assert rows == {kept.pk: ("sent", "Plain", "<p>Plain</p>"), secret.pk: ("sent", "", "")}
        assert mail.outbox[1].body == "/prove/token"

    def test_so_it_is_once_it_is_given_up(self, settings: Any) -> None:
        settings.EMAIL_BACKEND = "tests.accounts.test_messages.Down"
        kept = messages.queue(to="a@b.example", subject="Hello", text="Plain", html="<p>Plain</p>")
        secret = messages.queue(to="a@b.example", subject="A link", text="/prove/token", html="<p>token</p>", is_secret=True)
        Message.objects.update(errors=messages.QUEUE.max_errors - 2)
        messages.send_all()
        assert Message.objects.get(pk=secret.pk).text == "/prove/token", "it is tried once more"
        Message.objects.update(claimed_until=None)
        messages.send_all()
        rows = {row.pk: (row.state, row.text, row.html) for row in Message.objects.all()}
        assert rows == {kept.pk: ("failed", "Plain", "<p>Plain</p>"), secret.pk: ("failed", "", "")}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "forged",
    [
        {"subject": "Hello\r\nBcc: everybody@evil.example"},
        {"subject": "Hello\nContent-Type: text/html\n\n<b>"},
        {"to": "alice@nordlys.example\r\nBcc: everybody@evil.example"},
        {"to": "alice@nordlys.example, everybody@evil.example"},
    ],
)
def test_no_line_of_ours_makes_another_of_the_mails(forged: dict[str, str]) -> None:
    """Should a line break ever come so far: forms take none (tests/kyc/parties/test_wording.py)."""
    row = queued(**forged)
    messages.send_all()
    for one in mail.outbox:
        written = one.message()
        assert written["Bcc"] is None and written.get_content_type() in {"text/plain", "multipart/alternative"}
        assert one.recipients() in ([], [row.to]) and "\n" not in str(written["To"]).replace("\n ", "")
        assert "evil.example" not in str(one.recipients()) or len(one.recipients()) == 1
    assert not [one for one in mail.outbox if "\n" in forged.get("subject", "") + forged.get("to", "")]
