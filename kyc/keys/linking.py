"""Links keys to the verified entity they answer to."""

from datetime import timedelta

from django.utils import timezone

from accounts import audit
from accounts.refused import Refused
from config import jobs
from kyc.cases.models import Entity
from kyc.keys.models import Key, Link

QUEUE = jobs.Queue(
    name="keys.link", model=Key, field="state", ready=Key.State.UNLINKED, failed=Key.State.FAILED, lease=timedelta(seconds=20)
)


class NoEntity(Refused):
    """The organisation has no live entity that the key could answer to."""


def entity_for(key: Key) -> Entity:
    now = timezone.now()
    live = Entity.objects.filter(
        organisation=key.organisation_id, ended_at__isnull=True, valid_from__lte=now, valid_until__gt=now
    )
    entity = live.select_related("decision__case").first()
    if entity is None:
        raise NoEntity("The organisation has no live entity.")
    return entity


def because(entity: Entity) -> str:
    return f"{entity.reference} was verified by the decision of {entity.decision.case.number} on {entity.valid_from:%Y-%m-%d}"


def run() -> None:
    """Takes each unlinked key once. The link is written before the state, so the database's guard sees it."""
    for claim in QUEUE.claims():
        with claim:
            key: Key = claim.row
            entity = entity_for(key)
            reason = because(entity)
            with claim.finish(state=Key.State.HELD):
                # Inserting the link settles the key: its trigger makes it active unless a hold stands against it.
                link = Link.objects.create(
                    organisation_id=key.organisation_id,
                    key=key,
                    entity=entity,
                    responsible_id=key.responsible_id,
                    valid_from=timezone.now(),
                    because=reason,
                )
                audit.record("key.linked", target=link, by=None, reason=reason, key=key.prefix, entity=entity.reference)
