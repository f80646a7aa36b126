"""A domain is shown by what is published on it, looked for again, and lost when it is gone for good."""

import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from accounts.permissions import NotPermitted
from kyc.evidence import confirmations, domain_watch
from kyc.evidence.confirmation_models import Confirmation, DomainChallenge
from kyc.evidence.confirming import domains, reaching
from kyc.evidence.domain_watch import NoDomain, NotOpen
from kyc.parties.models import Party
from tests.cast import Founded, customer, founded, staff
from tests.kyc.evidence.confirming.servers import LOCAL, NameServer, certificate, name_server, says, web_server
from tests.stage import scene

DOMAIN = "nordlys.example"


@scene
def nordlys() -> Founded:
    found = founded(customer())
    Party.objects.filter(pk=found.party.pk).update(domain=DOMAIN)
    found.party.refresh_from_db()
    return found


@pytest.fixture
def names(settings: Any) -> Iterator[NameServer]:
    with name_server() as server:
        settings.DNS_SERVERS = [server.address]
        yield server


def begun(nordlys: Founded) -> DomainChallenge:
    return domain_watch.challenge(nordlys.party, by=nordlys.by)


def published(names: NameServer, row: DomainChallenge, *more: str) -> None:
    names.zone[f"_keyholder-challenge.{row.domain}", "TXT"] = [f'"{domains.value(row.token)}"', *more]


def looked(nordlys: Founded, row: DomainChallenge) -> DomainChallenge:
    DomainChallenge.objects.filter(pk=row.pk).update(looked_at=None)
    domain_watch.look(row, by=nordlys.by)
    domain_watch.run()
    row.refresh_from_db()
    return row


def again(row: DomainChallenge) -> DomainChallenge:
    """Its day has come."""
    DomainChallenge.objects.filter(pk=row.pk).update(due_at=timezone.now())
    domain_watch.run()
    row.refresh_from_db()
    return row


class TestChallenge:
    def test_it_stays_the_same_as_long_as_the_domain_does(self, nordlys: Founded) -> None:
        first = begun(nordlys)
        assert begun(nordlys) == first
        Party.objects.filter(pk=nordlys.party.pk).update(domain="other.example")
        second = begun(nordlys)
        assert (second.domain, second.token == first.token) == ("other.example", False)
        assert DomainChallenge.objects.get(pk=first.pk).state == "ended"

    def test_without_a_domain_there_is_none(self, nordlys: Founded) -> None:
        with pytest.raises(NoDomain):
            domain_watch.challenge(nordlys.controller, by=nordlys.by)

    def test_a_stranger_begins_none(self, nordlys: Founded) -> None:
        with pytest.raises(NotPermitted):
            domain_watch.challenge(nordlys.party, by=customer("charlie@elsewhere.example", "Charlie"))


class TestDns:
    def test_a_record_confirms_the_domain(self, nordlys: Founded, names: NameServer) -> None:
        row = begun(nordlys)
        published(names, row, '"v=spf1 -all"')
        row = looked(nordlys, row)
        [made] = confirmations.confirmed(nordlys.party)
        assert (row.state, row.found, made.what, made.how, made.value) == ("held", "dns", "domain", "dns", DOMAIN)
        assert row.due_at - timezone.now() > timedelta(days=6)

    def test_a_record_in_parts_is_read_whole(self, nordlys: Founded, names: NameServer) -> None:
        row = begun(nordlys)
        value = domains.value(row.token)
        names.zone[f"_keyholder-challenge.{DOMAIN}", "TXT"] = [f'"{value[:40]}" "{value[40:]}"']
        assert looked(nordlys, row).found == "dns"

    def test_anothers_value_is_told_from_none(self, nordlys: Founded, names: NameServer) -> None:
        row = begun(nordlys)
        names.zone[DOMAIN, "A"] = ["10.0.0.1"]
        assert (looked(nordlys, row).state, row.found) == ("open", "nothing")
        names.zone[f"_keyholder-challenge.{DOMAIN}", "TXT"] = [f'"{domains.value(domains.token())}"']
        assert (looked(nordlys, row).state, row.found) == ("open", "other")
        assert not Confirmation.objects.exists()

    def test_servers_that_fail_say_nothing(self, nordlys: Founded, names: NameServer) -> None:
        names.fails = True
        assert (looked(nordlys, row := begun(nordlys)).state, row.state) == ("open", "open")
        assert DomainChallenge.objects.get().found == "away"

    def test_a_domain_in_another_script_is_asked_for_as_the_dns_has_it(self, nordlys: Founded, names: NameServer) -> None:
        Party.objects.filter(pk=nordlys.party.pk).update(domain="nordlys-ø.example")
        row = begun(nordlys)
        names.zone["_keyholder-challenge.xn--nordlys--w1a.example", "TXT"] = [f'"{domains.value(row.token)}"']
        names.zone[domains.record_name(row.domain), "TXT"] = [f'"{domains.value(row.token)}"']
        assert looked(nordlys, row).found == "dns"
        assert all(name.isascii() for name, _kind in names.asked)


