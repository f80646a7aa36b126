"""What a customer is told of a document before anybody has read it."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from kyc.evidence import actions as evidence
from kyc.evidence.item_models import DocumentReview
from kyc.evidence.models import Document
from kyc.evidence.read_models import ADVICE, SCAN_ADVICE, Reading
from kyc.onboarding import doubted, steps
from tests import cast
from tests.kyc.cases import scenes
from tests.kyc.evidence.taking.hostile import picture
from tests.kyc.onboarding.test_agencies import text

pytestmark = pytest.mark.django_db
PAGE, CHECK = "/verification/documents/", "/verification/check/"


def sent(nordlys: cast.Founded, kind: str = "passport", **more: Any) -> Document:
    party = nordlys.controller if kind == "passport" else None
    return evidence.upload(nordlys.organisation, kind=kind, party=party, by=nordlys.by, **({"file": cast.pdf(width=471)} | more))


def read(document: Document, outcome: str = "read", source: str = "zone", faults: list[str] | None = None, **told: str) -> None:
    every = told.items()
    fields = [
        {"name": name, "value": value, "page": 1, "corners": [], "is_checked": True, "is_cut": False} for name, value in every
    ]
    Reading.objects.create(
        organisation_id=document.organisation_id, document=document, state="done", read_at=timezone.now(), outcome=outcome,
        source=source if outcome == "read" else "", told=json.dumps(fields) if fields else "", faults=faults or [],
    )  # fmt: skip


def asked(nordlys: cast.Founded) -> str:
    (_document, doubt), *_others = doubted.of(Document.objects.order_by("-pk"), nordlys.party, ())
    return doubt.sentence if doubt else ""


class TestWhatIsAsked:
    def test_of_a_passport_that_names_somebody_else(self, nordlys: cast.Founded, alices: Client) -> None:
        read(sent(nordlys), surname="VIEIRA", given="INES MARTA")
        told = f"We read “VIEIRA, INES MARTA”. You named “{nordlys.controller.name}”. Is it the right file?"
        assert asked(nordlys) == told
        assert told in text(alices.get(PAGE)) and told in text(alices.get(CHECK))

    def test_nothing_of_his_own(self, nordlys: cast.Founded, alices: Client) -> None:
        given, _, surname = nordlys.controller.name.rpartition(" ")
        read(sent(nordlys), surname=surname.upper(), given=given.upper())
        assert asked(nordlys) == ""
        assert "Could be read." in text(alices.get(PAGE))

    def test_of_one_with_another_date_of_birth(self, nordlys: cast.Founded) -> None:
        read(sent(nordlys), birth_date="1911-01-01")
        assert asked(nordlys).startswith("We read 1911-01-01 as the date of birth. You told us ")

    def test_of_a_paper_without_the_companys_name(self, nordlys: cast.Founded) -> None:
        read(sent(nordlys, "articles"), source="text", date="2026-03-01")
        assert asked(nordlys) == f"We did not find the name “{nordlys.party.name}” on it. Is it the right file?"

    def test_nothing_of_one_that_a_person_sent_himself(self, nordlys: cast.Founded) -> None:
        document = sent(nordlys)
        read(document, surname="VIEIRA")
        document.invitation_id = 1
        assert doubted.of([document], nordlys.party, ()) == [(document, None)]


class TestOneThatCannotBeRead:
    def test_is_marked_where_it_is_sent_and_its_step_is_not_done_but_it_may_be_sent(
        self, nordlys: cast.Founded, alices: Client
    ) -> None:
        document = sent(nordlys, file=SimpleUploadedFile("p.jpg", picture("JPEG")))
        read(document, "unreadable", faults=["blurred"])
        shown = text(alices.get(CHECK))
        assert "could not be read" in shown and str(ADVICE["blurred"]) in shown and "Send it anew" in shown
        assert "1 document may prove nothing" in shown
        assert not steps.way(nordlys.organisation).step("documents").done
        assert not steps.way(nordlys.organisation).undone

    def test_is_not_told_so_once_an_officer_has_accepted_it(self, nordlys: cast.Founded, alices: Client) -> None:
        document = sent(nordlys)
        read(document, "unreadable")
        DocumentReview.objects.create(
            organisation=nordlys.organisation, document=document, ruling="accepted", reviewed_by=cast.staff("analyst")
        )
        for page in (PAGE, CHECK):
            assert "could not be read" not in text(alices.get(page))
        assert not steps.way(nordlys.organisation).is_unreadable

    def test_is_advised_as_what_it_is(self, nordlys: cast.Founded, alices: Client) -> None:
        read(sent(nordlys), "unreadable", faults=["too_dark"])
        shown = text(alices.get(PAGE))
        assert str(SCAN_ADVICE["too_dark"]) in shown and "daylight" not in shown


class TestWhileOfficersHaveIt:
    @pytest.fixture(autouse=True)
    def submitted(self, nordlys: cast.Founded) -> None:
        scenes.own(nordlys, "Kari Moe", "100")
        scenes.send(nordlys)

    def test_one_that_cannot_be_read_is_replaced_and_the_first_stays(self, nordlys: cast.Founded, alices: Client) -> None:
        document = sent(nordlys)
        read(document, "unreadable", faults=["blurred"])
        assert "A document that you sent may prove nothing." in text(alices.get("/verification/"))
        shown = text(alices.get(PAGE))
        assert "Send it anew" in shown and f"{PAGE}{document.pk}/remove/" not in shown
        typed = {"kind": "passport", "party": nordlys.controller.pk, "file": cast.pdf(width=472)}
        assert alices.post(PAGE, typed).status_code == 302
        document.refresh_from_db()
        assert document.removed_at is None and Document.objects.latest("pk").party == nordlys.controller
        assert alices.get(PAGE).status_code == 302, "closed again"
        assert "may prove nothing" not in text(alices.get("/verification/"))

    def test_nothing_else_is_open(self, nordlys: cast.Founded, alices: Client) -> None:
        read(sent(nordlys), surname="VIEIRA", given="INES MARTA")
        answer = alices.post(PAGE, {"kind": "articles", "file": cast.pdf(width=473)})
        assert answer.status_code == 422 and "Only what proves nothing can be sent anew" in text(answer)
        assert alices.get("/verification/people/").status_code == 302
        with pytest.raises(steps.NotEditable), steps.editing(nordlys.organisation, "people"):
            pass

    def test_where_all_can_be_read_the_page_is_closed(self, alices: Client) -> None:
        assert alices.get(PAGE).status_code == 302


class TestBeingRead:
    def test_is_said_at_once_and_the_page_asks_again_by_itself_until_it_is(self, nordlys: cast.Founded, alices: Client) -> None:
        document = sent(nordlys)
        part = {"headers": {"HX-Request": "true"}}
        shown = text(alices.get(PAGE, **part))
        assert "Being read…" in shown and 'hx-trigger="every 3s"' in shown and "<html" not in shown
        read(document, "unreadable", faults=["too_dark"])
        shown = text(alices.get(PAGE, **part))
        assert "Being read…" not in shown and "hx-trigger" not in shown

    def test_the_page_does_not_ask_without_end(self, nordlys: cast.Founded, alices: Client) -> None:
        Document.objects.filter(pk=sent(nordlys).pk).update(uploaded_at=timezone.now() - doubted.PATIENCE)
        shown = text(alices.get(PAGE))
        assert "Being read…" in shown and "hx-trigger" not in shown
