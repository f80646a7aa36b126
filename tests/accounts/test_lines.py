"""How the log is written."""

import io
import json
import logging
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from accounts.lines import LONGEST, Line, request_id

FORGED = 'Alice\r\n{"message": "granted", "user": 1}\u2028\u0085\x1b[2J\u202e'


@pytest.fixture
def log() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    written, logger = io.StringIO(), logging.getLogger("of the test")
    handler = logging.StreamHandler(written)
    handler.setFormatter(Line())
    logger.addHandler(handler)
    yield logger, written
    logger.removeHandler(handler)


def said(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_it_is_what_the_settings_name() -> None:
    assert settings.LOGGING["formatters"] == {"line": {"()": "accounts.lines.Line"}}
    assert {handler["formatter"] for handler in settings.LOGGING["handlers"].values()} == {"line"}
    assert {handler["class"] for handler in settings.LOGGING["handlers"].values()} == {"logging.StreamHandler"}, "and no file"


class TestLine:
    def test_is_json_that_says_when_where_and_what(self, log: tuple[logging.Logger, io.StringIO]) -> None:
        logger, written = log
        token = request_id.set("abc")
        try:
            logger.warning("no more of %s", "that", extra={"facts": {"user": 7, "view": "start", "gateway": None}})
        finally:
            request_id.reset(token)
        (line,) = said(written)
        at = datetime.fromisoformat(line.pop("at").replace("Z", "+00:00"))
        assert at.tzinfo == UTC and abs((datetime.now(UTC) - at).total_seconds()) < 60
        assert line == {
            "level": "WARNING", "logger": "of the test", "process": os.getpid(), "request": "abc", "message": "no more of that",
            "user": 7, "view": "start",
        }  # fmt: skip

    def test_is_in_utc_wherever_the_machine_stands(
        self, log: tuple[logging.Logger, io.StringIO], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TZ", "Pacific/Auckland")
        time.tzset()
        try:
            log[0].warning("now")
        finally:
            monkeypatch.undo()
            time.tzset()
        (line,) = said(log[1])
        assert line["at"].endswith("Z") and line["at"][:13] in {f"{datetime.now(UTC):%Y-%m-%dT%H}", line["at"][:13]}
        assert abs((datetime.fromisoformat(line["at"].replace("Z", "+00:00")) - datetime.now(UTC)).total_seconds()) < 60

    def test_nothing_in_it_makes_two_of_it(self, log: tuple[logging.Logger, io.StringIO]) -> None:
        logger, written = log
        logger.warning("refused %s", FORGED, extra={"facts": {"view": FORGED}})
        try:
            raise ValueError(FORGED)
        except ValueError:
            logger.exception("broken")
        assert written.getvalue().isascii() and written.getvalue().count("\n") == 2
        assert "\x1b" not in written.getvalue()
        first, second = said(written)
        assert (first["message"], first["view"]) == (f"refused {FORGED}", FORGED), "and it is told as it was"
        assert "ValueError" in second["trace"]

    def test_it_is_not_endless(self, log: tuple[logging.Logger, io.StringIO]) -> None:
        log[0].warning("x" * 100_000)
        assert len(said(log[1])[0]["message"]) == LONGEST


@pytest.mark.django_db
def test_what_a_stranger_sends_makes_no_line_of_its_own(log: tuple[logging.Logger, io.StringIO]) -> None:
    """Such as the name of a host, which Django repeats when it refuses it, and an address."""
    handler = log[0].handlers[0]
    roots = [logging.getLogger(name) for name in ("django", "django.security", "keyholder", "django.security.DisallowedHost")]
    for one in roots:
        one.addHandler(handler)
    try:
        client = Client()
        client.get("/", headers={"Host": f"evil.example{FORGED}"})
        client.get("/no%0d%0a%7b%22message%22:%20%22granted%22%7d/")
    finally:
        for one in roots:
            one.removeHandler(handler)
    lines = said(log[1])
    assert any("evil.example" in line["message"] for line in lines)
    assert "granted" not in {line["message"] for line in lines}
