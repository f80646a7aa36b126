"""A document read on the screen, and what several words add up to."""

import re
from io import BytesIO
from typing import Any

import pytest
import weasyprint
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts.models import AuditEvent, Message, User
from kyc.cases import actions as cases
from kyc.cases.models import Case, Requirement
from kyc.cases.obstacles import obstacles
from kyc.desk import reviewing
from kyc.evidence import actions as evidence
from kyc.evidence import reads
from kyc.evidence.item_models import DocumentReview
from kyc.evidence.models import Document
from kyc.evidence.read_models import Reading
from kyc.onboarding import papers
from kyc.parties.models import Party
from tests import cast
from tests.bench import specimens


def photograph() -> SimpleUploadedFile:
    out = BytesIO()
    Image.linear_gradient("L").resize((320, 200)).save(out, "PNG")
    return SimpleUploadedFile("passport.png", out.getvalue(), content_type="image/png")


def sheets(*texts: str) -> bytes:
    body = '<p style="break-before: page">'.join(texts)
    return bytes(weasyprint.HTML(string=body).write_pdf())


def plain(page: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())


@pytest.fixture
def passport(case: Case, person: Party, by: User) -> Document:
    return evidence.upload(case.organisation, kind="passport", file=cast.pdf(width=441), party=person, by=by)


@pytest.fixture
def extract(case: Case) -> Document:
    return Document.objects.get(organisation=case.organisation, kind="register_extract")


def page_of(case: Case, document: Document) -> str:
    return f"/desk/cases/{case.pk}/documents/{document.pk}/review/"


def judge(client: Client, case: Case, document: Document, **said: str) -> Any:
    client.get(f"/desk/cases/{case.pk}/documents/{document.pk}/")
    return client.post(f"/desk/cases/{case.pk}/documents/{document.pk}/judge/", said)


