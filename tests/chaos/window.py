"""What the kill tests see and do from outside: a customer's window, a gateway's question, a process that is killed."""

import html
import json
import os
import re
import signal
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from http.cookiejar import CookieJar
from typing import TypeVar

from tests.running import Installation, command_line

Answer = TypeVar("Answer")
SECRET = re.compile(r"kh_live_[0-9A-Za-z]{58}")


class Window:
    """A customer's browser, as far as forms go."""

    def __init__(self, installation: Installation) -> None:
        self.url = installation.url
        self.cookies = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def get(self, path: str) -> str:
        with self.opener.open(self.url + path, timeout=15) as answer:
            return str(answer.read().decode())

    def post(self, path: str, page: str, **fields: str) -> str:
        fields["csrfmiddlewaretoken"] = hidden(page, "csrfmiddlewaretoken")
        request = urllib.request.Request(self.url + path, urllib.parse.urlencode(fields).encode(), {"Referer": self.url + path})
        with self.opener.open(request, timeout=15) as answer:
            return str(answer.read().decode())

    def sign_in_as(self, email: str) -> None:
        self.post("/demo/sign-in-as/", self.get("/demo/"), email=email)

    def issue_key(self, name: str) -> str:
        """The secret that the page shows once."""
        path = "/verification/keys/issue/"
        page = self.get(path)
        chosen = {field: options(page, field)[-1] for field in ("project", "responsible")}
        chosen |= {"holder": "service", "scopes": "inference", "tiers": "small", "expires": "90"}
        shown = SECRET.search(self.post(path, page, once=hidden(page, "once"), name=name, **chosen))
        assert shown, "the page shows no key"
        return shown[0]


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"the page has no {name}"
    return html.unescape(found[1])


def options(page: str, name: str) -> list[str]:
    select = re.search(rf'<select[^>]*name="{name}".*?</select>', page, re.DOTALL)
    assert select, f"the page has no {name}"
    return [value for value in re.findall(r'<option value="([^"]*)"', select[0]) if value]


def introspected(installation: Installation, token: str) -> dict[str, object]:
    request = urllib.request.Request(
        f"{installation.url}/api/v1/introspect",
        data=urllib.parse.urlencode({"token": token}).encode(),
        headers={"Authorization": f"Bearer {installation.gateway()}"},
    )
    with urllib.request.urlopen(request, timeout=15) as answer:
        return dict(json.loads(answer.read()))


def answered(installation: Installation, path: str) -> tuple[int, dict[str, object]]:
    """Status and JSON, whatever the status is."""
    try:
        with urllib.request.urlopen(installation.url + path, timeout=15) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def until(*, within: float, what: str, ask: Callable[[], Answer]) -> Answer:
    """Asks until the answer is true."""
    deadline = time.monotonic() + within
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"not within {within} s: {what}"
        time.sleep(0.05)
    return answer


def kill(pid: int) -> None:
    """At once and without a word to the process; back when it is gone."""
    os.kill(pid, signal.SIGKILL)
    until(within=5, what=f"{pid} is gone", ask=lambda: not command_line(pid))
