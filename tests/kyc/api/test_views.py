"""POST /api/v1/introspect, as RFC 7662 has it."""

import gzip
import json
from io import StringIO
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.management import call_command
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import credentials
from accounts.models import User
from kyc.keys import actions as keys
from kyc.keys.uses import USES
from tests.kyc.api.conftest import Ask
from tests.kyc.cases import scenes
from tests.kyc.keys.scenes import Issued

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"


def in_json(**values: Any) -> bytes:
    return json.dumps(values).encode()


def sample_key() -> str:
    """The key that a sandbox is printed with."""
    out = StringIO()
    owner = scenes.person("pia@mesh.example", "Pia")
    call_command(
        "add_sandbox", "Mesh", "--owner", owner.email, "--outcome", "approved", "--filled", stdout=out, stderr=StringIO()
    )
    return out.getvalue().strip()


class TestIntrospect:
    @pytest.mark.parametrize(
        ("content_type", "write"),
        [
            ("application/json", json.dumps),
            ("application/json; charset=utf-8", json.dumps),
            (FORM, urlencode),
            (f"{FORM}; charset=UTF-8", urlencode),
        ],
    )
    @pytest.mark.parametrize("more", [{}, {"token_type_hint": "access_token"}, {"token_type_hint": ""}, {"unknown": "ignored"}])
    def test_a_good_key_is_active(self, ask: Ask, linked: Issued, content_type: str, write: Any, more: dict[str, str]) -> None:
        answer = ask(write({"token": linked.secret, **more}), content_type=content_type)
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
        found = answer.json()
        assert (found["active"], found["client_id"]) == (True, linked.key.prefix)
        assert {"sub", "entity", "organisation", "project", "responsible", "iat", "exp", "token_type"} < set(found)

    def test_the_answer_never_repeats_the_secret(self, ask: Ask, linked: Issued) -> None:
        answer = ask(in_json(token=linked.secret))
        assert linked.secret[20:60] not in answer.content.decode() + str(answer.headers)

    def test_one_that_is_not_good_is_exactly_inactive(self, ask: Ask, linked: Issued, rui: User) -> None:
        keys.revoke(linked.key, by=rui)
        for token in (linked.secret, linked.secret[:-1], "unknown"):
            answer = ask(in_json(token=token))
            assert (answer.status_code, answer.content) == (200, b'{"active":false}')

    def test_a_gateway_for_test_knows_no_customers_key(self, ask: Ask, linked: Issued) -> None:
        _, for_test = credentials.issue(name="staging", for_test=True, by=None)
        answer = ask(in_json(token=linked.secret), credential=for_test)
        assert (answer.status_code, answer.content) == (200, b'{"active":false}')

    def test_a_sandboxs_key_is_good_to_a_gateway_for_test_alone(self, ask: Ask) -> None:
        _, for_test = credentials.issue(name="staging", for_test=True, by=None)
        key = sample_key()
        assert ask(in_json(token=key), credential=for_test).json()["sandbox"] is True
        assert ask(in_json(token=key)).content == b'{"active":false}'

    def test_it_costs_one_query_the_gateways_own_included(self, ask: Ask, linked: Issued, reads: Any) -> None:
        with reads(1):
            assert ask(in_json(token=linked.secret)).json()["active"] is True

    def test_what_is_no_key_of_ours_is_not_looked_for(self, ask: Ask, linked: Issued, reads: Any) -> None:
        mistyped = linked.secret[:-1] + ("a" if linked.secret[-1] != "a" else "b")
        with reads(1):
            assert ask(in_json(token=mistyped)).json()["active"] is False

    @pytest.mark.parametrize(
        ("data", "content_type"),
        [
            (b"", "application/json"),
            (b"{}", "application/json"),
            (in_json(token=""), "application/json"),
            (in_json(token=None), "application/json"),
            (in_json(token_type_hint="access_token"), "application/json"),
            (b"", FORM),
            (b"token=", FORM),
            (b"tokem=x", FORM),
        ],
    )
    def test_a_missing_token_is_told(self, ask: Ask, data: bytes, content_type: str) -> None:
        answer = ask(data, content_type=content_type)
        assert answer.status_code == 400
        told = answer.json()
        assert told["error"] == "invalid_request"
        assert told["error_description"] == "token: This is needed."

    @pytest.mark.parametrize(
        "data", [b"[]", b'"x"', b"7", b"null", b"true", b"{", b"\xff\xfe", b'{"token": ', b"\0", b"NaN", b'{"token": NaN}']
    )
    def test_what_is_no_question_is_told(self, ask: Ask, data: bytes) -> None:
        answer = ask(data)
        assert answer.status_code == 400
        assert answer.json()["error"] == "invalid_request"

    @pytest.mark.parametrize(
        "token", ["\0", "a\0b", "\ud800", "é" * 66, "٣" * 66, "😀", " ", "\n", "k" * 501, "k" * 10_000, "k" * 1_000_000]
    )
    @pytest.mark.parametrize("content_type", ["application/json", FORM])
    def test_what_cannot_be_a_key_is_an_inactive_one(self, ask: Ask, token: Any, content_type: str) -> None:
        """RFC 7662, section 2.2: of a token that it doesn't know, the server says that it isn't active, and no more."""
        written = urlencode({"token": token}, errors="surrogatepass") if content_type == FORM else in_json(token=token)
        answer = ask(written, content_type=content_type)
        assert (answer.status_code, answer.content) == (200, b'{"active":false}')

    def test_a_token_sent_twice_is_no_question(self, ask: Ask) -> None:
        answer = ask("token=a&token=b", content_type=FORM)
        assert answer.status_code == 400
        assert answer.json() == {"error": "invalid_request", "error_description": "token: This was sent more than once."}

    @pytest.mark.parametrize("content_type", ["application/json", FORM])
    def test_a_body_that_no_question_needs_is_not_read(self, ask: Ask, content_type: str) -> None:
        answer = ask("token=" + "k" * 2 * 1024 * 1024, content_type=content_type)
        assert (answer.status_code, answer.json()["error_description"]) == (413, "The body is too large.")

    @pytest.mark.parametrize("token", [7, 1.5, True, ["x"], {"a": 1}, []])
    def test_what_is_no_text_is_no_question(self, ask: Ask, token: Any) -> None:
        answer = ask(in_json(token=token))
        assert answer.status_code == 400
        assert answer.json() == {"error": "invalid_request", "error_description": "token: This must be text."}

    @pytest.mark.parametrize("written", [" {}", "{} ", "{}\n", "\t{}", "{}\0"])
    @pytest.mark.parametrize("content_type", ["application/json", FORM])
    def test_a_key_is_read_to_the_letter(self, ask: Ask, linked: Issued, written: str, content_type: str) -> None:
        write = urlencode if content_type == FORM else json.dumps
        answer = ask(write({"token": written.format(linked.secret)}), content_type=content_type)
        assert (answer.status_code, answer.content) == (200, b'{"active":false}')

    @pytest.mark.parametrize("hint", ["\0", "h" * 1000, "refresh_token", " "])
    def test_the_hint_decides_nothing(self, ask: Ask, linked: Issued, hint: str) -> None:
        assert ask(in_json(token=linked.secret, token_type_hint=hint)).json()["active"] is True

    @pytest.mark.parametrize(
        "data",
        [b"[" * 100_000, b'{"token":' * 50_000, b'{"token": ' + b"9" * 5_000 + b"}", b'{"token": 1e999}', b'{"a":1,' * 1000],
    )
    def test_deep_or_endless_json_is_refused_or_inactive(self, ask: Ask, data: bytes) -> None:
        answer = ask(data)
        assert answer.status_code == 400 or answer.json() == {"active": False}

    @pytest.mark.parametrize("data", [b"%", b"token=%00", b"token=%ff%fe", b"token=a&token=b", b"&&&", b"=", b"token=%ud800"])
    def test_odd_forms_are_refused_or_inactive(self, ask: Ask, data: bytes) -> None:
        answer = ask(data, content_type=FORM)
        assert answer.status_code == 400 or answer.json() == {"active": False}

    def test_of_many_fields_the_form_is_refused(self, ask: Ask) -> None:
        answer = ask(b"&".join(b"f%d=1" % n for n in range(5_000)), content_type=FORM)
        assert answer.status_code == 400

    @pytest.mark.parametrize("encoding", ["gzip", "br"])
    def test_what_is_packed_is_not_opened_and_says_so(self, gateway: str, linked: Issued, encoding: str) -> None:
        headers = {"Authorization": f"Bearer {gateway}", "Content-Encoding": encoding}
        packed = gzip.compress(in_json(token=linked.secret))
        answer = Client(headers=headers).generic("POST", "/api/v1/introspect", packed, content_type="application/json")
        assert answer.status_code == 415 and set(answer.json()) == {"error", "error_description"}
        assert "send it plain" in answer.json()["error_description"]

    @pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "", "x"])
    def test_other_content_is_not_read(self, ask: Ask, linked: Issued, content_type: str) -> None:
        answer = ask(in_json(token=linked.secret), content_type=content_type)
        assert answer.status_code == 415
        assert set(answer.json()) == {"error", "error_description"}

    @pytest.mark.parametrize("charset", ["utf-16", "latin-1", "hex", "rot13", "zlib", "idna", "nonsense", "undefined"])
    @pytest.mark.parametrize("kind", ["application/json", FORM])
    def test_odd_charsets_bring_nothing_down(self, ask: Ask, charset: str, kind: str) -> None:
        answer = ask(b'{"token": "x"}' if kind != FORM else b"token=x", content_type=f"{kind}; charset={charset}")
        assert answer.status_code in {200, 400, 415}, answer.content
        if answer.status_code == 200:
            assert answer.json() == {"active": False}

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.binary(max_size=300), form=st.booleans())
    def test_no_body_brings_it_down(self, ask: Ask, data: bytes, form: bool) -> None:
        answer = ask(data, content_type=FORM if form else "application/json")
        assert answer.status_code == 400 or answer.json() == {"active": False}

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(token=st.text(st.characters(), max_size=600))
    def test_no_token_brings_it_down(self, ask: Ask, token: str) -> None:
        answer = ask(in_json(token=token))
        assert answer.status_code == 400 or answer.json() == {"active": False}

    @pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
    def test_only_by_post(self, gateway: str, linked: Issued, method: str) -> None:
        path = f"/api/v1/introspect?token={linked.secret}"
        answer = Client().generic(method, path, headers={"Authorization": f"Bearer {gateway}"})
        assert answer.status_code == 405
        assert method == "HEAD" or answer.json()["error"] == "invalid_request"
        assert "POST" in answer["Allow"]

    def test_a_token_in_the_address_is_not_read(self, gateway: str, linked: Issued) -> None:
        """Addresses stand in logs."""
        answer = Client().post(
            f"/api/v1/introspect?token={linked.secret}", b"", content_type=FORM, headers={"Authorization": f"Bearer {gateway}"}
        )
        assert answer.status_code == 400

    def test_no_answer_is_kept_by_anyone(self, ask: Ask, linked: Issued) -> None:
        answers = [
            ask(in_json(token=linked.secret)),
            ask(in_json(token="x")),
            ask(b"{}"),
            ask(in_json(token="x"), credential="nonsense"),
        ]
        assert [answer.status_code for answer in answers] == [200, 200, 400, 401]
        assert [answer.get("Cache-Control") for answer in answers] == ["no-store"] * 4
        assert not any(answer.cookies for answer in answers)


