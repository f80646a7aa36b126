"""What a question about a key costs the database: one call in autocommit, of a function whose plan it keeps.

Nobody knows whose key it is before it is found, so the function stands before the walls (accounts/walls.py): it runs as the
owner, answers one prefix at a time, and is the app's alone to call. That saves BEGIN, two settings and COMMIT. The gateway's own
credential is read in the same call, so that one which is revoked is refused with the next question: there is no memory that could
be behind.

All is judged by the clock of the statement and of rows that are committed by then."""

import json
from typing import Any
from weakref import WeakSet

import psycopg
from django.apps import AppConfig
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, connections
from psycopg import sql
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult

from kyc.keys import sharing, staged
from kyc.keys.closed import CLOSED
from kyc.keys.pools import LEFT_AS_JSON
from kyc.keys.sharing import REACHED

# What there is to tell of a key `k` with its live link and entity.
OF_KEY = """
    k.id AS key, k.prefix, k.digest, k.pepper_version, k.state, k.organisation_id AS organisation, k.scopes,
    CASE WHEN cardinality(closed.tiers) = 0 THEN k.tiers ELSE ARRAY (
        SELECT u.tier FROM unnest(k.tiers) WITH ORDINALITY AS u (tier, n) WHERE NOT u.tier = ANY (closed.tiers) ORDER BY u.n
    ) END AS tiers,
    k.confirmation, k.is_service, floor(extract(epoch FROM k.issued_at))::bigint AS issued_at,
    floor(extract(epoch FROM k.expires_at))::bigint AS expires_at, k.expires_at <= statement_timestamp() AS is_over,
    o.sandbox, p.name AS project, l.id AS link, l.responsible_id AS responsible,
    e.reference, e.assurance, e.ended_at IS NOT NULL AS has_ended, e.valid_from > statement_timestamp() AS is_early,
    e.valid_until <= statement_timestamp() AS has_expired, floor(extract(epoch FROM e.valid_until))::bigint AS valid_until,
    (
        EXISTS (SELECT FROM kyc_hold h WHERE h.key_id = k.id AND h.lifted_at IS NULL)
        OR EXISTS (SELECT FROM kyc_hold h WHERE h.on_organisation_id = k.organisation_id AND h.lifted_at IS NULL)
        OR EXISTS (SELECT FROM kyc_hold h WHERE h.entity_id = l.entity_id AND h.lifted_at IS NULL)
        OR '*' = ANY (closed.tiers) OR cardinality(closed.tiers) > 0 AND k.tiers::text[] <@ closed.tiers
    ) AS is_held
"""
# What is told of an imported key that was none of ours yet. In a function of its own: the plan of a question is made ready whole
# each time, also those parts that are not come to, and most keys are ours.
ESTATE = f"""
SELECT json_build_object(
    'prefix', i.prefix, 'digest', i.digest, 'scheme', i.scheme, 'organisation', i.organisation_id, 'project', h.name,
    'issued_at', floor(extract(epoch FROM i.issued_on::timestamp AT TIME ZONE 'UTC'))::bigint,
    'is_revoked', i.revoked_at IS NOT NULL OR i.became_id IS NOT NULL OR a.closed_at IS NOT NULL,
    'is_held', EXISTS (SELECT FROM kyc_hold h WHERE h.on_organisation_id = i.organisation_id AND h.lifted_at IS NULL)
        OR EXISTS ({CLOSED.format(clock="statement_timestamp()", key="NULL", organisation="i.organisation_id")}),
    'is_due', m.due_at <= statement_timestamp(), 'is_limited', m.limited_at <= statement_timestamp(),
    'due_at', floor(extract(epoch FROM m.due_at))::bigint,
    'limited_at', floor(extract(epoch FROM m.limited_at))::bigint, 'requests_a_day', m.requests_a_day,
    'limits', {staged.LEFT_AS_JSON}
) FROM kyc_importedkey i JOIN kyc_remediation m ON m.id = i.remediation_id
JOIN accounts_organisation a ON a.id = i.organisation_id JOIN accounts_project h ON h.id = i.project_id
WHERE i.prefix = asked
"""  # noqa: S608  # nosec B608  # words of our own
ROUND_KEY = f"""
LEFT JOIN accounts_organisation o ON o.id = k.organisation_id
LEFT JOIN accounts_project p ON p.id = k.project_id
LEFT JOIN kyc_link l ON l.key_id = k.id AND l.organisation_id = k.organisation_id AND l.valid_to IS NULL
LEFT JOIN kyc_entity e ON e.id = l.entity_id AND e.organisation_id = k.organisation_id
CROSS JOIN LATERAL (SELECT ARRAY ({CLOSED.format(clock="statement_timestamp()", key="k.id", organisation="k.organisation_id")})
    AS tiers) AS closed
"""  # nosec B608  # expressions of ours
FOUND = f"""
SELECT g.id AS gateway, g.digest AS gateway_digest, g.certificate AS gateway_certificate, g.for_test, {OF_KEY},
    (
        SELECT json_object_agg(s.axis, json_build_object('standing', s.standing, 'checked', EXISTS (
            SELECT FROM kyc_statusproof q JOIN kyc_document d ON d.id = q.document_id
            WHERE q.status_id = s.id AND q.valid_until >= current_date AND d.removed_at IS NULL
        ))) FROM kyc_personstatus s WHERE s.party_id = l.responsible_id AND s.valid_to IS NULL
    ) AS person,
    CASE WHEN k.allowed_networks = '{{}}' THEN true WHEN address IS NULL THEN NULL ELSE EXISTS (
        SELECT FROM unnest(k.allowed_networks) AS n WHERE n::cidr >>= address
    ) END AS is_allowed_here,
    CASE WHEN address IS NULL THEN NULL ELSE (
        SELECT json_build_array(n.country, n.region) FROM kyc_place n WHERE n.network >>= address
        ORDER BY masklen(n.network) DESC LIMIT 1
    ) END AS place,
    {LEFT_AS_JSON} AS limits,
    {REACHED} AS is_shared_reached,
    CASE WHEN k.id IS NULL AND asked IS NOT NULL THEN public.kh_estate(asked) END AS estate
FROM (SELECT) AS always
LEFT JOIN accounts_gatewaycredential g ON g.prefix = gateway AND g.revoked_at IS NULL
LEFT JOIN kyc_key k ON k.prefix = asked
{ROUND_KEY}
"""  # noqa: S608  # nosec B608  # expressions of ours
FUNCTIONS = f"""
{sharing.FUNCTIONS}
CREATE OR REPLACE FUNCTION public.kh_estate(asked text) RETURNS json
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    RETURN ({ESTATE});
END $$;
CREATE OR REPLACE FUNCTION public.kh_introspect(gateway text, asked text, address inet) RETURNS json
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_variable
DECLARE answer json;
BEGIN
    SELECT row_to_json(told) INTO answer FROM ({FOUND}) AS told;
    RETURN answer;
END $$;
REVOKE EXECUTE ON FUNCTION public.kh_introspect(text, text, inet), public.kh_estate(text) FROM PUBLIC;
"""  # noqa: S608  # nosec B608  # a query of ours
GRANT = f"GRANT EXECUTE ON FUNCTION public.kh_introspect(text, text, inet), {sharing.ASKED} TO {{}}"
ASK = "SELECT * FROM public.kh_introspect(%s, %s, %s::inet)"
NAME, PREPARE = b"kh_introspect", b"SELECT public.kh_introspect($1::text, $2::text, $3::inet)"
NOT_PREPARED = b"26000"
PREPARED: WeakSet[psycopg.Connection[Any]] = WeakSet()
OWNS = "SELECT tableowner = current_user FROM pg_tables WHERE schemaname = 'public' AND tablename = 'kyc_key'"


