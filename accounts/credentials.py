"""Gateways' own credentials: shown once, kept as a prefix and a digest. `by=None` is the operator of the machine."""

import hashlib
import hmac
import secrets

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, certificates
from accounts.models import GatewayCredential, User
from accounts.organisations import printable
from accounts.permissions import Permission, require
from accounts.refused import Refused
from accounts.staff import held

MARK = "khgw_"
LONGEST_NAME = 100


def digest(text: str) -> str:
    """SHA-256 is enough: the text holds 256 random bits."""
    return hashlib.sha256(text.encode()).hexdigest()


class BadName(Refused):
    """A gateway in use is told from others by its name."""

    field = "name"


@transaction.atomic
def issue(*, name: str, for_test: bool = False, certificate: str = "", by: User | None) -> tuple[GatewayCredential, str]:
    """The credential and its text, which is told this once. One `for_test` knows sandboxes' keys only. With the fingerprint of a
    client certificate it is good together with that alone. Raises BadName, BadThumbprint, NotRead, NotPermitted."""
    if by is not None:
        held(by)
        require(by, Permission.GATEWAYS_MANAGE)
    typed, name = " ".join(name.split()), printable(name)
    if not name:
        raise BadName(_("Give the gateway a name, so that you can tell it from others."))
    if name != typed:
        raise BadName(_("The name holds characters that cannot be shown. Type it anew rather than pasting it."))
    # Cut, it would not be found by the name that it was issued under.
    if len(name) > LONGEST_NAME:
        raise BadName(_("The name has %(n)s characters; at most %(most)s.") % {"n": len(name), "most": LONGEST_NAME})
    if GatewayCredential.objects.filter(name=name, revoked_at__isnull=True).exists():
        raise BadName(_("A gateway in use is called %(name)s already; choose another name.") % {"name": name})
    bound = certificates.to_bind(certificate)
    text = MARK + secrets.token_hex(4) + "_" + secrets.token_urlsafe(32)
    credential = GatewayCredential.objects.create(
        name=name, prefix=text[:13], digest=digest(text), for_test=for_test, certificate=bound
    )
    more: dict[str, str | bool] = ({"for_test": True} if for_test else {}) | ({"certificate": bound} if bound else {})
    audit.record("gateway.credential_issued", target=credential, by=by, name=name, **more, **audit.operator(by))
    return credential, text


@transaction.atomic
def revoke(credential: GatewayCredential, *, by: User | None) -> None:
    if by is not None:
        held(by)
        require(by, Permission.GATEWAYS_MANAGE)
    if GatewayCredential.objects.filter(pk=credential.pk, revoked_at__isnull=True).update(revoked_at=timezone.now()):
        audit.record("gateway.credential_revoked", target=credential, by=by, name=credential.name, **audit.operator(by))


def authenticate(text: str) -> GatewayCredential | None:
    found = GatewayCredential.objects.filter(prefix=text[:13], revoked_at__isnull=True).first()
    return found if found and is_of(text, found.digest) else None


def is_of(text: str, stored: str) -> bool:
    """Whether this is the credential of that digest."""
    return hmac.compare_digest(stored, digest(text))
