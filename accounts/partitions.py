"""Tables that are divided by months, so that a month past its period goes at once and not row by row.

A model of such a table is unmanaged; its migration says `PARTITION BY RANGE`. The app owns no table, so a month is made by a
function of the owner's, and dropped by another that works for the eraser alone. Months stand in a schema of their own: there the
app may add rows (a month has no row security, under which PostgreSQL takes no COPY) and read none, which it does through the
whole table and its wall (accounts/walls.py).
"""

from datetime import date, timedelta
from typing import Any

from django.db import connection, models
from psycopg import sql

SCHEMA_NAME = "kh_months"
MAKE, DROP = "public.kh_make_month(name, date)", "public.kh_drop_month(name, date)"

# A month is attached, since one that is made as a partition waits for everybody who reads the table. Those that a program could
# make by mistake are far from today.
SCHEMA = """
CREATE SCHEMA kh_months;
CREATE FUNCTION kh_month_name(parent name, month date) RETURNS name LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    SELECT format('%s_%s', parent, to_char(month, 'YYYY_MM'))::name
$$;
CREATE FUNCTION kh_make_month(parent name, month date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    first timestamptz := date_trunc('month', month::timestamptz);
    part name := public.kh_month_name(parent, month);
BEGIN
    IF NOT EXISTS (SELECT FROM pg_class WHERE oid = to_regclass(format('public.%I', parent)) AND relkind = 'p') THEN
        RAISE EXCEPTION '% is not divided by months', parent USING ERRCODE = 'check_violation';
    END IF;
    IF first NOT BETWEEN now() - interval '3 years' AND now() + interval '4 months' THEN
        RAISE EXCEPTION 'that month is too far away' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('kh_months'), hashtext(part::text));
    IF to_regclass(format('kh_months.%I', part)) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE kh_months.%I (LIKE public.%I INCLUDING ALL)', part, parent);
    EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION kh_months.%I FOR VALUES FROM (%L) TO (%L)',
        parent, part, first, first + interval '1 month');
    RETURN true;
END $$;
CREATE FUNCTION kh_drop_month(parent name, month date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '5s' AS $$
DECLARE
    part name := public.kh_month_name(parent, month);
BEGIN
    IF NOT public.kh_is_eraser() THEN
        RAISE EXCEPTION 'only the eraser drops a month' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF date_trunc('month', month::timestamptz) + interval '1 month' > now() THEN
        RAISE EXCEPTION 'that month is not over' USING ERRCODE = 'check_violation';
    END IF;
    IF to_regclass(format('kh_months.%I', part)) IS NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('DROP TABLE kh_months.%I', part);
    RETURN true;
END $$;
"""


def name_of(model: type[models.Model], month: date) -> str:
    return f"{model._meta.db_table}_{month:%Y_%m}"


def first_of(day: date) -> date:
    return day.replace(day=1)


def after(month: date) -> date:
    return first_of(month + timedelta(days=31))


def asked(statement: str, *values: object) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()[0]


def stands(model: type[models.Model], month: date) -> bool:
    return bool(asked("SELECT to_regclass(%s) IS NOT NULL", f"{SCHEMA_NAME}.{name_of(model, month)}"))


def make(model: type[models.Model], month: date) -> bool:
    """Whether it was not there yet. Two who make one wait for each other."""
    return bool(asked("SELECT kh_make_month(%s, %s)", model._meta.db_table, first_of(month)))


def drop(model: type[models.Model], month: date) -> bool:
    """With all that is in it; whether it was there. Raises ProgrammingError in any role but the eraser's."""
    return bool(asked("SELECT kh_drop_month(%s, %s)", model._meta.db_table, first_of(month)))


def months(model: type[models.Model]) -> list[date]:
    """Those that stand, the oldest first."""
    prefix = model._meta.db_table + "_"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_date(right(relname, 7), 'YYYY_MM') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = %s AND c.relkind = 'r' AND left(c.relname, -7) = %s ORDER BY 1",
            [SCHEMA_NAME, prefix],
        )
        return [month for (month,) in cursor.fetchall()]


def admit(cursor: Any, app: sql.Identifier, eraser: sql.Identifier | None) -> None:
    """Rights of the roles, in the words of accounts/hardening.py: also on months that will be made."""
    schema = sql.Identifier(SCHEMA_NAME)
    statements = [
        sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, app),
        sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA {} FROM PUBLIC, {}").format(schema, app),
        sql.SQL("GRANT INSERT ON ALL TABLES IN SCHEMA {} TO {}").format(schema, app),
        sql.SQL("ALTER DEFAULT PRIVILEGES IN SCHEMA {} GRANT INSERT ON TABLES TO {}").format(schema, app),
        *(sql.SQL("REVOKE EXECUTE ON FUNCTION {} FROM PUBLIC").format(sql.SQL(function)) for function in (MAKE, DROP)),
        sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(sql.SQL(MAKE), app),
    ]
    if eraser is not None:
        statements += [
            sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, eraser),
            sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(sql.SQL(DROP), eraser),
        ]
    for statement in statements:
        cursor.execute(statement.as_string(None))
