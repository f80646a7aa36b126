"""The wall between organisations that stands in the database itself: what a query without any filter finds."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import DatabaseError, InternalError, ProgrammingError, connection, transaction
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.utils import timezone
from pghistory.core import event_models

from accounts import audit, organisations, scope, signals, walls
from accounts.compartment import confined
from accounts.guards import staff
from accounts.history import as_of
from accounts.models import (
    AuditEvent,
    DisposalPlan,
    GatewayCredential,
    Organisation,
    PlannedDisposal,
    Project,
    Proposal,
    SignalValue,
    User,
)
from accounts.permissions import ROLES, Permission
from accounts.signals import Seen
from accounts.snapshots import take
from config.urls import urlpatterns as ours
from kyc.cases.models import Finding
from kyc.keys import pools, staged
from kyc.keys.estate_models import ImportedKey
from kyc.keys.models import Key, KeyUse
from kyc.keys.refusal_models import KeyRefusal
from kyc.networks.models import Incident
from kyc.networks.network_models import Edge, Network, NetworkRun
from kyc.onboarding.access import members_only
from kyc.ownership.models import Determination
from kyc.parties.models import Party
from kyc.risk.models import Fact, Factor, Score
from kyc.usage import intake
from tests import cast
from tests.kyc.usage.scenes import row, sent, this_hour
from tests.rows import on_its_way_in, one_of_each
from tests.stage import scene

OUR_APPS = {"accounts", "kyc", "reports", "demo"}
WALLS = {wall.table: wall for wall in walls.walls()}
# What everybody's business shows; the compartment has its own test.
SHOWN = [table for table, wall in WALLS.items() if not wall.is_confined and wall.column]
OF_THE_HOUSE = [table for table, wall in WALLS.items() if not wall.is_confined and not wall.column]


def all_names(request: HttpRequest, *args: Any) -> JsonResponse:
    """What a view finds that has forgotten to ask for its own."""
    return JsonResponse({"names": sorted(Project.objects.values_list("organisation__name", flat=True))})


def broken(request: HttpRequest, *args: Any) -> JsonResponse:
    Project.objects.update(name="half written")
    raise RuntimeError("out of paper")


urlpatterns = [
    path("x/customer", members_only(all_names)),
    path("x/broken", members_only(broken)),
    path("x/officer", staff(Permission.CASE_VIEW)(all_names)),
    path("x/forgotten", login_required(all_names)),
    *ours,
]


def found(table: str) -> set[Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {WALLS[table].column or 'id'} FROM {table}")  # names of our own
        return {organisation for (organisation,) in cursor.fetchall()}


def run(statement: str, *parameters: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def derived(organisation: Organisation) -> None:
    """Rows that the checks make, of the tables that `one_of_each` leaves empty."""
    case = organisation.case_set.get()
    examination, party = case.examinations.get(), Party.objects.filter(organisation=organisation).first()
    made = {"organisation": organisation}
    Finding.objects.create(**made, examination=examination, category="lists", state="good", sentence="None.", anchor="x")
    now = timezone.now()
    Fact.objects.create(**made, subject="key:x", name="country", value="NO", source="introspection", at=now, on=now.date())
    score = Score.objects.create(**made, value=1, band="low", rule_pack="1", examination_id=examination.pk)
    Factor.objects.create(**made, score=score, code="x", points=1, sentence="x")
    Determination.objects.create(
        **made, party=party, regime="ofac-50", verdict="no", share_min="0", share_max="0", rule_pack="1",
        examination_id=examination.pk,
    )  # fmt: skip


def used(organisation: Organisation) -> None:
    """Rows of use, which gateways tell of keys and nobody makes by hand."""
    key = Key.objects.get(organisation=organisation)
    now, gateway = timezone.now(), GatewayCredential.objects.latest("pk")
    KeyUse.objects.create(key=key, organisation=organisation, last_used_at=now)
    KeyRefusal.objects.create(key=key, organisation=organisation, gateway=gateway, reason="key_held", minute=now, at=now)
    pools.reserve(key, {"requests": 1}, ttl=timedelta(minutes=1), number=uuid4())
    staged.hold(ImportedKey.objects.get(organisation=organisation), now.date())
    answer = intake.take(sent(row(key.prefix, this_hour())), credential=gateway)
    assert answer["accepted"] == 1


def share_a_network(made: dict[str, int]) -> None:
    """An edge names two organisations and is neither's."""
    first, second = sorted(made.values())
    with scope.whole():
        network, run = Network.objects.first(), NetworkRun.objects.first()
        Edge.objects.create(network=network, a_id=first, b_id=second, bits=9, since=timezone.now(), run=run)


