"""POST /api/v1/leaks, as GitHub's secret scanning partner program sends."""

import base64
import hashlib
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import AuditEvent, Message, User
from kyc.api import leaks as api
from kyc.keys import actions as keys
from kyc.keys import holds, linking, secret
from kyc.keys.introspection import introspect
from kyc.keys.models import Hold, Leak
from tests.cast import Founded
from tests.kyc.cases.scenes import audit_breaks
from tests.kyc.keys.scenes import Issued, issue
from tests.kyc.keys.test_actions import tables_holding

pytestmark = pytest.mark.django_db
# github/docs, pull request 18776: the body, signature and public key by which its sample for Python verifies.
GITHUB = {
    "identifier": "90a421169f0a406205f1563a953312f0be898d3c7b6c06b681aa86a874555f4a",
    "body": b'[{"token":"some_token","type":"some_type","url":"some_url"}]',
    "signature": "MEUCIQDKZokqnCjrRtw0tni+2Ltvl/uiMJ1EGumEsp1BsNr32AIgQY1YXD2nlj+XNfGK4rBfkMJ1JDOQcYXxa2sY8FNkrKc=",
    "pem": (
        "-----BEGIN PUBLIC KEY-----\n"
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9MJJHnMfn2+H4xL4YaPDA4RpJqUq\n"
        "kCmRCBnYERxZanmcpzQSXs1X/AljlKkbJ8qpVIW4clayyef9gWhFbNHWAA==\n"
        "-----END PUBLIC KEY-----\n"
    ),
}
URL = "https://code.example/alice/repo/blob/main/settings.py"


@pytest.fixture
def signer(settings: Any, tmp_path: Path) -> ec.EllipticCurvePrivateKey:
    """A key of our own beside GitHub's, both loaded as an administrator would."""
    made = ec.generate_private_key(ec.SECP256R1())
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = made.public_key().public_bytes(serialization.Encoding.PEM, spki).decode()
    rows = [
        {"key_identifier": GITHUB["identifier"], "key": GITHUB["pem"], "is_current": False},
        {"key_identifier": "ours", "key": pem, "is_current": True},
    ]
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"public_keys": rows}))
    settings.LEAK_FINDERS = str(file)
    return made


def send(body: bytes, *, signature: str, identifier: str = "ours") -> Any:
    headers = {"Github-Public-Key-Identifier": identifier, "Github-Public-Key-Signature": signature}
    client = Client(raise_request_exception=False)
    return client.generic("POST", "/api/v1/leaks", body, content_type="application/json", headers=headers)


def signed(key: ec.EllipticCurvePrivateKey, body: bytes) -> str:
    return base64.b64encode(key.sign(body, ec.ECDSA(hashes.SHA256()))).decode()


@pytest.fixture
def tell(signer: ec.EllipticCurvePrivateKey) -> Any:
    def told(*tokens: str, **more: Any) -> Any:
        rows = [{"token": token, "type": "keyholder_api_key", "url": URL, "source": "commit", **more} for token in tokens]
        body = json.dumps(rows).encode()
        return send(body, signature=signed(signer, body))

    return told


class TestSignature:
    def test_githubs_own_sample_verifies(self, signer: Any) -> None:
        answer = send(GITHUB["body"], signature=GITHUB["signature"], identifier=GITHUB["identifier"])
        digest = base64.b64encode(hashlib.sha256(b"some_token").digest()).decode()
        assert answer.status_code == 200
        assert answer.json() == [{"token_hash": digest, "token_type": "some_type", "label": "false_positive"}]

    @pytest.mark.parametrize(
        "change", ["body", "signature", "identifier", "no signature", "not base64", "another's key", "empty"]
    )
    def test_anything_else_is_refused_before_it_is_read(self, signer: Any, linked: Issued, change: str) -> None:
        body = json.dumps([{"token": linked.secret, "type": "x"}]).encode()
        right = signed(signer, body)
        sent: dict[str, dict[str, Any]] = {
            "body": {"body": body + b" ", "signature": right},
            "signature": {"body": body, "signature": signed(signer, b"x")},
            "identifier": {"body": body, "signature": right, "identifier": "unknown"},
            "no signature": {"body": body, "signature": ""},
            "not base64": {"body": body, "signature": "é!".encode("latin-1", "replace").decode("latin-1")},
            "another's key": {"body": body, "signature": right, "identifier": GITHUB["identifier"]},
            "empty": {"body": body, "signature": right, "identifier": ""},
        }
        answer = send(**sent[change])
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:keyholder:problem:not_signed")
        assert answer.json()["title"] == "Not signed"
        assert linked.state == "active"

    def test_without_loaded_keys_nothing_is_believed(self, linked: Issued, settings: Any) -> None:
        settings.LEAK_FINDERS = ""
        assert send(GITHUB["body"], signature=GITHUB["signature"], identifier=GITHUB["identifier"]).status_code == 401


