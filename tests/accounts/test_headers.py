"""What stands on every answer. tests/test_doors.py looks for it behind every address of the resolver, tests/config at the error
pages, and tests/browser in a browser that tells of whatever its page was forbidden."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from accounts.headers import HeadersMiddleware, Nonce, policy
from tests import cast
from tests.headers import lacking

pytestmark = pytest.mark.django_db
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