class TestFile:
    def test_a_file_on_the_site_confirms_it_too(
        self, nordlys: Founded, names: NameServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        row, pem = begun(nordlys), certificate(tmp_path, DOMAIN)
        ask = reaching.get
        body = f"\ufeff{domains.value(row.token)}\r\n".encode()
        with web_server(says(body), certificate=pem) as port:
            context = ssl.create_default_context(cafile=str(pem))
            asked = []

            def get(url: str, *, reach: reaching.Reach) -> reaching.Answer:
                asked.append((url, reach))
                return ask(url, reach=lambda _host: [LOCAL], port=port, context=context)

            monkeypatch.setattr(reaching, "get", get)
            assert looked(nordlys, row).found == "web_file"
        assert asked == [(f"https://{DOMAIN}/.well-known/keyholder-verification.txt", reaching.strangers)]
        assert confirmations.confirmed(nordlys.party).get().how == "web_file"

    def test_a_site_within_our_house_is_not_asked(self, nordlys: Founded, names: NameServer) -> None:
        asked: list[str] = []

        def answer(handler: Any) -> None:
            asked.append(handler.path)

        row = begun(nordlys)
        with web_server(answer):
            names.zone[DOMAIN, "A"] = [LOCAL]
            assert looked(nordlys, row).state == "open"
        assert asked == []

    @pytest.mark.parametrize("status", [301, 404, 500])
    def test_a_page_of_an_error_shows_nothing(
        self, nordlys: Founded, names: NameServer, monkeypatch: pytest.MonkeyPatch, status: int
    ) -> None:
        row = begun(nordlys)
        answer = reaching.Answer(status, domains.value(row.token).encode())
        monkeypatch.setattr(reaching, "get", lambda url, reach: answer)
        assert looked(nordlys, row).found == "nothing"


class TestAgain:
    def test_three_misses_in_a_row_lose_it_and_what_rested_on_it(self, nordlys: Founded, names: NameServer) -> None:
        row = begun(nordlys)
        published(names, row)
        looked(nordlys, row)
        names.zone.clear()
        for misses in (1, 2):
            assert (again(row).state, row.misses) == ("held", misses)
            assert confirmations.confirmed(nordlys.party).exists()
        names.fails = True
        assert again(row).state == "lost"
        assert not confirmations.confirmed(nordlys.party).exists()
        assert Confirmation.objects.get().ended_because == "no longer found on the domain"
        assert AuditEvent.objects.get(verb="domain.lost").details["found"] == "away"

    def test_what_is_there_again_in_time_stays(self, nordlys: Founded, names: NameServer) -> None:
        row = begun(nordlys)
        published(names, row)
        looked(nordlys, row)
        names.fails = True
        again(row)
        names.fails = False
        assert (again(row).state, row.misses) == ("held", 0)
        assert Confirmation.objects.count() == 1

    def test_halfway_it_is_confirmed_anew(self, nordlys: Founded, names: NameServer) -> None:
        row = begun(nordlys)
        published(names, row)
        looked(nordlys, row)
        Confirmation.objects.update(valid_until=timezone.localdate() + timedelta(days=45))
        again(row)
        first, second = Confirmation.objects.order_by("pk")
        assert first.ended_because == "confirmed anew" and second.valid_until > first.valid_until
        assert row.confirmation == second

    def test_after_a_loss_it_is_shown_anew(self, nordlys: Founded, names: NameServer) -> None:
        row = begun(nordlys)
        published(names, row)
        looked(nordlys, row)
        names.zone.clear()
        for _ in range(3):
            again(row)
        second = begun(nordlys)
        assert second.token != row.token
        published(names, second)
        assert looked(nordlys, second).state == "held"

    def test_a_domain_that_is_said_otherwise_is_watched_no_more(self, nordlys: Founded, names: NameServer) -> None:
        row = begun(nordlys)
        published(names, row)
        looked(nordlys, row)
        Party.objects.filter(pk=nordlys.party.pk).update(domain="other.example")
        assert again(row).state == "ended"
        nordlys.party.refresh_from_db()
        assert not confirmations.confirmed(nordlys.party).exists()


class TestMeanwhile:
    """An officer ends the confirmation while the name servers are asked."""

    @pytest.fixture
    def row(self, nordlys: Founded, names: NameServer, monkeypatch: pytest.MonkeyPatch) -> DomainChallenge:
        row, search, officer = begun(nordlys), domain_watch.search, staff("analyst")
        published(names, row)
        looked(nordlys, row)

        def interrupted(domain: str, token: str) -> domains.Found:
            confirmations.end(Confirmation.objects.get(), reason="It was taken for another.", by=officer)
            return search(domain, token)

        monkeypatch.setattr(domain_watch, "search", interrupted)
        return row

    def test_it_is_not_held_by_what_has_ended(self, row: DomainChallenge) -> None:
        assert again(row).state == "ended"

    def test_nor_lost_a_second_time(self, row: DomainChallenge, names: NameServer) -> None:
        names.zone.clear()
        DomainChallenge.objects.update(misses=2)
        assert (again(row).state, row.failure) == ("ended", "")
        assert not AuditEvent.objects.filter(verb="domain.lost").exists()


class TestLook:
    def test_asked_twice_within_half_a_minute_it_is_looked_for_once(self, nordlys: Founded, names: NameServer) -> None:
        row = begun(nordlys)
        looked(nordlys, row)
        asked = len(names.asked)
        domain_watch.look(row, by=nordlys.by)
        domain_watch.run()
        assert len(names.asked) == asked

    def test_what_is_held_is_not_asked_for(self, nordlys: Founded, names: NameServer) -> None:
        row = begun(nordlys)
        published(names, row)
        looked(nordlys, row)
        with pytest.raises(NotOpen):
            domain_watch.look(row, by=nordlys.by)
