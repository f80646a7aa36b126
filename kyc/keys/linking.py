"""Links keys to the verified entity they answer to, and anew when that entity was superseded."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.refused import Refused
from config import jobs
from kyc.cases.models import Entity
from kyc.keys.models import Key, Link, serialise


class LinkQueue(jobs.Queue):
    """Keys that wait for a link, those included whose link has to be ended first."""

    def is_waiting(self) -> bool:
        return self.eligible().values("pk").union(superseded().values("pk"), all=True).exists()


QUEUE = LinkQueue(
    name="keys.link",
    model=Key,
    field="state",
    ready=Key.State.UNLINKED,
    failed=Key.State.FAILED,
    lease=timedelta(seconds=20),
    since="issued_at",
)


class NoEntity(Refused):
    """The organisation has no live entity that the key could answer to."""


def entity_for(key: Key) -> Entity:
    entity = Entity.objects.live().filter(organisation=key.organisation_id).select_related("decision__case").first()
    if entity is None:
        raise NoEntity(_("The organisation has no live entity."))
    return entity


def superseded() -> QuerySet[Link]:
    """Links of held keys to an entity that has ended although the organisation has a live one again."""
    successor = Entity.objects.live().filter(organisation=OuterRef("organisation"))
    return Link.objects.filter(
        Exists(successor), valid_to__isnull=True, entity__ended_at__isnull=False, key__state=Key.State.HELD
    )


@transaction.atomic
def release(link: Link) -> None:
    """Ends a superseded link as of the entity's end; its key waits to be linked anew. Repeated, it is silence."""
    serialise(link.organisation_id)
    key = Key.objects.select_for_update().get(pk=link.key_id)
    found = superseded().select_related("entity").filter(pk=link.pk).first()
    if found is None:
        return
    reason = f"{found.entity.reference} ended: {found.entity.end_reason}"
    Link.objects.filter(pk=found.pk).update(valid_to=found.entity.ended_at, ended_because=reason)
    Key.objects.filter(pk=key.pk).update(state=Key.State.UNLINKED)
    audit.record("key.unlinked", target=found, by=None, reason=reason, key=key.prefix)


def because(entity: Entity) -> str:
    return f"{entity.reference} was verified by the decision of {entity.decision.case.number} on {entity.valid_from:%Y-%m-%d}"


def run() -> None:
    """Takes each unlinked key once. The link is written before the state, so the database's guard sees it."""
    for former in superseded():
        release(former)
    for claim in QUEUE.claims():
        with claim:
            link(claim)


def link(claim: jobs.Claim) -> None:
    """One key to its organisation's live entity."""
    key: Key = claim.row
    entity = entity_for(key)
    reason = because(entity)
    # It stays unlinked until the link stands, so that its history tells no hold where there was none.
    with claim.finish(state=Key.State.UNLINKED):
        made = Link.objects.create(
            organisation_id=key.organisation_id,
            key=key,
            entity=entity,
            responsible_id=key.responsible_id,
            valid_from=timezone.now(),
            because=reason,
        )
        settle(key)
        audit.record("key.linked", target=made, by=None, reason=reason, key=key.prefix, entity=entity.reference)


def settle(key: Key) -> None:
    """Active, or on hold where something stands against it. Writing the link has taken the lock that this needs."""
    rows = Key.objects.filter(pk=key.pk)
    rows.update(state=Key.State.ACTIVE if rows.may_act().exists() else Key.State.HELD)
