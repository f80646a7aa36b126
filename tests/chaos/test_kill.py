"""A worker killed while it links a key, builds a report, or examines a case: nothing is lost, and all is done once."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from kyc.cases import examining
from kyc.keys import linking
from reports import building
from tests.chaos.load import EXAMINE, database
from tests.chaos.window import Window, introspected, kill, options, until
from tests.figures import Measures
from tests.running import Installation, command_line

# They wait for leases of up to half a minute.
pytestmark = pytest.mark.chaos
Database = psycopg.Connection[dict[str, Any]]


@pytest.fixture
def app(installation: Installation) -> Iterator[Database]:
    """A connection of our own to the running installation's database, in the app's role."""
    with database(installation) as connection:
        yield connection


def one(app: Database, query: str, *values: object) -> dict[str, Any]:
    row = app.execute(query, values).fetchone()
    assert row is not None
    return row


def killed_at_work(app: Database, row: Callable[[], dict[str, Any]], is_amid: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The row as it was when its worker was killed in the middle of it."""
    # The worker that was killed before may still be starting anew.
    until(within=60, what="a worker is in the middle of it", ask=lambda: row()["claimed_by"] and is_amid(row()))
    taken = row()
    pid = int(taken["claimed_by"].partition(":")[2])
    assert "celery" in command_line(pid)
    kill(pid)
    assert row()["state"] == "requested", "it was done before its worker could be killed"
    return taken


def test_a_key_whose_worker_is_killed_is_linked_once_by_another(
    installation: Installation, app: Database, measures: Measures
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
    until(
        within=linking.QUEUE.lease.total_seconds() + 10,
        what="another worker links the key",
        ask=lambda: key()["state"] == "active",
    )
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


def test_a_report_whose_worker_is_killed_is_issued_once_by_another(
    installation: Installation, app: Database, measures: Measures
) -> None:
    astrid = Window(installation)
    astrid.sign_in_as("astrid@keyholder.example")
    path = "/reports/request/"
    page = astrid.get(path)
    astrid.post(path, page, kind="R-03", organisation=options(page, "organisation")[0])
    pk = one(app, "SELECT max(id) AS id FROM reports_report")["id"]

    def report() -> dict[str, Any]:
        return one(app, "SELECT * FROM reports_report WHERE id = %s", pk)

    taken = killed_at_work(app, report, lambda row: 0 < row["progress"] < 100)
    started = time.monotonic()
    within = building.QUEUE.lease.total_seconds() + 30
    until(within=within, what="another worker issues the report", ask=lambda: report()["state"] == "issued")
    done = report()
    assert done["job_token"] > taken["job_token"] and done["claimed_by"] != taken["claimed_by"]
    assert (done["claimed_until"], done["claims"], done["errors"], done["failure"]) == (None, 0, 0, "")
    ready = "SELECT count(*) FROM accounts_auditevent WHERE verb = 'report.issued' AND target_id = %s"
    assert one(app, ready, str(pk))["count"] == 1
    assert done["file"] and (installation.state / "files" / done["file"]).is_file()
    left = taken["file"]
    assert not left or left == done["file"] or not (installation.state / "files" / left).exists(), "a file was left behind"
    measures("killed while building a report", f"issued {time.monotonic() - started:.1f} s later")


FIFTY = 50
KILLS = 10


def test_of_fifty_reports_each_is_issued_once_whatever_workers_are_killed_amid_them(
    installation: Installation, app: Database, measures: Measures
) -> None:
    """Workers are killed while they build, one after another; what is left of a killed one is built by the next."""
    astrid = Window(installation)
    astrid.sign_in_as("astrid@keyholder.example")
    path = "/reports/request/"
    page = astrid.get(path)
    customers = options(page, "organisation")
    last = one(app, "SELECT coalesce(max(id), 0) AS id FROM reports_report")["id"]
    for place in range(FIFTY):
        astrid.post(path, page, kind=("R-03", "R-04")[place % 2], organisation=customers[place % len(customers)])
    assert one(app, "SELECT count(*) FROM reports_report WHERE id > %s", last)["count"] == FIFTY
    at_work = """
        SELECT id, state, claimed_by FROM reports_report
        WHERE id > %s AND state = 'requested' AND stage <> '' AND claimed_until > clock_timestamp() LIMIT 1
    """
    killed: list[str] = []
    started = time.monotonic()
    while len(killed) < KILLS:
        # The worker that was killed before may still be starting anew.
        until(within=120, what="a worker builds", ask=lambda: app.execute(at_work, [last]).fetchone())
        if (row := app.execute(at_work, [last]).fetchone()) and row["claimed_by"] not in killed:
            kill(int(row["claimed_by"].partition(":")[2]))
            killed.append(row["claimed_by"])
    waiting = "SELECT count(*) FROM reports_report WHERE id > %s AND state = 'requested'"
    until(within=900, what="all are issued", ask=lambda: one(app, waiting, last)["count"] == 0)
    issued = """
        SELECT r.state, r.file, count(a.id) AS told FROM reports_report r
        LEFT JOIN accounts_auditevent a ON a.verb = 'report.issued' AND a.target_id = r.id::text
        WHERE r.id > %s GROUP BY r.id
    """
    rows = app.execute(issued, [last]).fetchall()
    assert [(row["state"], row["told"]) for row in rows] == [("issued", 1)] * FIFTY
    files = [row["file"] for row in rows]
    assert len(set(files)) == FIFTY and all((installation.state / "files" / file).is_file() for file in files)
    took = time.monotonic() - started
    measures("fifty reports with workers killed amid them", f"{len(killed)} kills, all issued once {took:.0f} s after the first")


def test_an_examination_whose_worker_is_killed_is_done_once_by_another(
    installation: Installation, app: Database, measures: Measures
) -> None:
    """The round is asked for anew of a case before an officer, by a row as the product itself writes it."""
    # What the round writes after its verdicts: the worker stays inside its transaction, the results half written.
    holder = psycopg.connect(installation.database_url("owner"))
    holder.execute("LOCK TABLE kyc_score IN SHARE MODE")
    pk = one(app, EXAMINE, 0)["id"]

    def examination() -> dict[str, Any]:
        return one(app, "SELECT *, claimed_until > clock_timestamp() AS leased FROM kyc_examination WHERE id = %s", pk)

    inside = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s"
    # What says on whose behalf it is done may stand before it in the same query.
    writes = (inside, ['%INSERT INTO "kyc_score"%'])
    taken = killed_at_work(app, examination, lambda row: row["leased"] and bool(app.execute(*writes).fetchone()))
    holder.rollback()
    holder.close()
    started = time.monotonic()
    within = examining.QUEUE.lease.total_seconds() + 30
    until(within=within, what="another worker examines the case", ask=lambda: examination()["state"] == "done")
    done = examination()
    assert done["job_token"] > taken["job_token"] and done["claimed_by"] != taken["claimed_by"]
    assert (done["claimed_until"], done["claims"], done["errors"], done["failure"]) == (None, 0, 0, "")
    assert one(app, "SELECT count(*) FROM kyc_score WHERE examination_id = %s", pk)["count"] == 1
    measures("killed while examining a case", f"examined {time.monotonic() - started:.1f} s later")
