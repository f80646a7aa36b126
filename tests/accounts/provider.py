"""A real OpenID provider on 127.0.0.1, which can be made to lie."""

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import flask
import jwt
import requests
import werkzeug.serving
from django.test import Client

# Its library says of itself what the next version will leave out.
with warnings.catch_warnings(record=True):
    import oidc_provider_mock

LOGIN, CALLBACK = "/account/oidc/login/", "/account/oidc/callback/"
Lie = Callable[[dict[str, Any]], dict[str, Any] | None]


class Quiet(werkzeug.serving.WSGIRequestHandler):
    def log(self, *args: Any, **kwargs: Any) -> None:
        """Nothing."""


class Provider:
    """`people` are its accounts: subject and claims. `lies` change what it answers at an address; `asked` is what came there."""

    def __init__(self) -> None:
        self.app = oidc_provider_mock.app(require_nonce=True)
        self.app.before_request(self.know)
        self.app.after_request(self.lie)
        self.server = werkzeug.serving.make_server("127.0.0.1", 0, self.app, threaded=True, request_handler=Quiet)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        self.forget()

    def forget(self) -> None:
        self.people: dict[str, dict[str, Any]] = {}
        self.lies: dict[str, Lie] = {}
        # Where an answer from an address leads in place of itself.
        self.leads: dict[str, str] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []

    def know(self) -> None:
        for subject, claims in self.people.items():
            flask.g.oidc_provider_mock_storage.store_user(oidc_provider_mock.User(sub=subject, claims=claims))

    def lie(self, response: flask.Response) -> flask.Response:
        self.asked.append((flask.request.path, flask.request.values.to_dict()))
        if there := self.leads.get(flask.request.path):
            response.status_code, response.headers["Location"] = 302, there
            return response
        if (change := self.lies.get(flask.request.path)) and (told := response.get_json()):
            response.set_data(flask.json.dumps(change(told)))
        return response

    def signed(self, said: dict[str, Any], **claims: Any) -> dict[str, Any]:
        """For a lie about the token: these claims in place of its own, signed as it was."""
        key = flask.g.oidc_provider_mock_storage.jwk.get_private_key()
        told = jwt.decode(said["id_token"], options={"verify_signature": False}) | claims
        return said | {"id_token": jwt.encode(told, key, algorithm="RS256")}

    def person(self, subject: str, *groups: str, **claims: Any) -> None:
        known = {"email": f"{subject}@keyholder.example", "email_verified": True, "name": subject.title(), "groups": list(groups)}
        self.people[subject] = {name: value for name, value in (known | claims).items() if value is not None}

    def confirms(self, asked: Any, subject: str, **form: str) -> str:
        """The way back to us, after `subject` has signed in there."""
        answer = requests.post(asked["Location"], data={"sub": subject, **form}, allow_redirects=False, timeout=5)
        way = answer.headers["Location"]
        assert CALLBACK in way
        return CALLBACK + way.partition(CALLBACK)[2]

    def sign_in(self, client: Client, subject: str, path: str = LOGIN) -> Any:
        asked = client.get(path)
        assert asked.status_code == 302, asked.content.decode()
        return client.get(self.confirms(asked, subject))


@contextmanager
def running() -> Iterator[Provider]:
    provider = Provider()
    thread = threading.Thread(target=provider.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield provider
    finally:
        provider.server.shutdown()
        thread.join()
        provider.server.server_close()
