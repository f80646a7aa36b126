"""Tests run in the app's database role; only making the test database uses the owner's, and only emptying it the superuser's."""

import gc
import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
from django.conf import settings
from django.core.signals import setting_changed
from django.db import connection, connections
from django.test import TransactionTestCase
from django.test.client import ClientHandler
from django.test.utils import CaptureQueriesContext, setup_databases, teardown_databases
from whitenoise.middleware import WhiteNoiseMiddleware

from kyc.usage import months
from tests import stage as stages
from tests.figures import FIGURE, Measures
from tests.running import Installation, open_folder, whole_installation
from tests.scanner import scanner
from tests.stage import _django_db_helper, stage, staged
from tests.whole import IS_WHOLE, TURN

__all__ = ["_django_db_helper", "stage", "staged"]

# These keep a transaction that has written open for long, which the server shows to every database, and the others wait until
# nothing is written: one after the other, not beside each other.
OPEN_FOR_LONG = {
    "test_doors.py", "test_nasty.py", "test_seed.py", "test_history.py", "test_snapshots.py",
    "test_queries.py", "test_compartment.py", "test_feed.py", "test_changes.py",
}  # fmt: skip
# These wait until all of them is in the tree, for whoever keeps one open: they come first, beside the installation, which has a
# server of its own.
WAIT_FOR_ALL = {
    "test_sequencer.py", "test_verification.py", "test_checking.py", "test_disposal.py", "test_proofs.py", "test_erasing.py",
    "test_retention.py", "test_verify_report.py", "test_pack.py", "test_verify_page.py",
}  # fmt: skip
GROUPS = INSTALLATION, LONG = "installation", "open for long"
# Made once a process, and slow to make: the files that ask for one stay together.
SHARED = ("life", "shipped_index")
# Of what every run draws anew a quarter is enough: there are many runs. `make soak` draws all.
hypothesis.settings.register_profile("sample", max_examples=25)
if not IS_WHOLE:
    hypothesis.settings.load_profile("sample")


# Before xdist's own, which reads the marks.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In parallel a file stays together, and so do all who share the one running installation. In a file those stand together
    that begin with the same scenes."""
    shared = {item.path: name for item in items for name in SHARED if name in getattr(item, "fixturenames", ())}
    for item in items:
        item.add_marker(pytest.mark.xdist_group(shared.get(item.path) or group(item)))
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker(pytest.mark.soak)
            item.add_marker(pytest.mark.sample)
    files = {path: number for number, path in enumerate(dict.fromkeys(item.path for item in items))}
    items.sort(key=lambda item: (files[item.path], list(stages.asked(item))))


class LongestFirst:
    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """In parallel one process takes the first group and another the second, so that neither is left with a long one at the
        end. After pytest-django's own order, which would put all that asks for no database last, the installation among it;
        within a file that order stays."""
        files = {path: number for number, path in enumerate(sorted({item.path for item in items}))}

        def place(item: pytest.Item) -> tuple[int, bool, int]:
            name = group(item)
            return GROUPS.index(name) if name in GROUPS else len(GROUPS), item.path.name not in WAIT_FOR_ALL, files[item.path]

        items.sort(key=place)


def pytest_configure(config: pytest.Config) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        config.pluginmanager.register(LongestFirst())


def group(item: pytest.Item) -> str:
    if "installation" in getattr(item, "fixturenames", ()):
        return INSTALLATION
    if item.path.name in OPEN_FOR_LONG | WAIT_FOR_ALL or item.path.parent.name == "demo":
        return LONG
    return f"{item.path.parent.name} {item.path.name}"


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is loaded by now stays until the end. Python need not look through all of it for garbage again and again, which takes
    a tenth of the run."""
    ASKING[INSTALLATION] = sum("installation" in getattr(item, "fixturenames", ()) for item in session.items)
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Files that tests make differ from process to process (a PDF bears its second), and xdist wants the same names in all."""
    return argname if isinstance(val, bytes) else None


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What tests measured, also those that ran in another process; of a parallel run which groups took longest, since the
    longest must begin first; and where something failed, by what its sample is drawn once more."""
    if terminalreporter.stats.get("failed") and not IS_WHOLE:
        terminalreporter.write_line(f"KEYHOLDER_TURN={TURN} draws the same samples after another commit.")
    if SECONDS:
        terminalreporter.section("longest groups")
    for name, seconds in sorted(SECONDS.items(), key=lambda one: -one[1])[:LONGEST]:
        terminalreporter.write_line(f"{seconds:7.1f} s  {name}")
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.stats.get(outcome, ())]
    figures = [value for report in reports for name, value in report.user_properties if name == FIGURE]
    if figures:
        terminalreporter.section("measured")
    for figure in sorted(figures):
        terminalreporter.write_line(figure)


