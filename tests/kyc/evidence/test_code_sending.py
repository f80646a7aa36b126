"""Codes: sent where the party says, few, short-lived, tried five times at most, and kept nowhere."""

import re
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts import audit, messages
from accounts.models import AuditEvent, Message, Organisation
from accounts.permissions import NotPermitted
from demo.models import Mail
from kyc.evidence import code_sending, confirmations
from kyc.evidence.code_sending import QUEUE, NoAddress, Over, TooMany, WrongCode
from kyc.evidence.confirmation_models import Confirmation, ConfirmationCode
from kyc.parties.models import Party
from kyc.rules import packs
from tests.cast import Founded, customer, founded, staff
from tests.stage import scene

EMAIL, DOMAIN = "office@nordlys.example", "nordlys.example"


@scene
def nordlys() -> Founded:
    found = founded(customer())
    Party.objects.filter(pk=found.party.pk).update(email=EMAIL, domain=DOMAIN)
    found.party.refresh_from_db()
    return found


def by_mail(nordlys: Founded, channel: str = "email", **more: str) -> str:
    """A code asked for, as it stands in the mail."""
    code_sending.ask(nordlys.party, channel=channel, by=nordlys.by, **more)
    return digits(Message.objects.latest("pk").text)


def digits(text: str) -> str:
    found = re.findall(r"\b\d{6,}\b", text)
    assert len(found) == 1
    return str(found[0])


def earlier(**by: int) -> None:
    """As if all that was asked for had been asked for so long ago."""
    rows, gone = ConfirmationCode.objects.all(), timedelta(**by)
    for row in rows:
        moved = {name: getattr(row, name) - gone for name in ("asked_at", "sent_at", "expires_at") if getattr(row, name)}
        ConfirmationCode.objects.filter(pk=row.pk).update(**moved)


def enter(nordlys: Founded, code: str, channel: str = "email") -> Confirmation:
    return code_sending.enter(nordlys.party, channel=channel, code=code, by=nordlys.by)


