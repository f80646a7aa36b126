"""Guards over what is written later: pairs have constraints, every model is tracked."""

import importlib
import inspect
import pkgutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command, get_commands, load_command_class
from django.db import IntegrityError, connection, models, transaction
from pghistory.core import event_models

from accounts import scope
from accounts.hardening import append_only
from accounts.management.named import NamedCommand
from accounts.models import Proposal
from tests import cast
from tests.rows import on_its_way_in, one_of_each

BASE = Path(__file__).parents[1]
OURS = ("accounts", "kyc", "reports")
# Refusal of change, not history: rows are only ever added, and the app role can do nothing else.
APPEND_ONLY = {
    "AuditEvent", "AuditLeaf", "AuditHead", "AuditTimestamp", "Snapshot",
    "ListEntry", "Determination", "DecidedOwner", "Score", "Factor", "Finding", "IncidentNote", "Referral", "Disposal",
    "ErasureOrder", "Fact", "PlaceList", "RangeList", "UsageRow", "NetworkChange", "ProposedRuling", "Ruling",
    "ControllerNote", "KeptEvidence", "RuleMiss", "DirectiveMinute", "Indication", "LeiCopy", "OutsideMessage",
}  # fmt: skip
# No history at all, since it would outlive what it tells of: keys that are destroyed, what was found by them, and what the next
# night erases.
FORGOTTEN = {"SubjectKey", "SearchDigest", "DisposalPlan", "PlannedDisposal"}
# No history either: what changes with every minute of a key in use, what is itself a list of changes, what tells of calls for
# some days, what an administrator's file says, of which PlaceList or LeiCopy has the hash, and a file on its way in or out, of
# which the audit tells.
PASSING = {"KeyUse", "KeyChange", "KeyRefusal", "Place", "Range", "EstateImport", "LegalEntity", "LegalEntityParent",
           "ReportPack", "DirectivePreview"}  # fmt: skip
# Counters: they come by the thousand, and what they add up stands in rows that are only ever added.
COUNTERS = {"UsageBatch", "UsageDay", "PoolWindow", "Spending", "Reservation", "Reserved", "StagedDay"}
# What networks are found by, as hashes: it comes by the thousand, goes when not seen for long, and history would outlive it.
SIGNALS = {"Signal", "SignalValue", "SignalArrival"}
# Versions themselves: one is written once, says from when until when it was so, and its trigger holds it fast.
VERSIONS = {"Edge"}
# Only read by the app: the owner writes it, or the database itself.
GIVEN = {"Incarnation"}


def our_models() -> list[type[models.Model]]:
    events = set(event_models())
    return [m for label in OURS for m in apps.get_app_config(label).get_models() if m not in events and not m._meta.auto_created]


def test_every_model_is_tracked_or_append_only() -> None:
    tracked = {model.pgh_tracked_model for model in event_models()}
    for model in our_models():
        untracked = APPEND_ONLY | FORGOTTEN | PASSING | COUNTERS | VERSIONS | SIGNALS | GIVEN
        assert (model in tracked) != (model.__name__ in untracked), model


@pytest.mark.django_db
def test_the_app_can_only_add_to_append_only_tables() -> None:
    assert {m._meta.db_table for m in our_models() if m.__name__ in APPEND_ONLY} <= append_only()


@pytest.mark.django_db
def test_migrations_are_complete(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        call_command("makemigrations", check_changes=True, dry_run=True)
    except SystemExit:
        pytest.fail(capsys.readouterr().out)


# Of the libraries: what no officer and no customer ever decides, or what must leave no trace.
EXEMPT = {
    "auth": "groups and permissions of Django's own, which the product does not use: roles stand in code",
    "contenttypes": "names of our models, written by migrate",
    "sessions": "who is signed in at the moment; secret, and ended by time",
    "account": "addresses and the state of their confirmation, which the user's row repeats",
    "socialaccount": "who in the identity provider is whose account, of which the tying is audited; no token is kept",
    "mfa": "secrets of second factors; that one is set up, used and removed is mailed and audited",
    "usersessions": "when and from where a session was last used: a protection of its owner, kept for two years of its last use",
    "pghistory": "the history library's own contexts; ours stand in each event",
    "demo": "the demo's mailbox",
}


def test_every_other_model_is_exempt_for_a_reason() -> None:
    events = set(event_models())
    others = {m._meta.app_label for m in apps.get_models() if m not in events and m._meta.app_label not in OURS}
    assert others == EXEMPT.keys()


# Commands that write nothing themselves.
UNNAMED = {
    "list_staff": "reads",
    "ownership": "reads a file",
    "screen": "reads a file",
    "prepare": "calls others, each with its own name",
}


def test_every_command_names_itself_in_what_it_writes() -> None:
    found = {name: app for name, app in get_commands().items() if app in {*OURS, "config", "demo"}}
    assert found.keys() >= UNNAMED.keys() and len(found) > 10
    for name, app in found.items():
        assert isinstance(load_command_class(app, name), NamedCommand) != (name in UNNAMED), name


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
    others = [
        "kyc.keys.holds",
        "kyc.keys.limits",
        "kyc.networks.asking",
        "kyc.ownership.leaving",
        "kyc.ownership.observing",
        "kyc.ownership.reconciling",
        *(f"accounts.{name}" for name in ("organisations", "credentials", "proposals", "staff")),
    ]
    return [importlib.import_module(name) for name in [*found, *others]]


def public(module: ModuleType) -> list[tuple[str, Any]]:
    functions = inspect.getmembers(module, inspect.isfunction)
    return [(name, function) for name, function in functions if function.__module__ == module.__name__]


class TestActions:
    def test_all_are_found(self) -> None:
        stages = {"cases", "evidence", "keys", "networks", "ownership", "parties", "screening"}
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
        rows = one_of_each(alice) | on_its_way_in(alice)
        # An ended proposal changes in nothing, which would hide the pair's own rule.
        rows[Proposal] = Proposal.objects.create(kind="x", choice="x", reason="x", proposed_by=alice)
        with scope.whole():
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