class TestReport:
    def test_a_true_one_is_dead_before_the_answer_and_its_owner_written_to(self, linked: Issued, tell: Any) -> None:
        answer = tell("kh_live_nonsense", linked.secret)
        assert [row["label"] for row in answer.json()] == ["false_positive", "true_positive"]
        assert (linked.state, introspect(linked.secret)) == ("held", {"active": False})
        hold = Hold.objects.get()
        assert (hold.source, hold.key, hold.placed_by, hold.lifted_at) == ("leak", linked.key, None, None)
        mail = Message.objects.latest("pk")
        assert (mail.to, mail.subject) == ("alice@nordlys.example", "One of your keys stands in public")
        assert f"/verification/keys/{linked.key.pk}/" in mail.text
        leak = Leak.objects.get()
        assert (leak.url, leak.place, leak.token_type, leak.signed_with) == (URL, "commit", "keyholder_api_key", "ours")

    def test_the_secret_stands_nowhere_and_the_place_in_no_clear(self, linked: Issued, tell: Any, caplog: Any) -> None:
        caplog.set_level(logging.DEBUG)
        answer = tell(linked.secret)
        assert tables_holding(linked.secret[20:60]) == set() and tables_holding(URL) == set()
        assert linked.secret[20:60] not in caplog.text + answer.content.decode()
        assert {"kyc_leak"} <= tables_holding("keyholder_api_key")

    def test_repeated_it_is_silence(self, linked: Issued, tell: Any) -> None:
        for _ in range(2):
            assert tell(linked.secret, linked.secret).json()[1]["label"] == "true_positive"
        assert (Hold.objects.count(), Leak.objects.count()) == (1, 1)
        assert AuditEvent.objects.filter(verb="key.leaked").count() == 1
        assert Message.objects.filter(subject__contains="in public").count() == 1

    def test_once_judged_it_holds_nothing_again(self, linked: Issued, rui: User, tell: Any) -> None:
        """The finder sends what it has sent, calling it otherwise and under another key of its own, in whatever order."""
        tell(linked.secret)
        holds.lift(Hold.objects.get(), reason="A sample of our own.", by=rui)
        before = Message.objects.count()
        for more in ({}, {"type": "other"}):
            assert tell(linked.secret, linked.secret, **more).json()[0]["label"] == "true_positive"
        api.leaks.report([api.leaks.Found(linked.secret, url=URL, place="commit")], signed_with="its next key")
        assert (linked.state, Hold.objects.count(), Leak.objects.count()) == ("active", 1, 1)
        assert AuditEvent.objects.filter(verb="key.leaked").count() == 1 and Message.objects.count() == before

    @pytest.mark.parametrize("where", [{"url": URL + "?other"}, {"source": "gist"}], ids=["url", "source"])
    def test_in_another_place_it_is_held_again_and_says_what_was_lifted(
        self, linked: Issued, rui: User, tell: Any, where: dict[str, str]
    ) -> None:
        tell(linked.secret)
        lifted = holds.lift(Hold.objects.get(), reason="A sample of our own.", by=rui)
        assert lifted.lifted_at is not None
        tell(linked.secret, **where)
        hold = Hold.objects.live().get()
        assert linked.state == "held" and Leak.objects.get(hold=hold).pk
        assert hold.reason.endswith(f"in another place than before; that hold was lifted on {lifted.lifted_at:%Y-%m-%d}")
        first, second = Message.objects.filter(subject__contains="in public").order_by("pk")
        assert "This is another place." in second.text and "found before" not in first.text

    def test_another_place_told_while_it_is_held_is_judged_with_the_first(self, linked: Issued, rui: User, tell: Any) -> None:
        other = URL + "?other"
        tell(linked.secret)
        tell(linked.secret, url=other)
        assert {leak.url for leak in Leak.objects.all()} == {URL, other}
        assert Message.objects.filter(subject__contains="in public").count() == 1
        holds.lift(Hold.objects.get(), reason="Samples of our own.", by=rui)
        tell(linked.secret, url=other)
        assert linked.state == "active"

    def test_two_places_of_one_report_are_both_written_down(self, linked: Issued, signer: Any) -> None:
        body = json.dumps([{"token": linked.secret, "url": url} for url in (URL, URL + "?other", URL)]).encode()
        assert len(send(body, signature=signed(signer, body)).json()) == 3
        assert (Hold.objects.count(), Leak.objects.count()) == (1, 2)

    def test_the_database_takes_no_finding_twice(self, linked: Issued, tell: Any) -> None:
        tell(linked.secret)
        leak = Leak.objects.get()
        with pytest.raises(IntegrityError, match="one_leak_a_finding"), transaction.atomic():
            Leak.objects.create(
                organisation=leak.organisation, key=leak.key, hold=leak.hold, finding=leak.finding, signed_with="x"
            )

    def test_it_neither_lifts_nor_hides_another_hold(self, linked: Issued, rui: User, tell: Any) -> None:
        other = holds.place(key=linked.key, reason="why", by=rui)
        tell(linked.secret)
        holds.lift(Hold.objects.get(source="leak"), reason="A sample.", by=rui)
        assert list(Hold.objects.live()) == [other] and linked.state == "held"

    def test_a_revoked_one_is_true_and_that_is_all(self, nordlys: Founded, linked: Issued, tell: Any) -> None:
        keys.revoke(linked.key, by=nordlys.by)
        before = Message.objects.count()
        assert tell(linked.secret).json()[0]["label"] == "true_positive"
        assert not Hold.objects.exists() and Message.objects.count() == before

    def test_of_a_checksum_that_is_right_and_a_secret_that_is_not_it_is_false(self, linked: Issued, tell: Any) -> None:
        body = linked.key.prefix + "0" * 40
        assert tell(body + secret.checksum(body)).json()[0]["label"] == "false_positive"
        assert linked.state == "active"

    def test_several_of_one_report_are_all_held(self, nordlys: Founded, linked: Issued, tell: Any) -> None:
        other = issue(nordlys, "second")
        linking.run()
        assert {row["label"] for row in tell(other.secret, linked.secret).json()} == {"true_positive"}
        assert (linked.state, other.state) == ("held", "held")

    def test_nothing_happens_if_it_cannot_be_recorded(self, linked: Issued) -> None:
        with audit_breaks():
            api.leaks.report([api.leaks.Found(linked.secret)], signed_with="x")
        assert linked.state == "active"


