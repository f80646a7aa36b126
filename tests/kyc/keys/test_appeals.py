"""What a customer is told of, his appeal, and who decides it."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from accounts import audit
from accounts.compartment import NamesIncident
from accounts.models import AuditEvent, Message, User
from accounts.permissions import NotPermitted
from accounts.refused import ReasonMissing
from kyc.keys import actions as keys
from kyc.keys import appeals, holds, introspection
from kyc.keys.appeal_models import AHEAD, DONE, ENDED, Appeal, Restriction
from kyc.keys.models import Hold
from tests import cast
from tests.cast import Founded
from tests.kyc.keys.scenes import Issued
from tests.stage import scene

pytestmark = pytest.mark.django_db


@scene
def ines() -> User:
    return cast.staff("investigator", "Ines Caldeira")


@scene
def held(linked: Issued, ines: User) -> Restriction:
    return appeals.restrict(linked.key.organisation, kind="hold", told="account", by=ines)


@scene
def appeal(held: Restriction, nordlys: Founded) -> Appeal:
    return appeals.send(held, words="We are a school.", file=cast.pdf(width=111), by=nordlys.by)


def reason(one: Issued) -> str:
    return introspection.judged(one.secret, for_test=False).reason


@pytest.mark.parametrize("words", [appeals.SUBJECTS, DONE, ENDED], ids=["subject", "done", "ended"])
def test_every_kind_has_its_words(words: Mapping[str, Any]) -> None:
    assert {*words} == {*Restriction.Kind}


def test_every_kind_of_keys_has_its_words_for_keys_to_come() -> None:
    assert {*AHEAD} == {*Restriction.Kind} - {Restriction.Kind.VERIFICATION}


class TestRestrict:
    def test_holds_the_keys_with_the_told_sentence_and_writes_to_the_owners(self, linked: Issued, held: Restriction) -> None:
        assert held.hold is not None and held.hold.reason == "We are looking through your account."
        assert reason(linked) == "key_held"
        assert AuditEvent.objects.filter(verb="restriction.placed").count() == 1

    def test_a_limit_or_a_verification_holds_nothing(self, linked: Issued, ines: User) -> None:
        appeals.restrict(linked.key.organisation, kind="limit", told="terms", by=ines)
        assert reason(linked) == "" and not Hold.objects.exists()

    def test_its_address_counts_nobody(self, linked: Issued, held: Restriction, ines: User) -> None:
        other = appeals.restrict(linked.key.organisation, kind="limit", told="terms", by=ines)
        assert held.handle != other.handle and len(held.handle) == 22 and not held.handle.isdigit()
        assert f"/verification/restrictions/{held.handle}/" in told(held)[0].text

    def test_whoever_has_no_key_is_written_nothing_of_his_keys(self, linked: Issued, ines: User) -> None:
        keys.revoke(linked.key, reason="Not needed.", by=linked.key.issued_by)
        held = appeals.restrict(linked.key.organisation, kind="hold", told="account", by=ines)
        assert held.sentences[0] == "Keys that you issue are on hold."
        appeals.end(held, reason="Looked through", by=ines)
        assert not told(held)

    def test_takes_the_permission(self, linked: Issued, ana: User) -> None:
        with pytest.raises(NotPermitted):
            appeals.restrict(linked.key.organisation, kind="hold", told="account", by=ana)
        assert not Restriction.objects.exists()

    def test_nothing_happens_if_the_audit_fails(self, linked: Issued, ines: User, monkeypatch: pytest.MonkeyPatch) -> None:
        failing(monkeypatch)
        with pytest.raises(RuntimeError):
            appeals.restrict(linked.key.organisation, kind="hold", told="account", by=ines)
        assert reason(linked) == "" and not Restriction.objects.exists()


def told(restriction: Restriction) -> list[Message]:
    subjects = ["Your keys are on hold", "The hold on your keys of which we told you has ended."]
    return list(Message.objects.filter(organisation=restriction.organisation, subject__in=subjects).order_by("pk"))


def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_more: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(audit, "record", fail)


class TestEnd:
    def test_lifts_its_own_hold_and_no_other(self, linked: Issued, held: Restriction, ines: User) -> None:
        holds.place(organisation=linked.key.organisation, reason="Another matter", by=ines)
        appeals.end(held, reason="Looked through", by=ines)
        appeals.end(held, reason="Looked through", by=ines)
        assert [hold.reason for hold in Hold.objects.live()] == ["Another matter"]
        ended = told(held)[-1]
        assert "The hold on your keys of which we told you has ended." in ended.text and "are on hold" not in ended.text
        assert AuditEvent.objects.filter(verb="restriction.ended").count() == 1

    def test_one_whose_hold_alone_was_lifted_is_over(self, held: Restriction, ines: User) -> None:
        assert held.hold is not None
        holds.lift(held.hold, reason="Looked through", by=ines)
        assert not Restriction.objects.live().exists()


class TestSend:
    def test_keeps_the_words_and_the_document(self, appeal: Appeal) -> None:
        assert (appeal.words, appeal.document is not None, appeal.outcome) == ("We are a school.", True, "")
        assert AuditEvent.objects.filter(verb="appeal.sent").count() == 1

    def test_its_number_counts_nobody(self, appeal: Appeal) -> None:
        assert re.fullmatch(r"A-\d{4}-[2-9B-DF-HJ-NP-TV-Z]{8}", appeal.number)
        with pytest.raises(IntegrityError, match="what was said does not change"), transaction.atomic():
            Appeal.objects.update(handle="BBBBBBBB")

    def test_one_at_a_time(self, held: Restriction, appeal: Appeal, nordlys: Founded) -> None:
        with pytest.raises(appeals.AppealedAlready):
            appeals.send(held, words="Again.", by=nordlys.by)

    def test_says_something(self, held: Restriction, nordlys: Founded) -> None:
        with pytest.raises(ReasonMissing):
            appeals.send(held, words=" \u200b ", by=nordlys.by)
        assert not Appeal.objects.exists()

    def test_is_the_customers_alone(self, held: Restriction, sorvik: Founded) -> None:
        with pytest.raises(NotPermitted):
            appeals.send(held, words="Let them go.", by=sorvik.by)

    def test_not_against_what_is_over(self, held: Restriction, nordlys: Founded, ines: User) -> None:
        appeals.end(held, reason="Looked through", by=ines)
        with pytest.raises(appeals.Over):
            appeals.send(held, words="We are a school.", by=nordlys.by)


class TestDecide:
    def test_what_is_overturned_ends_at_once(self, linked: Issued, appeal: Appeal, rui: User) -> None:
        appeals.decide(appeal, outcome="overturned", answer="You are right.", by=rui)
        assert reason(linked) == "" and not Restriction.objects.live().exists()
        assert AuditEvent.objects.filter(verb="appeal.decided").count() == 1

    def test_what_is_upheld_stays_and_may_be_appealed_against_anew(
        self, linked: Issued, held: Restriction, appeal: Appeal, rui: User, nordlys: Founded
    ) -> None:
        appeals.decide(appeal, outcome="upheld", answer="It says nothing of it.", by=rui)
        assert reason(linked) == "key_held"
        appeals.send(held, words="Read page 2.", by=nordlys.by)
        assert Appeal.objects.count() == 2

    def test_not_by_who_placed_it(self, appeal: Appeal, ines: User) -> None:
        with pytest.raises(NotPermitted, match="another person"):
            appeals.decide(appeal, outcome="upheld", answer="No.", by=ines)
        with pytest.raises(IntegrityError, match="who did not place it"), transaction.atomic():
            Appeal.objects.update(outcome="upheld", answer="No.", decided_at=appeal.sent_at, decided_by=ines)

    def test_not_twice(self, appeal: Appeal, rui: User) -> None:
        appeals.decide(appeal, outcome="upheld", answer="No.", by=rui)
        with pytest.raises(appeals.Over):
            appeals.decide(appeal, outcome="overturned", answer="Yes.", by=rui)
        with pytest.raises(IntegrityError, match="what was said does not change"), transaction.atomic():
            Appeal.objects.update(answer="Yes.")

    def test_in_words_that_name_no_incident(self, appeal: Appeal, rui: User) -> None:
        for words, error in ((" ", ReasonMissing), ("See N-2026-0004", NamesIncident), ("See CT-2026-0001", NamesIncident)):
            with pytest.raises(error):
                appeals.decide(appeal, outcome="upheld", answer=words, by=rui)

    def test_nothing_happens_if_the_audit_fails(
        self, linked: Issued, appeal: Appeal, rui: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        failing(monkeypatch)
        with pytest.raises(RuntimeError):
            appeals.decide(appeal, outcome="overturned", answer="You are right.", by=rui)
        appeal.refresh_from_db()
        assert (appeal.outcome, reason(linked)) == ("", "key_held") and not mail.outbox