@scene
def two() -> dict[str, int]:
    made = {}
    for name in ("Nordlys", "Outside"):
        owner = cast.customer(f"{name}@x.example", name)
        organisation = one_of_each(owner, name=name)[Organisation]
        on_its_way_in(owner)
        derived(organisation)
        used(organisation)
        value, now = uuid4(), timezone.now()
        signals.leave_all([Seen(organisation.pk, "phone", value, now, now)])
        with scope.whole():
            SignalValue.objects.create(type="phone", value=value, first_seen=now, last_seen=now, hub="office", why="x")
        PlannedDisposal.objects.create(plan=DisposalPlan.objects.create(on=date(2026, 11, 30)), organisation=organisation)
        made[name] = organisation.pk
    share_a_network(made)
    return made


class TestEveryTable:
    def test_stands_behind_the_wall_or_open_for_a_reason(self) -> None:
        events = set(event_models())
        models = [model for model in apps.get_models() if model._meta.app_label in OUR_APPS and model not in events]
        open_ones = {model._meta.label for model in models if model._meta.db_table not in WALLS}
        assert open_ones == set(walls.OPEN)

    def test_with_its_history(self) -> None:
        for event in event_models():
            assert (event._meta.db_table in WALLS) == (event.pgh_tracked_model._meta.db_table in WALLS), event

    @pytest.mark.django_db
    def test_as_the_database_has_it(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT c.relname FROM pg_class c JOIN pg_policies p ON p.tablename = c.relname "
                "WHERE c.relrowsecurity AND c.relnamespace = 'public'::regnamespace"
            )
            assert {name for (name,) in cursor.fetchall()} == set(WALLS)


class TestAQueryWithoutAnyFilter:
    def test_finds_ones_own_and_nothing_else(self, two: dict[str, int]) -> None:
        # The app writes no certificate of disposal.
        for table in {*SHOWN} - {"accounts_disposal"}:
            with scope.everything():
                assert found(table) >= set(two.values()), table
            for organisation in two.values():
                with scope.of(organisation):
                    assert found(table) == {organisation}, table

    def test_finds_nothing_of_what_tells_of_two_at_once(self, two: dict[str, int]) -> None:
        ours = {"kyc_inquiry", "kyc_inquirypart", "kyc_sameness", "kyc_divergence", "kyc_directive"}
        ours |= {"kyc_directiveextension", "kyc_blockedrecord", "kyc_blockedfiling"}
        ours |= {"kyc_trainingrun", "kyc_trainingduty", "kyc_trainingfiling"}
        assert {*OF_THE_HOUSE} == ours | {f"{table}event" for table in ours} | {
            "kyc_estateimport", "reports_reportpack", "kyc_directiveminute", "kyc_directivepreview",
        }  # fmt: skip
        for table in OF_THE_HOUSE:
            with scope.everything():
                assert len(found(table)) >= 2, table
            for organisation in two.values():
                with scope.of(organisation):
                    assert found(table) == set(), table

    def test_finds_nothing_where_nobody_has_said_whose_business_it_is(self, two: dict[str, int]) -> None:
        with scope.opened(scope.NOTHING):
            assert {table: found(table) for table in WALLS} == {table: set() for table in WALLS}

    def test_changes_nothing_of_others(self, two: dict[str, int]) -> None:
        with scope.of(two["Nordlys"]):
            assert run("UPDATE accounts_project SET name = 'x'") == 1
            assert run("UPDATE accounts_project SET name = 'x' WHERE organisation_id = %s", two["Outside"]) == 0
            assert run("DELETE FROM accounts_membership WHERE organisation_id = %s", two["Outside"]) == 0

    @pytest.mark.parametrize("statement", [
        "INSERT INTO accounts_project (organisation_id, name, created_at) VALUES (%s, 'x', now())",
        "UPDATE accounts_project SET organisation_id = %s",
    ])  # fmt: skip
    def test_writes_nothing_into_others(self, two: dict[str, int], statement: str) -> None:
        with pytest.raises(ProgrammingError, match="row-level security"), scope.of(two["Nordlys"]):
            run(statement, two["Outside"])

    @pytest.mark.parametrize("statement", [
        "ALTER TABLE accounts_project DISABLE ROW LEVEL SECURITY",
        "DROP POLICY kh_scope ON accounts_project",
        "ALTER ROLE app BYPASSRLS",
        "SET row_security = off; SELECT 1 FROM accounts_project",
    ])  # fmt: skip
    def test_does_not_tear_the_wall_down(self, two: dict[str, int], statement: str) -> None:
        with pytest.raises((ProgrammingError, InternalError)), transaction.atomic():
            run(statement)


