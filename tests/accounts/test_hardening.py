"""What the app's database role can't do, tried statement by statement, each beside the owner who can."""

from typing import Any

import pgtrigger
import psycopg
import pytest
from django.apps import apps
from django.db import IntegrityError, ProgrammingError, connection, transaction
from pghistory.core import event_models

from accounts import audit, eraser, hardening
from accounts.models import AuditEvent, AuditHead, AuditLeaf, AuditTimestamp, Organisation, Proposal, Snapshot, User
from tests import cast
from tests.conftest import owner as as_owner

Owner = psycopg.Cursor[tuple[object, ...]]

EVENTS = sorted(model._meta.db_table for model in event_models())
TRACKED = sorted(model.pgh_tracked_model._meta.db_table for model in event_models())
CLOSED = {*EVENTS, *hardening.READ_ONLY}
KEYS = {model._meta.db_table: model._meta.pk.column for model in apps.get_models()}
# pgtrigger's own function, which lets any role write without history; every trigger migration brings it back.
HOLE = """
CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN CONCAT('{', current_setting('pgtrigger.ignore', true), '}')::text[] && ARRAY['all', trigger_name::text];
EXCEPTION WHEN OTHERS THEN RETURN false;
END $$
"""
NEVER = {
    "switch a trigger off": "ALTER TABLE accounts_user DISABLE TRIGGER ALL",
    "switch all triggers off for a session": "SET session_replication_role = replica",
    "become the owner": "SET ROLE owner",
    "become the owner's session": "SET SESSION AUTHORIZATION owner",
    "make a table": "CREATE TABLE kh_forged (a int)",
    "make a temporary table": "CREATE TEMP TABLE kh_forged (a int)",
    "make a temporary function": "CREATE FUNCTION pg_temp.kh_forged() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "make a schema": "CREATE SCHEMA kh_forged",
    "make a function": "CREATE FUNCTION kh_forged() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "make a trigger": "CREATE TRIGGER x BEFORE UPDATE ON accounts_user FOR EACH ROW "
    "EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "make a rule": "CREATE RULE x AS ON UPDATE TO accounts_user DO INSTEAD NOTHING",
    "drop a table": "DROP TABLE accounts_userevent",
    "drop a constraint": "ALTER TABLE accounts_proposal DROP CONSTRAINT proposal_taken_by_another",
    "empty a live table": "TRUNCATE accounts_user CASCADE",
    "replace a function": "CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name) "
    "RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT true $$",
    "pretend a migration": "INSERT INTO django_migrations (app, name, applied) VALUES ('x', 'x', now())",
    "run a program": "COPY accounts_user TO PROGRAM 'true'",
    "read a file": "SELECT pg_read_file('/etc/passwd')",
}
BEYOND_THE_OWNER = {
    "switch all triggers off for a session",
    "become the owner's session",
    "run a program",
    "read a file",
    "switch a trigger off",
}
FORGE = {
    "written": "INSERT INTO {} DEFAULT VALUES",
    "changed": "UPDATE {} SET pgh_label = 'x'",
    "deleted": "DELETE FROM {}",
    "emptied": "TRUNCATE {}",
}


