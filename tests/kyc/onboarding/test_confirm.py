"""The pages on which a customer confirms what he told us."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Message
from kyc.evidence import code_sending, confirmations, domain_watch
from kyc.evidence.confirmation_models import ConfirmationCode, DomainChallenge, OutsideCheck
from kyc.parties.models import Party
from kyc.rules import packs
from tests import cast
from tests.cast import Founded, customer, founded, signed_in
from tests.kyc.evidence.confirming.servers import name_server, says, web_server
from tests.kyc.evidence.outside.messages import SECRET
from tests.stage import scene

LIST = "/verification/confirm/"


@scene
def nordlys() -> Founded:
    found = founded(customer())
    Party.objects.filter(pk=found.party.pk).update(email="office@nordlys.example", domain="nordlys.example")
    found.party.refresh_from_db()
    return found


@pytest.fixture
def alice(nordlys: Founded) -> Client:
    return signed_in(nordlys.by)


def read(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


class TestStrangers:
    @pytest.mark.parametrize("path", ["{pk}/email/", "{pk}/email/send/", "{pk}/domain/publish/", "{boss}/by/stripe/"])
    def test_another_customer_finds_nothing_and_sends_nothing(self, nordlys: Founded, path: str) -> None:
        charlie = founded(customer("charlie@elsewhere.example", "Charlie"), name="Elsewhere AS", person="Charlie")
        client = signed_in(charlie.by)
        address = LIST + path.format(pk=nordlys.party.pk, boss=nordlys.controller.pk)
        assert {client.get(address).status_code, client.post(address).status_code} == {404}
        assert not ConfirmationCode.objects.exists() and not Message.objects.exists()


class TestList:
    def test_it_names_what_can_be_confirmed_and_what_is(self, nordlys: Founded, alice: Client) -> None:
        text = read(alice.get(LIST))
        assert "office@nordlys.example" in text and "+4777000000" in text and "Stripe" not in text
        code_sending.ask(nordlys.party, channel="email", by=nordlys.by)
        code = re.findall(r"\b\d{6}\b", Message.objects.get().text)[0]
        code_sending.enter(nordlys.party, channel="email", code=code, by=nordlys.by)
        assert "Confirmed by a code sent by e-mail, good until" in read(alice.get(LIST))

    def test_an_address_stands_there_once_a_letter_was_printed(self, nordlys: Founded, alice: Client) -> None:
        assert "Strandgata" not in read(alice.get(LIST))
        code_sending.print_letter(nordlys.party, by=cast.staff("analyst"))
        assert "Strandgata 12" in read(alice.get(LIST))

    def test_and_no_more_once_its_code_was_used_or_has_expired(self, nordlys: Founded, alice: Client) -> None:
        row, code = code_sending.print_letter(nordlys.party, by=cast.staff("analyst"))
        place = f"{LIST}{nordlys.party.pk}/post/"
        assert place in read(alice.get(LIST))
        gone = timedelta(days=60)
        with transaction.atomic():
            ConfirmationCode.objects.update(sent_at=timezone.now() - gone, expires_at=timezone.now() - gone / 2)
            assert place not in read(alice.get(LIST))
            ConfirmationCode.objects.update(sent_at=row.sent_at, expires_at=row.expires_at)
        code_sending.enter(nordlys.party, channel="post", code=code, by=nordlys.by)
        text = read(alice.get(LIST))
        assert place not in text and "Confirmed by a code sent by post" in text

    def test_of_many_parties_it_asks_as_often_as_of_one(
        self, nordlys: Founded, alice: Client, django_assert_num_queries: Any
    ) -> None:
        alice.get(LIST)
        with CaptureQueriesContext(connection) as once:
            alice.get(LIST)
        for number in range(4):
            Party.objects.create(
                organisation=nordlys.organisation, kind="company", name=f"Owner {number} AS", country="NO",
                email=f"owner{number}@nordlys.example",
            )  # fmt: skip
        with django_assert_num_queries(len(once)):
            assert "owner3@nordlys.example" in read(alice.get(LIST))


class TestCode:
    def test_asked_for_typed_wrongly_and_then_rightly(self, nordlys: Founded, alice: Client) -> None:
        path = f"{LIST}{nordlys.party.pk}/email/"
        assert 'name="code"' not in read(alice.get(path))
        assert alice.post(f"{path}send/").headers["Location"] == path
        code = re.findall(r"\b\d{6}\b", Message.objects.get().text)[0]
        wrong = alice.post(path, {"code": f"{(int(code) + 1) % 1_000_000:06d}"})
        assert wrong.status_code == 422 and "You have 4 more tries." in read(wrong)
        assert ConfirmationCode.objects.get().tries == 1
        assert alice.post(path, {"code": code}).headers["Location"] == LIST
        assert confirmations.confirmed(nordlys.party).count() == 1

    def test_after_five_tries_it_says_so_and_offers_another(self, nordlys: Founded, alice: Client) -> None:
        path = f"{LIST}{nordlys.party.pk}/email/"
        alice.post(f"{path}send/")
        for _ in range(5):
            answer = alice.post(path, {"code": "x"})
        assert answer.status_code == 422 and "tried too often" in read(answer)
        assert "Send a new code" in read(alice.get(path))

    def test_numbers_are_those_of_the_rules(self, nordlys: Founded, alice: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        minutes, days = {"email": 720, "phone": 7, "domain": 720}, {"home": 11, "abroad": 19}
        codes = {"tries": 4, "digits": 8, "minutes": minutes, "days_by_post": days}
        data = packs.current().confirmations.data
        own = packs.Confirmations({**data, "codes": {**data["codes"], **codes}, "domain": {**data["domain"], "every_days": 5}})
        monkeypatch.setattr(packs.Pack, "confirmations", own)
        place = f"{LIST}{nordlys.party.pk}"
        alice.post(f"{place}/email/send/")
        text = read(alice.get(f"{place}/email/"))
        assert "8 digits. It can be tried 4 times." in text and "good for 12 hours" in text
        assert "good for 7 minutes" in read(alice.get(f"{place}/phone/"))
        assert "good for 11 days, and for 19 where" in read(alice.get(f"{place}/post/"))
        alice.post(f"{place}/domain/publish/")
        assert "every 5 days" in read(alice.get(f"{place}/domain/publish/"))

    def test_a_refusal_to_send_is_a_sentence(self, nordlys: Founded, alice: Client) -> None:
        path = f"{LIST}{nordlys.party.pk}/email/"
        alice.post(f"{path}send/")
        assert "Wait a minute" in read(alice.post(f"{path}send/", follow=True))

    def test_a_channel_that_is_none_is_not_found(self, nordlys: Founded, alice: Client) -> None:
        assert alice.get(f"{LIST}{nordlys.party.pk}/pigeon/").status_code == 404

    def test_the_keeper_of_a_domain_is_one_of_five(self, nordlys: Founded, alice: Client) -> None:
        path = f"{LIST}{nordlys.party.pk}/domain/"
        assert "postmaster@nordlys.example" in read(alice.get(path))
        alice.post(f"{path}send/", {"mailbox": "webmaster"})
        assert Message.objects.get().to == "webmaster@nordlys.example"


class TestDomain:
    def test_looking_writes_nothing_and_a_post_begins_it(self, nordlys: Founded, alice: Client, settings: Any) -> None:
        path = f"{LIST}{nordlys.party.pk}/domain/publish/"
        assert "keyholder-domain-verification" not in read(alice.get(path))
        assert not DomainChallenge.objects.exists()
        alice.post(path)
        row = DomainChallenge.objects.get()
        text = read(alice.get(path))
        assert row.token in text and "_keyholder-challenge.nordlys.example" in text
        with name_server() as server:
            settings.DNS_SERVERS = [server.address]
            alice.post(path)
            text = read(alice.get(path))
            assert "Being looked for" in text and 'hx-trigger="every 2s"' in text, "the page goes on by itself"
            domain_watch.run()
            text = read(alice.get(path))
            assert "It was not there" in text and "hx-trigger" not in text
            server.zone["_keyholder-challenge.nordlys.example", "TXT"] = [f'"keyholder-domain-verification={row.token}"']
            DomainChallenge.objects.update(looked_at=None)
            alice.post(path)
            domain_watch.run()
        assert "Found. It was last looked for" in read(alice.get(path))


class TestService:
    def test_it_is_offered_once_it_is_named_and_leads_there_by_a_link(
        self, nordlys: Founded, alice: Client, settings: Any
    ) -> None:
        path = f"{LIST}{nordlys.controller.pk}/by/generic/"
        assert "This is not offered at present" in read(alice.get(path))
        settings.VERIFICATION_SECRETS, settings.VERIFICATION_NAME = [SECRET], "Ident House"
        with web_server(says(b'{"id": "chk_1", "url": "https://ident.example/go?a=1&b=2"}')) as port:
            settings.VERIFICATION_URL = f"http://127.0.0.1:{port}/"
            assert "Ident House" in read(alice.get(LIST))
            text = read(alice.post(path))
        assert 'href="https://ident.example/go?a=1&amp;b=2"' in text
        assert OutsideCheck.objects.get().reference == "chk_1"
        assert "Begun on" in read(alice.get(path))

    def test_while_it_is_away_it_says_so(self, nordlys: Founded, alice: Client, settings: Any) -> None:
        settings.VERIFICATION_SECRETS, settings.VERIFICATION_URL = [SECRET], "http://127.0.0.1:1/"
        answer = alice.post(f"{LIST}{nordlys.controller.pk}/by/generic/")
        assert answer.status_code == 422 and "cannot be reached" in read(answer)
        assert not OutsideCheck.objects.exists()
