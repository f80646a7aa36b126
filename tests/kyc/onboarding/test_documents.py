"""What a customer is told of the documents that he has sent."""

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kyc.evidence import actions as evidence
from kyc.evidence import reads
from kyc.evidence.item_models import DocumentReview
from kyc.evidence.models import Document
from kyc.evidence.read_models import Reading
from tests import cast
from tests.kyc.evidence.taking.hostile import picture
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


class TestAFileWhoseFormIsRefused:
    @pytest.fixture(autouse=True)
    def emptied(self) -> None:
        cache.clear()

    def test_waits_and_need_not_be_chosen_again(self, nordlys: cast.Founded, alices: Client) -> None:
        file = SimpleUploadedFile("../scan of mine.jpg", picture("JPEG"))
        answer = alices.post(PAGE, {"file": file, "kind": "passport"})
        assert answer.status_code == 422 and "choose whose it is" in text(answer)
        assert "scan of mine.jpg is here and is sent with the rest" in text(answer).replace("<bdi>", "").replace("</bdi>", "")
        named = answer.context["held"]
        again = alices.post(PAGE, named | {"kind": ""})
        assert again.status_code == 422 and again.context["held"]["sent_name"] == "scan of mine.jpg"
        named = again.context["held"]
        assert alices.post(PAGE, named | {"kind": "passport", "party": nordlys.controller.pk}).status_code == 302
        made = Document.objects.latest("pk")
        assert (made.name, made.party) == ("scan of mine.jpg", nordlys.controller)

    def test_so_it_does_where_accounts_are_declared(self, nordlys: cast.Founded, alices: Client) -> None:
        file = SimpleUploadedFile("contract.jpg", picture("JPEG"))
        answer = alices.post("/verification/agencies/declare/", {"file": file})
        assert answer.status_code == 422 and answer.context["held"]["sent_name"] == "contract.jpg"

    def test_one_that_is_refused_itself_does_not(self, alices: Client) -> None:
        answer = alices.post(PAGE, {"file": SimpleUploadedFile("x.jpg", b"just words"), "kind": ""})
        assert answer.status_code == 422 and answer.context["held"] == {}


def test_whom_it_is_about_is_asked_of_a_persons_paper(alices: Client) -> None:
    shown = text(alices.get(PAGE))
    assert 'data-whose="kind=passport,identity_card,residence,authority"' in shown
    assert "(optional)" not in shown.partition("Whom it is about")[2].partition("</label>")[0]
