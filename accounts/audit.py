"""Business events, written in the transaction of the change they tell of."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from accounts import acting, leaves
from accounts.compartment import is_confined
from accounts.lines import request_id
from accounts.management.named import system_user
from accounts.models import AuditEvent, Membership, Organisation, User

# Who acted when no person did.
PRODUCT = "Keyholder"
# Who acted where nobody outside the compartment is told which of them.
OFFICER = "An officer"
is_unnamed: ContextVar[bool] = ContextVar("is_unnamed", default=False)


@contextmanager
def unnamed() -> Iterator[None]:
    """What is done here follows from what was decided in the compartment (accounts/compartment.py). Whoever reads outside it
    that one officer did the same to several customers would see that they belong together, so only what is recorded within says
    whose act it was."""
    token = is_unnamed.set(True)
    try:
        yield
    finally:
        is_unnamed.reset(token)


def organisation_of(target: models.Model) -> int | None:
    """None of what tells of two at once: in the record of one of them it would be read beside the other's."""
    if getattr(target, "of_the_house", False):
        return None
    if isinstance(target, Organisation):
        return target.pk
    if isinstance(target, User):
        # What a customer's member does to himself is no matter of the house.
        return Membership.objects.filter(user=target).order_by("pk").values_list("organisation", flat=True).first()
    return getattr(target, "organisation_id", None)


def operator(by: User | None, named: str = "") -> dict[str, str]:
    """Whom else to name where no account of ours acts: who is `named`, else the system user who runs the command."""
    return {"operator": named or system_user()} if by is None else {}


def record(verb: str, *, target: models.Model, by: User | None, reason: str = "", **details: Any) -> AuditEvent:
    """Writes who did what to which row and why. `by=None` is the product itself. Refuses to write outside a transaction,
    so that a change and its record always stand or fall together."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("audit.record must stand in the transaction of the change")
    named = None if is_unnamed.get() and not is_confined(type(target)) else by
    event = AuditEvent(
        verb=verb,
        actor_id=named.pk if named else None,
        actor=str(named) if named else OFFICER if by else PRODUCT,
        target_type=target._meta.label_lower,
        target_id=str(target.pk),
        organisation_id=organisation_of(target),
        reason=str(reason),
        details=details,
        on_behalf_of=acting.for_whom.get()[:250],
        request_id=request_id.get(),
    )
    names = [name for name, _ in leaves.personal(event)]
    event.salts = leaves.salted(names, secrets.token_bytes(len(names) * leaves.SALT_BYTES))
    insert(event)
    return event


# By hand, because every action waits for it: the ORM takes longer to write the statement than the database to do it.
COLUMNS = (
    "at", "verb", "actor_id", "actor", "on_behalf_of", "target_type", "target_id", "organisation_id", "reason", "details",
    "request_id", "salts",
)  # fmt: skip
VALUES = ", ".join(["%s"] * len(COLUMNS))
INSERT = f"INSERT INTO accounts_auditevent ({', '.join(COLUMNS)}) VALUES ({VALUES}) RETURNING id"  # noqa: S608  # nosec B608  # our own columns


def insert(event: AuditEvent) -> None:
    event.at = timezone.now()
    values = {name: getattr(event, name) for name in COLUMNS}
    values |= {name: json.dumps(values[name], ensure_ascii=False) for name in ("details", "salts")}
    with connection.cursor() as cursor:
        cursor.execute(INSERT, list(values.values()))
        event.pk = cursor.fetchone()[0]
    event._state.adding, event._state.db = False, connection.alias
