"""Person statuses verified by officers."""

from collections.abc import Callable
from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts import organisations
from accounts.models import AuditEvent, Organisation
from accounts.permissions import NotPermitted
from kyc.evidence import actions as evidence
from kyc.evidence import authority, invitations, proofs
from kyc.evidence.models import AttributeProof, AuthorityProof, Document, Invitation, StatusProof
from kyc.ownership import actions as ownership
from kyc.parties import actions as parties
from kyc.parties import attributes, statuses
from kyc.parties.models import Attribute, Party, PersonStatus, Role
from tests.cast import Founded, customer, founded, pdf, staff
from tests.stage import scene

pytestmark = pytest.mark.django_db


@scene
def nordlys() -> Founded:
    found = founded(customer())
    statuses.declare(found.controller, basis="citizen", by=found.by)
    return found


@scene
def passport(nordlys: Founded) -> Document:
    return evidence.upload(nordlys.organisation, kind="passport", file=pdf(), party=nordlys.controller, by=nordlys.by)


def status(nordlys: Founded) -> PersonStatus:
    return PersonStatus.objects.live().get(party=nordlys.controller, axis="iaas")


def verified() -> list[Party]:
    return list(proofs.verified_us(Party.objects.all()))


class TestMayProve:
    """A document about nobody is about the customer, person or not; any other about whom it names."""

    def test_of_a_company(self, nordlys: Founded, passport: Document) -> None:
        extract = evidence.upload(nordlys.organisation, kind="register_extract", file=pdf(), by=nordlys.by)
        holding = ownership.declare_owner(
            nordlys.organisation, owned=nordlys.party, kind="company", name="Fjord AS", country="US", hq_country="US", share="10",
            by=nordlys.by,
        ).owner  # fmt: skip
        able = {
            (document.kind, party.name)
            for document in (extract, passport)
            for party in (nordlys.party, nordlys.controller, holding)
            if proofs.may_prove(document, party, nordlys.party)
        }
        assert able == {("register_extract", "Nordlys Modelling AS"), ("passport", "Alice Olsen")}

    def test_a_persons_paper_filed_under_the_company_is_no_proof_of_it(self, nordlys: Founded) -> None:
        stray = evidence.upload(nordlys.organisation, kind="passport", file=pdf(), by=nordlys.by)
        assert not proofs.may_prove(stray, nordlys.party, nordlys.party)

    def test_of_an_individual_who_sent_his_passport_before_he_said_who_he_is(self, db: None) -> None:
        by = customer("siri@moe.example", "Siri Moe")
        organisation = organisations.create(name="Siri Moe", by=by)
        early = evidence.upload(organisation, kind="passport", file=pdf(), by=by)
        party = parties.declare_individual(
            organisation,
            name="Siri Moe",
            country="NO",
            birth_date="1980-01-02",
            address="Strandgata 1",
            us_basis="citizen",
            by=by,
        )
        proof = proofs.verify(PersonStatus.objects.live().get(party=party, axis="iaas"), document=early, by=staff("analyst"))
        assert (proof.document, verified()) == (early, [party])