# By group, of a parallel run; and so many of them are told.
SECONDS, LONGEST = defaultdict[str, float](float), 12


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """xdist puts a test's group behind its name, and only the process that gathers the reports is told by whom they were made."""
    if hasattr(report, "node"):
        SECONDS[report.nodeid.rpartition("@")[2]] += report.duration


# Bytes of a table from which on it is emptied sooner by truncating it; and how nothing is triggered.
LARGE, UNTRIGGERED = 1_000_000, "-c session_replication_role=replica"


def become(role: str) -> None:
    for one in connections.all():
        one.close()
        one.settings_dict["USER"] = settings.DB_ROLE_NAMES[role]


@contextmanager
def acting_as(role: str) -> Iterator[None]:
    become(role)
    try:
        yield
    finally:
        become("app")


def owner() -> AbstractContextManager[None]:
    return acting_as("owner")


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, django_test_environment: None, django_db_blocker: Any, django_db_modify_db_settings: None
) -> Iterator[None]:
    with django_db_blocker.unblock():
        with owner():
            made = setup_databases(verbosity=0, interactive=False, serialized_aliases=[])
            with connection.cursor() as cursor:
                # Nobody misses what a power cut would take of it. What is measured waits for the disk as it does in earnest.
                if not any(item.get_closest_marker("bench") for item in request.session.items):
                    cursor.execute(f'ALTER DATABASE "{connection.settings_dict["NAME"]}" SET synchronous_commit = off')
        # As on every installation that has run for a moment.
        months.make()
        flush = TransactionTestCase._fixture_teardown
        # Of those that Django does not make itself, the ones that are divided by months (accounts/partitions.py).
        names = [*connection.introspection.django_table_names(only_existing=True), "kyc_usagerow"]
        tables = map(connection.ops.quote_name, names)
        filled = " UNION ALL ".join(
            f"(SELECT '{name}', pg_relation_size('{name}') > {LARGE} FROM {name} LIMIT 1)" for name in tables
        )

        place = {"host": connection.settings_dict["HOST"], "dbname": connection.settings_dict["NAME"]}
        superuser = psycopg.connect(**place, user="postgres", options=UNTRIGGERED, autocommit=True)

        def emptied(self: TransactionTestCase) -> None:
            """Empties the tables that are not, a fourth of all. Without what follows a migration: emptied tables keep their
            rights, and nothing reads Django's own permissions. A few rows are deleted in a tenth of the time in which a table is
            truncated, which makes its files anew; by the superuser, for whom no trigger refuses that or writes history of it."""
            connections.close_all()
            tables = superuser.execute(filled).fetchall()
            large = [name for name, is_large in tables if is_large]
            statements = [f"DELETE FROM {name}" for name, is_large in tables if not is_large]
            superuser.execute("; ".join([*statements, *([f"TRUNCATE {', '.join(large)} CASCADE"] if large else [])]))

        TransactionTestCase._fixture_teardown = emptied  # type: ignore[method-assign]  # flush truncates, app may not
        yield
        TransactionTestCase._fixture_teardown = flush  # type: ignore[method-assign]  # as found
        superuser.close()
        with owner():
            teardown_databases(made, verbosity=0)