def run(statement: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


def refused(statement: str) -> str:
    """The database's first line, why it does not do that for the app."""
    with pytest.raises(ProgrammingError) as raised, transaction.atomic():
        run(statement)
    assert isinstance(raised.value.__cause__, psycopg.errors.InsufficientPrivilege), raised.value
    return str(raised.value).splitlines()[0]


@pytest.mark.django_db
class TestTheApp:
    def test_is_who_these_tests_run_as(self) -> None:
        ((name, owns, superuser),) = run(
            "SELECT current_user, (SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole), "
            "(SELECT rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole OR rolreplication FROM pg_roles "
            "WHERE rolname = current_user)"
        )
        assert (name, owns, superuser) == ("app", 0, False)

    def test_draws_from_no_sequence_but_its_own(self) -> None:
        drawn = run(
            "SELECT sequencename::text FROM pg_sequences "
            "WHERE has_sequence_privilege(schemaname || '.' || sequencename, 'USAGE') ORDER BY 1"
        )
        assert [name for (name,) in drawn] == [
            "kh_job_token",
            "kyc_confirmation_id_seq",
            "kyc_evidenceitem_id_seq",
            "kyc_inquiry_id_seq",
            "kyc_inquirypart_id_seq",
            "kyc_leak_id_seq",
            "kyc_mismatch_id_seq",
            "kyc_party_id_seq",
            "kyc_paymentmeans_id_seq",
            "kyc_reading_id_seq",
            "reports_report_id_seq",
            "reports_reportpack_id_seq",
        ]

    @pytest.mark.parametrize("what", NEVER)
    def test_can_never(self, what: str) -> None:
        assert refused(NEVER[what]).startswith(("permission denied", "must be owner", "must be able to SET ROLE"))

    @pytest.mark.parametrize("what", sorted(NEVER.keys() - BEYOND_THE_OWNER))
    def test_while_the_owner_can(self, what: str, owner: Owner) -> None:
        """The negative control: the statements are sound, and only who asks makes the difference."""
        owner.execute(NEVER[what])

    @pytest.mark.parametrize("table", EVENTS)
    @pytest.mark.parametrize("how", FORGE)
    def test_sees_history_never(self, table: str, how: str) -> None:
        assert refused(FORGE[how].format(table)) == f"permission denied for table {table}"

    @pytest.mark.parametrize("how", sorted(FORGE.keys() - {"written"}))
    def test_while_history_is_the_owners(self, how: str, owner: Owner) -> None:
        owner.execute(FORGE[how].format("accounts_userevent"))

    @pytest.mark.parametrize("table", TRACKED)
    def test_cannot_switch_off_the_triggers_of(self, table: str) -> None:
        assert refused(f"ALTER TABLE {table} DISABLE TRIGGER USER") == f"must be owner of table {table}"

    def test_cannot_number_history_itself(self) -> None:
        assert refused("SELECT nextval('accounts_userevent_pgh_id_seq')").startswith("permission denied for sequence")


@pytest.mark.django_db
class TestAppendOnly:
    @pytest.mark.parametrize("table", sorted(hardening.append_only()))
    @pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
    def test_the_app_only_adds(self, table: str, statement: str) -> None:
        key = KEYS[table]
        assert refused(statement.format(table, key, key)) == f"permission denied for table {table}"

    @pytest.mark.parametrize("table", sorted(hardening.append_only()))
    def test_nor_switches_off_what_guards_it(self, table: str) -> None:
        assert refused(f"ALTER TABLE {table} DISABLE TRIGGER USER") == f"must be owner of table {table}"
        assert refused(f"DROP TABLE {table}") == f"must be owner of table {table}"

    def test_adding_works(self) -> None:
        audit.record("x", target=cast.customer(), by=None)
        assert AuditEvent.objects.count() == 1

    @pytest.mark.parametrize("table", sorted(hardening.NUMBERED))
    @pytest.mark.parametrize("statement", ["INSERT INTO {} (xid) VALUES ('1')", "INSERT INTO {} (incarnation) VALUES (1)"])
    def test_under_no_other_transaction_than_its_own(self, table: str, statement: str) -> None:
        assert refused(statement.format(table)) == f"permission denied for table {table}"

    @pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
    @pytest.mark.parametrize(
        ("table", "insert"),
        [
            (AuditEvent._meta.db_table, "(at, verb, actor, on_behalf_of, target_type, target_id, reason, details, request_id,"
             " salts) VALUES (now(), 'x', 'x', '', 'x', '1', '', '{}', '', '{}')"),
            (AuditLeaf._meta.db_table, "VALUES (0, 1, sha256('x'))"),
            (AuditHead._meta.db_table, "VALUES (1, sha256('x'), sha256('x'), now(), 1, 1, 'x', 'x')"),
            (AuditTimestamp._meta.db_table, "VALUES (1, 'x', now())"),
            (Snapshot._meta.db_table, "(taken_at, snapshot) SELECT now(), pg_current_snapshot()"),
        ],
    )  # fmt: skip
    def test_even_the_owner_changes_no_audit_row_and_no_snapshot(
        self, table: str, insert: str, statement: str, owner: Owner
    ) -> None:
        owner.execute(f"INSERT INTO {table} {insert}")
        with pytest.raises(psycopg.errors.RaiseException, match="append_only"):
            owner.execute(statement.format(table, KEYS[table], KEYS[table]))


@pytest.mark.django_db
class TestPrimaryKeys:
    @pytest.mark.parametrize("table", TRACKED)
    def test_never_change(self, table: str) -> None:
        """Under another key history would know one row as two, and the first would live on for ever."""
        assert refused(f"UPDATE {table} SET {KEYS[table]} = {KEYS[table]}") == f"permission denied for table {table}"

    def test_while_the_owners_do(self, owner: Owner) -> None:
        owner.execute("UPDATE accounts_user SET id = id")

    def test_of_a_row_taken_for_change_need_no_right_to_change(self) -> None:
        alice = cast.customer()
        with transaction.atomic():
            assert User.objects.select_for_update().get(pk=alice.pk) == alice


@pytest.mark.django_db
class TestPrivileges:
    def test_every_table_grants_the_app_exactly_what_it_needs_and_nobody_else_anything(self) -> None:
        granted: dict[str, dict[str, set[str]]] = {}
        for table, grantee, privilege in run(
            "SELECT c.relname, CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END, a.privilege_type "
            "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, "
            "aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a "
            "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm')"
        ):
            granted.setdefault(table, {}).setdefault(grantee, set()).add(privilege)
        assert len(granted) > 40
        for table, grants in granted.items():
            assert grants.keys() == {"app", "owner", "eraser"}, table
            assert grants["eraser"] == ({"SELECT", "DELETE"} if table in eraser.DELETES else {"SELECT"}), table
            # UPDATE is granted column by column.
            expected = {"SELECT", "INSERT", "DELETE"}
            if table in hardening.append_only():
                expected = {"SELECT", "INSERT"}
            if table in CLOSED or table in hardening.NUMBERED:
                expected = {"SELECT"}
            assert grants["app"] == expected, table

    def test_of_live_rows_every_column_may_change_but_the_key(self) -> None:
        granted: dict[str, set[tuple[bool, str]]] = {}
        for table, is_key, privilege in run(
            "SELECT c.relname, i.indexrelid IS NOT NULL AND a.attnum = ANY (i.indkey::int2[]), "
            "CASE WHEN has_column_privilege('app', c.oid, a.attnum, 'UPDATE') THEN 'UPDATE' ELSE '' END "
            "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
            "LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary "
            "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
        ):
            granted.setdefault(table, set()).add((is_key, privilege))
        closed = {*hardening.append_only(), *CLOSED}
        assert len(granted.keys() - closed) > 20
        for table, grants in granted.items():
            changes = "" if table in closed else "UPDATE"
            assert grants == {(True, ""), (False, changes)}, table

    def test_column_by_column_are_granted_change_and_what_the_database_numbers(self) -> None:
        granted = run(
            "SELECT DISTINCT a.grantee::regrole::text, a.privilege_type, attrelid::regclass::text "
            "FROM pg_attribute, aclexplode(attacl) a WHERE attrelid::regclass::text !~ '^pg_|^information_schema'"
        )
        tables: dict[tuple[str, str], set[str]] = {}
        for role, privilege, table in granted:
            tables.setdefault((role, privilege), set()).add(table)
        assert tables.pop(("app", "UPDATE")) >= set(TRACKED)
        assert tables == {
            ("app", "INSERT"): {*hardening.NUMBERED},
            ("eraser", "UPDATE"): {*eraser.updates()},
            ("eraser", "INSERT"): {"accounts_auditevent", "accounts_disposal"},
        }

    def test_the_eraser_reaches_the_columns_that_are_personal_and_no_other(self) -> None:
        found: dict[str, set[str]] = {}
        for table, column in run(
            "SELECT attrelid::regclass::text, attname::text FROM pg_attribute, aclexplode(attacl) a "
            "WHERE a.grantee = 'eraser'::regrole AND a.privilege_type = 'UPDATE'"
        ):
            found.setdefault(table, set()).add(column)
        assert found == {table: {*columns} for table, columns in eraser.updates().items()}

    def test_every_trigger_function_runs_as_the_owner_with_a_fixed_path_and_no_one_calls_it(self) -> None:
        functions = run(
            "SELECT proname, prosecdef, proconfig, has_function_privilege('public', p.oid, 'EXECUTE') "
            "FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
            "WHERE n.nspname = 'public' AND prorettype = 'trigger'::regtype"
        )
        assert len(functions) >= 3 * len(EVENTS)
        for name, definer, config, public in functions:
            assert (definer, config, public) == (True, ["search_path=public, pg_temp"], False), name

    def test_strangers_cannot_even_connect(self) -> None:
        ((acl,),) = run("SELECT array_agg(a.grantee::regrole::text || ' ' || a.privilege_type ORDER BY 1) FROM pg_database d, "
                        "aclexplode(d.datacl) a WHERE d.datname = current_database() AND a.grantee <> d.datdba")  # fmt: skip
        assert acl == ["app CONNECT", "eraser CONNECT"]


def triggers_of(table: str) -> list[str]:
    return [name for (name,) in run("SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", [table])]


@pytest.mark.django_db
class TestIgnoringTriggers:
    def test_writes_history_all_the_same(self) -> None:
        alice = cast.customer()
        run("SELECT set_config('pgtrigger.ignore', %s, true)", ["{" + ",".join(triggers_of("accounts_user")) + "}"])
        run("UPDATE accounts_user SET name = 'Alias' WHERE id = %s", [alice.pk])
        assert list(User.pgh_event_model.objects.order_by("pgh_id").values_list("pgh_label", "name")) == [
            ("insert", "Alice Olsen"),
            ("update", "Alias"),
        ]

    def test_by_the_librarys_own_means_neither(self) -> None:
        found = Organisation.objects.create(name="Nordlys")
        with pgtrigger.ignore():
            found.delete()
        assert Organisation.pgh_event_model.objects.filter(pgh_label="delete").count() == 1

    def test_does_not_open_what_was_protected(self) -> None:
        proposal = Proposal.objects.create(kind="x", choice="x", reason="x", proposed_by=cast.staff("analyst"))
        with pgtrigger.ignore(), pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
            proposal.delete()

    def test_would_leave_no_trace_with_the_librarys_function(self, owner: Owner) -> None:
        """The negative control: the same statements, while the function that hardening replaces is back."""
        owner.execute("SELECT set_config('pgtrigger.ignore', %s, true)", ["{" + ",".join(triggers_of("accounts_project")) + "}"])
        written = []
        for function in (HOLE, hardening.IGNORE):
            owner.execute(function)
            owner.execute(
                "INSERT INTO accounts_organisation (name, created_at, sandbox, closing_reason) "
                "VALUES ('x', now(), '', '') RETURNING id"
            )
            (pk,) = owner.fetchone() or (None,)
            owner.execute(
                "INSERT INTO accounts_project (organisation_id, name, created_at) VALUES (%s, 'x', now()) RETURNING id", [pk]
            )
            (project,) = owner.fetchone() or (None,)
            owner.execute("SELECT count(*) FROM accounts_projectevent WHERE pgh_obj_id = %s", [project])
            written += owner.fetchone() or ()
        assert written == [0, 1]


@pytest.mark.django_db(transaction=True)
class TestHarden:
    def test_closes_what_a_later_migration_opens_again(self) -> None:
        opened = (
            HOLE,
            "GRANT ALL ON accounts_userevent TO app",
            "GRANT SELECT ON accounts_user TO PUBLIC",
            "GRANT TEMPORARY ON DATABASE {} TO PUBLIC".format(connection.ops.quote_name(connection.settings_dict["NAME"])),
            "ALTER FUNCTION {}() SECURITY INVOKER".format(triggers_of("accounts_user")[0]),
        )
        with as_owner():
            for statement in opened:
                run(statement)
        assert self.is_open() == [True] * 5, "the negative control: each of them is seen"
        with as_owner():
            hardening.harden("default")
        assert self.is_open() == [False] * 5

    def is_open(self) -> list[bool]:
        run("SELECT set_config('pgtrigger.ignore', '{x}', false)")
        rows = run(
            "SELECT public._pgtrigger_should_ignore('x'), has_table_privilege('app', 'accounts_userevent', 'INSERT'), "
            "has_table_privilege('public', 'accounts_user', 'SELECT'), has_database_privilege(current_database(), 'TEMPORARY'), "
            "(SELECT NOT prosecdef FROM pg_proc WHERE proname = %s)",
            [triggers_of("accounts_user")[0]],
        )
        run("RESET pgtrigger.ignore")
        return list(rows[0])

    def test_gives_a_later_table_to_nobody_before_it_ran(self) -> None:
        with as_owner():
            run("CREATE TABLE kh_later (a int)")
        try:
            assert refused("INSERT INTO kh_later VALUES (1)") == "permission denied for table kh_later"
            with as_owner():
                hardening.harden("default")
            run("INSERT INTO kh_later VALUES (1)")
        finally:
            with as_owner():
                run("DROP TABLE kh_later")

    def test_does_nothing_as_the_app(self) -> None:
        hardening.harden("default")
        assert refused("CREATE TEMP TABLE t (a int)").startswith("permission denied")