class TestTheCompartment:
    """Of FIN-17. What pages show of it tells tests/test_compartment.py."""

    CONFINED = tuple(table for table, wall in WALLS.items() if wall.is_confined)

    def rows(self) -> dict[str, int]:
        """Without any filter; of the audit log those events that are about rows of the compartment."""
        counted = {table: len(found(table)) for table in self.CONFINED}
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM accounts_auditevent WHERE target_type = ANY (%s)", [[*confined()]])
            return counted | {"accounts_auditevent": cursor.fetchone()[0]}

    def test_holds_every_confined_model_and_its_history(self) -> None:
        models = [model for model in apps.get_models() if getattr(model, "confined", False)]
        tables = {model._meta.db_table for model in models}
        tables |= {event._meta.db_table for event in event_models() if event.pgh_tracked_model in models}
        assert set(self.CONFINED) == tables
        assert len(models) == 26 and len(tables) == 39

    def test_is_open_to_an_investigator(self, two: dict[str, int]) -> None:
        with scope.of_officer(cast.staff("investigator")):
            assert self.rows() == dict.fromkeys(self.CONFINED, 2) | {"kyc_edge": 1, "accounts_auditevent": 10}

    @pytest.mark.parametrize("role", sorted({"", *ROLES} - {"investigator"}))
    def test_and_to_no_other_officer(self, two: dict[str, int], role: str) -> None:
        with scope.of_officer(cast.staff(role, "somebody")):
            assert Organisation.objects.count() == 2
            assert self.rows() == dict.fromkeys((*self.CONFINED, "accounts_auditevent"), 0)

    def test_nor_to_a_command_or_a_worker_by_itself(self, two: dict[str, int]) -> None:
        """Their connection sees every organisation from its beginning, and not the compartment: so does this test's own."""
        assert settings.DATABASES["default"]["OPTIONS"]["options"].endswith(f"-c kh.first=0 -c kh.last={scope.LAST}")
        assert Organisation.objects.count() == 2
        assert self.rows() == dict.fromkeys((*self.CONFINED, "accounts_auditevent"), 0)

    def test_nor_to_an_organisation_also_where_the_word_is_said(self, two: dict[str, int]) -> None:
        """An incident and a network concern several; a note and a referral are of no organisation at all."""
        with scope.opened(scope.Scope(*[str(two["Nordlys"])] * 2, "on")):
            seen = {table for table, count in self.rows().items() if count}
        of_one = {"kyc_involvement", "kyc_networkmembership", "kyc_attachment", "kyc_authorisation"}
        of_one |= {"kyc_poolmember", "kyc_controllermember", "kyc_measuremember"}
        plain = {"accounts_auditevent", "accounts_signal", "accounts_signalarrival", "kyc_indication"}
        assert seen == of_one | {f"{table}event" for table in of_one} | plain

    def test_takes_no_row_from_outside(self, two: dict[str, int]) -> None:
        columns = "(incident_id, text, written_at, written_by_id)"
        with scope.whole():
            incident, user = Incident.objects.first().pk, User.objects.first().pk
        with pytest.raises(ProgrammingError, match="row-level security"), scope.everything():
            run(f"INSERT INTO kyc_incidentnote {columns} VALUES (%s, 'x', now(), %s)", incident, user)
        with scope.everything():
            assert run("UPDATE kyc_incident SET title = 'x'") == 0

    def test_keeps_its_proposals_from_everybody_else(self, two: dict[str, int]) -> None:
        """A proposal is of no organisation, and other officers' pages read those of the house; its history too."""
        tables = ("accounts_proposal", "accounts_proposalevent")
        for role, shown in (("investigator", 2), ("approver", 0)):
            with scope.of_officer(cast.staff(role, f"some {role}")), connection.cursor() as cursor:
                for table in tables:
                    cursor.execute(f"SELECT count(*) FROM {table} WHERE kind = 'network.ruling'")
                    assert cursor.fetchone() == (shown,), (role, table)


