"""What is written behind the answers goes on after any trouble with the database."""

import pytest
from django.db import InterfaceError, OperationalError

from kyc.keys import behind
from kyc.keys.behind import Behind


class Over(Exception):
    """The end of the loop."""


class Troubled(Behind):
    what = "what is told here"

    def forget(self) -> None:
        self.troubles = [OperationalError("gone"), InterfaceError("the connection is closed"), Over()]

    def flush(self) -> int:
        raise self.troubles.pop(0)


class TestRun:
    @pytest.mark.django_db
    def test_outlives_a_connection_that_was_lost_or_closed(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(behind, "SECONDS", 0)
        monkeypatch.setattr(behind, "connection", type("Closed", (), {"close": lambda self: None})())
        with pytest.raises(Over):
            Troubled().run()
        assert [record.getMessage() for record in caplog.records] == [
            "Not written: what is told here: OperationalError",
            "Not written: what is told here: InterfaceError",
        ]
