"""healthz: does the process live. readyz: can it work."""

import os
import signal

import psycopg
import pytest
from django.db import connection
from django.test import Client

from tests.chaos.window import answered, until
from tests.running import Installation


class TestMethods:
    @pytest.mark.parametrize("address", ["/healthz", "/readyz"])
    def test_what_is_not_asked_so_is_told_the_method(self, address: str) -> None:
        assert Client(enforce_csrf_checks=True).post(address).status_code == 405


@pytest.mark.django_db(transaction=True)
class TestReadyz:
    def test_it_is_ready_while_the_database_answers(self) -> None:
        answer = Client().get("/readyz")
        assert (answer.status_code, answer.json()) == (200, {"ready": True})

    def test_it_says_why_when_the_database_is_away_and_recovers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as patch:
            patch.setitem(connection.settings_dict, "HOST", "/nowhere")
            connection.close()
            away = Client().get("/readyz")
            connection.close()
        assert (away.status_code, away.json()) == (503, {"ready": False, "why": "the database does not answer"})
        assert Client().get("/readyz").status_code == 200

    def test_a_connection_that_broke_is_no_error_page(self) -> None:
        assert connection.connection is not None or connection.ensure_connection() is None
        connection.connection.close()
        answer = Client().get("/readyz")
        assert (answer.status_code, answer.json()["why"]) == (503, "the database does not answer")
        connection.close()


class TestHealthz:
    def test_it_lives_without_a_database(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """No database mark: pytest refuses whatever would ask it."""
        answer = Client().get("/healthz")
        assert (answer.status_code, answer.json()) == (200, {"alive": True})


def unready(installation: Installation) -> tuple[int, dict[str, object]] | None:
    told = answered(installation, "/readyz")
    return None if told[0] == 200 else told


class TestRunning:
    def test_a_database_that_dies_makes_it_unready_not_dead_and_it_comes_back_by_itself(self, installation: Installation) -> None:
        assert answered(installation, "/readyz") == (200, {"ready": True})
        with psycopg.connect(installation.database_url("app")) as app:
            before = app.execute("SELECT pg_postmaster_start_time()").fetchone()
        os.kill(installation.services()["postgres"], signal.SIGKILL)
        away = until(
            within=10, what="it is unready", ask=lambda: [told for told in [answered(installation, "/readyz")] if told[0] != 200]
        )
        assert away == [(503, {"ready": False, "why": "the database does not answer"})]
        assert answered(installation, "/healthz") == (200, {"alive": True})
        until(within=30, what="it is ready again", ask=lambda: answered(installation, "/readyz") == (200, {"ready": True}))
        with psycopg.connect(installation.database_url("app")) as app:
            assert app.execute("SELECT pg_postmaster_start_time()").fetchone() != before
