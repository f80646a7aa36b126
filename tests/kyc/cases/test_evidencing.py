"""Evidence judged in a case, and who is told of it."""

import re

import pytest
from django.utils import timezone

from accounts.models import AuditEvent, Message, User
from kyc.cases import evidencing
from kyc.cases.models import Case
from kyc.evidence import code_sending, confirmations, graded, items, proofed
from kyc.evidence.item_models import EvidenceItem
from kyc.parties.models import Party
from tests.cast import Founded

pytestmark = pytest.mark.django_db
ADDRESS = "alice@post.example"


@pytest.fixture
def alice(nordlys: Founded) -> Party:
    """Of whom all is told that the level asks for, at a confirmed address."""
    party = nordlys.controller
    party.address, party.email = "Strandgata 1, Tromsø", ADDRESS
    party.save()
    confirmed(party, nordlys.by)
    return party


def confirmed(party: Party, by: User) -> None:
    mark = confirmations.mark_of(party, "email", ADDRESS)
    confirmations.make(party, what="email", how="email_code", value=ADDRESS, mark=mark, by=by)


def chip(party: Party, ana: User) -> EvidenceItem:
    return items.record(party, kind="passport", issuer="Politiet", issuing_country="NO", number="N1234567", by=ana)


def judged(case: Case, item: EvidenceItem, ana: User) -> None:
    evidencing.validate(case, item, method="chip", result="passed", by=ana)
    evidencing.verify(case, item, method="compared", result="passed", by=ana)


class TestProofed:
    def test_the_person_is_told_once_at_his_confirmed_address(self, case: Case, alice: Party, ana: User) -> None:
        item = chip(alice, ana)
        evidencing.validate(case, item, method="chip", result="passed", by=ana)
        assert not Message.objects.filter(to=ADDRESS).exists(), "nobody has made sure yet that it is his"
        evidencing.verify(case, item, method="compared", result="passed", by=ana)
        assert graded.reached_by(alice) == "ial2"
        mail = Message.objects.get(to=ADDRESS)
        assert "Alice Olsen" in mail.text and "Alice Olsen" in mail.html and "N1234567" not in mail.text
        assert AuditEvent.objects.get(verb="person.proofing_told").target_id == str(alice.pk)
        evidencing.verify(case, item, method="attended", result="passed", by=ana)
        assert Message.objects.filter(to=ADDRESS).count() == 1

    def test_also_where_he_confirms_his_address_last(self, case: Case, alice: Party, nordlys: Founded, ana: User) -> None:
        address = alice.email = "later@post.example"
        alice.save()
        judged(case, chip(alice, ana), ana)
        code_sending.ask(alice, channel="email", by=nordlys.by)
        assert Message.objects.filter(to=address).count() == 1, "the code alone"
        code = re.findall(r"\b\d{6,}\b", Message.objects.latest("pk").text)[0]
        code_sending.enter(alice, channel="email", code=code, by=nordlys.by)
        assert graded.reached_by(alice) == "ial2"
        assert "identity has been verified" in Message.objects.filter(to=address).latest("pk").subject

    def test_not_at_an_address_that_nobody_confirmed(self, case: Case, alice: Party, nordlys: Founded, ana: User) -> None:
        alice.email = "other@post.example"
        alice.save()
        before = Message.objects.count()
        judged(case, chip(alice, ana), ana)
        assert Message.objects.count() == before and not proofed.tell(alice)

    def test_not_below_the_level_that_is_asked_for(self, case: Case, alice: Party, ana: User) -> None:
        item = chip(alice, ana)
        evidencing.validate(case, item, method="inspected", result="passed", by=ana)
        evidencing.verify(case, item, method="compared", result="passed", by=ana)
        assert not Message.objects.filter(to=ADDRESS).exists()
        assert EvidenceItem.objects.good(timezone.localdate()).exists()

    def test_no_company_is(self, nordlys: Founded) -> None:
        assert not proofed.tell(nordlys.party)
