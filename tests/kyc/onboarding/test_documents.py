"""What a customer is told of the documents that he has sent."""

import pytest
from django.test import Client

from kyc.evidence import actions as evidence
from kyc.evidence import reads
from kyc.evidence.item_models import DocumentReview
from kyc.evidence.models import Document
from kyc.evidence.read_models import Reading
from tests import cast
from tests.kyc.onboarding.test_agencies import text
from tests.stage import scene

pytestmark = pytest.mark.django_db
PAGE = "/verification/documents/"


@scene
def nordlys() -> cast.Founded:
    return cast.founded(cast.customer())


@pytest.fixture
def alices(nordlys: cast.Founded) -> Client:
    return cast.signed_in(nordlys.by)


def sent(nordlys: cast.Founded, state: str) -> Document:
    """One that the scanner has not let through."""
    document = evidence.upload(nordlys.organisation, kind="articles", file=cast.pdf(width=461), by=nordlys.by)
    scanned = document.scanned_at if state == "infected" else None
    Document.objects.filter(pk=document.pk).update(intake=state, scanned_at=scanned)
    return document


class TestWhatNobodyOpens:
    @pytest.mark.parametrize(("state", "sentence"), [("infected", "something harmful"), ("failed", "could not check")])
    def test_is_told_with_its_sentence_and_can_be_removed(
        self, nordlys: cast.Founded, alices: Client, state: str, sentence: str
    ) -> None:
        document = sent(nordlys, state)
        shown = text(alices.get(PAGE))
        assert sentence in shown and f"{PAGE}{document.pk}/remove/" in shown
        assert alices.post(f"{PAGE}{document.pk}/remove/").status_code == 302
        assert sentence not in text(alices.get(PAGE))
        document.refresh_from_db()
        assert document.removed_at

    @pytest.mark.parametrize("state", ["infected", "failed"])
    def test_is_told_until_another_of_that_kind_is_there(self, nordlys: cast.Founded, alices: Client, state: str) -> None:
        document = sent(nordlys, state)
        evidence.upload(nordlys.organisation, kind="licence", file=cast.pdf(width=462), by=nordlys.by)
        assert f"{PAGE}{document.pk}/remove/" in text(alices.get(PAGE)), "that is of another kind"
        evidence.upload(nordlys.organisation, kind="articles", file=cast.pdf(width=463), by=nordlys.by)
        assert f"{PAGE}{document.pk}/remove/" not in text(alices.get(PAGE))


class TestOfAPersonHimself:
    def test_is_told_neither_the_word_on_it_nor_how_to_do_better(self, nordlys: cast.Founded, alices: Client) -> None:
        invitation = nordlys.controller.invitations.create(
            organisation=nordlys.organisation, email="p@x.example", digest="d" * 64, locale="en",
            invited_by=nordlys.by, expires_at="2099-01-01T00:00Z",
        )  # fmt: skip
        file = cast.pdf(width=464)
        document = evidence.keep(
            nordlys.organisation, kind="passport", file=file, party=nordlys.controller, invitation=invitation
        )
        DocumentReview.objects.create(
            organisation=nordlys.organisation, document=document, ruling="accepted", reviewed_by=cast.staff("analyst")
        )
        Reading.objects.create(organisation=nordlys.organisation, document=document)
        reads.run()
        shown = text(alices.get(PAGE))
        assert "sent by the person" in shown and "Accepted" not in shown and "could not be read" not in shown


def test_a_document_that_no_machine_could_look_at_is_told(nordlys: cast.Founded, alices: Client) -> None:
    document = cast.pdf(width=465)
    made = evidence.upload(nordlys.organisation, kind="articles", file=document, by=nordlys.by)
    Reading.objects.create(organisation=nordlys.organisation, document=made, state="failed")
    assert "Somebody reads it himself" in text(alices.get(PAGE))
