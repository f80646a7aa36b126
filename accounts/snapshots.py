"""Snapshots of what was committed, stored with their time, so that a report can say what was known then."""

from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.history import checked_instant, written_since
from accounts.models import Snapshot
from accounts.refused import Refused


class NothingKnown(Refused):
    """The instant lies before the first thing this installation ever stored."""


def take() -> Snapshot:
    """Stores what is committed now. Its time is the database's, read after the snapshot. Refuses to stand inside another
    transaction: whether that one's own writes show would depend on which later transactions of the server have ended."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_snapshot (taken_at, snapshot) SELECT clock_timestamp(), pg_current_snapshot() RETURNING id"
        )
        return Snapshot.objects.get(pk=cursor.fetchone()[0])


def tick() -> bool:
    """Stores a snapshot when something was written since the last one; says whether it did."""
    last = Snapshot.objects.order_by("-id").first()
    if last is not None and not written_since(last):
        return False
    take()
    return True


def at(instant: datetime) -> Snapshot:
    """The newest snapshot stored at or before `instant`; a future instant is refused."""
    found = Snapshot.objects.filter(taken_at__lte=checked_instant(instant)).order_by("-taken_at", "-id").first()
    if found is None:
        raise NothingKnown(_("Nothing was recorded yet at that moment."))
    return found
