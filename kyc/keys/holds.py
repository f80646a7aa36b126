"""Placing and lifting the reasons why a key, an organisation or an entity may not act."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.compartment import refuse_incidents
from accounts.models import Organisation, User
from accounts.permissions import Permission, require
from accounts.refused import ReasonMissing, is_said
from kyc.cases.models import Entity
from kyc.keys.models import Hold, Key, serialise


@transaction.atomic
def place(
    *,
    key: Key | None = None,
    organisation: Organisation | None = None,
    entity: Entity | None = None,
    source: str = Hold.OFFICER,
    reason: str,
    by: User,
) -> Hold:
    """Exactly one of key, organisation and entity. In force on the next question a gateway asks. Repeated by the same officer for
    the same reason while it is in force, it is silence, however many come at once."""
    require(by, Permission.HOLD_PLACE)
    if not is_said(reason):
        raise ReasonMissing(_("Say why the hold is placed."))
    refuse_incidents(reason)
    touched = organisation or (key or entity).organisation  # type: ignore[union-attr]  # one of three, held by a CHECK
    serialise(touched.pk)
    said = {"on_organisation": organisation, "key": key, "entity": entity, "source": source, "reason": reason}
    if standing := Hold.objects.live().filter(organisation=touched, **said, placed_by=by).first():
        return standing
    return put(touched, **said, by=by)


@transaction.atomic
def place_by_policy(organisation: Organisation, *, source: str, reason: str) -> Hold:
    """The whole organisation is held by the product itself, as the policy that `source` names says."""
    return put(organisation, on_organisation=organisation, source=source, reason=reason, by=None)


@transaction.atomic
def place_on_key(key: Key, *, source: str, reason: str) -> Hold:
    """One key is held by the product itself, as `place_by_policy`."""
    serialise(key.organisation_id)
    return put(key.organisation, key=key, source=source, reason=reason, by=None)


def put(touched: Organisation, *, by: User | None, **said: Any) -> Hold:
    hold = Hold.objects.create(organisation=touched, **said, placed_by=by)
    audit.record("hold.placed", target=hold, by=by, reason=hold.reason, source=plain(hold.source))
    return hold


def plain(source: str) -> str:
    """As it is told outside the compartment."""
    return Hold.OFFICER if source == Hold.RESTRICTION else source


@transaction.atomic
def lift(hold: Hold, *, reason: str, by: User) -> Hold:
    """Ends this hold and no other. Repeated, it is silence."""
    require(by, Permission.HOLD_PLACE)
    if not is_said(reason):
        raise ReasonMissing(_("Say why the hold is lifted."))
    refuse_incidents(reason)
    return end(hold, reason=reason, by=by)


@transaction.atomic
def end(hold: Hold, *, reason: str, by: User) -> Hold:
    """As `lift`, where what `by` did ends it by policy, whatever else he may do."""
    hold = Hold.objects.select_for_update().get(pk=hold.pk)
    if hold.lifted_at is None:
        hold.lifted_at, hold.lifted_by, hold.lift_reason = timezone.now(), by, reason
        hold.save(update_fields=["lifted_at", "lifted_by", "lift_reason"])
        audit.record("hold.lifted", target=hold, by=by, reason=reason)
    return hold
