"""What a browser sends as a passkey is anybody's text: what is none is refused in a sentence, at each door that takes one."""

import json
import time
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import User
from demo.cast import PASSWORD
from tests import cast

NOT_TAKEN = "Keyholder could not take this passkey. Try again, or use another way."
pytestmark = pytest.mark.django_db


def coded(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")


def sent(client_data: object, **response: Any) -> dict[str, Any]:
    """In the shape of one, whose bytes say what they like."""
    told = {"clientDataJSON": coded(json.dumps(client_data).encode()), **response}
    return {"id": "AA", "rawId": "AA", "type": "public-key", "clientExtensionResults": {}, "response": told}


CLIENT_DATA = {"type": "webauthn.get", "challenge": "AA", "origin": "http://testserver"}
SIGNED = {"authenticatorData": coded(b"\0" * 37), "signature": "AA", "userHandle": coded(b"1")}
DEEP = "[" * 5000
NONE_AT_ALL = {
    "no text": "",
    "nothing": "null",
    "no JSON": "{",
    "a number": "1",
    "a number without end": "1" * 5000,
    "no bottom": DEEP,
    "an id that is a number": '{"id":1}',
    "an id that is nothing": '{"id":null}',
    "lists": '{"id":null,"rawId":[],"response":null}',
    "a list for an answer": json.dumps(sent(CLIENT_DATA) | {"response": []}),
    "words for extensions": json.dumps(sent(CLIENT_DATA, **SIGNED) | {"clientExtensionResults": "x"}),
    "a word for an extension": json.dumps(sent(CLIENT_DATA, **SIGNED) | {"clientExtensionResults": {"credProps": "x"}}),
    "what no text column holds": json.dumps(sent(CLIENT_DATA, **SIGNED) | {"more": "\0"}),
    "half a character": json.dumps(sent(CLIENT_DATA, **SIGNED) | {"more": "\ud800"}),
    "an answer without an end": json.dumps(sent(CLIENT_DATA, authenticatorData=coded(b"\0"), signature="AA")),
    "an answer that isn't ours": json.dumps(sent(CLIENT_DATA, **SIGNED)),
    "client data that is a list": json.dumps(sent([], **SIGNED)),
    "client data without its parts": json.dumps(sent({}, **SIGNED)),
    "nobody's handle": json.dumps(sent(CLIENT_DATA, **(SIGNED | {"userHandle": coded(b"z" * 40)}))),
    "a handle that is no text": json.dumps(sent(CLIENT_DATA, **(SIGNED | {"userHandle": coded(b"\xff")}))),
    "an attestation without a bottom": json.dumps(sent(CLIENT_DATA, attestationObject=coded(b"\x81" * 5000))),
    "an attestation that is a number": json.dumps(sent(CLIENT_DATA, attestationObject=coded(b"\x01"))),
    "an attestation of nothing": json.dumps(sent(CLIENT_DATA, attestationObject=coded(b"\xa0"))),
}
each = pytest.mark.parametrize("credential", NONE_AT_ALL.values(), ids=NONE_AT_ALL)


@pytest.fixture(autouse=True)
def no_earlier_attempts() -> None:
    cache.clear()


@pytest.fixture
def rui() -> User:
    return cast.staff("approver", "Rui")


@each
def test_signing_in_with_it(credential: str) -> None:
    client = Client()
    client.get(reverse("mfa_login_webauthn"), headers={"x-requested-with": "XMLHttpRequest"})
    answer = client.post(reverse("mfa_login_webauthn"), {"credential": credential}, follow=True)
    assert (answer.status_code, answer.redirect_chain) == (200, [("/account/login/", 302)])
    assert NOT_TAKEN in answer.content.decode()
    assert "_auth_user_id" not in client.session


@each
def test_as_second_step(rui: User, credential: str) -> None:
    client = Client()
    client.post("/account/login/", {"login": rui.email, "password": PASSWORD})
    client.get(reverse("mfa_authenticate"))
    answer = client.post(reverse("mfa_authenticate"), {"credential": credential})
    assert answer.status_code == 200
    assert NOT_TAKEN in answer.content.decode()
    assert "_auth_user_id" not in client.session


@each
def test_shown_again(rui: User, credential: str) -> None:
    Authenticator.objects.create(user=rui, type="webauthn", data={"name": "key"})
    client = cast.signed_in(rui)
    answer = client.post(reverse("mfa_reauthenticate_webauthn"), {"credential": credential}, follow=True)
    assert answer.status_code == 200
    assert NOT_TAKEN in answer.content.decode()


@each
def test_added(rui: User, credential: str) -> None:
    client = cast.signed_in(rui)
    session = client.session
    session["account_authentication_methods"] += [{"method": "mfa", "at": time.time(), "reauthenticated": True}]
    session.save()
    assert client.get(reverse("mfa_add_webauthn")).status_code == 200
    answer = client.post(reverse("mfa_add_webauthn"), {"name": "k", "credential": credential})
    assert answer.status_code == 200
    assert NOT_TAKEN in answer.content.decode()
    assert not Authenticator.objects.filter(user=rui, type="webauthn").exists()
