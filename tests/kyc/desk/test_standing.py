"""Person status, authority and invitations on the case page, and their verification."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEvent, User
from accounts.vault import subjects
from kyc.cases import actions as cases
from kyc.cases.models import Case
from kyc.evidence import actions as evidence
from kyc.evidence import invitations
from kyc.evidence.models import AttributeProof, AuthorityProof, Document, Invitation, StatusProof
from kyc.parties import actions as parties
from kyc.parties import attributes, statuses
from kyc.parties.models import Attribute, Party, PersonStatus
from tests import cast


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined, no-any-return]  # the test client's response


@pytest.fixture
def passport(case: Case, person: Party, by: User) -> Document:
    return evidence.upload(case.organisation, kind="passport", file=cast.pdf(), party=person, by=by)


def people(client: Client, case: Case) -> str:
    page = text(client.get(f"/desk/cases/{case.pk}/", {"tab": "people"}))
    return page[page.index('id="standings"') : page.index('id="owners"')]


def verify(client: Client, case: Case, party: Party, **said: Any) -> Any:
    """As an officer does it: the document is opened first."""
    client.get(f"/desk/cases/{case.pk}/documents/{said.get('document') or 0}/")
    return said_of(client, case, party, **said)


def said_of(client: Client, case: Case, party: Party, **said: Any) -> Any:
    return client.post(f"/desk/cases/{case.pk}/parties/{party.pk}/verify/", said)


def axes(party: Party) -> list[int]:
    return list(PersonStatus.objects.live().filter(party=party).order_by("-axis").values_list("pk", flat=True))


class TestStandings:
    def test_tell_both_tests_of_everyone_at_once_where_they_come_to_the_same(self, as_ana: Client, case: Case) -> None:
        told = people(as_ana, case)
        assert len(re.findall(r"US person test \(IaaS rule\) · Foreign person test \(EAR\)</dt>\s*<dd><b>Foreign</b>", told)) == 2
        assert told.count("not verified") == 4

    def test_tell_each_test_apart_where_they_differ(self, as_ana: Client, case: Case, person: Party, by: User) -> None:
        statuses.declare(person, basis="located", by=by)
        told = people(as_ana, case)
        assert re.search(r"US person test \(IaaS rule\)</dt>\s*<dd><b>US</b>", told)
        assert re.search(r"Foreign person test \(EAR\)</dt>\s*<dd><b>Foreign</b>", told)

    def test_and_where_one_alone_was_verified(self, as_ana: Client, case: Case, person: Party, passport: Document) -> None:
        verify(as_ana, case, person, statuses=axes(person)[:1], document=passport.pk)
        told = people(as_ana, case)
        assert re.search(r"US person test \(IaaS rule\)</dt>\s*<dd><b>Foreign</b>.*?verified until", told)
        assert re.search(r"Foreign person test \(EAR\)</dt>\s*<dd><b>Foreign</b>", told)

    def test_take_as_many_queries_however_many_there_are(self, as_ana: Client, case: Case, by: User) -> None:
        # With no key of these people at hand, as of those that are added.
        subjects.cache.forget()
        with CaptureQueriesContext(connection) as first:
            people(as_ana, case)
        for number in range(3):
            parties.declare_person(
                case.organisation, name=f"Kari {number}", country="NO", birth_date="1970-01-01", roles=["director"], by=by
            )
        subjects.cache.forget()
        with CaptureQueriesContext(connection) as second:
            people(as_ana, case)
        assert len(second) <= len(first)

    def test_tell_what_is_said_to_show_that_one_may_sign(self, as_ana: Client, case: Case, by: User) -> None:
        AuthorityProof.objects.all().delete()
        told = people(as_ana, case)
        assert "May sign: declared as controlling person / director" in told
        assert told.count("authority not verified") == 1
        lars = parties.declare_person(
            case.organisation, name="Lars Dahl", country="NO", birth_date="1970-01-01", roles=["signatory"], by=by
        )
        assert "May sign, but nothing shows it" in people(as_ana, case)
        paper = evidence.upload(case.organisation, kind="authority", file=cast.pdf(), party=lars, by=by)
        told = people(as_ana, case)
        assert "nothing shows it" not in told
        assert "May sign: a proof of authority was sent" in told
        assert told.count("authority not verified") == 2
        assert f'href="/desk/cases/{case.pk}/documents/{paper.pk}/"' in told

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({}, "was invited and has not answered yet"),
            ({"expires_at": -1}, "was invited and has not answered; the link has expired"),
            ({"used_at": 0}, "sent an identity document by the link; an officer judges it"),
            ({"ended_at": 0}, "was invited; the invitation was withdrawn"),
        ],
    )
    def test_tell_what_became_of_an_invitation(
        self, as_ana: Client, case: Case, person: Party, change: dict[str, int], words: str
    ) -> None:
        now = timezone.now()
        invitation = Invitation.objects.create(
            organisation=case.organisation, party=person, email="a@b.example", digest="0" * 64, locale="en",
            expires_at=now + timedelta(days=7),
        )  # fmt: skip
        Invitation.objects.filter(pk=invitation.pk).update(
            invited_at=now - timedelta(days=8), **{name: now + timedelta(days=days) for name, days in change.items()}
        )
        assert words in people(as_ana, case)

    def test_a_person_who_sent_a_document_by_invitation_is_named_as_its_sender(
        self, as_ana: Client, case: Case, person: Party, by: User
    ) -> None:
        invitation = Invitation.objects.create(
            organisation=case.organisation, party=person, email="a@b.example", digest="0" * 64, locale="en",
            expires_at=timezone.now() + timedelta(days=7),
        )  # fmt: skip
        invitations.prove(invitation, kind="passport", file=cast.pdf())
        page = text(as_ana.get(f"/desk/cases/{case.pk}/", {"tab": "documents"}))
        assert "sent by Alice Olsen, who was invited" in page


class TestOrigins:
    """Where entities were formed and are run from, and who is above them: since when, by whose word, verified by what."""

    def test_tell_what_was_before_and_since_when(self, as_ana: Client, case: Case, by: User) -> None:
        told = {
            "name": "Nordlys",
            "legal_form": "AS",
            "registration_number": "1",
            "country": "NO",
            "phone": "+4777000000",
        }
        parties.declare_company(case.organisation, **told, address="A 1, NO", hq_country="NO", hq_since="2019", by=by)
        parties.declare_company(case.organisation, **told, address="A 1, SG", hq_country="SG", hq_since="2024-03", by=by)
        shown = plain(people(as_ana, case))
        assert "Headquarters Singapore · since 2024-03 · declared by the customer not verified" in shown
        assert "Before: Norway · since 2019 until 1 March 2024 · declared by the customer" in shown
        assert "Country of formation Norway · told on" in shown

    def test_tell_the_ultimate_parent_with_its_headquarters(self, as_ana: Client, case: Case, by: User) -> None:
        nordlys = Party.objects.get(organisation=case.organisation, kind="company")
        holding = Party.objects.create(organisation=case.organisation, kind="company", name="Holding Pte", hq_country="SG")
        attributes.record(holding, hq_since="2021", by=by)
        attributes.determined(nordlys, holding)
        shown = plain(people(as_ana, case))
        assert "Ultimate parent Holding Pte · found on" in shown
        assert "Headquarters of it: Singapore · since 2021 · declared by the customer not verified" in shown

    def test_an_officer_verifies_by_a_document(self, as_ana: Client, ana: User, case: Case) -> None:
        nordlys, extract = Party.objects.get(kind="company"), Document.objects.get(kind="register_extract")
        row = Attribute.objects.live().get(party=nordlys, what="headquarters")
        said = {"statuses": [f"attribute-{row.pk}"], "document": extract.pk, "note": "Page 2."}
        assert verify(as_ana, case, nordlys, **said).status_code == 302
        proof = AttributeProof.objects.get()
        assert (proof.attribute, proof.document, proof.proved_by, proof.note) == (row, extract, ana, "Page 2.")
        assert not StatusProof.objects.exists()
        shown = plain(people(as_ana, case))
        assert re.search(
            r"Headquarters Norway · told on .* verified Ana Maric, .*, Register extract extract.pdf : Page 2.", shown
        )
        page = text(as_ana.get(f"/desk/cases/{case.pk}/", {"tab": "timeline"}))
        assert "verified formation, headquarters or ultimate parent" in page

    def test_not_by_what_he_has_not_opened(self, as_ana: Client, case: Case) -> None:
        nordlys, extract = Party.objects.get(kind="company"), Document.objects.get(kind="register_extract")
        row = Attribute.objects.live().get(party=nordlys, what="headquarters")
        answer = said_of(as_ana, case, nordlys, statuses=[f"attribute-{row.pk}"], document=extract.pk)
        assert answer.status_code == 422 and not AttributeProof.objects.exists()


def plain(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


class TestVerify:
    def test_an_officer_says_which_document_shows_that_one_may_sign(
        self, as_ana: Client, ana: User, case: Case, person: Party
    ) -> None:
        AuthorityProof.objects.all().delete()
        extract = Document.objects.get(kind="register_extract")
        answer = verify(as_ana, case, person, statuses=["authority"], document=extract.pk, note="Page 1.")
        assert answer.status_code == 302
        proof = AuthorityProof.objects.get()
        assert (proof.role.party, proof.document, proof.proved_by, proof.note) == (person, extract, ana, "Page 1.")
        assert "authority verified" in people(as_ana, case)
        assert "Ana Maric, Register extract: Page 1." in people(as_ana, case)

    def test_what_does_not_show_it_is_said_and_nothing_is_kept(self, as_ana: Client, case: Case, person: Party) -> None:
        AuthorityProof.objects.all().delete()
        paper = Document.objects.get(kind="passport")
        answer = verify(as_ana, case, person, statuses=[*axes(person), "authority"], document=paper.pk)
        assert answer.status_code == 422
        assert "This document does not show that Alice Olsen may sign." in text(answer)
        assert not StatusProof.objects.exists() and not AuthorityProof.objects.exists()

    def test_a_case_that_is_decided_stays_as_it_was(
        self, as_ana: Client, ana: User, rui: User, case: Case, person: Party, passport: Document
    ) -> None:
        cases.take(cases.propose(case, choice="refuse", reason="identity_doubtful", note="Read.", by=ana), by=rui)
        assert verify(as_ana, case, person, statuses=axes(person), document=passport.pk).status_code == 422
        assert not StatusProof.objects.exists()

    def test_an_officer_says_which_document_proves_it(
        self, as_ana: Client, ana: User, case: Case, person: Party, passport: Document
    ) -> None:
        assert f"/parties/{person.pk}/verify/" in people(as_ana, case)
        answer = verify(as_ana, case, person, statuses=axes(person), document=passport.pk, note="Page 2.")
        assert answer["Location"] == f"/desk/cases/{case.pk}/?tab=people"
        assert set(StatusProof.objects.values_list("status__axis", "document", "proved_by", "note")) == {
            ("iaas", passport.pk, ana.pk, "Page 2."),
            ("ear", passport.pk, ana.pk, "Page 2."),
        }
        told = people(as_ana, case)
        assert len(re.findall("verified until", told)) == 1
        assert "Ana Maric, Passport: Page 2." in told
        assert AuditEvent.objects.filter(verb="status.verified").count() == 2

    def test_who_comes_second_is_told_who_was_first(
        self, as_ana: Client, as_rui: Client, case: Case, person: Party, passport: Document
    ) -> None:
        said = {"statuses": axes(person), "document": passport.pk}
        verify(as_ana, case, person, **said)
        as_rui.get(f"/desk/cases/{case.pk}/documents/{passport.pk}/")
        page = text(as_rui.post(f"/desk/cases/{case.pk}/parties/{person.pk}/verify/", said, follow=True))
        assert "Ana Maric had verified Alice Olsen by this document already; that stands" in page
        assert StatusProof.objects.count() == 2

    def test_nobody_verifies_by_what_he_has_not_opened(
        self, as_ana: Client, as_rui: Client, case: Case, person: Party, passport: Document
    ) -> None:
        said = {"statuses": axes(person), "document": passport.pk}
        as_rui.get(f"/desk/cases/{case.pk}/documents/{passport.pk}/")
        answer = said_of(as_ana, case, person, **said)
        assert answer.status_code == 422
        assert "You have not opened “extract.pdf” yet. Open it under “Documents” and read it" in text(answer)
        assert not StatusProof.objects.exists()
        as_ana.get(f"/desk/cases/{case.pk}/documents/{passport.pk}/")
        assert said_of(as_ana, case, person, **said).status_code == 302

    def test_a_paper_of_the_customers_says_which_boxes_to_untick(self, as_ana: Client, case: Case, person: Party) -> None:
        extract = Document.objects.get(kind="register_extract")
        answer = verify(as_ana, case, person, statuses=[*axes(person), "authority"], document=extract.pk)
        assert answer.status_code == 422
        told = "“Register extract” is not a paper of Alice Olsen, so it can only show the authority to sign. Untick “"
        assert told in text(answer)

    def test_on_one_axis_alone(self, as_ana: Client, case: Case, person: Party, passport: Document) -> None:
        assert verify(as_ana, case, person, statuses=axes(person)[:1], document=passport.pk).status_code == 302
        assert StatusProof.objects.count() == 1

    @pytest.mark.parametrize(
        ("wrong", "sentence"),
        [
            ({"document": ""}, "Choose the document that you read."),
            ({"document": "0"}, "Choose one from the list."),
            ({"statuses": []}, "Say what it proves."),
            ({"statuses": ["0"]}, "Choose one from the list."),
            ({"note": "x" * 1001}, "This is too long: at most 1000 characters."),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
        self, as_ana: Client, case: Case, person: Party, passport: Document, wrong: dict[str, Any], sentence: str
    ) -> None:
        said = {"statuses": axes(person), "document": passport.pk, "note": "Page 2 & 3."}
        answer = verify(as_ana, case, person, **(said | wrong))
        assert answer.status_code == 422
        assert sentence in text(answer)
        assert wrong.get("note", "Page 2 &amp; 3.") in text(answer)
        assert re.search(r"<details open>\s*<summary>Verify", text(answer))
        assert not StatusProof.objects.exists()

    def test_anothers_document_proves_nothing(self, as_ana: Client, case: Case, person: Party, passport: Document) -> None:
        company = Document.objects.get(kind="register_extract")
        assert verify(as_ana, case, person, statuses=axes(person), document=company.pk).status_code == 422
        assert not StatusProof.objects.exists()

    def test_a_status_declared_anew_meanwhile_is_not_verified_unread(
        self, as_ana: Client, case: Case, person: Party, passport: Document, by: User
    ) -> None:
        read = axes(person)
        statuses.declare(person, basis="citizen", by=by)
        answer = verify(as_ana, case, person, statuses=read, document=passport.pk)
        assert answer.status_code == 422
        assert not StatusProof.objects.exists()

    def test_who_may_not_judge_evidence_does_not(
        self, case: Case, person: Party, passport: Document, auditor: User, charlie: User
    ) -> None:
        for user in (auditor, charlie):
            assert verify(cast.signed_in(user), case, person, statuses=axes(person), document=passport.pk).status_code == 404
        assert "/verify/" not in people(cast.signed_in(auditor), case)
        assert not StatusProof.objects.exists()

    def test_another_organisations_party_is_missing(self, make: Any, as_ana: Client, case: Case, person: Party) -> None:
        other = make("Lotus Inference Ltd", email="li@lotus.example")
        assert verify(as_ana, other, person, statuses=axes(person)).status_code == 404

    def test_without_a_document_there_is_nothing_to_verify_by(self, as_ana: Client, case: Case, by: User) -> None:
        kari = parties.declare_person(
            case.organisation, name="Kari Moe", country="NO", birth_date="1970-01-01", roles=["director"], by=by
        )
        assert "none of this party was sent" not in people(as_ana, case)
        statuses.declare(kari, basis="citizen", by=by)
        assert "none of this party was sent" in people(as_ana, case)
        assert f"/parties/{kari.pk}/verify/" not in people(as_ana, case)
