"""Guards over what is written later: strangers find nothing, pairs have constraints, every model is tracked."""

import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pghistory.core import event_models

from accounts.hardening import append_only
from accounts.models import AuditEvent, Proposal, User
from kyc.cases.models import Case, Decision
from kyc.evidence.models import Document
from kyc.keys.models import Hold, Key
from kyc.ownership.models import Interest
from kyc.parties.models import Party, Role
from kyc.screening.models import Hit
from reports.models import Report
from tests import cast
from tests.rows import Rows, one_of_each

BASE = Path(__file__).parents[1]
OURS = ("accounts", "kyc", "reports")
# Refusal of change, not history: rows are only ever added, and the app role can do nothing else.
APPEND_ONLY = {"AuditEvent", "Snapshot", "ListEntry", "Determination", "Score", "Factor", "Finding"}
OPEN_TO_STRANGERS = {"", "healthz", "readyz", "api/v1/schema/", "api/v1/introspect"}
# Whose number stands in an address: a new address with a number is named here, and is then tried with a stranger's.
NUMBERS: dict[str, Callable[[Rows], int]] = {
    "verification/people/<int:pk>": lambda rows: rows[Role].party_id,
    "verification/owners/of/<int:pk>": lambda rows: rows[Party].pk,
    "verification/owners/<int:pk>": lambda rows: rows[Interest].pk,
    "verification/documents/<int:pk>": lambda rows: rows[Document].pk,
    "verification/keys/<int:pk>": lambda rows: rows[Key].pk,
    "desk/cases/<int:pk>": lambda rows: rows[Case].pk,
    "hits/<int:hit>": lambda rows: rows[Hit].pk,
    "holds/<int:hold>": lambda rows: rows[Hold].pk,
    "documents/<int:document>": lambda rows: rows[Document].pk,
    "parties/<int:party>": lambda rows: rows[Role].party_id,
    "reports/<int:pk>": lambda rows: rows[Report].pk,
}


def our_models() -> list[type[models.Model]]:
    events = set(event_models())
    return [m for label in OURS for m in apps.get_app_config(label).get_models() if m not in events and not m._meta.auto_created]


def routes(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, path)
        else:
            yield path


def our_routes() -> list[str]:
    foreign = ("account/", "demo/", "^", "static")
    return sorted({path for path in routes(get_resolver().url_patterns) if not path.startswith(foreign)} - OPEN_TO_STRANGERS)


def filled(route: str, number: Callable[[Callable[[Rows], int]], int]) -> str:
    for part, of in NUMBERS.items():
        route = route.replace(part, re.sub(r"<int:\w+>", str(number(of)), part))
    assert "<int:" not in route, f"{route}: say in NUMBERS whose number it is"
    return "/" + re.sub(r"<slug:\w+>", "person", route)


def with_numbers(route: str, rows: Rows) -> str:
    return filled(route, lambda of: of(rows))


def missing(route: str) -> str:
    return filled(route, lambda of: 999_999)


def ours() -> list[str]:
    return [missing(route) for route in our_routes()]


def test_every_model_is_tracked_or_append_only() -> None:
    tracked = {model.pgh_tracked_model for model in event_models()}
    for model in our_models():
        assert (model in tracked) != (model.__name__ in APPEND_ONLY), model


@pytest.mark.django_db
def test_the_app_can_only_add_to_append_only_tables() -> None:
    assert {m._meta.db_table for m in our_models() if m.__name__ in APPEND_ONLY} <= append_only()