class TestPage:
    def test_is_nothing_to_a_customer(self, case: Case, passport: Document, charlie: User) -> None:
        assert cast.signed_in(charlie).get(page_of(case, passport)).status_code == 404

    def test_shows_the_document_beside_what_was_declared(self, as_ana: Client, case: Case, passport: Document) -> None:
        told = plain(as_ana.get(page_of(case, passport)))
        assert "Open it in a tab of its own" in told and "Declared Alice Olsen" in told

    def test_a_pdf_is_read_page_by_page_and_each_look_is_recorded(
        self, as_ana: Client, case: Case, person: Party, by: User
    ) -> None:
        file = SimpleUploadedFile("two.pdf", sheets("Register of Nordlys", "Second sheet"))
        paper = evidence.upload(case.organisation, kind="other", file=file, party=person, by=by)
        looks = AuditEvent.objects.filter(verb="document.viewed", target_id=str(paper.pk))
        first = as_ana.get(page_of(case, paper))
        pages = f"/desk/cases/{case.pk}/documents/{paper.pk}/pages/"
        assert "Page 1 of 2" in plain(first) and f'<img src="{pages}1/"' in first.content.decode() and not looks.exists()
        second = as_ana.get(page_of(case, paper), {"page": "2"}).content.decode()
        assert f'<img src="{pages}2/"' in second and f'href="{page_of(case, paper)}?page=1"' in second
        assert "?page=3" not in second
        drawn = [as_ana.get(f"{pages}{number}/") for number in (1, 2)]
        assert [one["Content-Type"] for one in drawn] == ["image/jpeg"] * 2 and "sandbox" in drawn[0]["Content-Security-Policy"]
        one, other = (b"".join(each.streaming_content) for each in drawn)  # type: ignore[attr-defined]  # a FileResponse
        assert Image.open(BytesIO(one)).size == Image.open(BytesIO(other)).size == (1241, 1754) and one != other
        assert looks.count() == 2
        assert as_ana.get(f"{pages}3/").status_code == 404 and looks.count() == 2

    def test_a_page_that_cannot_be_drawn_leads_to_the_file(
        self, as_ana: Client, case: Case, passport: Document, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drawn = f"/desk/cases/{case.pk}/documents/{passport.pk}/pages/1/"
        Document.objects.filter(pk=passport.pk).update(intake="waiting", scanned_at=None)
        assert as_ana.get(drawn).status_code == 404, "unscanned"
        Document.objects.filter(pk=passport.pk).update(intake="clean", scanned_at=passport.scanned_at)
        monkeypatch.setattr("kyc.evidence.reading.programs.is_here", lambda program: False)
        assert as_ana.get(drawn).status_code == 404
        page = as_ana.get(page_of(case, passport))
        assert "<img src=" not in page.content.decode() and "Open it in a tab of its own" in plain(page)

    def test_where_a_field_was_read_is_marked_on_the_picture(self, as_ana: Client, case: Case, person: Party, by: User) -> None:
        file = SimpleUploadedFile("passport.jpg", specimens.specimen("TD3", 900001).jpeg)
        photo = evidence.upload(case.organisation, kind="passport", file=file, party=person, by=by)
        reads.run()
        page = as_ana.get(page_of(case, photo)).content.decode()
        assert '<polygon id="spot-surname" class="differs"' in page
        assert f'{page_of(case, photo)}?page=1#spot-surname"' in page

    def test_a_picture_is_on_the_page_with_its_tools_hidden_until_there_is_a_script(
        self, as_ana: Client, case: Case, person: Party, by: User
    ) -> None:
        photo = evidence.upload(case.organisation, kind="passport", file=photograph(), party=person, by=by)
        page = as_ana.get(page_of(case, photo)).content.decode()
        assert f'<img src="/desk/cases/{case.pk}/documents/{photo.pk}/"' in page
        assert re.search(r"data-viewer-tools hidden", page)

    def test_leads_to_the_one_before_and_the_next(self, as_ana: Client, case: Case, passport: Document) -> None:
        before, last = Document.objects.filter(organisation=case.organisation).order_by("pk")[:2]
        assert as_ana.get(page_of(case, last)).context["before"] == before.pk
        assert as_ana.get(page_of(case, before)).context["after"] == last.pk

    def test_what_the_scanner_has_not_let_through_is_neither_shown_nor_led_to(
        self, as_ana: Client, case: Case, person: Party, passport: Document, by: User
    ) -> None:
        photo = evidence.upload(case.organisation, kind="passport", file=photograph(), party=person, by=by)
        last = evidence.upload(case.organisation, kind="passport", file=cast.pdf(width=442), party=person, by=by)
        Document.objects.filter(pk=photo.pk).update(intake="waiting", scanned_at=None)
        assert as_ana.get(page_of(case, passport)).context["after"] == last.pk
        page = as_ana.get(page_of(case, photo))
        assert "waits for the virus scanner" in plain(page) and "<img src=" not in page.content.decode()
        assert "Say so" not in plain(page) and "Download" not in plain(page)

    def test_what_a_machine_has_read_stands_beside_it_and_begins_the_form(
        self, as_ana: Client, case: Case, person: Party, by: User
    ) -> None:
        file = SimpleUploadedFile("passport.jpg", specimens.specimen("TD3", 900001).jpeg)
        photo = evidence.upload(case.organisation, kind="passport", file=file, party=person, by=by)
        reads.run()
        told = plain(as_ana.get(page_of(case, photo)))
        assert "What the documents say" in told and "check digit agrees" in told
        form = f"/desk/cases/{case.pk}/parties/{person.pk}/evidence/?document={photo.pk}"
        assert form in as_ana.get(page_of(case, photo)).content.decode()
        assert not as_ana.get(form).context["record_form"].initial, "he has not opened it"
        as_ana.get(f"/desk/cases/{case.pk}/documents/{photo.pk}/")
        begun = as_ana.get(form).context["record_form"].initial
        values = {one["name"]: one["value"] for one in Reading.objects.get(document=photo).fields}
        assert begun["shown_name"] == f"{values['given']} {values['surname']}" and begun["document"] == str(photo.pk)
        assert begun["expires_on"] == values["expiry_date"] and begun["kind"] == "passport"

    def test_what_nobody_may_open_is_offered_as_no_proof(self, as_ana: Client, case: Case, passport: Document) -> None:
        option = f'<option value="{passport.pk}"'
        page = f"/desk/cases/{case.pk}/"
        assert option in as_ana.get(page, {"tab": "people"}).content.decode()
        Document.objects.filter(pk=passport.pk).update(intake="waiting", scanned_at=None)
        assert option not in as_ana.get(page, {"tab": "people"}).content.decode()


class TestJudge:
    def test_only_by_who_has_opened_it(self, as_ana: Client, case: Case, passport: Document) -> None:
        answer = as_ana.post(f"/desk/cases/{case.pk}/documents/{passport.pk}/judge/", {"ruling": "accepted"})
        assert answer.status_code == 422 and "You have not opened" in plain(answer)

    @pytest.mark.parametrize(
        ("said", "sentence"),
        [({}, "Say whether it is accepted."), ({"ruling": "upload"}, "Choose a reason from the list.")],
    )
    def test_bad_input_comes_back_with_a_sentence(
        self, as_ana: Client, case: Case, passport: Document, said: dict[str, str], sentence: str
    ) -> None:
        answer = judge(as_ana, case, passport, **said)
        assert answer.status_code == 422 and sentence in plain(answer)

    def test_whoever_is_sent_back_or_has_said_so_stays_on_the_page_of_the_document(
        self, as_ana: Client, case: Case, person: Party, by: User
    ) -> None:
        file = SimpleUploadedFile("two.pdf", sheets("Register of Nordlys", "Second sheet"))
        paper = evidence.upload(case.organisation, kind="other", file=file, party=person, by=by)
        as_ana.get(f"/desk/cases/{case.pk}/documents/{paper.pk}/pages/2/")
        said = f"/desk/cases/{case.pk}/documents/{paper.pk}/judge/?page=2"
        assert f'action="{said}"' in as_ana.get(page_of(case, paper), {"page": "2"}).content.decode()
        refused = as_ana.post(said, {"ruling": "upload"})
        assert refused.status_code == 422 and "Page 2 of 2" in plain(refused)
        [back] = re.findall(r'href="([^"]+)" rel="prev"', refused.content.decode())
        assert "Page 1 of 2" in plain(as_ana.get(back)), "not an address that only takes what is sent"
        assert as_ana.post(said, {"ruling": "accepted"})["Location"] == f"{page_of(case, paper)}?page=2"

    def test_nobody_speaks_over_what_another_has_said_meanwhile(
        self, as_ana: Client, case: Case, passport: Document, rui: User
    ) -> None:
        opened = as_ana.get(page_of(case, passport)).content.decode()
        assert '<input type="hidden" name="shown" value="">' in opened
        judge(cast.signed_in(rui), case, passport, ruling="rejected", reason="altered", shown="")
        answer = judge(as_ana, case, passport, ruling="accepted", shown="")
        assert answer.status_code == 422 and "Rui Duarte has said of it since you opened this page: Rejected." in plain(answer)
        his = DocumentReview.objects.live().get()
        assert his.ruling == "rejected" and f'name="shown" value="{his.pk}"' in answer.content.decode()
        assert judge(as_ana, case, passport, ruling="accepted", shown=str(his.pk)).status_code == 302
        assert judge(as_ana, case, passport, ruling="upload", reason="glare", shown="").status_code == 302, "her own word"
        assert DocumentReview.objects.live().get().ruling == "upload"

    def test_accepted_is_shown_to_the_customer_at_once_and_the_rest_is_not(
        self, as_ana: Client, case: Case, passport: Document, extract: Document, by: User
    ) -> None:
        assert judge(as_ana, case, passport, ruling="accepted").status_code == 302
        assert judge(as_ana, case, extract, ruling="upload", reason="pages_missing").status_code == 302
        Case.objects.filter(pk=case.pk).update(state="waiting")
        told = plain(cast.signed_in(by).get("/verification/documents/"))
        assert "Accepted" in told and "To be sent anew" not in told


class TestMessage:
    def test_several_add_up_to_one_message_that_is_seen_before_it_is_sent(
        self, as_ana: Client, case: Case, passport: Document, extract: Document, rui: User, ana: User, by: User
    ) -> None:
        judge(as_ana, case, passport, ruling="upload", reason="glare")
        judge(as_ana, case, extract, ruling="rejected", reason="altered")
        asked = [
            "Register extract. We do not understand it as it stands. We cannot rely on it as it was sent.",
            "Identity document of Alice Olsen. It cannot be read. A reflection covers a part of it. Turn off the flash and take "
            "the picture anew.",
        ]
        told = plain(as_ana.get(f"/desk/cases/{case.pk}/", {"tab": "documents"}))
        assert all(sentence in told for sentence in asked)
        form = as_ana.get(f"/desk/cases/{case.pk}/", {"anew": "1"}).context["proposal_form"]
        rows = [{name: row[name].value() for name in ("what", "party", "why", "words")} for row in form.rows.forms]
        assert [row["what"] for row in rows] == ["identity", "register_extract"] or [row["what"] for row in rows] == [
            "register_extract", "identity",
        ]  # fmt: skip
        before = Message.objects.count()
        decision = cases.propose(
            case, choice="ask", reason="document_unreadable", note="Read.",
            items=[row | {"party": int(row["party"]) if row["party"] else None} for row in rows], by=ana,
        )  # fmt: skip
        assert not DocumentReview.objects.exclude(told_at=None).exists()
        cases.take(decision, by=rui)
        assert set(Requirement.objects.filter(case=case, met_at=None).values_list("sentence", flat=True)) >= set(asked)
        assert Message.objects.count() == before + 1
        assert DocumentReview.objects.filter(told_at=None).count() == 0
        told = plain(cast.signed_in(by).get("/verification/documents/"))
        assert "To be sent anew" in told and "A reflection covers a part of it." in told and "Send it anew" in told

    @pytest.mark.parametrize(
        ("kind", "is_about_alice", "what", "whose"),
        [
            ("address", False, "address", "company"),
            ("licence", False, "licence", "company"),
            ("payment", True, "account_statement", ""),
        ],
    )
    def test_what_was_filed_elsewhere_is_asked_for_as_what_it_is_and_told_once(
        self, as_ana: Client, case: Case, person: Party, ana: User, rui: User, by: User,
        kind: str, is_about_alice: bool, what: str, whose: str,
    ) -> None:  # fmt: skip
        about = person if is_about_alice else None
        paper = evidence.upload(case.organisation, kind=kind, file=cast.pdf(width=451), party=about, by=by)
        judge(as_ana, case, paper, ruling="upload", reason="pages_missing")
        assert any("the customer does not know yet" in sentence for sentence in obstacles(case))
        [row] = reviewing.anew(case)
        company = Party.objects.get(organisation=case.organisation, kind="company")
        assert (row["what"], row["party"]) == (what, company.pk if whose else "")
        items = [{**row, "party": row["party"] or None}]
        cases.take(cases.propose(case, choice="ask", reason="document_unreadable", note="Read.", items=items, by=ana), by=rui)
        assert DocumentReview.objects.get().told_at is not None and reviewing.anew(case) == []
        assert not any("the customer does not know yet" in sentence for sentence in obstacles(case))
        papers.refuse_unasked(case.organisation, Case.objects.get(pk=case.pk), kind=kind, party=None if whose else about)

    def test_what_another_proposal_asks_for_tells_nobody_of_it(
        self, as_ana: Client, case: Case, passport: Document, ana: User, rui: User
    ) -> None:
        judge(as_ana, case, passport, ruling="upload", reason="glare")
        items = [{"what": "account_statement", "party": None, "why": "missing", "words": ""}]
        decision = cases.propose(case, choice="ask", reason="document_missing", note="Read.", items=items, by=ana)
        cases.take(decision, by=rui)
        assert DocumentReview.objects.get().told_at is None
