"""GET /api/v1/keys/changes and /api/v1/keys/snapshot."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
import rfc8785
from django.db import connection
from django.test import Client

from accounts import credentials, heads
from accounts.models import User
from kyc.api import changes
from kyc.keys import actions as keys
from kyc.keys.models import Key
from tests.cast import Founded
from tests.kyc.api.conftest import Ask
from tests.kyc.keys.scenes import Issued, caught_up, issue

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def get(gateway: str) -> Ask:
    def asked(address: str = "changes", query: str = "", *, credential: str = gateway, **headers: str) -> Any:
        caught_up()
        sent = {"Authorization": f"Bearer {credential}"} | headers
        return Client(raise_request_exception=False).get(f"/api/v1/keys/{address}{query}", headers=sent)

    return asked


def declined(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    found = answer.json()
    assert (found["status"], found["type"]) == (status, f"urn:keyholder:problem:{code}")
    assert found["title"] and found["detail"] and found["fix"].startswith("http")
    return found


class TestChanges:
    def test_tells_and_goes_on(self, get: Ask, linked: Issued, rui: User) -> None:
        first = get().json()
        assert [one["key"] for one in first["changes"]] == [linked.key.prefix] and first["more"] is False
        keys.revoke(linked.key, by=rui)
        second = get(query=f"?after={first['cursor']}").json()
        assert [(one["active"], one["reason"]) for one in second["changes"]] == [(False, "key_revoked")]
        assert get(query=f"?after={second['cursor']}").json()["changes"] == []

    def test_declines_in_problem_details(self, get: Ask, linked: Issued) -> None:
        declined(get(query="?after=x"), 400, "bad_cursor")
        for wait in ("31", "0000000010", "00000000001000000", "9" * 5000):
            declined(get(query=f"?wait={wait}"), 400, "bad_cursor")
        assert declined(get(query="?after=7.1.1"), 410, "cursor_gone")["fix"].endswith("/api/v1/keys/snapshot")
        assert declined(get(credential="x"), 401, "invalid_token")["fix"].endswith("/gateways/")
        declined(Client().post("/api/v1/keys/changes"), 401, "invalid_token")

    def test_waits_for_a_change_and_no_longer(self, get: Ask, linked: Issued, rui: User) -> None:
        cursor = get().json()["cursor"]
        caught_up()
        began = time.monotonic()
        assert get(query=f"?after={cursor}&wait=1").json()["changes"] == []
        assert 0.9 < time.monotonic() - began < 5

        def revoke() -> None:
            keys.revoke(linked.key, by=rui)
            connection.close()

        Timer(0.5, revoke).start()
        began = time.monotonic()
        assert get(query=f"?after={cursor}&wait=30").json()["changes"][0]["reason"] == "key_revoked"
        assert time.monotonic() - began < 29

    def test_snapshots_have_a_bound_of_their_own(self, get: Ask, linked: Issued) -> None:
        waiting = [get(Accept="text/event-stream") for _ in range(2)]
        reading = [get("snapshot") for _ in range(2)]
        assert [answer.status_code for answer in (*waiting, *reading)] == [200] * 4, "who waits shuts nobody out"
        assert declined(get("snapshot"), 503, "too_many_streams") and get().status_code == 200
        for answer in (*waiting, *reading):
            answer.close()
        assert get("snapshot").status_code == 200

    def test_of_those_that_wait_there_are_only_so_many(self, get: Ask, linked: Issued, monkeypatch: pytest.MonkeyPatch) -> None:
        cursor = get().json()["cursor"]
        streams = [get(Accept="text/event-stream") for _ in range(2)]
        assert [stream.status_code for stream in streams] == [200, 200]
        began = time.monotonic()
        assert get(query=f"?after={cursor}&wait=20").json()["changes"] == []
        assert time.monotonic() - began < 5, "it is answered at once"
        assert declined(get(Accept="text/event-stream"), 503, "too_many_streams")
        for stream in streams:
            stream.close()
        again = get(Accept="text/event-stream")
        assert again.status_code == 200
        again.close()

    def test_as_events_with_their_cursors(self, get: Ask, linked: Issued, rui: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(changes, "STREAM_SECONDS", 1)
        answer = get(Accept="text/event-stream")
        assert answer["Content-Type"] == "text/event-stream"
        events = b"".join(answer.streaming_content).decode().split("\n\n")
        answer.close()
        head, kind, data = events[0].split("\n")
        assert kind == "event: key" and json.loads(data.removeprefix("data: "))["key"] == linked.key.prefix
        last = [event for event in events if event][-1].removeprefix("id: ")
        keys.revoke(linked.key, by=rui)
        answer = get(Accept="text/event-stream", **{"Last-Event-ID": last})
        first = next(iter(answer.streaming_content)).decode()
        answer.close()
        assert '"reason": "key_revoked"' in first and head.startswith("id: ")

    def test_each_gateway_its_own(self, get: Ask, nordlys: Founded, linked: Issued) -> None:
        _, for_test = credentials.issue(name="staging", for_test=True, by=None)
        assert get(credential=for_test).json()["changes"] == []
        assert len(get("snapshot", credential=for_test).getvalue().splitlines()) == 2


class TestSnapshot:
    def test_is_whole_signed_and_goes_on(self, get: Ask, nordlys: Founded, linked: Issued, rui: User) -> None:
        held, revoked = issue(nordlys, "unlinked"), issue(nordlys, "gone")
        keys.revoke(revoked.key, by=rui)
        content = get("snapshot").getvalue()
        *lines, last = content.splitlines(keepends=True)
        head, *states = map(json.loads, lines)
        assert {one["key"]: one["active"] for one in states} == {linked.key.prefix: True, held.key.prefix: False}
        facts = json.loads(last)
        signature = base64.b64decode(facts.pop("signature"))
        assert facts["sha256"] == sha256(b"".join(lines)).hexdigest() and facts["keys"] == len(states)
        public = heads.known_keys()[facts["key"]]
        public.verify(signature, changes.PURPOSE + rfc8785.dumps(facts))
        assert get(query=f"?after={head['cursor']}").json()["changes"] == []
        Key.objects.filter(pk=linked.key.pk).update(tiers=["new"])
        assert get(query=f"?after={head['cursor']}").json()["changes"][0]["tiers"] == ["new"]
        assert linked.secret[20:60] not in content.decode() and Key.objects.get(pk=linked.key.pk).digest not in content.decode()


READER = """
import http.client, json, os, sys
url, credential, file = sys.argv[1:]
done = open(file).read().split("\\n")[:-1] if os.path.exists(file) else []
cursor = json.loads(done[-1])["cursor"] if done else ""
out = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
while True:
    connection = http.client.HTTPConnection(url, timeout=60)
    headers = {"Authorization": "Bearer " + credential}
    connection.request("GET", "/api/v1/keys/changes?wait=1&after=" + cursor, headers=headers)
    page = json.loads(connection.getresponse().read())
    cursor = page["cursor"]
    # In one write, so that the changes are applied with the cursor or not at all.
    os.write(out, (json.dumps({"cursor": cursor, "keys": [c["key"] for c in page["changes"]]}) + "\\n").encode())
