"""Database roles: the owner migrates, *app* runs and can neither rewrite history nor switch a trigger off, nor sees the rows of
an organisation whose business it is not about.

Runs after every migration as the owner, because a trigger migration re-creates the ignore function
that would let any role write without history.
"""

from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.db import connections
from pghistory.core import event_models
from psycopg import sql

from accounts import eraser, partitions, signals
from accounts.models import AuditEvent, Disposal, Incarnation, Signal, Snapshot
from accounts.vault import RowNumber
from accounts.walls import walls

IGNORE = """
CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$ SELECT false $$
"""

# A certificate of disposal is the eraser's to write; a signal, of a function that lets nobody read one.
READ_ONLY = {"django_migrations", Incarnation._meta.db_table, Disposal._meta.db_table, Signal._meta.db_table}
INCARNATION = ("public.kh_incarnation()", "public.kh_begin_incarnation()")
IS_ERASER, SHOULD_IGNORE = "public.kh_is_eraser()", "public._pgtrigger_should_ignore(name)"

# Every table with the columns that are no part of its primary key.
TABLES = """
SELECT c.relname, array_agg(a.attname ORDER BY a.attnum) FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT a.attnum = ANY (coalesce(i.indkey, '')::int2[])
GROUP BY c.relname
"""


def after_migrate(*, app_config: AppConfig, using: str, **_: Any) -> None:
    last = list(apps.get_app_configs())[-1]
    if app_config.name == last.name and connections[using].vendor == "postgresql":
        harden(using)


def append_only() -> set[str]:
    return {model._meta.db_table for model in apps.get_models() if getattr(model, "append_only", False)}


# The database alone says which transaction wrote them, and in which place; nobody can give a row another's.
NUMBERED = {model._meta.db_table: {"xid", "incarnation"} for model in (AuditEvent, Snapshot)}


def privileges(table: str, events: set[str], changing: list[str]) -> sql.Composable:
    """What the app may do with a table. A live row's columns may change, `changing`, and its key may not: history knows the
    row by it, so that under another key it would be two."""
    if table in events or table in READ_ONLY:
        return sql.SQL("SELECT")
    if table in NUMBERED:
        return sql.SQL("SELECT, INSERT ({})").format(named(sorted({*changing} - NUMBERED[table])))
    if table in append_only():
        return sql.SQL("SELECT, INSERT")
    return sql.SQL("SELECT, INSERT, DELETE, UPDATE ({})").format(named(changing))


def role_or_none(role: str) -> sql.Identifier | None:
    name = settings.DB_ROLE_NAMES.get(role)
    return sql.Identifier(name) if name else None


def named(columns: Iterable[str]) -> sql.Composable:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def sequences(cursor: Any) -> list[str]:
    """Those that the app itself draws from: job tokens, and the keys of rows that are sealed before they are written."""
    keys = [model._meta for model in apps.get_models() if isinstance(model._meta.pk, RowNumber)]
    cursor.execute(
        "SELECT pg_get_serial_sequence(name, key) FROM unnest(%s::text[], %s::text[]) AS sealed(name, key)",
        [[meta.db_table for meta in keys], [meta.pk.column for meta in keys]],
    )
    return ["kh_job_token", *(name for (name,) in cursor.fetchall())]


def execute(cursor: Any, statement: sql.Composable) -> None:
    """As text, since in a command each statement is told whose it is."""
    cursor.execute(statement.as_string(None))


def harden(using: str) -> None:
    """Idempotent. Does nothing unless connected as the owner of the schema's tables."""
    app = sql.Identifier(settings.DB_ROLE_NAMES["app"])
    events = {model._meta.db_table for model in event_models()}
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT tableowner = current_user FROM pg_tables WHERE schemaname = 'public' LIMIT 1")
        row = cursor.fetchone()
        if settings.DB_ROLE_NAMES["app"] == settings.DB_ROLE_NAMES["owner"] or not row or not row[0]:
            return
        # A temporary table or function of the app's could stand in the way of a real one; a restored database has this anew.
        database = sql.Identifier(connections[using].settings_dict["NAME"])
        execute(cursor, sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC, {}").format(database, app))
        execute(cursor, sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, app))
        execute(cursor, sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(app))
        cursor.execute(TABLES)
        for table, changing in cursor.fetchall():
            name = sql.Identifier(table)
            execute(cursor, sql.SQL("REVOKE ALL ON {} FROM PUBLIC, {}").format(name, app))
            execute(cursor, sql.SQL("GRANT {} ON {} TO {}").format(privileges(table, events, changing), name, app))
        for wall in walls():
            for statement in wall.statements(app, everything=role_or_none("eraser")):
                execute(cursor, statement)
        for sequence in sequences(cursor):
            execute(cursor, sql.SQL("GRANT USAGE ON SEQUENCE {} TO {}").format(sql.SQL(sequence), app))
        execute(cursor, sql.SQL("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {}").format(app))
        cursor.execute("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC")
        cursor.execute(
            "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
            "WHERE n.nspname = 'public' AND p.proname LIKE 'pgtrigger\\_%' AND p.prorettype = 'trigger'::regtype"
        )
        for (function,) in cursor.fetchall():
            cursor.execute(f"ALTER FUNCTION {function} SECURITY DEFINER SET search_path = public, pg_temp")
            cursor.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
        partitions.admit(cursor, app, role_or_none("eraser"))
        for function in (*INCARNATION, *signals.FUNCTIONS):
            cursor.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
            execute(cursor, sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(sql.SQL(function), app))
        cursor.execute(IGNORE)
        execute(cursor, sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(sql.SQL(SHOULD_IGNORE), app))
        if "eraser" in settings.DB_ROLE_NAMES:
            admit_eraser(cursor, database)


def admit_eraser(cursor: Any, database: sql.Identifier) -> None:
    """It reads everything, overwrites what is personal, and writes down that it did."""
    role = sql.Identifier(settings.DB_ROLE_NAMES["eraser"])
    execute(cursor, sql.SQL(eraser.IS_ERASER).format(sql.Literal(settings.DB_ROLE_NAMES["eraser"])))
    execute(cursor, sql.SQL("REVOKE ALL ON DATABASE {} FROM {}").format(database, role))
    execute(cursor, sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, role))
    execute(cursor, sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role))
    execute(cursor, sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(role))
    execute(cursor, sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}").format(role))
    for table, columns in eraser.updates().items():
        execute(cursor, sql.SQL("GRANT UPDATE ({}) ON {} TO {}").format(named(columns), sql.Identifier(table), role))
    for table in eraser.DELETES:
        execute(cursor, sql.SQL("GRANT DELETE ON {} TO {}").format(sql.Identifier(table), role))
    for model in (AuditEvent, Disposal):
        table = model._meta.db_table
        columns = {field.column for field in model._meta.concrete_fields} - NUMBERED.get(table, set())
        execute(cursor, sql.SQL("GRANT INSERT ({}) ON {} TO {}").format(named(sorted(columns)), sql.Identifier(table), role))
    execute(cursor, sql.SQL("GRANT USAGE ON SEQUENCE accounts_disposal_id_seq TO {}").format(role))
    for function in (*INCARNATION, IS_ERASER, SHOULD_IGNORE):
        execute(cursor, sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(sql.SQL(function), role))
