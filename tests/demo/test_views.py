"""Signing in as someone, and the mail that was caught."""

import html
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.mail import EmailMessage, get_connection
from django.test import Client

from accounts.models import User
from demo import seed
from demo.cast import CAST, PASSWORD, TOTP_SECRET
from demo.models import Mail

pytestmark = pytest.mark.django_db
PEOPLE = [person.email for person in CAST]
LEADS = {
    "analyst": "/desk/cases/",
    "approver": "/desk/cases/",
    "auditor": "/reports/",
    "investigator": "/reports/",
    "administrator": "/account/2fa/",
    "": "/verification/begin/",
}


@pytest.fixture
def people() -> None:
    for person in CAST:
        seed.user(person.email, person.name, person.role)


def who(client: Client) -> User | AnonymousUser | None:
    return User.objects.filter(pk=client.session.get("_auth_user_id")).first()


class TestCast:
    def test_names_everyone_and_how_to_sign_in(self) -> None:
        page = html.unescape(Client().get("/demo/").content.decode())
        assert re.findall(r'name="email" value="([^"]+)"', page) == PEOPLE
        for person in CAST:
            assert person.name in page
            assert person.what in page
        assert PASSWORD in page
        assert TOTP_SECRET in page

    def test_says_that_the_demo_is_loading_until_it_is_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert f"The demo is loading: 0 of {seed.TOTAL} organisations" in Client().get("/demo/").content.decode()
        monkeypatch.setattr(seed, "loaded", lambda: seed.TOTAL)
        assert "loading" not in Client().get("/demo/").content.decode()

    def test_stands_in_the_frame(self) -> None:
        assert '<header class="top">' in Client().get("/demo/").content.decode()


@pytest.mark.usefixtures("people")
class TestSignInAs:
    @pytest.mark.parametrize("person", CAST, ids=lambda person: person.name)
    def test_signs_in_the_cast_and_leads_to_their_work(self, person: object) -> None:
        email, role = person.email, person.role  # type: ignore[attr-defined]
        client = Client()
        answer = client.post("/demo/sign-in-as/", {"email": email}, follow=True)
        assert who(client) == User.objects.get(email=email)
        assert answer.redirect_chain[0][0] == "/start/"
        assert answer.redirect_chain[-1][0] == LEADS[role]
        assert answer.status_code == 200

    @pytest.mark.parametrize("method", ["get", "head", "put", "delete", "options"])
    def test_only_by_post(self, method: str) -> None:
        client = Client()
        answer = getattr(client, method)(f"/demo/sign-in-as/?email={PEOPLE[0]}")
        assert answer.status_code == 405
        assert who(client) is None

    def test_only_with_the_forms_token(self) -> None:
        client = Client(enforce_csrf_checks=True)
        assert client.post("/demo/sign-in-as/", {"email": PEOPLE[0]}).status_code == 403
        assert who(client) is None

    @pytest.mark.parametrize("email", ["", "nobody@x.example", "real@customer.example", "INGRID@nordlys.example'--"])
    def test_only_the_cast(self, email: str) -> None:
        seed.user("real@customer.example", "Real Customer")
        client = Client()
        assert client.post("/demo/sign-in-as/", {"email": email}).status_code == 404
        assert who(client) is None

    def test_from_one_to_another_takes_nothing_along(self) -> None:
        client = Client()
        client.post("/demo/sign-in-as/", {"email": "ana@keyholder.example"})
        first = client.session.session_key
        client.post("/demo/sign-in-as/", {"email": "charlie@outside.example"})
        assert client.session.session_key != first
        assert client.get("/desk/cases/").status_code == 404


class TestMail:
    def test_shows_what_was_caught_newest_first(self) -> None:
        backend = get_connection("demo.mailbox.Backend")
        sent = backend.send_messages(
            [
                EmailMessage(f"Subject {n}", "See https://x.example/ and <b>this</b>", to=["a@x.example", "b@x.example"])
                for n in (1, 2)
            ]
        )
        assert sent == 4
        page = Client().get("/demo/mail").content.decode()
        assert re.findall(r"<h2>(.*?)</h2>", page) == ["Subject 2", "Subject 2", "Subject 1", "Subject 1"]
        assert '<a href="https://x.example/"' in page
        assert "<b>this</b>" not in page

    def test_without_any_says_so(self) -> None:
        assert "No mail yet." in Client().get("/demo/mail").content.decode()

    def test_shows_no_more_than_a_hundred(self) -> None:
        Mail.objects.bulk_create(Mail(to="a@x.example", subject="x", text="x") for _ in range(120))
        assert Client().get("/demo/mail").content.decode().count("<article") == 100


class TestGallery:
    def test_draws_its_components_and_what_a_wrong_form_says(self) -> None:
        answer = Client().get("/demo/ui/")
        assert answer.status_code == 200
        drawn = {template.name for template in answer.templates}
        there = {f"components/{path.name}" for path in (Path(settings.BASE_DIR) / "templates" / "components").glob("*.html")}
        assert len(there & drawn) >= 20, sorted(there - drawn)
        assert "Full legal name" in answer.content.decode()
        assert answer.context["wrong"].errors
