"""Changing a key that lives, without another secret: what it is called, from where it may be used, and that it ends sooner.

In force on the next question that a gateway asks; a trigger tells it to those that keep a copy (kyc/keys/feed.py)."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts import audit, organisations
from accounts.models import User
from accounts.permissions import NotPermitted
from accounts.refused import Refused
from kyc.keys.actions import named
from kyc.keys.models import Key, serialise
from kyc.keys.terms import networks as read_networks


class NotChanged(Refused):
    """What is revoked or has expired stays as it is."""


class NotSooner(Refused):
    """A life only gets shorter; whoever needs longer rolls."""

    field = "expires"


@transaction.atomic
def change(key: Key, *, name: str, networks: Collection[str], expires_at: datetime | None = None, by: User) -> Key:
    """By an owner of the account. `networks` are all from which it may be used, none is anywhere; without `expires_at` it lives
    as long as before. What is as it was is silence. Raises NotPermitted, AccountClosed, NotChanged, NameMissing, SecretAsName,
    BadTerms,     NotSooner."""
    organisation = organisations.locked(key.organisation, by=by)
    if not organisations.is_owner(by, organisation):
        raise NotPermitted(_("Only an owner of the account changes a key. You may roll it."))
    serialise(organisation.pk)
    found = Key.objects.select_for_update(of=("self",)).get(pk=key.pk)
    refuse_over(found)
    called = named(name)
    if expires_at is not None:
        refuse_later(found, expires_at)
    before = len(found.allowed_networks)
    wanted = {"name": called, "allowed_networks": read_networks(networks), "expires_at": expires_at or found.expires_at}
    changed = [column for column, value in wanted.items() if getattr(found, column) != value]
    if not changed:
        return found
    for column in changed:
        setattr(found, column, wanted[column])
    found.save(update_fields=changed)
    told: dict[str, str | int] = {"prefix": found.prefix, "changed": ", ".join(changed)}
    if "allowed_networks" in changed:
        told |= {"networks": len(found.allowed_networks), "networks_before": before}
    if "expires_at" in changed:
        told["expires_at"] = f"{found.expires_at:%Y-%m-%d %H:%M:%S}"
    audit.record("key.changed", target=found, by=by, **told)
    return found


def refuse_over(key: Key) -> None:
    if key.state == Key.State.REVOKED:
        raise NotChanged(_("%(name)s is revoked and cannot be used any more.") % {"name": key.name})
    if not Key.objects.unexpired().filter(pk=key.pk).exists():
        raise NotChanged(_("%(name)s has expired. Issue a new key instead.") % {"name": key.name})


def refuse_later(key: Key, expires_at: datetime) -> None:
    if key.expires_at and expires_at > key.expires_at:
        sentence = _("A key's life only gets shorter, and this one ends on %(day)s. Roll it for a longer one.")
        raise NotSooner(sentence % {"day": date_format(key.expires_at, "j F Y")})