class TestAttributes:
    def row(self, nordlys: Founded) -> Attribute:
        return Attribute.objects.live().get(party=nordlys.party, what="headquarters")

    def extract(self, nordlys: Founded, party: Party | None = None) -> Document:
        return evidence.upload(nordlys.organisation, kind="register_extract", file=pdf(), party=party, by=nordlys.by)

    def test_said_twice_it_is_one_proof_and_one_event(self, nordlys: Founded) -> None:
        extract = self.extract(nordlys)
        first = proofs.verify_attribute(self.row(nordlys), document=extract, note=" Page 2. ", by=staff("analyst"))
        assert proofs.verify_attribute(self.row(nordlys), document=extract, by=staff("approver")) == first
        assert first.note == "Page 2."
        assert AuditEvent.objects.get(verb="attribute.verified").details["what"] == "headquarters"

    def test_a_persons_paper_proves_nothing_of_a_company(self, nordlys: Founded, passport: Document) -> None:
        with pytest.raises(proofs.NotAProof, match="not about Nordlys"):
            proofs.verify_attribute(self.row(nordlys), document=passport, by=staff("analyst"))

    def test_what_is_told_anew_is_verified_anew_and_what_was_stays_verified(self, nordlys: Founded) -> None:
        before, extract = self.row(nordlys), self.extract(nordlys)
        proofs.verify_attribute(before, document=extract, by=staff("analyst"))
        parties.declare_company(
            nordlys.organisation, name="Nordlys", legal_form="AS", registration_number="1", country="NO", hq_country="SG",
            address="Road 1", phone="+4777000000", by=nordlys.by,
        )  # fmt: skip
        assert AttributeProof.objects.good().get().attribute == before
        with pytest.raises(proofs.NotAProof, match="told anew"):
            proofs.verify_attribute(before, document=self.extract(nordlys, nordlys.party), by=staff("approver"))

    def test_a_paper_of_the_parent_shows_who_it_is(self, nordlys: Founded) -> None:
        holding = ownership.declare_owner(
            nordlys.organisation, owned=nordlys.party, kind="company", name="Fjord AS", country="NO", hq_country="NO", share="60",
            by=nordlys.by,
        ).owner  # fmt: skip
        attributes.determined(nordlys.party, holding)
        row = Attribute.objects.live().get(party=nordlys.party, what="parent")
        assert proofs.verify_attribute(row, document=self.extract(nordlys, holding), by=staff("analyst")).attribute == row

    def test_it_falls_with_the_document_and_that_is_recorded(self, nordlys: Founded) -> None:
        extract = self.extract(nordlys)
        proofs.verify_attribute(self.row(nordlys), document=extract, by=staff("analyst", "Ana Maric"))
        evidence.remove(extract, by=nordlys.by)
        assert not AttributeProof.objects.good().exists()
        told = AuditEvent.objects.get(verb="attribute.verification_fell").details
        assert (told["name"], told["what"], told["verified_by"]) == ("Nordlys Modelling AS", "headquarters", "Ana Maric")

    def test_only_who_judges_evidence_may(self, nordlys: Founded) -> None:
        with pytest.raises(NotPermitted):
            proofs.verify_attribute(self.row(nordlys), document=self.extract(nordlys), by=staff("auditor"))


class TestVerify:
    def test_said_twice_it_is_one_proof_and_one_event(self, nordlys: Founded, passport: Document) -> None:
        ana = staff("analyst")
        first = proofs.verify(status(nordlys), document=passport, note="Seen.", by=ana)
        assert proofs.verify(status(nordlys), document=passport, note="Again.", by=staff("approver")) == first
        assert (StatusProof.objects.get().note, AuditEvent.objects.filter(verb="status.verified").count()) == ("Seen.", 1)
        StatusProof.objects.update(valid_until=timezone.localdate() - timedelta(days=1))
        assert proofs.verify(status(nordlys), document=passport, by=ana) != first

    def test_a_document_about_another_proves_nothing(self, nordlys: Founded) -> None:
        extract = evidence.upload(nordlys.organisation, kind="register_extract", file=pdf(), by=nordlys.by)
        with pytest.raises(proofs.NotAProof, match="not about Alice Olsen"):
            proofs.verify(status(nordlys), document=extract, by=staff("analyst"))

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


def signs(party: Party) -> Role:
    return Role.objects.live().get(party=party, kind="signatory")


