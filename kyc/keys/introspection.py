"""Whether a key is good now, and for whom. One query, no memory."""

import hmac
from typing import Any

from django.conf import settings
from django.db.models import Q

from accounts import scope
from kyc.keys import secret
from kyc.keys.models import Key, Link

INACTIVE: dict[str, Any] = {"active": False}


def introspect(token: str, *, for_test: bool = False) -> dict[str, Any]:
    """RFC 7662's answer. Of a key that is not good it says only that: not why, and not whether it exists. A sandbox's key is
    good to a gateway for test alone, and to that one no other is: who stands behind a sandbox was never verified, and a
    gateway that reads nothing but `active` must not let him in."""
    written = secret.parse(token)
    if written is None:
        return INACTIVE
    whose = Q(organisation__sandbox="")
    links = Link.objects.filter(
        ~whose if for_test else whose, key__in=Key.objects.good().filter(prefix=written.prefix), valid_to__isnull=True
    )
    # Nobody knows whose key it is before it is found.
    with scope.everything():
        link = links.select_related("key__project", "key__organisation", "entity", "responsible").first()
    if link is None or not matches(link.key, written):
        return INACTIVE
    return answer(link)


def exists(token: str) -> bool:
    """Whether it is a key of ours at all, be it good or not."""
    written = secret.parse(token)
    return written is not None and any(matches(key, written) for key in Key.objects.filter(prefix=written.prefix))


def matches(key: Key, written: secret.Written) -> bool:
    pepper = settings.KEY_PEPPERS.get(key.pepper_version, "")
    return bool(pepper) and hmac.compare_digest(key.digest, secret.digest(written.text, pepper))


def answer(link: Link) -> dict[str, Any]:
    key = link.key
    found: dict[str, Any] = {
        "active": True,
        "token_type": "api_key",  # nosec B105  # a kind of token
        "client_id": key.prefix,
        "sub": link.entity.reference,
        "entity": link.entity.reference,
        "organisation": key.organisation_id,
        "project": key.project.name,
        "responsible": f"party:{link.responsible_id}",
        "iat": int(key.issued_at.timestamp()),
        "exp": int(link.entity.valid_until.timestamp()),
    }
    return found | {"sandbox": True} if key.organisation.sandbox else found