"""


class TestAReaderThatIsKilled:
    def test_goes_on_without_a_gap_and_tells_nothing_twice(
        self, live_server: Any, gateway: str, nordlys: Founded, linked: Issued, tmp_path: Path
    ) -> None:
        """kill -9, again and again, while keys are issued, each of which changes once."""
        file, made, kills = tmp_path / "applied", [linked.key.prefix], 0
        host = live_server.url.removeprefix("http://")
        for number in range(12):
            reader = subprocess.Popen([sys.executable, "-c", READER, host, gateway, str(file)], env={**os.environ})
            try:
                made += [issue(nordlys, f"key {number} {n}").key.prefix for n in range(3)]
                time.sleep(0.2 + 0.13 * number % 0.7)
            finally:
                reader.send_signal(signal.SIGKILL)
                reader.wait()
                kills += 1
        reader = subprocess.Popen([sys.executable, "-c", READER, host, gateway, str(file)])
        try:
            deadline = time.monotonic() + 60
            while len(applied(file)) < len(made) and time.monotonic() < deadline:
                time.sleep(0.2)
        finally:
            reader.kill()
            reader.wait()
        assert applied(file) == made and kills == 12


def applied(file: Path) -> list[str]:
    """Of whole lines; a torn one was not applied."""
    lines = file.read_text().split("\n")[:-1] if file.exists() else []
    return [key for line in lines for key in json.loads(line)["keys"]]