class TestBody:
    @pytest.mark.parametrize(
        "body",
        [
            b"", b"{}", b"[1]", b"not json", b"[{}]", b'[{"token": 1}]', b'[{"token": "x", "url": []}]', b"[" * 100_000,
            b'[{"token":""}]', b"\xff",
        ],
    )  # fmt: skip
    def test_what_is_no_list_of_tokens_is_declined(self, signer: Any, body: bytes) -> None:
        answer = send(body, signature=signed(signer, body))
        assert (answer.status_code, answer.json()["type"]) == (400, "urn:keyholder:problem:invalid_request")

    @pytest.mark.parametrize("token", ["a\x00b", "\ud800", "𝄞", "x" * 100_000])
    def test_any_text_may_be_a_token(self, tell: Any, token: str) -> None:
        assert tell(token, url="https://x.example/\x00\ud800", type="t\x00").json()[0]["label"] == "false_positive"

    def test_at_most_a_thousand(self, tell: Any) -> None:
        assert len(tell(*["x"] * 1000).json()) == 1000
        assert tell(*["x"] * 1001).status_code == 400

    def test_at_most_two_megabytes(self, signer: Any) -> None:
        body = b"[" + b" " * api.LONGEST_BODY + b"]"
        assert send(body, signature=signed(signer, body)).status_code == 413
