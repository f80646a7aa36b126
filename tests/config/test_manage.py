"""Commands of the command line."""

from tests.running import open_folder, python


class TestBeforeMigrate:
    def test_a_command_says_what_to_run_first(self) -> None:
        with open_folder() as folder:
            state = folder / "state"
            try:
                done = python(state, "manage.py", "list_staff")
            finally:
                python(state, "-m", "config.services", "stop")
        told = "The database has no tables of Keyholder yet: run `manage.py migrate` first."
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.splitlines()[-1] == told
        assert "Traceback" not in done.stderr
