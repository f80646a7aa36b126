"""The sign-in library's mail goes through our outbox."""

import pytest
from allauth.account.adapter import get_adapter
from django.core import mail
from django.test import RequestFactory

from accounts.adapter import AccountAdapter
from accounts.models import Message
from tests import cast


@pytest.mark.django_db
class TestSendMail:
    def test_queues_it_and_sends_nothing_itself(self) -> None:
        adapter = get_adapter(RequestFactory().get("/"))
        assert isinstance(adapter, AccountAdapter)
        values = {"user": cast.customer(), "code": "ABC-DEF", "request": adapter.request}
        adapter.send_mail("account/email/email_confirmation", "alice@nordlys.example", values)
        message = Message.objects.get()
        assert mail.outbox == []
        assert (message.to, message.subject, message.state) == ("alice@nordlys.example", "Your code for Keyholder", "queued")
        assert "\n\nABC-DEF\n\n" in message.text
        assert message.html == ""