class TestWhyNot:
    @pytest.mark.parametrize("is_form", [True, False])
    def test_is_told_where_it_is_asked(self, ask: Ask, linked: Issued, rui: User, is_form: bool) -> None:
        keys.revoke(linked.key, by=rui)
        asked = {"token": linked.secret, "reasons": "true" if is_form else True}
        sent = (urlencode(asked), FORM) if is_form else (json.dumps(asked), "application/json")
        answer = ask(sent[0], content_type=sent[1]).json()
        assert (answer["active"], answer["reason"]) == (False, "key_revoked")
        assert answer["requirement"] and answer["fix"].startswith("http") and answer["fix"].endswith("/verification/keys/")

    @pytest.mark.parametrize("no", [False, "false"])
    def test_and_otherwise_not(self, ask: Ask, linked: Issued, rui: User, no: Any) -> None:
        keys.revoke(linked.key, by=rui)
        assert ask(in_json(token=linked.secret, reasons=no)).content == b'{"active":false}'

    @pytest.mark.parametrize("word", ["yes", 1, None, "", "True", []])
    def test_no_other_word_means_it(self, ask: Ask, linked: Issued, word: Any) -> None:
        answer = ask(in_json(token=linked.secret, reasons=word))
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")

    def test_a_stranger_is_told_nothing(self, ask: Ask, linked: Issued) -> None:
        answer = ask(in_json(token=linked.secret, reasons=True), credential="x")
        assert answer.status_code == 401 and "reason" not in answer.json()