def other(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


class TestAsk:
    def test_the_code_stands_in_the_mail_and_nowhere_else(self, nordlys: Founded) -> None:
        code = by_mail(nordlys)
        message = Message.objects.get()
        assert (message.to, message.is_secret) == (EMAIL, True)
        row = ConfirmationCode.objects.values().get()
        history = ConfirmationCode.pgh_event_model.objects.values()  # type: ignore[attr-defined]  # pghistory adds it
        for text in (str(row), str(list(AuditEvent.objects.values())), str(list(history))):
            assert code not in text and EMAIL not in text
        assert row["expires_at"] - row["sent_at"] == timedelta(hours=24)
        messages.send_all()
        assert code in mail.outbox[0].body
        assert code not in str(Message.objects.values().get())

    def test_a_new_one_ends_the_one_before(self, nordlys: Founded) -> None:
        first = by_mail(nordlys)
        earlier(minutes=2)
        second = by_mail(nordlys)
        if first != second:
            with pytest.raises(WrongCode):
                enter(nordlys, first)
        assert enter(nordlys, second).what == "email"

    def test_a_second_one_within_a_minute_is_refused(self, nordlys: Founded) -> None:
        by_mail(nordlys)
        with pytest.raises(TooMany, match="Wait a minute"):
            by_mail(nordlys)
        earlier(seconds=61)
        by_mail(nordlys)

    def test_to_one_address_five_go_a_day_whoever_asks(self, nordlys: Founded) -> None:
        elsewhere = founded(customer("bob@elsewhere.example", "Bob Berg"), name="Elsewhere AS", person="Bob Berg")
        Party.objects.filter(pk=elsewhere.party.pk).update(email=EMAIL.upper())
        for _ in range(3):
            by_mail(nordlys)
            earlier(minutes=2)
        for _ in range(2):
            by_mail(elsewhere)
            earlier(minutes=2)
        for found in (nordlys, elsewhere):
            with pytest.raises(TooMany, match="tomorrow"):
                by_mail(found)
        earlier(days=1)
        by_mail(nordlys)

    def test_one_organisation_asks_for_thirty_a_day(self, nordlys: Founded) -> None:
        for number in range(30):
            Party.objects.filter(pk=nordlys.party.pk).update(email=f"box{number}@nordlys.example")
            by_mail(nordlys)
        Party.objects.filter(pk=nordlys.party.pk).update(email=EMAIL)
        with pytest.raises(TooMany):
            by_mail(nordlys)

    def test_a_party_without_an_address_gets_none(self, nordlys: Founded) -> None:
        with pytest.raises(NoAddress):
            code_sending.ask(nordlys.controller, channel="email", by=nordlys.by)
        assert not ConfirmationCode.objects.exists()

    def test_who_keeps_the_domain_is_written_to_and_nobody_else_there(self, nordlys: Founded) -> None:
        code = by_mail(nordlys, "domain", mailbox="postmaster")
        message = Message.objects.get()
        assert message.to == "postmaster@nordlys.example"
        assert f"the domain {DOMAIN} is theirs" in message.text
        assert enter(nordlys, code, "domain").how == "domain_mail"
        with pytest.raises(NoAddress):
            code_sending.ask(nordlys.party, channel="domain", mailbox="ingrid", by=nordlys.by)

    def test_a_letter_is_printed_by_officers_and_not_asked_for(self, nordlys: Founded) -> None:
        with pytest.raises(NoAddress):
            code_sending.ask(nordlys.party, channel="post", by=nordlys.by)

    def test_a_stranger_asks_for_nothing(self, nordlys: Founded) -> None:
        with pytest.raises(NotPermitted):
            code_sending.ask(nordlys.party, channel="email", by=customer("charlie@elsewhere.example", "Charlie"))

    def test_nothing_is_sent_when_the_audit_fails(self, nordlys: Founded, monkeypatch: Any) -> None:
        def broken(event: AuditEvent) -> None:
            raise DatabaseError

        monkeypatch.setattr(audit, "insert", broken)
        with pytest.raises(DatabaseError), transaction.atomic():
            by_mail(nordlys)
        assert not ConfirmationCode.objects.exists() and not Message.objects.exists()


class TestText:
    def test_a_worker_draws_and_sends_it_and_the_demo_shows_it(self, nordlys: Founded) -> None:
        code_sending.ask(nordlys.party, channel="phone", by=nordlys.by)
        assert ConfirmationCode.objects.get().digest == ""
        code_sending.run()
        row, shown = ConfirmationCode.objects.get(), Mail.objects.get()
        assert (row.state, shown.to, row.expires_at - row.sent_at) == ("sent", "+4777000000", timedelta(minutes=10))
        code_sending.run()
        assert Mail.objects.count() == 1
        assert enter(nordlys, digits(shown.text), "phone").how == "phone_code"

    def test_a_gateway_that_is_away_is_tried_again_with_another_code(self, nordlys: Founded, settings: Any) -> None:
        code_sending.ask(nordlys.party, channel="phone", by=nordlys.by)
        settings.TEXT_SENDER = f"{__name__}.away"
        code_sending.run()
        row = ConfirmationCode.objects.get()
        assert (row.state, row.errors, row.digest) == ("waiting", 1, "")
        settings.TEXT_SENDER = "demo.mailbox.show_text"
        ConfirmationCode.objects.update(claimed_until=None)
        code_sending.run()
        assert ConfirmationCode.objects.get().state == "sent"

    def test_to_a_number_that_was_changed_meanwhile_nothing_goes(self, nordlys: Founded) -> None:
        code_sending.ask(nordlys.party, channel="phone", by=nordlys.by)
        nordlys.party.phone = "+4777999999"
        nordlys.party.save(update_fields=["phone"])
        code_sending.run()
        row = ConfirmationCode.objects.get()
        assert (row.state, row.errors, row.done_at is None) == ("ended", 0, False)
        assert not Mail.objects.exists()

    def test_to_all_together_so_many_go_a_day(self, nordlys: Founded, monkeypatch: pytest.MonkeyPatch) -> None:
        rules = packs.current().confirmations.data
        own = packs.Confirmations({**rules, "codes": {**rules["codes"], "texts_a_day": 1}})
        monkeypatch.setattr(packs.Pack, "confirmations", own)
        code_sending.ask(nordlys.party, channel="phone", by=nordlys.by)
        elsewhere = founded(customer("bob@elsewhere.example", "Bob Berg"), name="Elsewhere AS", person="Bob Berg")
        Party.objects.filter(pk=elsewhere.party.pk).update(email="bob@elsewhere.example")
        elsewhere.party.refresh_from_db()
        with pytest.raises(TooMany, match="No more text messages"):
            code_sending.ask(elsewhere.party, channel="phone", by=elsewhere.by)
        code_sending.ask(elsewhere.party, channel="email", by=elsewhere.by)

    def test_without_a_gateway_none_is_offered(self, nordlys: Founded, settings: Any) -> None:
        settings.TEXT_SENDER = ""
        with pytest.raises(NoAddress, match="not sent here"):
            code_sending.ask(nordlys.party, channel="phone", by=nordlys.by)

    def test_it_fails_for_good_after_five_errors_and_another_can_be_asked_for(self, nordlys: Founded, settings: Any) -> None:
        code_sending.ask(nordlys.party, channel="phone", by=nordlys.by)
        settings.TEXT_SENDER = f"{__name__}.away"
        for _ in range(QUEUE.max_errors):
            ConfirmationCode.objects.update(claimed_until=None)
            code_sending.run()
        assert ConfirmationCode.objects.get().state == "failed"
        earlier(minutes=2)
        code_sending.ask(nordlys.party, channel="phone", by=nordlys.by)


def away(to: str, text: str, *, key: str) -> None:
    raise OSError("away")


class TestEnter:
    def test_the_right_code_confirms_what_the_party_says(self, nordlys: Founded) -> None:
        code = by_mail(nordlys)
        made = enter(nordlys, f" {code[:3]} {code[3:]} ")
        assert (made.what, made.how, made.value, made.confirmed_by) == ("email", "email_code", EMAIL, nordlys.by)
        assert list(confirmations.confirmed(nordlys.party)) == [made]
        assert AuditEvent.objects.latest("pk").verb == "confirmation.made"

    def test_it_works_once(self, nordlys: Founded) -> None:
        code = by_mail(nordlys)
        enter(nordlys, code)
        with pytest.raises(Over):
            enter(nordlys, code)
        assert Confirmation.objects.count() == 1

    def test_a_fifth_wrong_one_ends_it_and_the_right_one_comes_too_late(self, nordlys: Founded) -> None:
        code = by_mail(nordlys)
        for left in (4, 3, 2):
            with pytest.raises(WrongCode, match=f"{left} more tries"):
                enter(nordlys, other(code))
        with pytest.raises(WrongCode, match="one more try"):
            enter(nordlys, other(code))
        with pytest.raises(Over, match="too often"):
            enter(nordlys, other(code))
        with pytest.raises(Over):
            enter(nordlys, code)
        assert ConfirmationCode.objects.get().tries == 5
        assert not Confirmation.objects.exists()

    @pytest.mark.parametrize("typed", ["", "x", "12345", "1" * 5000, "\x00", "೧೨೩"])
    def test_whatever_is_typed_is_answered(self, nordlys: Founded, typed: str) -> None:
        by_mail(nordlys)
        with pytest.raises(WrongCode):
            enter(nordlys, typed)

    @pytest.mark.parametrize(("channel", "minutes"), [("email", 24 * 60), ("phone", 10)])
    def test_it_expires(self, nordlys: Founded, channel: str, minutes: int) -> None:
        code_sending.ask(nordlys.party, channel=channel, by=nordlys.by)
        code_sending.run()
        code = digits((Mail.objects.latest("pk") if channel == "phone" else Message.objects.latest("pk")).text)
        earlier(minutes=minutes)
        with pytest.raises(Over, match="expired"):
            enter(nordlys, code, channel)

    def test_of_an_address_that_was_changed_since_it_confirms_nothing(self, nordlys: Founded) -> None:
        code = by_mail(nordlys)
        Party.objects.filter(pk=nordlys.party.pk).update(email="other@nordlys.example")
        with pytest.raises(Over, match="changed"):
            enter(nordlys, code)

    def test_what_is_said_anew_is_confirmed_no_more_and_again_once_it_is_said_as_before(self, nordlys: Founded) -> None:
        enter(nordlys, by_mail(nordlys))
        for email, count in (("other@nordlys.example", 0), ("OFFICE@nordlys.example", 1)):
            Party.objects.filter(pk=nordlys.party.pk).update(email=email)
            nordlys.party.refresh_from_db()
            assert confirmations.confirmed(nordlys.party).count() == count

    def test_a_stranger_tries_nothing(self, nordlys: Founded) -> None:
        code = by_mail(nordlys)
        with pytest.raises(NotPermitted):
            code_sending.enter(nordlys.party, channel="email", code=code, by=customer("charlie@elsewhere.example", "Charlie"))
        assert ConfirmationCode.objects.get().tries == 0


class TestDatabase:
    def test_no_try_is_taken_back_and_no_used_code_opened(self, nordlys: Founded) -> None:
        code = by_mail(nordlys)
        with pytest.raises(WrongCode):
            enter(nordlys, other(code))
        for columns in ({"tries": 0}, {"tries": 6}):
            with pytest.raises(DatabaseError), transaction.atomic():
                ConfirmationCode.objects.update(**columns)
        enter(nordlys, code)
        with pytest.raises(DatabaseError), transaction.atomic():
            ConfirmationCode.objects.update(state="sent")

    def test_two_are_never_open_at_once(self, nordlys: Founded) -> None:
        by_mail(nordlys)
        row = ConfirmationCode.objects.get()
        row.pk = None
        with pytest.raises(DatabaseError, match="one_open_code_a_way"), transaction.atomic():
            row.save(force_insert=True)


class TestLetter:
    def test_an_officer_prints_a_code_that_is_good_for_thirty_days_abroad(self, nordlys: Founded) -> None:
        analyst = staff("analyst")
        row, code = code_sending.print_letter(nordlys.party, by=analyst)
        assert row.expires_at is not None and row.sent_at is not None
        assert row.expires_at - row.sent_at == timedelta(days=30)
        made = enter(nordlys, code, "post")
        assert (made.what, made.how) == ("address", "letter_code")

    def test_and_for_twenty_one_at_home(self, nordlys: Founded) -> None:
        Party.objects.filter(pk=nordlys.party.pk).update(hq_country="US")
        row, _code = code_sending.print_letter(nordlys.party, by=staff("analyst"))
        assert row.expires_at is not None and row.sent_at is not None
        assert row.expires_at - row.sent_at == timedelta(days=21)

    @pytest.mark.parametrize("role", ["auditor", "administrator"])
    def test_others_print_none(self, nordlys: Founded, role: str) -> None:
        with pytest.raises(NotPermitted):
            code_sending.print_letter(nordlys.party, by=staff(role))


@pytest.mark.django_db(transaction=True)
def test_guesses_that_come_at_once_are_counted_each() -> None:
    found = founded(customer())
    Party.objects.filter(pk=found.party.pk).update(email=EMAIL)
    found.party.refresh_from_db()
    code, outcomes = by_mail(found), []
    together = threading.Barrier(8)

    def guess() -> None:
        try:
            together.wait()
            enter(found, other(code))
        except (WrongCode, Over) as refused:
            outcomes.append(type(refused))
        finally:
            connection.close()

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(WrongCode) == 4 and outcomes.count(Over) == 4
    row = ConfirmationCode.objects.get()
    assert (row.tries, row.state) == (5, "ended")
    assert Organisation.objects.filter(pk=found.organisation.pk).exists() and timezone.now() > row.asked_at


@pytest.mark.django_db(transaction=True)
def test_to_one_address_five_go_though_seven_organisations_ask_at_once() -> None:
    every = [founded(customer(f"bob{n}@elsewhere.example", f"Bob {n}"), name=f"House {n}", person=f"Bob {n}") for n in range(7)]
    Party.objects.filter(pk__in=[found.party.pk for found in every]).update(email=EMAIL)
    together, outcomes = threading.Barrier(len(every)), []

    def ask(found: Founded) -> None:
        try:
            together.wait()
            code_sending.ask(found.party, channel="email", by=found.by)
            outcomes.append("sent")
        except TooMany:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=[found]) for found in every]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused"] * 2 + ["sent"] * 5