# Which change with each test.
OF_NO_MIDDLEWARE = {"PASSWORD_HASHERS", "EMAIL_BACKEND"}


@pytest.fixture(autouse=True)
def mail_and_passwords(settings: Any) -> None:
    """Argon2 is meant to be slow."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture(autouse=True, scope="session")
def a_scanner_answers() -> Iterator[None]:
    with scanner() as place, pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "CLAMAV_SOCKET", place)
        yield


@pytest.fixture(autouse=True, scope="session")
def static_files_are_looked_for_once() -> Iterator[None]:
    """Each client of a test makes the middleware anew, and this walk through all folders takes twice as long as a page."""
    walk, found = WhiteNoiseMiddleware.add_files_from_finders, {}

    def walk_once(self: WhiteNoiseMiddleware) -> None:
        if not found:
            walk(self)
            found.update(self.files)
        self.files.update(found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", walk_once)
        yield


@pytest.fixture(autouse=True, scope="session")
def middleware_is_loaded_once() -> Iterator[None]:
    """Each client of a test loads all of it anew, which takes as long as a short page; here only where a setting has changed."""
    load, loaded = ClientHandler.load_middleware, dict[str, Any]()

    def load_once(self: ClientHandler, is_async: bool = False) -> None:
        if not loaded:
            load(self, is_async)
            loaded.update({name: value for name, value in vars(self).items() if name.endswith(("_middleware", "_chain"))})
        vars(self).update(loaded)

    def forget(*, setting: str, **told: Any) -> None:
        if setting not in OF_NO_MIDDLEWARE:
            loaded.clear()

    setting_changed.connect(forget)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ClientHandler, "load_middleware", load_once)
        yield
    setting_changed.disconnect(forget)


@pytest.fixture
def heads_folder(settings: Any, tmp_path: Path) -> Path:
    """Where this test's signed heads go: each test begins with an empty audit tree."""
    settings.AUDIT_HEADS_DIR = tmp_path / "heads"
    return settings.AUDIT_HEADS_DIR  # type: ignore[no-any-return]  # as set


@pytest.fixture
def reads(db: None) -> Callable[..., AbstractContextManager[None]]:
    """`with reads(2):` holds what is asked of tables to two statements, `reads(at_most=9)` to nine and fewer, where a minute's
    note may be due; what opens and ends a scope is not counted."""

    @contextmanager
    def counted(count: int | None = None, *, at_most: int = 0) -> Iterator[None]:
        with CaptureQueriesContext(connection) as context:
            yield
        asked = [query["sql"] for query in context if OF_TABLES.search(query["sql"])]
        assert len(asked) == count if count is not None else len(asked) <= at_most, "\n".join(asked)

    return counted


OF_TABLES = re.compile(r"\bFROM\b|\bINSERT INTO\b|\bUPDATE\b")


@pytest.fixture
def measures(record_property: Callable[[str, object], None]) -> Measures:
    """Called with a label and a figure, which the run prints at its end."""
    return lambda label, figure: record_property(FIGURE, f"{label}: {figure}")


# The one installation while it runs, and how many tests still ask for it.
RUNNING, ASKING = ExitStack(), Counter[str]()


@pytest.fixture(scope="session")
def installation() -> Iterator[Installation]:
    """One for the whole run: browsers walk it, and processes of it are killed."""
    with RUNNING:
        yield RUNNING.enter_context(whole_installation(RUNNING.enter_context(open_folder())))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """The installation ends after the last test that asks for it: its processes would take from all others until the end."""
    if nextitem is None or nextitem.path != item.path:
        stages.STAGE.coming = nextitem and stages.first_of(nextitem)
    yield
    if "installation" in getattr(item, "fixturenames", ()):
        ASKING[INSTALLATION] -= 1
        if not ASKING[INSTALLATION]:
            RUNNING.close()
