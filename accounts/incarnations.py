"""Which life of the database this is. Transaction ids begin anew where a dump is loaded into another cluster, so every row that
bears one bears the incarnation's number as well, and `as_of` and the audit tree compare that first.

Whoever restores, by whatever means, the number is raised before anything is written: each connection of Keyholder begins by
comparing the cluster's own identifier with the one that the last incarnation began in.
"""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ProgrammingError
from psycopg.errors import UndefinedFunction

RESTORED = "database.restored"

# Rows of history ask for the number by a function, since a default cannot hold a query. It stands before the first of them.
SCHEMA = f"""
CREATE TABLE accounts_incarnation (
    number integer PRIMARY KEY,
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    system_identifier bigint NOT NULL
);
INSERT INTO accounts_incarnation (number, system_identifier) SELECT 1, system_identifier FROM pg_control_system();
CREATE FUNCTION kh_incarnation() RETURNS integer LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT number FROM public.accounts_incarnation ORDER BY number DESC LIMIT 1);
END $$;
CREATE FUNCTION kh_begin_incarnation() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO public.accounts_incarnation (number, system_identifier)
    SELECT last.number + 1, here.system_identifier
    FROM (SELECT * FROM public.accounts_incarnation ORDER BY number DESC LIMIT 1) AS last, pg_control_system() AS here
    WHERE last.system_identifier <> here.system_identifier
    ON CONFLICT (number) DO NOTHING;
    IF FOUND THEN
        INSERT INTO public.accounts_auditevent
            (at, verb, actor, on_behalf_of, target_type, target_id, reason, details, request_id, salts)
        SELECT clock_timestamp(), '{RESTORED}', 'Keyholder', '', 'accounts.incarnation', number, '', '{{}}', '', '{{}}'
        FROM public.accounts_incarnation ORDER BY accounts_incarnation.number DESC LIMIT 1;
    END IF;
END $$;
"""  # noqa: S608  # nosec B608  # words of our own


def begin_where_restored(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """What each new connection does first."""
    with connection.cursor() as cursor:
        try:
            cursor.execute("SELECT kh_begin_incarnation()")
        except ProgrammingError as error:
            # Before the first migration there is nothing to tell apart.
            if not isinstance(error.__cause__, UndefinedFunction):
                raise