@pytest.mark.django_db
def test_migrations_are_complete(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        call_command("makemigrations", check_changes=True, dry_run=True)
    except SystemExit:
        pytest.fail(capsys.readouterr().out)


def linted(*options: str) -> "subprocess.CompletedProcess[str]":
    linter = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([linter, *options], cwd=BASE, capture_output=True, text=True, check=False, timeout=120)


class TestImports:
    def test_run_one_way(self) -> None:
        answer = linted()
        assert answer.returncode == 0, answer.stdout
        assert "Contracts: 3 kept, 0 broken." in answer.stdout

    @pytest.mark.parametrize(
        ("listed", "without", "named"),
        [
            ('    "evidence",\n', "", "kyc.evidence"),
            (" | templatetags | ", " | ", "kyc.templatetags"),
            (" | pages | ", " | ", "config.pages"),
        ],
    )
    def test_a_module_that_stands_in_no_layer_fails(self, tmp_path: Path, listed: str, without: str, named: str) -> None:
        contracts = (BASE / "pyproject.toml").read_text()
        assert contracts.count(listed) == 1
        (tmp_path / "pyproject.toml").write_text(contracts.replace(listed, without))
        answer = linted("--config", str(tmp_path / "pyproject.toml"))
        assert answer.returncode == 1, answer.stdout
        assert f"- {named}\n" in answer.stdout

    def test_are_looked_at_in_every_package(self) -> None:
        found = {path.parent.name for path in BASE.glob("*/__init__.py")} - {"tests"}
        checked = tomllib.loads((BASE / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]
        assert found == set(checked)


def action_modules() -> list[ModuleType]:
    found = [name for label in OURS for _, name, _ in pkgutil.walk_packages([label], f"{label}.") if name.endswith(".actions")]
    others = ["kyc.keys.holds", *(f"accounts.{name}" for name in ("organisations", "credentials", "proposals", "staff"))]
    return [importlib.import_module(name) for name in [*found, *others]]


def public(module: ModuleType) -> list[tuple[str, Any]]:
    functions = inspect.getmembers(module, inspect.isfunction)
    return [(name, function) for name, function in functions if function.__module__ == module.__name__]


class TestActions:
    def test_all_are_found(self) -> None:
        stages = {"cases", "evidence", "keys", "ownership", "parties", "screening"}
        assert {f"kyc.{stage}.actions" for stage in stages} | {"reports.actions"} <= {m.__name__ for m in action_modules()}

    @pytest.mark.parametrize("module", action_modules(), ids=lambda module: module.__name__)
    def test_name_who_acts_by_keyword_only(self, module: ModuleType) -> None:
        acting = 0
        for name, function in public(module):
            by = inspect.signature(function).parameters.get("by")
            source = inspect.getsource(inspect.unwrap(function))
            if "audit.record(" in source:
                assert by is not None, f"{module.__name__}.{name} records what nobody did"
            if by is not None:
                assert by.kind is inspect.Parameter.KEYWORD_ONLY, f"{module.__name__}.{name}"
                assert by.default is inspect.Parameter.empty, f"{module.__name__}.{name}"
                acting += 1
        assert acting


def pairs() -> list[tuple[type[models.Model], str, str]]:
    """Every optional time with the person it belongs to."""
    found = []
    for model in our_models():
        names = {field.name for field in model._meta.fields}
        for name in sorted(names):
            person = f"{name[:-3]}_by"
            if name.endswith("_at") and person in names and model._meta.get_field(name).null:
                found.append((model, name, person))
    return found


class TestPairsOfTimeAndPerson:
    def test_are_found(self) -> None:
        names = {f"{model.__name__}.{at}" for model, at, _ in pairs()}
        assert {"Proposal.outcome_at", "Case.submitted_at", "Hold.lifted_at", "Key.revoked_at", "Hit.ruled_at"} <= names

    @pytest.mark.parametrize(("model", "at", "by"), pairs(), ids=lambda value: getattr(value, "__name__", value))
    def test_have_their_constraint(self, model: type[models.Model], at: str, by: str) -> None:
        checks = [str(c.condition) for c in model._meta.constraints if isinstance(c, models.CheckConstraint)]
        assert any(at in check and by in check for check in checks)

    @pytest.mark.django_db
    def test_are_refused_by_the_database_one_without_the_other(self) -> None:
        alice = cast.customer()
        rows = one_of_each(alice)
        # An ended proposal changes in nothing, which would hide the pair's own rule.
        rows[Proposal] = Proposal.objects.create(kind="x", choice="x", reason="x", proposed_by=alice)
        for model, at, by in pairs():
            for time, person in (("now()", "NULL"), ("NULL", str(alice.pk))):
                assert self.refusal(
                    f"UPDATE {model._meta.db_table} SET {at} = {time}, {by}_id = {person} WHERE id = %s", rows[model].pk
                ), f"{model.__name__}: {at} and {by} may be set apart"

    def refusal(self, statement: str, pk: int) -> bool:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement, [pk])
        except IntegrityError as error:
            return "violates check constraint" in str(error)
        return False


@pytest.fixture
def theirs(db: None) -> Rows:
    """Everything that Nordlys has, which is none of the outsiders' business. It is Alice's turn in the case."""
    rows = one_of_each(cast.customer())
    Case.objects.update(state=Case.State.WAITING)
    return rows


def rows_of(theirs: Rows) -> dict[str, list[Any]]:
    return {model.__name__: list(model._base_manager.order_by("pk").values()) for model in [*theirs, AuditEvent]}


class TestOutsiders:
    """Whoever has no business with a thing gets for it what he gets for a thing that doesn't exist, to the byte."""

    def tried(self, client: Client, theirs: Rows, *, method: str, undone: bool = False) -> Iterator[tuple[str, Any, Any]]:
        numbered = [route for route in our_routes() if "<int:" in route]
        assert len(numbered) > 15
        data = {"decision": str(theirs[Decision].pk)} if method == "post" else {}
        for route in numbered:
            path = with_numbers(route, theirs)
            with transaction.atomic():
                yield path, getattr(client, method)(path, data), getattr(client, method)(missing(route), data)
                transaction.set_rollback(undone)

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_another_organisations_customer(self, theirs: Rows, method: str) -> None:
        charlie = cast.customer("charlie@outside.example", "Charlie")
        cast.founded(charlie, name="Outside GmbH", person="Charlie")
        client, before = cast.signed_in(charlie), rows_of(theirs)
        nothing = getattr(client, method)("/no/such/page")
        for path, answer, absent in self.tried(client, theirs, method=method):
            assert (answer.status_code, answer.content) == (absent.status_code, absent.content), path
            if answer.status_code != 405:
                assert (answer.status_code, answer.content) == (404, nothing.content), path
            assert method == "get" or answer.status_code == 404, path
        assert rows_of(theirs) == before

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_one_without_an_organisation(self, theirs: Rows, method: str) -> None:
        client = cast.signed_in(cast.customer("nobody@outside.example", "Nobody"))
        nothing, before = getattr(client, method)("/no/such/page"), rows_of(theirs)
        for path, answer, absent in self.tried(client, theirs, method=method):
            assert (answer.status_code, answer.content) == (absent.status_code, absent.content), path
            if path.startswith("/verification/") and answer.status_code != 405:
                assert answer["Location"] == absent["Location"] == "/verification/begin/", path
            elif answer.status_code != 405:
                assert (answer.status_code, answer.content) == (404, nothing.content), path
        assert rows_of(theirs) == before

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_the_administrator(self, theirs: Rows, method: str) -> None:
        client, before = cast.signed_in(cast.staff("administrator", "Omar")), rows_of(theirs)
        nothing = getattr(client, method)("/no/such/page")
        for path, answer, absent in self.tried(client, theirs, method=method):
            assert (answer.status_code, answer.content) == (absent.status_code, absent.content), path
            if answer.status_code != 405:
                assert (answer.status_code, answer.content) == (404, nothing.content), path
        assert rows_of(theirs) == before

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_a_stranger(self, theirs: Rows, method: str) -> None:
        client, before = Client(), rows_of(theirs)
        for path, answer, _ in self.tried(client, theirs, method=method):
            assert answer.status_code in {302, 405}, path
            assert answer.status_code == 405 or answer["Location"] == f"/account/login/?next={path}"
        assert rows_of(theirs) == before

    def test_who_has_business_there_finds_it(self, theirs: Rows) -> None:
        """The negative control: the same numbers lead somewhere."""
        officer, alice = cast.signed_in(cast.staff("approver", "Rui")), cast.signed_in(theirs[User])
        found, everything = set(), set()
        for client in (officer, alice):
            for method in ("get", "post"):
                for path, answer, absent in self.tried(client, theirs, method=method, undone=True):
                    everything.add(path)
                    if answer.status_code in {200, 302, 422} and absent.status_code == 404:
                        found.add(path)
        # A report that is not built yet has nothing to download.
        assert everything - found == {f"/reports/{theirs[Report].pk}/download/"}


@pytest.mark.django_db
class TestDoors:
    @pytest.mark.parametrize("path", ours())
    def test_a_stranger_signs_in_first(self, path: str) -> None:
        answer = Client().get(path)
        assert answer.status_code in {302, 405}, path
        if answer.status_code == 302:
            assert answer["Location"].startswith("/account/login/"), path

    def test_an_outsider_gets_the_page_for_a_missing_one(self) -> None:
        cast.founded(cast.customer())
        charlie = cast.customer("charlie@outside.example", "Charlie")
        client = cast.signed_in(charlie)
        nothing = client.get("/no/such/page")
        assert nothing.status_code == 404
        for path in ours():
            for answer in (client.get(path), client.post(path)):
                if answer.status_code == 404:
                    assert answer.content == nothing.content, path
                if path.startswith(("/desk/", "/reports/")):
                    assert answer.status_code == 404, path

    def test_staff_without_a_second_factor_reach_nothing_but_enrolment(self) -> None:
        bare = User.objects.create_user("new@keyholder.example", "x", name="New", staff_role="approver")
        client = Client()
        client.force_login(bare, backend="allauth.account.auth_backends.AuthenticationBackend")
        for path in ours():
            for answer in (client.get(path), client.post(path)):
                assert answer["Location"] == "/account/2fa/totp/activate/", path
