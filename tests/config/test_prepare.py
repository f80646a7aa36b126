"""What `make run` does before it serves, and that doing it again changes nothing."""

import psycopg

from tests.running import Installation, python

# Of events those of people: workers still build the reports that the demo's auditor has asked for.
EVENTS = "accounts_auditevent WHERE actor_id IS NOT NULL"
COUNTED = ("accounts_organisation", "accounts_user", "kyc_key", "kyc_listversion", EVENTS)


def counts(installation: Installation) -> dict[str, int]:
    with psycopg.connect(installation.database_url("owner")) as owner:
        return {table: owner.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in COUNTED}


class TestPrepare:
    def test_the_start_shows_nothing_but_where_to_go(self, installation: Installation) -> None:
        start, stop, _ = installation.log.read_text().partition("Stop with Ctrl-C.")
        assert stop
        assert [line.strip() for line in start.splitlines() if line.strip()] == [
            "Making the database and the demo; this happens once and takes half a minute.",
            f"Seeded the demo. Its gateway's credential stands in {installation.state}/demo-gateway",
            f"Keyholder is ready at {installation.url}",
            f"Sign in as someone:  {installation.url}/demo/",
            f"Mail it has sent:    {installation.url}/demo/mail",
        ]

    def test_a_second_time_it_changes_nothing(self, installation: Installation) -> None:
        before = counts(installation)
        assert min(before.values()) > 0
        done = python(installation.state, "manage.py", "prepare")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert counts(installation) == before
