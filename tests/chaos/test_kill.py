"""A worker killed in the middle of a job: its lease runs out, another does the work, and it is done once."""

import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.chaos.window import Window, introspected, kill, until
from tests.figures import Measures
from tests.running import Installation, command_line

LEASE = 20


@pytest.fixture
def app(installation: Installation) -> "Iterator[psycopg.Connection[dict[str, Any]]]":
    """A connection of our own to the running installation's database, in the app's role."""
    with psycopg.connect(installation.database_url("app"), autocommit=True, row_factory=dict_row) as connection:
        yield connection


def one(app: "psycopg.Connection[dict[str, Any]]", query: str, *values: object) -> dict[str, Any]:
    row = app.execute(query, values).fetchone()
    assert row is not None
    return row


def test_a_key_whose_worker_is_killed_is_linked_once_by_another(
    installation: Installation, app: "psycopg.Connection[dict[str, Any]]", measures: Measures
) -> None:
    ingrid = Window(installation)
    ingrid.sign_in_as("ingrid@nordlys.example")
    organisation = one(app, "SELECT id FROM accounts_organisation WHERE name = 'Nordlys Modelling AS'")["id"]

    def key() -> dict[str, Any]:
        return one(app, "SELECT *, claimed_until > clock_timestamp() AS leased FROM kyc_key WHERE prefix = %s", prefix)

    # What the link's trigger waits for: the worker stays inside its transaction, the effect half written.
    app.execute("SELECT pg_advisory_lock(hashtext('kh_keys'), %s::int)", [organisation])
    secret = ingrid.issue_key("worker killed")
    prefix = one(app, "SELECT prefix FROM kyc_key WHERE name = 'worker killed'")["prefix"]
    assert secret.startswith(prefix)
    until(within=8, what="a worker takes the key", ask=lambda: key()["leased"])
    waits = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = %s"
    until(within=8, what="the worker is inside its transaction", ask=lambda: app.execute(waits, [organisation]).fetchone())
    killed = key()
    host, _, pid = killed["claimed_by"].partition(":")
    assert "celery" in command_line(int(pid)) and str(installation.state) in environment_of(int(pid))
    started = time.monotonic()
    kill(int(pid))
    assert not command_line(int(pid))
    app.execute("SELECT pg_advisory_unlock_all()")

    assert key()["state"] == "unlinked" and introspected(installation, secret) == {"active": False}
    until(within=LEASE + 10, what="another worker links the key", ask=lambda: key()["state"] == "active")
    waited = time.monotonic() - started
    done = key()
    assert done["claimed_by"].partition(":")[0] == host and done["claimed_by"] != killed["claimed_by"]
    assert done["job_token"] > killed["job_token"]
    assert (done["claimed_until"], done["claims"], done["errors"], done["failure"]) == (None, 0, 0, "")
    assert one(app, "SELECT count(*) FROM kyc_link WHERE key_id = %s", done["id"])["count"] == 1
    told = "SELECT count(*) FROM accounts_auditevent WHERE verb = 'key.linked' AND details->>'key' = %s"
    assert one(app, told, prefix)["count"] == 1
    assert introspected(installation, secret)["active"] is True
    measures("killed with the lease of a link", f"{killed['claimed_by']}; {done['claimed_by']} linked it {waited:.1f} s later")


def environment_of(pid: int) -> str:
    with open(f"/proc/{pid}/environ") as file:
        return file.read()