class TestFromWhere:
    @pytest.mark.parametrize(
        ("sent", "sentence"),
        [
            ({"client_ip": "nowhere"}, "client_ip: This is no IPv4 or IPv6 address."),
            ({"client_ip": "fe80::1%eth0"}, "client_ip: An address with a zone tells nothing outside its own network."),
            ({"client_country": "ZZ"}, "client_country: This is no country of ISO 3166-1, in two capital letters."),
            ({"client_ip": 7}, "client_ip: This must be text."),
        ],
    )
    def test_what_is_no_place_is_told(self, ask: Ask, linked: Issued, sent: dict[str, Any], sentence: str) -> None:
        answer = ask(in_json(token=linked.secret, **sent))
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request", "error_description": sentence})

    @pytest.mark.parametrize(("content_type", "write"), [("application/json", json.dumps), (FORM, urlencode)])
    def test_decides(self, ask: Ask, linked: Issued, content_type: str, write: Any) -> None:
        def asked(**sent: str) -> Any:
            return ask(write({"token": linked.secret, **sent}), content_type=content_type).json()["active"]

        assert asked(client_ip="", client_country="") and asked(client_country="NO", client_ip="192.0.2.1")
        assert asked(client_country="XX") and asked(client_country="T1")
        assert not asked(client_country="IR")


class TestTheShortWay:
    def test_says_what_the_view_says(self, ask: Ask, linked: Issued, rui: User) -> None:
        """A header that only the view reads leads to it."""
        for token in (linked.secret, "unknown"):
            short = ask(in_json(token=token, reasons=True))
            long = ask(in_json(token=token, reasons=True), content_type="application/json; charset=utf8")
            assert (short.status_code, short.json()) == (long.status_code, long.json())
            assert set(long.headers) - set(short.headers) <= {"Allow", "Vary", "Content-Language"}
            assert short["Cache-Control"] == long["Cache-Control"] and short["X-Request-Id"] != long["X-Request-Id"]
            assert short["Content-Security-Policy"] == long["Content-Security-Policy"]

    def test_uses_are_noted(self, ask: Ask, linked: Issued) -> None:
        USES.forget()
        ask(in_json(token="unknown", client_country="BR"))
        assert not USES.waiting
        ask(in_json(token=linked.secret, client_country="BR"))
        assert set(USES.waiting) == {linked.key.pk} and set(USES.abroad) == {(linked.key.pk, "BR")}
        USES.forget()
