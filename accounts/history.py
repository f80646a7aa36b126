"""Known time: every model is tracked by triggers, and what we knew at a moment can be read back.

A row is visible in a snapshot when the transaction that wrote its event was; the newest visible event of an object, by
`pgh_id`, is its state. Never order by transaction id or time: a transaction with an old id may write last. Transaction ids mean
something in one incarnation of the database only (accounts/incarnations.py); what one has left, all later ones see.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, TypeVar

import pghistory
import pghistory.models
from django.db import connection, models
from django.db.models import Exists, F, Func, OuterRef, Q, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.refused import Refused
from config.jobs import Claimable

Tracked = TypeVar("Tracked", bound=type[models.Model])
LEASE_FIELDS = [field.name for field in Claimable._meta.local_fields]


class TransactionIdField(models.Field):
    """PostgreSQL's xid8: never wraps, so it can be compared with a stored snapshot for ever."""

    def db_type(self, connection: Any) -> str:
        return "xid8"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> int | None:
        return None if value is None else int(value)


class SnapshotField(models.Field):
    """PostgreSQL's pg_snapshot, kept as its text."""

    def db_type(self, connection: Any) -> str:
        return "pg_snapshot"


class CurrentTransaction(Func):
    function = "pg_current_xact_id"
    arity = 0
    output_field = TransactionIdField()


class CurrentIncarnation(Func):
    function = "kh_incarnation"
    arity = 0
    output_field = models.IntegerField()


class Event(pghistory.models.Event):
    """One change of one row: the row as it then was, the transaction, and who asked."""

    pgh_id = models.BigAutoField(primary_key=True)
    pgh_xid = TransactionIdField(db_default=CurrentTransaction(), editable=False)
    pgh_incarnation = models.IntegerField(db_default=CurrentIncarnation(), editable=False)

    class Meta:
        abstract = True


def tracked(*, exclude: Collection[str] = ()) -> Callable[[Tracked], Tracked]:
    """Class decorator: history of insert, update and delete; leases and `exclude` are left out."""

    def decorate(model: Tracked) -> Tracked:
        left_out = [*exclude, *(LEASE_FIELDS if issubclass(model, Claimable) else [])]
        covered = ["pgh_xid", "pgh_incarnation"]
        index = models.Index(fields=["pgh_obj_id", "pgh_id"], include=covered, name=f"{model._meta.model_name}_as_of"[:30])
        return pghistory.track(
            pghistory.InsertEvent(),
            pghistory.UpdateEvent(),
            pghistory.DeleteEvent(),
            exclude=left_out or None,
            base_model=Event,
            context_field=pghistory.ContextJSONField(),
            obj_field=pghistory.ObjForeignKey(db_index=False),
            meta={"indexes": [index]},
        )(model)

    return decorate


class FutureAsked(Refused):
    """The instant has not come: nobody knows yet what will be true then, or known."""


class VisibleIn(Func):
    function = "pg_visible_in_snapshot"
    template = "%(function)s(%(expressions)s::pg_snapshot)"
    arity = 2
    output_field = models.BooleanField()


def seen_in(snapshot: Any, *, prefix: str = "") -> Q:
    """Of rows that bear `xid` and `incarnation`, those whose transaction had been committed in `snapshot`."""
    seen = Q(VisibleIn(F(f"{prefix}xid"), Value(snapshot.snapshot)), **{f"{prefix}incarnation": snapshot.incarnation})
    return seen | Q(**{f"{prefix}incarnation__lt": snapshot.incarnation})


def as_of(model: type[models.Model], snapshot: Any, *, recorded_by: datetime | None = None) -> models.QuerySet[Any]:
    """Event rows, one an object, that held in `snapshot` (accounts.Snapshot). Columns are the model's, the object's id is
    `pgh_obj_id`. An anti-join, so any filter may be added and stays right even where the column changed over time.
    `recorded_by` leaves out what was recorded later than that instant, though it is known in the snapshot."""
    events = model.pgh_event_model.objects  # type: ignore[attr-defined]  # pghistory adds it
    visible = seen_in(snapshot, prefix="pgh_")
    if recorded_by is not None:
        visible &= Q(pgh_created_at__lte=recorded_by)
    newer = events.filter(visible, pgh_obj_id=OuterRef("pgh_obj_id"), pgh_id__gt=OuterRef("pgh_id"))
    return events.filter(visible, ~Exists(newer)).exclude(pgh_label="delete")


def changes(model: type[models.Model], snapshot: Any) -> models.QuerySet[Any]:
    """All event rows visible in `snapshot`, oldest first: the history as it was known then."""
    events = model.pgh_event_model.objects  # type: ignore[attr-defined]  # pghistory adds it
    return events.filter(seen_in(snapshot, prefix="pgh_")).order_by("pgh_id")


# Quiet: the newest number is the storing transaction's own, and none was open when it looked. One that was open then has
# an older number and leaves no trace here when it ends.
QUIET = """
SELECT ARRAY[pg_snapshot_xmin(stored), pg_snapshot_xmax(stored), pg_snapshot_xmin(now), pg_snapshot_xmax(now)]::text[]::bigint[]
    = ARRAY[xid, xid, xid + 1, xid + 1] AND kh_incarnation() = %s
FROM (SELECT %s::pg_snapshot AS stored, pg_current_snapshot() AS now, %s::bigint AS xid) AS ends
"""


def written_since(snapshot: Any) -> bool:
    """Whether any transaction may have ended since, other than the one that stored that snapshot."""
    with connection.cursor() as cursor:
        cursor.execute(QUIET, [snapshot.incarnation, snapshot.snapshot, snapshot.xid])
        return not cursor.fetchone()[0]


def checked_instant(instant: datetime) -> datetime:
    if instant > timezone.now():
        raise FutureAsked(_("“As known at” lies in the future. Choose a moment that has passed."))
    return instant