def after_migrate(*, app_config: AppConfig, using: str, **_: Any) -> None:
    """As this code has it, after every migration; does nothing unless connected as the owner."""
    if app_config.name != "kyc" or connections[using].vendor != "postgresql":
        return
    with connections[using].cursor() as cursor:
        cursor.execute(OWNS)
        if (owns := cursor.fetchone()) and owns[0]:
            cursor.execute(FUNCTIONS)
            cursor.execute(sql.SQL(GRANT).format(sql.Identifier(settings.DB_ROLE_NAMES["app"])).as_string(None))


def ask(gateway: str | None, asked: str | None, address: str | None = None) -> dict[str, Any]:
    """What there is of the gateway's credential and the key by their prefixes, None for what there is not; columns as above.

    The connection is not tried out before, which would be a question of its own: one that has died is found by this one, which
    only reads and is put once more. One that took too long is not: whoever waits for it has waited long enough."""
    connection.health_check_done = True  # type: ignore[attr-defined]  # left out of the stubs
    try:
        return asked_once(gateway, asked, address)
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block or not is_lost():
            raise
        connection.close()
        return asked_once(gateway, asked, address)


def is_lost() -> bool:
    return connection.connection is None or connection.connection.closed


def asked_once(gateway: str | None, asked: str | None, address: str | None) -> dict[str, Any]:
    connection.ensure_connection()
    # Whoever counts queries is to see this one.
    if connection.queries_logged:
        with connection.cursor() as cursor:
            cursor.execute(ASK, (gateway, asked, address))
            logged: dict[str, Any] = cursor.fetchone()[0]
        return logged
    with connection.wrap_database_errors:
        told: dict[str, Any] = json.loads(prepared(connection.connection, gateway, asked, address))
    return told


def prepared(on: psycopg.Connection[Any], *values: str | None) -> bytes:
    """By the driver's own interface to libpq: a cursor costs a third of what the database does. The statement is prepared once in
    each connection, also where something between us and the database has put us through to another one."""
    if on not in PREPARED:
        checked(on.pgconn.prepare(NAME, PREPARE))
        PREPARED.add(on)
    sent: list[Any] = [None if value is None else value.encode() for value in values]
    result = on.pgconn.exec_prepared(NAME, sent)
    if result.error_field(DiagnosticField.SQLSTATE) == NOT_PREPARED:
        checked(on.pgconn.prepare(NAME, PREPARE))
        result = on.pgconn.exec_prepared(NAME, sent)
    return checked(result).get_value(0, 0) or b""


def checked(result: PGresult) -> PGresult:
    if result.status in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
        return result
    error = psycopg.errors.error_from_result(result)
    # What libpq says itself, of a connection that was cut, has no code, and so no class of its own there.
    raise error if error.sqlstate else psycopg.OperationalError(*error.args)
