"""What stands on every answer. tests/test_doors.py looks for it behind every address of the resolver, tests/config at the error
pages, and tests/browser in a browser that tells of whatever its page was forbidden."""

import re
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Any

import pytest
from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpResponse
from django.test import Client, RequestFactory

from accounts import credentials, vault
from accounts.headers import IN_CLEAR, HeadersMiddleware, Nonce, policy
from accounts.notices import Notices
from demo.cast import PASSWORD
from tests import cast
from tests.headers import lacking, misnamed

pytestmark = pytest.mark.django_db
PHRASE = "a long pass phrase of words"
TEMPLATES = Path(__file__).parents[2] / "templates"
HEADERS = (
    "Content-Security-Policy", "Permissions-Policy", "Cross-Origin-Resource-Policy", "Cross-Origin-Opener-Policy",
    "Referrer-Policy", "X-Content-Type-Options", "X-Frame-Options",
)  # fmt: skip


class TestEveryAnswer:
    @pytest.mark.parametrize("path", ["/", "/account/login/", "/no/such/page", "/healthz", "/desk/cases/", "/api/v1/nothing"])
    def test_bears_them_all(self, path: str) -> None:
        answer = Client().get(path)
        assert lacking(answer, answer.content) == []

    @pytest.mark.parametrize("header", [*HEADERS, "Cache-Control"])
    def test_what_is_missing_is_found(self, header: str) -> None:
        """The negative control."""
        answer = Client().get("/")
        del answer.headers[header]
        assert len(lacking(answer, answer.content)) > 0

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            ("text/html; charset=utf-8", b'<!doctype html><a href="javascript:alert(1)">'),
            ("text/html; charset=utf-8", b'<!doctype html><a href="&#106;avascript:alert(1)">'),
            ("text/html; charset=utf-8", b"<!doctype html><img src='data:text/html,x'>"),
            ("text/html; charset=utf-8", b'<!doctype html><form action="//evil.example/">'),
            ("text/html; charset=utf-8", b'<!doctype html><a href="https://evil.example">'),
            ("text/html", b"<!doctype html>"),
            ("text/html; charset=utf-8", b'{"a": 1}'),
            ("application/json", b"<!doctype html>"),
            ("text/csv", b"a,b"),
        ],
    )
    def test_what_is_not_what_it_says_or_leads_away_is_found(self, kind: str, body: bytes) -> None:
        assert len(list(misnamed(kind, body))) >= 1
        fine = b'<!doctype html><a href="/start/?next=%2F#top"><a href="mailto:a@b.example"><img src="data:image/png;base64,x">'
        assert list(misnamed("text/html; charset=utf-8", fine)) == []

    def test_a_static_file_bears_them_too_and_may_be_kept(self) -> None:
        answer = Client().get("/static/js/keyholder.js")
        assert answer.status_code == 200
        assert all(answer.has_header(header) for header in HEADERS)
        assert "no-store" not in answer["Cache-Control"]
        assert not answer.has_header("Access-Control-Allow-Origin")

    def test_so_does_the_way_to_https_which_asks_for_it_from_then_on(self, settings: Any) -> None:
        settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 31_536_000
        away = Client().get("/")
        assert (away.status_code, away["Location"]) == (301, "https://testserver/")
        assert lacking(away, b"") == []
        for address in ("/", "/no/such/page", "/static/js/keyholder.js", "/api/v1/introspect"):
            assert Client().get(address, secure=True)["Strict-Transport-Security"] == "max-age=31536000"

    def test_a_page_that_asks_for_something_else_gets_it(self) -> None:
        def view(request: Any) -> HttpResponse:
            return HttpResponse(headers={"Cache-Control": "max-age=60", "Content-Security-Policy": "sandbox"})

        answer = HeadersMiddleware(view)(RequestFactory().get("/"))
        assert (answer["Cache-Control"], answer["Content-Security-Policy"]) == ("max-age=60", "sandbox")