@pytest.mark.django_db(transaction=True)
def test_of_two_customers_at_once_the_last_text_message_goes_to_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = packs.current().confirmations.data
    own = packs.Confirmations({**rules, "codes": {**rules["codes"], "texts_a_day": 1}})
    monkeypatch.setattr(packs.Pack, "confirmations", own)
    both = [
        founded(customer()),
        founded(customer("bob@elsewhere.example", "Bob Berg"), name="Elsewhere AS", person="Bob Berg"),
    ]
    for number, one in enumerate(both):
        one.party.phone = f"+477700000{number}"
        one.party.save(update_fields=["phone"])
    outcomes: list[str] = []
    together = threading.Barrier(2)
    begun = code_sending.begun

    def slowly(*args: Any, **kwargs: Any) -> ConfirmationCode:
        # As long as it takes the other to count too, were it let.
        time.sleep(0.5)
        return begun(*args, **kwargs)

    monkeypatch.setattr(code_sending, "begun", slowly)

    def ask(one: Founded) -> None:
        together.wait()
        try:
            outcomes.append(code_sending.ask(one.party, channel="phone", by=one.by).channel)
        except TooMany:
            outcomes.append("too many")
        connection.close()

    threads = [threading.Thread(target=ask, args=(one,)) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["phone", "too many"]
    assert ConfirmationCode.objects.count() == 1
