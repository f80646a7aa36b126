"""Inviting a person to prove himself, and the page that his link opens without an account."""

import re
import threading
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.models import Message, User
from kyc.evidence import invitations
from kyc.evidence.models import Document, Invitation
from kyc.onboarding import prove
from kyc.ownership import actions as ownership
from tests.cast import Founded, customer, founded, pdf, signed_in, staff, submitted
from tests.kyc.evidence.test_invitations import ADDRESS, expire, invited, sent_token

UNKNOWN = "A" * 43


@pytest.fixture(autouse=True)
def no_earlier_attempts() -> None:
    cache.clear()


def link(token: str) -> str:
    return reverse("onboarding:prove", args=[token])


def invite_url(nordlys: Founded) -> str:
    return reverse("onboarding:invite", args=[nordlys.controller.pk])


class TestTheMembersPage:
    def test_a_stranger_an_outsider_and_staff_find_nothing(self, nordlys: Founded, other: Founded) -> None:
        for name in ("invite", "invite_withdraw"):
            url = reverse(f"onboarding:{name}", args=[nordlys.controller.pk])
            assert Client().get(url)["Location"].startswith("/account/login/")
            outsider = signed_in(other.by)
            for answer in (outsider.get(url), outsider.post(url, {"email": ADDRESS})):
                assert answer.status_code == 404
                assert answer.content == outsider.get("/no/such/page").content
            assert signed_in(staff("analyst", name)).post(url, {"email": ADDRESS}).status_code == 404
        assert Message.objects.count() == 0

    def test_a_company_or_one_who_left_is_not_asked(self, alices: Client, nordlys: Founded) -> None:
        assert alices.get(reverse("onboarding:invite", args=[nordlys.party.pk])).status_code == 404
        ownership.remove(nordlys.controller, by=nordlys.by)
        assert alices.get(invite_url(nordlys)).status_code == 404

    def test_sends_the_link_and_says_where_to(self, alices: Client, nordlys: Founded) -> None:
        assert "The link before" not in alices.get(invite_url(nordlys)).content.decode()
        page = alices.post(invite_url(nordlys), {"email": ADDRESS}, follow=True).content.decode()
        assert f"A link is on its way to {ADDRESS}." in page
        assert f"Sent to <bdi>{ADDRESS}</bdi> on " in page
        assert "waits for the person" in page
        assert sent_token() not in page

    @pytest.mark.parametrize("email", ["", "freja", "freja@\x00nordlys.example", "x" * 400 + "@nordlys.example"])
    def test_a_bad_address_is_told_beside_the_field(self, alices: Client, nordlys: Founded, email: str) -> None:
        answer = alices.post(invite_url(nordlys), {"email": email})
        assert answer.status_code == 422
        assert answer.context["form"].errors["email"]
        assert Invitation.objects.count() == 0

    @pytest.mark.parametrize(
        ("end", "said"),
        [
            ("used", "Answered on "),
            ("withdrawn", "Withdrawn on "),
            ("expired", "It expired on "),
            ("open", "It works until "),
        ],
    )
    def test_says_what_became_of_it(self, alices: Client, nordlys: Founded, end: str, said: str) -> None:
        invitation, _ = invited(nordlys)
        if end == "used":
            invitations.prove(invitation, kind="passport", file=pdf())
        elif end == "withdrawn":
            alices.post(reverse("onboarding:invite_withdraw", args=[nordlys.controller.pk]))
        elif end == "expired":
            expire(invitation)
        page = alices.get(invite_url(nordlys)).content.decode()
        assert said in page
        assert ("Withdraw it" in page) is (end == "open")

    def test_a_second_press_sends_no_second_mail_and_says_so(self, alices: Client, nordlys: Founded) -> None:
        sent = {"email": ADDRESS, "shown": alices.get(invite_url(nordlys)).context["form"]["shown"].value()}
        assert alices.post(invite_url(nordlys), sent).status_code == 302
        again = alices.post(invite_url(nordlys), sent)
        assert again.status_code == 422
        assert "A link has been sent meanwhile" in again.content.decode()
        assert Message.objects.count() == 1
        meant = {"email": ADDRESS, "shown": again.context["form"]["shown"].value()}
        assert alices.post(invite_url(nordlys), meant).status_code == 302
        assert Message.objects.count() == 2

    def test_so_many_a_day_and_no_more(self, alices: Client, nordlys: Founded, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(prove, "INVITATIONS", "2/d/key")
        codes = [alices.post(invite_url(nordlys), {"email": ADDRESS}).status_code for _ in range(3)]
        assert codes == [302, 302, 422]
        assert Message.objects.count() == 2

    def test_what_the_person_sent_is_not_the_companys_to_read(self, alices: Client, nordlys: Founded) -> None:
        invitation, _ = invited(nordlys)
        document = invitations.prove(invitation, kind="passport", file=pdf())
        page = alices.get(reverse("onboarding:documents")).content.decode()
        assert "sent by the person" in page
        for name in ("document", "document_remove"):
            url = reverse(f"onboarding:{name}", args=[document.pk])
            assert url not in page
            assert alices.get(url).status_code == alices.post(url).status_code == 404
        document.refresh_from_db()
        assert document.removed_at is None


class TestTheLink:
    def test_an_unknown_one_is_a_missing_page_like_any_other(self, db: None) -> None:
        client = Client()
        for url in (link(UNKNOWN), reverse("onboarding:prove_anew", args=[UNKNOWN])):
            for answer in (client.get(url), client.post(url)):
                assert (answer.status_code, answer.content) == (404, client.get("/no/such/page").content)

    def test_shows_who_asks_and_who_is_asked_and_nothing_else(self, nordlys: Founded) -> None:
        _, token = invited(nordlys)
        answer = Client().get(link(token))
        page = answer.content.decode()
        assert answer.status_code == 200
        for said in (nordlys.organisation.name, nordlys.controller.name, "passport"):
            assert said in page
        for kept in (ADDRESS, "Strandgata", "918334207", "1984", nordlys.by.email, "script", token):
            assert kept not in page
        assert set(re.findall(r'<a [^>]*href="([^"]*)"', page)) <= {"/"}
        assert not answer.cookies

    def test_takes_the_two_sides_of_a_card(self, nordlys: Founded) -> None:
        _, token = invited(nordlys)
        sides = {"kind": "identity_card", "file": pdf(), "back": pdf(width=500)}
        assert Client().post(link(token), sides).status_code == 302
        assert list(Document.objects.values_list("kind", "party")) == [("identity_card", nordlys.controller.pk)] * 2

    def test_a_picture_of_nothing_uses_up_no_link(self, nordlys: Founded) -> None:
        invitation, token = invited(nordlys)
        white = BytesIO()
        Image.new("RGB", (300, 200), "white").save(white, "JPEG")
        sent = {"kind": "passport", "file": pdf(), "back": SimpleUploadedFile("card.jpg", white.getvalue())}
        answer = Client().post(link(token), sent)
        assert answer.status_code == 422
        assert "Nothing can be seen on this picture" in answer.content.decode()
        assert invitations.is_live(invitation)
        assert not Document.objects.exists()

    def test_looks_the_same_to_whoever_is_signed_in(self, alices: Client, nordlys: Founded) -> None:
        _, token = invited(nordlys)
        assert alices.get(link(token)).content == Client().get(link(token)).content

    @pytest.mark.parametrize("state", ["live", "dead"])
    def test_stays_out_of_caches_logs_of_others_and_search(self, nordlys: Founded, state: str) -> None:
        invitation, token = invited(nordlys)
        if state == "dead":
            expire(invitation)
        answer = Client().get(link(token))
        assert "no-store" in answer["Cache-Control"]
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer["X-Robots-Tag"]
        assert "default-src 'none'" in answer["Content-Security-Policy"]

    def test_takes_the_file_thanks_and_is_then_dead(self, nordlys: Founded) -> None:
        _, token = invited(nordlys)
        client = Client(enforce_csrf_checks=True)
        answer = client.post(link(token), {"kind": "passport", "file": pdf()}, follow=True)
        assert answer.redirect_chain == [(reverse("onboarding:proved"), 302)]
        assert "Thank you" in answer.content.decode()
        document = Document.objects.get()
        assert (document.party, document.kind, document.uploaded_by) == (nordlys.controller, "passport", None)
        again = client.post(link(token), {"kind": "passport", "file": pdf()})
        assert again.status_code == 410
        assert Document.objects.count() == 1

    @pytest.mark.parametrize(
        ("sent", "field"),
        [({}, "kind"), ({"kind": "passport"}, "file"), ({"kind": "other"}, "kind"), ({"kind": "passport", "file": "x"}, "file")],
    )
    def test_a_bad_form_is_told_beside_the_field_and_uses_nothing_up(
        self, nordlys: Founded, sent: dict[str, str], field: str
    ) -> None:
        invitation, token = invited(nordlys)
        answer = Client().post(link(token), sent)
        assert answer.status_code == 422
        assert answer.context["form"].errors[field]
        assert invitations.is_live(invitation)

    def test_stands_in_no_log(self, nordlys: Founded, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
        # Left alone it tells of our own faults only.
        caplog.set_level("WARNING", logger="django.request")
        invitation, token = invited(nordlys)
        client = Client()
        codes = [client.post(link(token), {}).status_code]
        expire(invitation)
        codes.append(client.get(link(token)).status_code)
        monkeypatch.setattr(prove, "LOOKS", "1/h/ip")
        codes += [client.get(link(token)).status_code for _ in range(2)][1:]
        client.get(link(UNKNOWN))
        monkeypatch.undo()
        client.get(link(UNKNOWN))
        assert codes == [422, 410, 429]
        assert token not in caplog.text
        # What never was a link is logged like any other missing page.
        assert UNKNOWN in caplog.text

    @pytest.mark.parametrize("method", ["put", "delete", "patch"])
    def test_other_methods_do_nothing(self, nordlys: Founded, method: str) -> None:
        _, token = invited(nordlys)
        assert getattr(Client(), method)(link(token)).status_code == 405

    @pytest.mark.parametrize(("rate", "method"), [("LOOKS", "get"), ("SENDINGS", "post")])
    def test_is_not_tried_without_end(self, nordlys: Founded, monkeypatch: pytest.MonkeyPatch, rate: str, method: str) -> None:
        monkeypatch.setattr(prove, rate, "3/h/ip")
        client = Client()
        codes = [getattr(client, method)(link(UNKNOWN)).status_code for _ in range(4)]
        assert codes == [404, 404, 404, 429]
        # Another address is not held to account for it.
        assert getattr(client, method)(link(UNKNOWN), REMOTE_ADDR="192.0.2.9").status_code == 404


class TestADeadLink:
    @pytest.mark.parametrize("end", ["expired", "used", "withdrawn", "replaced", "left"])
    def test_says_nothing_of_whose_it_was(self, nordlys: Founded, end: str) -> None:
        invitation, token = invited(nordlys)
        if end == "expired":
            expire(invitation)
        elif end == "used":
            invitations.prove(invitation, kind="passport", file=pdf())
        elif end == "withdrawn":
            invitations.withdraw(nordlys.controller, by=nordlys.by)
        elif end == "replaced":
            invited(nordlys)
        else:
            ownership.remove(nordlys.controller, by=nordlys.by)
        answer, client = Client().get(link(token)), Client()
        page = answer.content.decode()
        assert answer.status_code == 410
        assert page.count("<button") == 1
        assert "Send me a new link" in page
        for kept in (nordlys.organisation.name, nordlys.controller.name, ADDRESS):
            assert kept not in page
        before = Message.objects.count()
        said = client.post(reverse("onboarding:prove_anew", args=[token]), follow=True)
        assert said.redirect_chain == [(reverse("onboarding:prove_sent"), 302)]
        assert Message.objects.count() - before == (1 if end == "expired" else 0)
        assert {message.to for message in Message.objects.all()} == {ADDRESS}

    def test_the_new_link_works(self, nordlys: Founded) -> None:
        invitation, token = invited(nordlys)
        expire(invitation)
        Client().post(reverse("onboarding:prove_anew", args=[token]), {"email": "thief@evil.example"})
        assert Message.objects.latest("pk").to == ADDRESS
        assert Client().get(link(sent_token())).status_code == 200
        assert Client().get(link(token)).status_code == 410

    def test_a_live_link_is_not_sent_anew(self, nordlys: Founded) -> None:
        _, token = invited(nordlys)
        Client().post(reverse("onboarding:prove_anew", args=[token]))
        assert Message.objects.count() == 1

    def test_dies_by_the_databases_clock(self, nordlys: Founded) -> None:
        invitation, token = invited(nordlys)
        Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now() + timedelta(seconds=3))
        assert Client().get(link(token)).status_code == 200
        Invitation.objects.filter(pk=invitation.pk).update(
            invited_at=timezone.now() - timedelta(minutes=1), expires_at=timezone.now() - timedelta(seconds=30)
        )
        assert Client().get(link(token)).status_code == 410


class TestTheOfficersDesk:
    def test_says_that_the_person_sent_it(self, alice: User) -> None:
        nordlys = submitted(alice)
        invitation, _ = invited(nordlys)
        invitations.prove(invitation, kind="passport", file=pdf())
        case = nordlys.organisation.case_set.get()
        page = signed_in(staff("analyst", "Ana")).get(f"/desk/cases/{case.pk}/?tab=documents").content.decode()
        assert "who was invited" in page


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_of_many_posts_of_one_page_one_sends_a_mail(self) -> None:
        nordlys = founded(customer())
        clients = [signed_in(nordlys.by) for _ in range(4)]
        ready = threading.Barrier(len(clients))

        def post(client: Client) -> None:
            try:
                ready.wait(timeout=10)
                client.post(invite_url(nordlys), {"email": ADDRESS, "shown": "0"})
            finally:
                connection.close()

        threads = [threading.Thread(target=post, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        assert (Message.objects.count(), Invitation.objects.count()) == (1, 1)