class TestHouseMatters:
    def test_are_shown_to_whoever_sees_everything(self, two: dict[str, int]) -> None:
        house = Proposal.objects.create(kind="x", choice="x", reason="x", proposed_by=cast.staff("analyst"))
        with scope.of(two["Nordlys"]):
            assert not Proposal.objects.filter(pk=house.pk).exists()
        with scope.everything():
            assert Proposal.objects.filter(pk=house.pk).exists()

    @pytest.mark.django_db(transaction=True)
    def test_are_written_into_the_log_by_whoever_acts_and_then_shown_to_him_no_more(self) -> None:
        """A customer signs in, and the log has it; he is shown it no more than another's."""
        stranger = cast.customer()
        with scope.opened(scope.NOTHING):
            audit.record("x.done", target=stranger, by=stranger)
            assert AuditEvent.objects.count() == 1
        with scope.opened(scope.NOTHING):
            assert AuditEvent.objects.count() == 0
        with scope.everything():
            assert AuditEvent.objects.count() == 1


class TestHistory:
    @pytest.mark.django_db(transaction=True)
    def test_is_read_back_within_the_wall(self) -> None:
        made = [organisations.create(name=name, by=cast.customer(f"{name}@x.example")) for name in ("Nordlys", "Outside")]
        snapshot = take()
        with scope.of(made[0].pk):
            assert [row.name for row in as_of(Organisation, snapshot)] == ["Nordlys"]
        with scope.everything():
            assert as_of(Organisation, snapshot).count() == 2


@pytest.mark.django_db
class TestNested:
    def test_what_was_said_before_holds_again(self, two: dict[str, int]) -> None:
        with scope.of(two["Nordlys"]):
            with scope.everything():
                assert Organisation.objects.count() == 2
            assert Organisation.objects.get().pk == two["Nordlys"]
            with scope.of(two["Outside"]):
                assert Organisation.objects.get().pk == two["Outside"]
            assert Organisation.objects.get().pk == two["Nordlys"]

    @pytest.mark.parametrize("error", [KeyError, DatabaseError])
    def test_also_after_an_error(self, two: dict[str, int], error: type[Exception]) -> None:
        breaks = {KeyError: lambda: {}["x"], DatabaseError: lambda: run("SELECT 1 / 0")}
        with scope.of(two["Nordlys"]):
            with pytest.raises(error), scope.of(two["Outside"]):
                breaks[error]()
            assert Organisation.objects.get().pk == two["Nordlys"]

    def test_whose_business_it_is_can_be_found_out_first(self, two: dict[str, int]) -> None:
        with scope.of(two["Outside"]):
            with scope.everything():
                scope.enter(two["Nordlys"])
                assert Organisation.objects.get().pk == two["Nordlys"]
            assert Organisation.objects.get().pk == two["Outside"]
            with scope.everything():
                scope.enter(None)
                assert Organisation.objects.count() == 0


@pytest.fixture
def served(transactional_db: None) -> Iterator[None]:
    """This process's connection as one of a web process: it sees nothing by itself."""
    run("SELECT set_config(name, '', false) FROM unnest(ARRAY['kh.first', 'kh.last', 'kh.compartment']) AS name")
    yield
    connection.close()


