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
# All but those that stand behind a constraint.
INDEXES = """
SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = %s::regclass AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
"""
# From so many rows on it is quicker to make the indexes afterwards.
FEW = 10_000
NOTHING = {
    "bigint": "0", "integer": "0", "smallint": "0", "boolean": "false", "jsonb": "'{}'", "ARRAY": "'{}'", "date": "current_date",
    "timestamp with time zone": "now()",
}  # fmt: skip


def fill(connection: psycopg.Connection[Any], table: str, rows: int, *, beside: str = "", **columns: str) -> None:
    """So many rows; `columns` are expressions over the row's number `n`, and over the row of the table `beside` with that number.
    What else a row needs is empty. Indexes that refuse nothing are made afterwards, all at once."""
    needed = dict(connection.execute(NEEDED, [table]).fetchall())
    values = {name: NOTHING.get(kind, "''") for name, kind in needed.items()} | columns
    joined = sql.SQL(" JOIN {} USING (n)").format(sql.Identifier(beside)) if beside else sql.SQL("")
    indexes = connection.execute(INDEXES, [table]).fetchall() if rows > FEW else []
    for name, _definition in indexes:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    connection.execute(
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM generate_series(1, {}) AS series (n){}").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join(map(sql.SQL, values.values())),  # type: ignore[arg-type]  # expressions of the bench
            rows,
            joined,
        )
    )
    for _name, definition in indexes:
        connection.execute(definition)


def written(number: int) -> Iterator[secret.Written]:
    """As secret.generate writes them, without a question to the system for each letter."""
    letters = bytes(secret.ALPHABET[byte % len(secret.ALPHABET)].encode()[0] for byte in range(256))
    for _ in range(number):
        body = "kh_live_" + secrets.token_bytes(52).translate(letters).decode()
        yield secret.Written(body + secret.checksum(body), body[:20])


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
        prefix="made.prefix", digest="made.digest", last_four="made.last_four", beside="made",
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


def old(connection: psycopg.Connection[Any], number: int) -> None:
    """All of them were issued long ago and used today, and whoever answers for them has a role."""
    customers = number // KEYS_A_CUSTOMER
    fill(connection, "kyc_role", customers, organisation_id="n", party_id="n", kind="'key_holder'")
    connection.execute("UPDATE kyc_key SET issued_at = now() - interval '200 days'")
    customer = f"(n - 1) / {KEYS_A_CUSTOMER} + 1"
    fill(connection, "kyc_keyuse", number, key_id="n", organisation_id=customer, last_used_at="now()")
    connection.execute("VACUUM ANALYZE")


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
