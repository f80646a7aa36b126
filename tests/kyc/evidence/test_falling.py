"""A document is taken back, and the record says what fell with it."""

import pytest

from accounts.models import AuditEvent, User
from kyc.evidence import actions as evidence
from kyc.evidence import proofs
from kyc.evidence.models import Document
from kyc.parties import statuses
from kyc.parties.models import PersonStatus, Role
from tests.cast import Founded, customer, founded, pdf, staff
from tests.kyc.cases.scenes import audit_breaks
from tests.stage import scene

pytestmark = pytest.mark.django_db
FELL = ("authority.verification_fell", "status.verification_fell")


@scene
def nordlys() -> Founded:
    return founded(customer())


@scene
def ana() -> User:
    return staff("analyst", "Ana Maric")


@scene
def passport(nordlys: Founded, ana: User) -> Document:
    """A US person's, verified by it under one test."""
    statuses.declare(nordlys.controller, basis="citizen", by=nordlys.by)
    found = evidence.upload(nordlys.organisation, kind="passport", file=pdf(), party=nordlys.controller, by=nordlys.by)
    status = PersonStatus.objects.live().get(party=nordlys.controller, axis="iaas")
    proofs.verify(status, document=found, by=ana)
    return found


def fell() -> list[tuple[str, str, dict[str, str]]]:
    return list(AuditEvent.objects.filter(verb__in=FELL).order_by("pk").values_list("verb", "actor", "details"))


class TestTold:
    def test_who_took_away_what_who_had_verified(self, passport: Document, nordlys: Founded) -> None:
        evidence.remove(passport, by=nordlys.by)
        said = {"name": "Alice Olsen", "axis": "iaas", "verified_by": "Ana Maric", "document": "extract.pdf"}
        assert fell() == [("status.verification_fell", "Alice Olsen", said)]
        assert not proofs.verified_us(nordlys.organisation.party_set.all()).exists()

    def test_authority_to_sign_falls_too(self, nordlys: Founded, ana: User) -> None:
        paper = evidence.upload(nordlys.organisation, kind="authority", file=pdf(), party=nordlys.controller, by=nordlys.by)
        proofs.verify_authority(Role.objects.get(kind="signatory"), document=paper, by=ana)
        evidence.remove(paper, by=nordlys.by)
        said = {"name": "Alice Olsen", "verified_by": "Ana Maric", "document": "extract.pdf"}
        assert fell() == [("authority.verification_fell", "Alice Olsen", said)]

    def test_what_had_fallen_before_is_not_told_again(self, passport: Document, nordlys: Founded) -> None:
        statuses.declare(nordlys.controller, basis="none", by=nordlys.by)
        evidence.remove(passport, by=nordlys.by)
        assert fell() == []

    def test_removed_twice_it_is_told_once(self, passport: Document, nordlys: Founded) -> None:
        for _ in range(2):
            evidence.remove(passport, by=nordlys.by)
        assert len(fell()) == 1

    def test_another_document_keeps_what_rests_on_it(self, passport: Document, nordlys: Founded) -> None:
        other = evidence.upload(nordlys.organisation, kind="residence", file=pdf(), party=nordlys.controller, by=nordlys.by)
        evidence.remove(other, by=nordlys.by)
        assert fell() == []
        assert proofs.verified_us(nordlys.organisation.party_set.all()).exists()

    def test_nothing_is_removed_if_it_cannot_be_recorded(self, passport: Document, nordlys: Founded) -> None:
        with audit_breaks():
            evidence.remove(passport, by=nordlys.by)
        assert Document.objects.get(pk=passport.pk).removed_at is None
