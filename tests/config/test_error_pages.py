"""What people see when a request goes wrong: the right status, a plain heading, and nothing of what they sent."""

import json
import re
from io import BytesIO
from typing import Any

import pytest
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from accounts import credentials
from config import urls
from tests import cast
from tests.headers import lacking

SENT = "sent-by-somebody"
# Some that no browser sends, and some that are no text at all.
CHARSETS = ("iso-8859-1", "utf-8-sig", "utf-16", "utf-7", "base64", "idna", "undefined", "zlib", "unicode_escape", "cp037")
FORMS = {
    "application/x-www-form-urlencoded": b"login=Jos%C3%A9",
    "multipart/form-data; boundary=x": b'--x\r\nContent-Disposition: form-data; name="login"\r\n\r\nJos\xc3\xa9\r\n--x--\r\n',
}
STYLES = ("css/tokens.css", "css/base.css")


def closed(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied(SENT)


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError(SENT)


# The product's addresses, and two that go wrong as none of its own should.
urlpatterns = [*urls.urlpatterns, path("closed/", closed), path("broken/", broken)]


def page(answer: Any, status: int, heading: str) -> None:
    text = answer.content.decode()
    assert answer.status_code == status
    assert re.findall(r"<h1>(.*?)</h1>", text) == [heading]
    assert SENT not in text
    assert all(style in text for style in STYLES)
    assert not lacking(answer, answer.content)


@pytest.mark.django_db
class TestErrorPages:
    @pytest.fixture
    def client(self) -> Client:
        cache.clear()
        return Client(raise_request_exception=False)

    def test_a_request_that_is_not_understood(self, client: Client) -> None:
        page(client.get(f"/?{SENT}", headers={"Host": "evil.example"}), 400, "Keyholder could not read this request")

    def test_a_form_that_stood_open_for_too_long(self) -> None:
        client = Client(enforce_csrf_checks=True)
        page(client.post("/account/login/", {"login": SENT}), 403, "This page stood open for too long")

    @pytest.mark.parametrize(
        ("address", "above"),
        [
            ("/desk/cases/next/", "/desk/cases/"),
            ("/desk/cases/7/hits/9/rule/", "/desk/cases/7/"),
        ],
    )
    def test_the_address_of_a_form_leads_to_its_page(self, address: str, above: str) -> None:
        answer = cast.signed_in(cast.staff("analyst")).get(address)
        page(answer, 405, "Nothing is shown at this address")
        assert f'href="{above}"' in answer.content.decode()
        assert answer["Allow"] == "POST"

    def test_an_address_that_is_none(self, client: Client) -> None:
        page(client.get(f"/{SENT}/"), 404, "There is nothing here")

    @pytest.mark.parametrize("charset", CHARSETS)
    @pytest.mark.parametrize("checks", [True, False], ids=["with CSRF checks", "without"])
    @pytest.mark.parametrize(("kind", "body"), list(FORMS.items()))
    def test_a_form_that_claims_to_be_in_another_encoding(self, charset: str, checks: bool, kind: str, body: bytes) -> None:
        client = Client(raise_request_exception=False, enforce_csrf_checks=checks)
        client.get("/account/login/")
        answer = client.generic("POST", "/account/login/", body, content_type=f"{kind}; charset={charset}")
        page(answer, 400, "Keyholder could not read this request")
        assert answer["X-Request-Id"]

    @pytest.mark.parametrize("charset", ["utf-8", "UTF8", "nonsense"])
    @pytest.mark.parametrize(("kind", "body"), list(FORMS.items()))
    def test_a_form_in_utf_8_however_that_is_written(self, client: Client, charset: str, kind: str, body: bytes) -> None:
        answer = client.generic("POST", "/account/login/", body, content_type=f"{kind}; charset={charset}")
        assert answer.status_code == 200 and "José" in answer.content.decode()

    @pytest.mark.parametrize("charset", CHARSETS)
    def test_what_is_asked_in_an_address_has_no_other_encoding(self, client: Client, charset: str) -> None:
        kind = f"application/x-www-form-urlencoded; charset={charset}"
        assert client.generic("GET", "/account/login/?next=%ff%2B+AAA-", content_type=kind).status_code == 200
        page(client.generic("GET", f"/{SENT}/?x=%ff", content_type=kind), 404, "There is nothing here")

    @pytest.mark.parametrize("charset", CHARSETS)
    @pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
    def test_a_machine_that_claims_one_gets_an_answer_of_the_api(self, client: Client, charset: str, kind: str) -> None:
        secret = credentials.issue(name="edge", by=cast.staff("administrator"))[1]
        body = json.dumps({"token": "kh_live_x"}) if kind.endswith("json") else "token=kh_live_x"
        told = {"content_type": f"{kind}; charset={charset}", "headers": {"Authorization": f"Bearer {secret}"}}
        answer = client.generic("POST", "/api/v1/introspect", body, **told)
        assert answer.status_code in {200, 400, 415} and answer["Content-Type"] == "application/json"

    def test_a_form_of_too_many_fields(self, client: Client) -> None:
        answer = client.post("/account/login/", {f"field{n}": SENT for n in range(1500)})
        page(answer, 400, "Keyholder could not read this form")
        assert "It has too many fields, or the name of a file in it is too long." in answer.content.decode()

    def test_a_file_whose_name_has_no_end(self, client: Client) -> None:
        file = BytesIO(b"%PDF")
        file.name = "a" * 5000 + ".pdf"
        answer = client.post("/account/login/", {"file": file})
        page(answer, 400, "Keyholder could not read this form")

    def test_a_file_or_form_that_is_too_large(self, client: Client, settings: Any) -> None:
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
        page(client.post("/account/login/", {"login": SENT * 100}), 413, "That file or form is too large")

    def test_a_page_that_ones_role_does_not_open(self, client: Client, settings: Any) -> None:
        settings.ROOT_URLCONF = __name__
        page(client.get(f"/closed/?{SENT}"), 403, "This is not open to you")

    def test_too_many_attempts(self, client: Client) -> None:
        for _ in range(100):
            answer = client.post("/account/password/reset/", {"email": f"{SENT}@nordlys.example"})
            if answer.status_code == 429:
                break
        page(answer, 429, "Too many attempts")

    def test_a_fault_of_ours(self, client: Client, settings: Any, caplog: pytest.LogCaptureFixture) -> None:
        settings.ROOT_URLCONF = __name__
        page(client.get(f"/broken/?{SENT}"), 500, "Something went wrong on our side")
        (told,) = [one for one in caplog.records if one.name == "django.request"]
        assert told.levelname == "ERROR" and told.exc_info and told.exc_info[0] is RuntimeError
        assert SENT not in told.getMessage()

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            ("application/json", json.dumps({"token": SENT * 100})),
            ("application/x-www-form-urlencoded", f"token={SENT * 100}"),
        ],
        ids=["json", "form"],
    )
    def test_a_machines_body_that_is_too_large_is_declined_as_the_api_declines(
        self, client: Client, settings: Any, kind: str, body: str
    ) -> None:
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
        secret = credentials.issue(name="edge", by=cast.staff("administrator"))[1]
        answer = client.post("/api/v1/introspect", body, content_type=kind, headers={"Authorization": f"Bearer {secret}"})
        assert (answer.status_code, answer["Content-Type"]) == (413, "application/json")
        assert answer.json() == {"error": "invalid_request", "error_description": "The body is too large."}
        assert not lacking(answer, answer.content)
