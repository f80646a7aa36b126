"""Gateways' own credentials: shown once, kept as a prefix and a digest."""

import hashlib
import hmac
import secrets

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import GatewayCredential, User
from accounts.permissions import Permission, require

MARK = "khgw_"


def digest(text: str) -> str:
    """SHA-256 is enough: the text holds 256 random bits."""
    return hashlib.sha256(text.encode()).hexdigest()


@transaction.atomic
def issue(*, name: str, by: User) -> tuple[GatewayCredential, str]:
    require(by, Permission.GATEWAYS_MANAGE)
    text = MARK + secrets.token_hex(4) + "_" + secrets.token_urlsafe(32)
    credential = GatewayCredential.objects.create(name=name, prefix=text[:13], digest=digest(text))
    audit.record("gateway.credential_issued", target=credential, by=by, name=name)
    return credential, text


@transaction.atomic
def revoke(credential: GatewayCredential, *, by: User) -> None:
    require(by, Permission.GATEWAYS_MANAGE)
    if GatewayCredential.objects.filter(pk=credential.pk, revoked_at__isnull=True).update(revoked_at=timezone.now()):
        audit.record("gateway.credential_revoked", target=credential, by=by)


def authenticate(text: str) -> GatewayCredential | None:
    found = GatewayCredential.objects.filter(prefix=text[:13], revoked_at__isnull=True).first()
    return found if found and hmac.compare_digest(found.digest, digest(text)) else None
