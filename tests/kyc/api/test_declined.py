"""However a machine asks wrongly, it is told so in JSON, in one shape, with the status that fits and in our words."""

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from config import urls
from kyc.api import errors
from tests.kyc.api.conftest import Ask

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
MULTIPART = b'--x\r\nContent-Disposition: form-data; name="token"\r\n\r\nx\r\n--x--\r\n'
NO_JSON = "The body is not JSON in the character set that it is sent in."
NO_FORM = "The body is not a form in the character set that it is sent in."
NO_QUESTION = "Send one JSON object or one form."
OTHER_TYPE = "Send application/x-www-form-urlencoded or application/json."
OTHER_METHOD = "This address does not answer to that method; the Allow header names those it knows."
NOTHING = "There is nothing at this address."


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("of ours")


urlpatterns = [*urls.urlpatterns, path("api/v1/broken", broken)]
handler400, handler404, handler500 = urls.handler400, urls.handler404, urls.handler500


def told(answer: Any) -> tuple[int, str]:
    assert answer["Content-Type"] == JSON
    found = answer.json()
    assert set(found) == {"error", "error_description"}
    return answer.status_code, found["error_description"]


class TestABody:
    @pytest.mark.parametrize(
        ("body", "kind", "status", "sentence"),
        [
            (b"&".join(b"f%d=1" % n for n in range(1001)), FORM, 400, "The body has too many fields."),
            (b"token=x&" * 1001, FORM, 400, "The body has too many fields."),
            (b"\xff\xfe{", JSON, 400, NO_JSON),
            (b'{"token": "\xff"}', JSON, 400, NO_JSON),
            (b"\0", JSON, 400, NO_JSON),
            (b"{", JSON, 400, NO_JSON),
            (b"", JSON, 400, "token: This is needed."),
            (b"NaN", JSON, 400, NO_JSON),
            (b"[" * 100_000, JSON, 400, "The JSON is nested too deeply."),
            (b"[]", JSON, 400, NO_QUESTION),
            (b"null", JSON, 400, "token: This is needed."),
            (b'"x"', JSON, 400, NO_QUESTION),
            (b"{}", JSON, 400, "token: This is needed."),
            (b'{"token": null}', JSON, 400, "token: This is needed."),
            (b'{"token": ""}', JSON, 400, "token: This is needed."),
            (b'{"token": {"a": 1}}', JSON, 400, "token: This must be text."),
            (b"token=", FORM, 400, "token: This is needed."),
            (b"token=x", f"{FORM}; charset=hex", 400, NO_FORM),
            (b'{"token": "x"}', f"{JSON}; charset=hex", 400, NO_JSON),
            (b'{"token": "x"}', f"{JSON}; charset=utf-16", 400, NO_JSON),
            (b'{"token": "x"}', "text/plain", 415, OTHER_TYPE),
            (b'{"token": "x"}', "application/xml", 415, OTHER_TYPE),
            (MULTIPART, "multipart/form-data; boundary=x", 415, OTHER_TYPE),
            (b"--x", "multipart/form-data", 415, OTHER_TYPE),
            (b'{"token": "x"}', "nonsense", 415, OTHER_TYPE),
        ],
        ids=[
            "a-thousand-fields", "one-field-a-thousand-times", "byte-order-mark", "wrong-utf8", "zero-byte", "half", "empty",
            "nan", "nested", "list", "null", "text", "no-token", "null-token", "blank-token", "token-an-object", "blank-in-form",
            "form-charset", "json-charset", "utf-16", "plain-text", "xml", "multipart", "multipart-without-boundary", "no-type",
        ],
    )  # fmt: skip
    def test_that_is_no_question_is_declined(self, ask: Ask, body: bytes, kind: str, status: int, sentence: str) -> None:
        assert told(ask(body, content_type=kind)) == (status, sentence)

    @pytest.mark.parametrize("kind", [JSON, FORM, "multipart/form-data; boundary=x", "text/plain"])
    def test_that_is_too_large_is_declined(self, ask: Ask, settings: Any, kind: str) -> None:
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
        fits = {JSON, FORM}
        expected = (413, "The body is too large.") if kind in fits else (415, OTHER_TYPE)
        assert told(ask(b"token=" + b"x" * 1000, content_type=kind)) == expected

    def test_of_bytes_that_are_no_text_in_a_form_is_an_unknown_key(self, ask: Ask) -> None:
        answer = ask(b"token=\xff\xfe", content_type=FORM)
        assert (answer.status_code, answer.content) == (200, b'{"active":false}')