class TestOneConnectionThatServesMany:
    def test_inherits_nothing(self, two_committed: list[int], served: None) -> None:
        nordlys, outside = two_committed
        with scope.of(nordlys):
            assert Organisation.objects.get().pk == nordlys
        assert Organisation.objects.count() == 0
        with scope.of(outside):
            assert Organisation.objects.get().pk == outside
        with pytest.raises(RuntimeError), scope.of(nordlys):
            raise RuntimeError
        assert Organisation.objects.count() == 0
        with pytest.raises(DatabaseError), scope.everything():
            run("SELECT 1 / 0")
        assert Organisation.objects.count() == 0
        with scope.of(outside):
            assert Organisation.objects.get().pk == outside

    def test_while_what_is_said_to_a_session_stays(self, two_committed: list[int], served: None) -> None:
        """The negative control: without `SET LOCAL` the next one on the connection sees what the last one saw."""
        run("SELECT set_config('kh.first', %s, false), set_config('kh.last', %s, false)", *map(str, two_committed[:1] * 2))
        assert Organisation.objects.get().pk == two_committed[0]

    def test_a_lazy_query_finds_nothing_afterwards(self, two_committed: list[int], served: None) -> None:
        with scope.everything():
            lazy = Organisation.objects.all()
        assert list(lazy) == []


@pytest.fixture
def two_committed(transactional_db: None) -> list[int]:
    return [organisations.create(name=name, by=cast.customer(f"{name.lower()}@x.example")).pk for name in ("Nordlys", "Outside")]


@pytest.mark.urls(__name__)
class TestPages:
    """Each finds what it may even where its query has no filter at all."""

    @pytest.fixture
    def ask(self, two_committed: list[int], served: None) -> Any:
        people = {user.email: user for user in User.objects.all()} | {"officer": cast.staff("analyst")}
        run(f"SELECT {', '.join(f'set_config({name!r}, %s, false)' for name in scope.SETTINGS)}", *scope.NOTHING)

        def ask(who: str, address: str) -> Any:
            client = cast.signed_in(people[who])
            client.raise_request_exception = False
            return client.get(address)

        return ask

    def test_a_customer_finds_his_own(self, ask: Any) -> None:
        for name in ("Nordlys", "Outside"):
            assert ask(f"{name.lower()}@x.example", "/x/customer").json()["names"] == [name]

    def test_an_officer_finds_all(self, ask: Any) -> None:
        assert ask("officer", "/x/officer").json()["names"] == ["Nordlys", "Outside"]

    def test_a_view_that_says_nothing_finds_nothing(self, ask: Any) -> None:
        assert ask("nordlys@x.example", "/x/forgotten").json()["names"] == []
        assert ask("officer", "/x/forgotten").json()["names"] == []

    def test_what_broke_leaves_nothing_behind(self, ask: Any) -> None:
        assert ask("nordlys@x.example", "/x/broken").status_code == 500
        assert ask("outside@x.example", "/x/customer").json()["names"] == ["Outside"]
        assert Organisation.objects.count() == 0
        with scope.everything():
            assert not Project.objects.filter(name="half written").exists()


class TestProcesses:
    SAYS = (
        "from django.db import connection; connection.ensure_connection(); "
        "print(connection.cursor().execute(\"SELECT current_setting('kh.last', true)\").fetchone())"
    )

    @pytest.mark.parametrize(("begins", "last"), [
        ("import config.wsgi", None),
        ("import config.celery, django; django.setup()", str(scope.LAST)),
    ])  # fmt: skip
    def test_which_serve_see_nothing_and_which_work_see_everything(self, begins: str, last: str | None) -> None:
        program = f"import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'; {begins}; {self.SAYS}"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=settings.BASE_DIR, check=False)
        assert done.stdout.strip() == f"({last!r},)", done.stderr

    def test_nothing_else_says_it(self) -> None:
        said = {
            str(file.relative_to(settings.BASE_DIR))
            for app in ("accounts", "kyc", "reports", "config", "demo")
            for file in Path(settings.BASE_DIR, app).rglob("*.py")
            if "kh.first" in file.read_text() or "kh.compartment" in file.read_text()
        }
        # The last asks what was said, and says nothing itself.
        assert said == {"accounts/scope.py", "accounts/walls.py", "config/settings.py", "accounts/signals.py"}
