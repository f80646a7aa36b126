"""What stops a key, found by its prefix or by the number of an answer that refused it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts import audit
from accounts.models import User
from kyc.keys import asking, feed, introspection, pools
from kyc.keys.models import Hold, Key
from kyc.keys.pools import Left
from kyc.keys.refusal_models import KeyRefusal

# Nobody pastes more than an answer with its headers.
LONGEST = 2000
PREFIX = re.compile(r"kh_(?:live|test)_[0-9A-Za-z]{12}", re.ASCII)
REQUEST = re.compile(r"(?<![0-9A-Za-z_])[0-9A-Fa-f]{16}(?![0-9A-Za-z_])", re.ASCII)

# Reasons of one call, and not of the key: no state says whether they are over.
OF_CALL = frozenset({"network_not_allowed", "network_not_told", "embargoed_region", "key_unknown"})
FOR_EVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Asked:
    """What of a text may be looked up and shown again: one of both. `is_secret` where more of a key stood there."""

    prefix: str = ""
    request_id: str = ""
    is_secret: bool = False


@dataclass(frozen=True)
class Finding:
    """`reason` is a code of introspection, of now, empty where the key is good wherever it may be used; `refusal` the answer that
    was asked about, or the key's last one that is still known."""

    key: Key
    reason: str
    since: datetime | None
    limit: Left | None
    refusal: KeyRefusal | None
    # Whether replicas are not told of its last change yet.
    is_behind: bool


def read(text: str) -> Asked | None:
    """Whatever else stands around it. None where neither stands there."""
    if found := PREFIX.search(text[:LONGEST]):
        following = text[found.end() : found.end() + 1]
        return Asked(prefix=found[0], is_secret=following.isascii() and following.isalnum())
    if found := REQUEST.search(text[:LONGEST]):
        return Asked(request_id=found[0].lower())
    return None


def find(asked: Asked | None, keys: QuerySet[Key]) -> Finding | None:
    """Among these keys; of any other one the answer is the same as of none. The gateways' own question is asked, without where a
    call comes from."""
    refusals = KeyRefusal.objects.filter(key__in=keys).select_related("gateway").order_by("-at", "-pk")
    if asked is None:
        return None
    if asked.prefix:
        key = keys.filter(prefix=asked.prefix).first()
        refusal = refusals.filter(key=key).first() if key else None
    else:
        refusal = refusals.filter(request_id=asked.request_id).first()
        key = keys.get(pk=refusal.key_id) if refusal else None
    if key is None:
        return None
    row = asking.ask(None, key.prefix)
    reason = introspection.why_not(row) or introspection.why_not_now(row)
    reached = [left for left in pools.left_of(key.pk) if not left.left] if reason == "limit_reached" else []
    # Of several the one that stops it for longest: whoever raised another would be refused as before.
    limit = max(reached, key=lambda left: left.resets_at or FOR_EVER, default=None)
    return Finding(key, reason, since(key, reason), limit, refusal, feed.is_behind(key.organisation_id, key.pk))


def since(key: Key, reason: str) -> datetime | None:
    """None where nobody knows, and of a verification that has not begun when it does."""
    link = key.link_set.select_related("entity").order_by("valid_to").last()
    entity = link.entity if link else None
    of_key = {
        "key_revoked": key.revoked_at,
        "key_expired": key.expires_at,
        "key_not_linked": link.valid_to if link else key.issued_at,
    }
    of_entity = (
        {"entity_ended": entity.ended_at, "entity_expired": entity.valid_until, "entity_not_yet_valid": entity.valid_from}
        if entity
        else {}
    )
    return held_since(key, entity and entity.pk) if reason == "key_held" else (of_key | of_entity).get(reason)


def held_since(key: Key, entity: int | None) -> datetime | None:
    return holds_on(key, entity).values_list("placed_at", flat=True).first()


def holds_on(key: Key, entity: int | None) -> QuerySet[Hold]:
    """Those that stop it now, its own, its organisation's and its entity's, the oldest first."""
    live = Hold.objects.live()
    stands = live.filter(key=key) | live.filter(on_organisation=key.organisation_id)
    if entity:
        stands |= live.filter(entity=entity)
    return stands.select_related("placed_by").order_by("placed_at", "pk")


@transaction.atomic
def looked_up(finding: Finding, *, by: User) -> None:
    """That an officer has asked about a customer's key, with which answer."""
    audit.record("key.looked_up", target=finding.key, by=by, prefix=finding.key.prefix, answer=finding.reason or "good")
