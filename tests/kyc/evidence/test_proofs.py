"""Person statuses verified by officers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.permissions import NotPermitted
from kyc.evidence import actions as evidence
from kyc.evidence import proofs
from kyc.evidence.models import Document, StatusProof
from kyc.parties import statuses
from kyc.parties.models import Party, PersonStatus
from tests.cast import Founded, customer, founded, pdf, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def nordlys() -> Founded:
    found = founded(customer())
    statuses.declare(found.controller, basis="citizen", by=found.by)
    return found


@pytest.fixture
def passport(nordlys: Founded) -> Document:
    return evidence.upload(nordlys.organisation, kind="passport", file=pdf(), party=nordlys.controller, by=nordlys.by)


def status(nordlys: Founded) -> PersonStatus:
    return PersonStatus.objects.live().get(party=nordlys.controller, axis="iaas")


def verified() -> list[Party]:
    return list(proofs.verified_us(Party.objects.all()))


class TestVerify:
    def test_it_rests_on_a_document_and_ends(self, nordlys: Founded, passport: Document) -> None:
        assert verified() == []
        proof = proofs.verify(status(nordlys), document=passport, note="Seen.", by=staff("analyst"))
        assert proof.valid_until > timezone.localdate()
        assert verified() == [nordlys.controller]
        StatusProof.objects.update(valid_until=timezone.localdate() - timedelta(days=1))
        assert verified() == []

    def test_it_ends_with_the_document_it_rests_on(self, nordlys: Founded, passport: Document) -> None:
        proofs.verify(status(nordlys), document=passport, by=staff("analyst"))
        evidence.remove(passport, by=nordlys.by)
        assert verified() == []

    def test_what_is_said_anew_is_verified_anew(self, nordlys: Founded, passport: Document) -> None:
        before = status(nordlys)
        proofs.verify(before, document=passport, by=staff("analyst"))
        statuses.declare(nordlys.controller, basis="resident", by=nordlys.by)
        assert verified() == []
        with pytest.raises(proofs.NotAProof):
            proofs.verify(before, document=passport, by=staff("approver"))

    def test_another_customers_document_is_no_proof(self, nordlys: Founded) -> None:
        other = founded(customer("bob@other.example", "Bob"), name="Other AS")
        theirs = evidence.upload(other.organisation, kind="passport", file=pdf(), by=other.by)
        with pytest.raises(proofs.NotAProof):
            proofs.verify(status(nordlys), document=theirs, by=staff("analyst"))

    @pytest.mark.parametrize("role", ["auditor", "administrator", "support"])
    def test_others_judge_nothing(self, nordlys: Founded, passport: Document, role: str) -> None:
        with pytest.raises(NotPermitted):
            proofs.verify(status(nordlys), document=passport, by=staff(role))
