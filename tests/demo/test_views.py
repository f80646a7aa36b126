"""Signing in as someone, and the mail that was caught."""

import html
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.mail import EmailMessage, get_connection
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from demo import seed
from demo.cast import CAST, PASSWORD, TOTP_SECRET
from demo.models import Mail
from tests.stage import scene

pytestmark = pytest.mark.django_db
PEOPLE = [person.email for person in CAST]
LEADS = {
    "analyst": "/desk/cases/",
    "approver": "/desk/cases/",
    "senior": "/desk/cases/",
    "auditor": "/reports/",
    "investigator": "/desk/networks/",
    "administrator": "/audit/",
    "support": "/desk/cases/",
    "": "/verification/begin/",
}


@scene
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

    @pytest.mark.parametrize("email", ["", "nobody@else.example", "a\0b", "x" * 5000])
    def test_nobody_else(self, email: str) -> None:
        client = Client()
        assert client.post("/demo/sign-in-as/", {"email": email}).status_code == 404
        assert who(client) is None

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


# Every state of every component, and how it looks in the page.
STATES: dict[str, dict[str, str]] = {
    "address": {
        "needed": r"<legend>Address of the seat</legend>",
        "not needed": r"<legend>Another address <span",
        "wrong": r"no postal code of Japan",
        "in one piece": r"So far it stands in one piece",
    },
    "avatar": {"somebody": r'class="avatar small"[^>]*>AM<', "nobody": "Unassigned"},
    "limit_reached": {
        "until": r"Limit reached until \d+ \w+ \d{4}, \d\d:\d\d UTC",
        "for good": r"Limit reached\s*</p>",
    },
    "bars": {
        "many days": r'class="bar-bad".*?class="bar-bad"',
        "few": r"The upper line is 10 requests a day",
        "very many": r"1,000,000,000,000,000 requests a day",
        "as a table": r"The same as a table.*?<th scope=\"row\">",
    },
    "card": {
        "plain": r'<section class="card">',
        "named": r'<section class="card" id="table">',
        "aside": r'<a href="#table">Edit</a>',
    },
    "demo_bar": {"there": r'<aside class="demo-bar"'},
    "dialog": {"closed": r'<div class="dialog" id="snooze" popover', "long": r'<h2 id="named-title">Gesellschaft'},
    "empty": {"with a way on": r'class="empty">.*?<a class="button"', "without": r"<strong>No possible match</strong>\s*</div>"},
    "errors": {"wrong": r'class="error-summary".*?<a href="#wrong_name">'},
    "field": {
        "text": r'<input type="text" name="name" value="Helios',
        "optional": r"Date of birth.*?\(optional\)",
        "wrong": r'class="field wrong".*?class="errors"',
        "disabled": r'<input type="text" name="name"[^>]* disabled[^>]* id="off_name"',
        "choice": r'<input type="radio"[^>]*id="form_kind_1"[^>]* checked',
        "several": r'<input type="checkbox" name="roles"',
        "list": r'<select name="country"',
        "file": r'<input type="file"',
        "long text": "<textarea",
        "one tick": r'class="choice" for="form_true"',
    },
    "field_notes": {"help": r'class="help" id="form_name_helptext"', "error": r'id="wrong_email_error"'},
    "form": {"sound": r'id="form_name"', "wrong": r'id="wrong_name"', "disabled": r'id="off_name"'},
    "glance": {"given": "<dd>Free-zone", "not given": "not given"},
    "key_once": {"there": r'<code class="once"'},
    "mark": {state: f'class="mark {state}"' for state in ("good", "info", "warn", "bad")},
    "menu": {
        "closed": r'<details class="menu">',
        "open": r'<details class="menu" open>',
        "stranger": r">Sign in</a>",
        "staff": "· Analyst",
    },
    "messages": {
        level: f"notice {tone}(?:(?!notice ).)*A message of level {level}"
        for level, tone in {"success": "good", "info": "info", "warning": "warn", "error": "bad"}.items()
    },
    "name": {"alone": r"<span><bdi>Nordlys Modelling AS</bdi></span>", "in its own script": r'<bdi class="native">莲花'},
    "nav": {
        "here": r'aria-current="page">Verification',
        "elsewhere": r'<a href="#menus">Keys</a>',
        "count": r'badge warn count">3<',
    },
    "notice": {
        **{tone: f'<div class="notice {tone}">' for tone in ("good", "warn", "bad", "info", "neutral")},
        "to be hidden": "data-dismiss",
        "with a way on": r'<a href="#table">Rule them</a>',
    },
    "pager": {"older": 'rel="next"', "of": "of 7"},
    "progress": {"unknown": r"<progress max=\"100\" aria", "some": 'value="40"', "done": ">Done<", "stopped": ">Stopped<"},
    "result": {state: rf'class="result">\s*<span class="mark {state}"' for state in ("good", "info", "warn", "bad")},
    "looking": {"until": r"You, <bdi>Tove Lindqvist</bdi> \(support\), look at the pages of"},
    "sandbox": {"whole": "Whatever is sent here ends as", "brief": r'<span class="badge info" title="Made for tests'},
    "steps": {
        "done": r'<li class="done">',
        "here": r'<li class="here">',
        "to come": r'<li class="">',
        "saved": r"Saved at 14:32",
    },
    "table_head": {"ascending": 'aria-sort="ascending"', "to sort by": r"\(sort by this\)", "plain": r'<th scope="col">Due</th>'},
    "tabs": {
        "here": r'aria-current="page">Summary',
        "marked": r'badge bad count">!',
        "counted": r'class="count">6<',
        "none": r'class="count">0<',
    },
    "timeline": {"plain": r'<li class="">|<li class="info">', "good": r'<li class="good">', "warn": r'<li class="warn">'},
    "wordmark": {"there": r'<svg class="word"'},
}


class TestGallery:
    @pytest.fixture(scope="class")
    def page(self) -> HttpResponse:
        return Client().get("/demo/ui/")

    def test_draws_every_component(self, page: Any) -> None:
        assert page.status_code == 200
        there = {path.stem for path in (Path(settings.BASE_DIR) / "templates" / "components").glob("*.html")}
        assert set(STATES) == there, "Add the states of each component to STATES, and draw them in templates/ui.html."
        assert {f"components/{name}.html" for name in there} - {template.name for template in page.templates} == set()

    @pytest.mark.parametrize(("component", "state"), [(name, state) for name, states in STATES.items() for state in states])
    def test_draws_each_in_all_its_states(self, page: Any, component: str, state: str) -> None:
        assert re.search(STATES[component][state], html.unescape(page.content.decode()), re.DOTALL)

    def test_sorts_the_other_way_and_turns_the_page(self) -> None:
        text = Client().get("/demo/ui/?by=name&way=down&page=2").content.decode()
        assert 'aria-sort="descending"' in text
        assert 'rel="prev"' in text
