"""A snapshot for tests that stand in a transaction of their own."""

from datetime import UTC, datetime

from django.db import connection

from accounts.models import Snapshot


def uncommitted() -> Snapshot:
    """Sees all that this transaction has written too, as one stored after its end would. It is stored nowhere."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint + 1, kh_incarnation()")
        after, incarnation = cursor.fetchone()
    return Snapshot(taken_at=datetime.now(UTC), snapshot=f"{after}:{after}:", incarnation=incarnation)