class TestVerifyAuthority:
    @pytest.fixture
    def lars(self, nordlys: Founded) -> Party:
        """May sign, and holds no office."""
        return parties.declare_person(
            nordlys.organisation, name="Lars Dahl", country="NO", birth_date="1970-01-01", roles=["signatory"], by=nordlys.by
        )

    def sent(self, nordlys: Founded, kind: str, party: Party | None) -> Document:
        return evidence.upload(nordlys.organisation, kind=kind, file=pdf(), party=party, by=nordlys.by)

    def test_said_twice_it_is_one_proof_and_one_event(self, nordlys: Founded, lars: Party) -> None:
        paper, ana = self.sent(nordlys, "authority", lars), staff("analyst")
        first = proofs.verify_authority(signs(lars), document=paper, note=" Seen. ", by=ana)
        assert proofs.verify_authority(signs(lars), document=paper, by=ana) == first
        assert (AuthorityProof.objects.get().note, first.proved_by) == ("Seen.", ana)
        assert AuditEvent.objects.filter(verb="authority.verified").count() == 1

    def test_the_register_shows_it_only_of_who_leads(self, nordlys: Founded, lars: Party) -> None:
        extract, ana = self.sent(nordlys, "register_extract", None), staff("analyst")
        assert proofs.verify_authority(signs(nordlys.controller), document=extract, by=ana).document == extract
        with pytest.raises(proofs.NotAProof, match="does not show that Lars Dahl may sign"):
            proofs.verify_authority(signs(lars), document=extract, by=ana)

    def test_neither_a_passport_nor_anothers_authority_shows_it(self, nordlys: Founded, lars: Party, passport: Document) -> None:
        ana, another = staff("analyst"), self.sent(nordlys, "authority", lars)
        for document in (passport, another):
            with pytest.raises(proofs.NotAProof):
                proofs.verify_authority(signs(nordlys.controller), document=document, by=ana)
        assert not AuthorityProof.objects.exists()

    def test_who_may_sign_no_more_is_not_verified(self, nordlys: Founded, lars: Party) -> None:
        role, paper = signs(lars), self.sent(nordlys, "authority", lars)
        proofs.verify_authority(role, document=paper, by=staff("analyst"))
        assert [one.proof is not None for one in authority.of(nordlys.organisation) if one.party == lars.pk] == [True]
        ownership.remove(lars, by=nordlys.by)
        assert lars.pk not in [one.party for one in authority.of(nordlys.organisation)]
        with pytest.raises(proofs.NotAProof):
            proofs.verify_authority(role, document=paper, by=staff("approver"))

    def test_others_judge_nothing(self, nordlys: Founded, lars: Party) -> None:
        paper = self.sent(nordlys, "authority", lars)
        with pytest.raises(NotPermitted):
            proofs.verify_authority(signs(lars), document=paper, by=staff("auditor"))


def in_a_thread(act: Callable[[], object]) -> Thread:
    def done() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = Thread(target=done)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
class TestAsking:
    """Whoever asks for a round of checks holds the organisation: what is proved is seen by it, or comes after."""

    @pytest.mark.parametrize("change", ["verified", "proved"])
    def test_what_is_proved_meanwhile_waits(self, nordlys: Founded, passport: Document, change: str) -> None:
        ana, told = staff("analyst"), status(nordlys)
        invitation = Invitation.objects.create(
            organisation=nordlys.organisation, party=nordlys.controller, email="a@b.example", digest="0" * 64, locale="en",
            expires_at=timezone.now() + timedelta(days=7),
        )  # fmt: skip
        acts: dict[str, Callable[[], object]] = {
            "verified": lambda: proofs.verify(told, document=passport, by=ana),
            "proved": lambda: invitations.prove(invitation, kind="identity_card", file=pdf(width=500)),
        }
        events = AuditEvent.objects.filter(verb__in=["status.verified", "person.proved"])
        with transaction.atomic():
            Organisation.objects.select_for_update().get(pk=nordlys.organisation.pk)
            thread = in_a_thread(acts[change])
            thread.join(0.7)
            assert thread.is_alive()
            assert not events.exists()
        thread.join(10)
        assert events.count() == 1