class TestPolicy:
    def test_forbids_whatever_is_not_named(self) -> None:
        rules = dict(rule.split(" ", 1) for rule in policy("n").split("; "))
        assert rules["default-src"] == rules["object-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
        assert rules["script-src"] == "'nonce-n'"
        assert rules["form-action"] == rules["style-src"] == rules["connect-src"] == "'self'"
        assert rules["require-trusted-types-for"] == "'script'"
        assert not re.search(r"unsafe|\*|http", policy("n"))

    def test_a_page_without_script_may_run_none(self) -> None:
        assert "script-src 'none'" in Client().get("/no/such/page")["Content-Security-Policy"]
        assert "script-src 'none'" in Client().get("/healthz")["Content-Security-Policy"]

    def test_no_two_answers_share_a_nonce(self) -> None:
        policies = {Client().get("/account/login/")["Content-Security-Policy"] for _ in range(3)}
        assert len(policies) == 3
        assert all("'nonce-" in one for one in policies)

    def test_one_answer_has_one(self) -> None:
        nonce = Nonce()
        assert nonce.text == ""
        assert len(str(nonce)) == 22
        assert str(nonce) == str(nonce) == nonce.text

    def test_a_form_may_lead_to_a_provider_of_identities_that_is_named(self, settings: Any) -> None:
        settings.FORM_ACTIONS = ("https://login.provider.example",)
        assert "form-action 'self' https://login.provider.example;" in Client().get("/account/login/")["Content-Security-Policy"]

    def test_no_template_holds_what_it_forbids(self) -> None:
        """Papers and mail are no pages."""
        others = ("reports/paper/", "emails/", "demo/extract.html", "demo/paper.html")
        forbidden = re.compile(r"<style|\sstyle=|\son[a-z]+=['\"]|javascript:|<script(?![^>]*(?:src=|application/json))")
        read = 0
        for template in TEMPLATES.rglob("*.html"):
            if not str(template.relative_to(TEMPLATES)).startswith(others):
                read += 1
                assert not forbidden.search(template.read_text()), template
        assert read > 80
        assert forbidden.search('<p style="color: red">')
        assert forbidden.search("<script>alert(1)</script>")
        assert forbidden.search('<a onclick="go()">')


class TestNoStore:
    """What stays with no browser and no cache: whatever is not a file that all may see."""

    def test_stands_on_the_error_pages_of_who_is_signed_in(self) -> None:
        alice = cast.signed_in(cast.customer())
        for address in ("/no/such/page", "/desk/cases/", "/verification/people/999999/"):
            assert alice.get(address)["Cache-Control"].find("no-store") >= 0, address

    def test_stands_where_the_session_itself_cannot_be_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The page of 500 comes from above all that knows of people."""

        def away(*_: object) -> None:
            raise OSError("no database")

        client = cast.signed_in(cast.customer())
        client.raise_request_exception = False
        monkeypatch.setattr("django.contrib.sessions.middleware.SessionMiddleware.process_request", away)
        answer = client.get("/start/")
        assert answer.status_code == 500
        assert lacking(answer, answer.content) == []


@pytest.fixture
def with_tls(settings: Any) -> None:
    """As config/settings.py has it where SITE_URL is https; tests/config/test_settings.py looks there."""
    settings.OURS_ALONE = "__Host-"
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = settings.SECURE_SSL_REDIRECT = True


@pytest.mark.usefixtures("with_tls")
class TestCookies:
    def test_each_is_this_hosts_alone_and_no_scripts(self) -> None:
        """All there are: of the session, of the forms, of what is said once, whose browser it is, and which."""
        alice, client, seen = cast.customer(), Client(), {}
        for method, path, data in (
            ("get", "/account/login/", {}),
            ("post", "/account/login/", {"login": alice.email, "password": PASSWORD}),
            ("post", "/account/password/change/", {"oldpassword": PASSWORD, "password1": PHRASE, "password2": PHRASE}),
            ("get", "/start/", {}),
            ("post", "/account/logout/", {}),
        ):
            seen |= getattr(client, method)(path, data, secure=True).cookies
        assert set(seen) == {f"__Host-{name}" for name in ("sessionid", "csrftoken", "messages", "last_user", "device")}
        for name, cookie in seen.items():
            # What takes one away may leave out that scripts don't see it: there is nothing left to see.
            given = cookie["max-age"] != 0
            told = (
                bool(cookie["secure"]),
                cookie["samesite"],
                cookie["path"],
                cookie["domain"],
                bool(cookie["httponly"]) or not given,
            )
            assert told == (True, "Lax", "/", "", True), name

    def test_the_session_stands_nowhere_else(self) -> None:
        client = cast.signed_in(cast.customer())
        key = client.session.session_key
        assert key and key not in client.get("/start/", secure=True, follow=True).content.decode()


class TestNotices:
    def test_say_nothing_to_whoever_finds_the_browsers_disk(self) -> None:
        request, response = RequestFactory().get("/"), HttpResponse()
        request.session = Client().session
        store = Notices(request)
        store.add(messages.SUCCESS, "Kari Lund was removed.")
        store.update(response)
        written = response.cookies["messages"].value
        assert vault.opened(written, purpose="notices"), "sealed, and not only encoded as the library's is"
        assert b"Kari" not in urlsafe_b64decode(written)
        request.COOKIES["messages"] = written
        assert [str(one) for one in Notices(request)] == ["Kari Lund was removed."]
        request.COOKIES["messages"] = written[:-9] + "AAAAAAAA="
        assert list(Notices(request)) == []

    def test_what_is_too_long_for_a_cookie_is_said_all_the_same(self) -> None:
        client, request, response = cast.signed_in(cast.customer()), RequestFactory().get("/"), HttpResponse()
        request.session = client.session
        store = Notices(request)
        told = [f"{number} {'ж' * 400}" for number in range(6)]
        store._queued_messages = [Message(messages.INFO, one) for one in told]
        store.added_new = True
        store.update(response)
        assert len(response.cookies["messages"].value) <= 2048
        request.COOKIES["messages"] = response.cookies["messages"].value
        assert sorted(str(one) for one in Notices(request)) == told


class TestTheEndOfASession:
    def test_empties_the_browser(self) -> None:
        client = cast.signed_in(cast.customer())
        assert not client.get("/start/").has_header("Clear-Site-Data")
        assert client.post("/account/logout/")["Clear-Site-Data"] == '"cache", "storage"'
        assert not client.get("/account/login/").has_header("Clear-Site-Data")

    def test_no_page_puts_anything_into_it(self) -> None:
        """Neither ours nor htmx, which would keep the pages one has left."""
        ours = "".join(script.read_text() for script in (TEMPLATES.parent / "static/js").glob("*.js"))
        assert not re.search(r"localStorage|sessionStorage|indexedDB|document\.cookie|caches\.", ours)
        assert '"historyCacheSize": 0' in (TEMPLATES / "base.html").read_text()


class TestMachinesInClear:
    """Who shows a credential without TLS is told, and not led to where it would go on unnoticed."""

    @pytest.mark.parametrize("path", ["/api/v1/introspect", "/api/v1/schema/", "/metrics"])
    def test_are_refused_whatever_they_show(self, settings: Any, path: str) -> None:
        settings.SECURE_SSL_REDIRECT = True
        settings.METRICS_TOKEN = secret = credentials.issue(name="edge", by=cast.staff("administrator"))[1]
        shown = {"Authorization": f"Bearer {secret}"}
        for answer in (Client().get(path, headers=shown), Client().post(path, {"token": "x"}, headers=shown)):
            assert (answer.status_code, answer.json()["error_description"]) == (403, IN_CLEAR)
            assert not answer.has_header("Location")
            assert lacking(answer, answer.content) == []
        assert Client().get(path, headers=shown, secure=True).status_code in {200, 405}

    def test_people_are_led_there(self, settings: Any) -> None:
        settings.SECURE_SSL_REDIRECT = True
        assert Client().get("/start/")["Location"] == "https://testserver/start/"
