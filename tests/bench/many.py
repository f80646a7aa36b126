"""Very many keys at once, past triggers and history: for measuring what a question costs among them."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql

from kyc.keys import secret

PEPPER = "demo-pepper-of-no-value"
KEYS_A_CUSTOMER = 10
UNTRIGGERED = "-c session_replication_role=replica"
NEEDED = """
SELECT column_name, data_type FROM information_schema.columns
WHERE table_name = %s AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'
"""
NOTHING = {
    "bigint": "0", "integer": "0", "smallint": "0", "boolean": "false", "jsonb": "'{}'", "ARRAY": "'{}'", "date": "current_date",
    "timestamp with time zone": "now()",
}  # fmt: skip


def fill(connection: psycopg.Connection[Any], table: str, rows: int, **columns: str) -> None:
    """So many rows; `columns` are expressions over the row's number `n`. What else a row needs is empty."""
    needed = dict(connection.execute(NEEDED, [table]).fetchall())
    values = {name: NOTHING.get(kind, "''") for name, kind in needed.items()} | columns
    connection.execute(
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM generate_series(1, {}) AS series (n)").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join(map(sql.SQL, values.values())),  # type: ignore[arg-type]  # expressions of the bench
            rows,
        )
    )


def written(number: int) -> Iterator[secret.Written]:
    for _ in range(number):
        yield secret.generate()


def make(connection: psycopg.Connection[Any], number: int) -> list[str]:
    """Customers with so many good keys in all, each with links, statuses and lifted holds; the keys' secrets."""
    tokens, customers = list(written(number)), number // KEYS_A_CUSTOMER
    connection.execute("CREATE TEMPORARY TABLE made (n bigint PRIMARY KEY, prefix text, digest text, last_four text)")
    with connection.cursor() as cursor, cursor.copy("COPY made FROM STDIN") as copy:
        for n, one in enumerate(tokens, start=1):
            copy.write_row((n, one.prefix, secret.digest(one.text, PEPPER), one.last_four))
    customer = f"(n - 1) / {KEYS_A_CUSTOMER} + 1"
    fill(connection, "accounts_organisation", customers, id="n", name="'Customer ' || n")
    fill(connection, "accounts_project", customers, id="n", organisation_id="n", name="'Default'")
    fill(connection, "kyc_party", customers, id="n", organisation_id="n", kind="'person'", name="'Person ' || n")
    for axis in ("iaas", "ear"):
        fill(
            connection, "kyc_personstatus", customers, organisation_id="n", party_id="n", axis=f"'{axis}'", standing="'foreign'",
            basis="'none'",
        )  # fmt: skip
    fill(
        connection, "kyc_entity", customers, id="n", organisation_id="n", party_id="n", decision_id="n", reference="'E-' || n",
        assurance="'verified'", valid_from="now() - interval '1 day'", valid_until="now() + interval '1 year'",
    )  # fmt: skip
    fill(
        connection, "kyc_key", number, id="n", organisation_id=customer, project_id=customer, responsible_id=customer,
        name="'Key ' || n", state="'active'", pepper_version="'1'", scopes="'{models.read,chat}'", tiers="'{standard}'",
        **{name: f"(SELECT {name} FROM made WHERE made.n = series.n)" for name in ("prefix", "digest", "last_four")},
    )  # fmt: skip
    fill(
        connection, "kyc_link", number, organisation_id=customer, key_id="n", entity_id=customer, responsible_id=customer,
        because="'bench'", valid_from="now() - interval '1 day'",
    )  # fmt: skip
    fill(
        connection, "kyc_hold", number // 5, organisation_id=f"(n * 5 - 1) / {KEYS_A_CUSTOMER} + 1", key_id="n * 5",
        source="'desk'", reason="'bench'", lifted_at="now()", lifted_by_id="1", lift_reason="'bench'",
    )  # fmt: skip
    connection.execute("VACUUM ANALYZE")
    return [one.text for one in tokens]


def library(connection: psycopg.Connection[Any], number: int, hashed: Any) -> list[str]:
    """As many keys of the library's; `hashed` is how it stores one."""
    found = [(secrets.token_hex(4), secrets.token_hex(16)) for _ in range(number)]
    now = datetime.now(UTC)
    with connection.cursor() as cursor:
        columns = "(id, prefix, hashed_key, created, name, revoked)"
        with cursor.copy(f"COPY rest_framework_api_key_apikey {columns} FROM STDIN") as copy:
            for prefix, rest in dict(found).items():
                stored = hashed(f"{prefix}.{rest}")
                copy.write_row((f"{prefix}.{stored}", prefix, stored, now, "bench", False))
    connection.execute("ANALYZE rest_framework_api_key_apikey")
    return [f"{prefix}.{rest}" for prefix, rest in dict(found).items()]