class TestTheWayItIsAsked:
    @pytest.mark.parametrize(("kind", "body"), [(JSON, b'{"token": "x"}'), (FORM, b"token=x")], ids=["json", "form"])
    def test_in_an_unknown_character_set_is_read_as_utf8(self, ask: Ask, kind: str, body: bytes) -> None:
        answer = ask(body, content_type=f"{kind}; charset=nonsense")
        assert (answer.status_code, answer.content) == (200, b'{"active":false}')

    @pytest.mark.parametrize("accepted", ["text/html", "text/html,application/xhtml+xml", "image/*;q=0.1", "x", ""])
    @pytest.mark.parametrize("question", ["", "?format=html", "?format=nonsense"])
    def test_decides_nothing_about_the_answer(self, gateway: str, accepted: str, question: str) -> None:
        headers = {"Authorization": f"Bearer {gateway}", "Accept": accepted}
        answer = Client().post(f"/api/v1/introspect{question}", b"token=x", content_type=FORM, headers=headers)
        assert (answer.status_code, answer["Content-Type"], answer.content) == (200, JSON, b'{"active":false}')

    @pytest.mark.parametrize("accepted", ["text/html", JSON])
    def test_decides_nothing_about_a_refusal(self, ask: Ask, accepted: str) -> None:
        assert told(ask(b"{", Accept=accepted)) == (400, NO_JSON)
        assert told(ask(b"{", Accept=accepted, credential="x"))[0] == 401

    @pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTION", "TRACE"])
    def test_with_another_method_is_declined(self, gateway: str, method: str) -> None:
        answer = Client().generic(
            method, "/api/v1/introspect", headers={"Authorization": f"Bearer {gateway}", "Accept": "text/html"}
        )
        assert told(answer) == (405, OTHER_METHOD)
        assert "POST" in answer["Allow"]

    @pytest.mark.parametrize("accepted", ["text/html", "*/*"])
    def test_of_the_document_too(self, accepted: str) -> None:
        assert told(Client().post("/api/v1/schema/", headers={"Accept": accepted}))[0] in {405, 406}

    def test_the_document_in_a_type_that_it_has_not_is_declined(self) -> None:
        answer = Client().get("/api/v1/schema/", headers={"Accept": "text/html"})
        assert told(answer) == (406, "This address answers in none of the types that the Accept header names.")


class TestOutsideAView:
    @pytest.mark.parametrize("method", ["GET", "POST"])
    @pytest.mark.parametrize("address", ["/api/", "/api/v1/", "/api/v1/nothing", "/api/v1/introspect/", "/api/v1/%00"])
    def test_an_address_that_is_none_is_declined(self, method: str, address: str) -> None:
        assert told(Client().generic(method, address, headers={"Accept": "text/html"})) == (404, NOTHING)

    def test_a_host_that_is_not_ours_is_declined(self) -> None:
        answer = Client().post("/api/v1/introspect", b"token=x", content_type=FORM, headers={"Host": "evil.example"})
        assert told(answer) == (400, "The request cannot be read.")

    def test_a_fault_of_ours_says_so_and_nothing_else(self, settings: Any) -> None:
        settings.ROOT_URLCONF = __name__
        answer = Client(raise_request_exception=False).get("/api/v1/broken")
        assert answer.json()["error"] == "server_error"
        assert told(answer) == (500, "Something went wrong on our side. Try again later.")

    def test_a_person_is_told_on_a_page(self) -> None:
        assert Client().get("/nothing/", headers={"Accept": JSON})["Content-Type"].startswith("text/html")


class TestDeclined:
    def test_leaves_a_bug_to_be_one(self) -> None:
        assert errors.declined(ZeroDivisionError()) is None
