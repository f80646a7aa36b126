"""Business events, written in the transaction of the change they tell of."""

import os
import pwd
from contextvars import ContextVar
from typing import Any

from django.db import models, transaction

from accounts.models import AuditEvent, Organisation, User

# Who acted when no person did.
PRODUCT = "Keyholder"
request_id: ContextVar[str] = ContextVar("request_id", default="")


def organisation_of(target: models.Model) -> int | None:
    if isinstance(target, Organisation):
        return target.pk
    return getattr(target, "organisation_id", None)


def operator(by: User | None) -> dict[str, str]:
    """Whom else to name where no account of ours acts: the system user who runs the command."""
    if by is not None:
        return {}
    try:
        return {"operator": pwd.getpwuid(os.getuid()).pw_name}
    except KeyError:
        return {"operator": str(os.getuid())}


def record(verb: str, *, target: models.Model, by: User | None, reason: str = "", **details: Any) -> AuditEvent:
    """Writes who did what to which row and why. `by=None` is the product itself. Refuses to write outside a transaction,
    so that a change and its record always stand or fall together."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("audit.record must stand in the transaction of the change")
    return AuditEvent.objects.create(
        verb=verb,
        actor_id=by.pk if by else None,
        actor=str(by) if by else PRODUCT,
        target_type=target._meta.label_lower,
        target_id=str(target.pk),
        organisation_id=organisation_of(target),
        reason=reason,
        details=details,
        request_id=request_id.get(),
    )
