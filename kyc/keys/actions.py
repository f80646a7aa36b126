"""What people do with keys: issue, roll and revoke. The secret is returned once and kept nowhere."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, organisations, signals
from accounts.models import Organisation, Project, User
from accounts.permissions import NotPermitted, Permission
from accounts.refused import Refused
from config import jobs
from kyc.cases.models import Entity
from kyc.keys import answering, pools, secret
from kyc.keys.models import Hold, Key, Link, serialise
from kyc.keys.terms import Terms, longest
from kyc.keys.terms import networks as read_networks
from kyc.parties.models import Party
from kyc.rules import packs


class NotVerified(Refused):
    """Only a verified organisation holds keys."""


class NotResponsible(Refused):
    """A key answers to a person with a role who was examined with the organisation and whose status is settled."""

    field = "responsible"


class NotRolled(Refused):
    """Only a key that may act is rolled, or one that may not because its secret was found in public; and once."""


class NoSuchOverlap(Refused):
    """Policy says for how long an old key may go on beside the new one."""

    field = "overlap"


def current_pepper() -> tuple[str, str]:
    version = max(settings.KEY_PEPPERS, key=int)
    return version, settings.KEY_PEPPERS[version]


# Whose hold is of the secret and not of whoever holds it: a key with another secret is free of it.
LEAKED = "leak"
USED = gettext_lazy("That form has been used already. The key is in the list; its secret is not shown again.")


class NameMissing(Refused):
    """A key goes by a name."""

    field = "name"


class SecretAsName(Refused):
    """A name is read by everybody who sees the key, and a secret by nobody."""

    field = "name"


class IssuedAlready(Refused):
    """The same form came a second time; its key was issued to whoever sent it first."""


def named(name: str) -> str:
    """Raises NameMissing, SecretAsName."""
    if not name.strip():
        raise NameMissing(_("Give the key a name, so that you can tell it from others."))
    if secret.shortened(name) != name:
        raise SecretAsName(_("That is a whole key. Keep it secret, and give this one a name that anybody may read."))
    return name.strip()


@transaction.atomic
def issue(
    organisation: Organisation,
    *,
    project: Project,
    name: str,
    responsible: Party,
    terms: Terms | None = None,
    once: str = "",
    by: User,
) -> tuple[Key, str]:
    """A new key and its secret. It is inactive until it is linked to the organisation's entity. `once` names the form that
    asks, so that it issues one key however often it is sent. Raises NotVerified, NotResponsible, NameMissing, SecretAsName,
    BadTerms, IssuedAlready."""
    organisations.membership_required(by, organisation)
    refuse_unverified(organisation)
    if project.organisation_id != organisation.pk:
        raise NotPermitted(_("That project belongs to another organisation."))
    refuse_irresponsible(organisation, responsible)
    asked = {"project": project, "name": named(name), "responsible": responsible, **(terms or Terms()).columns()}
    key, text = made(organisation, **asked, once=once, by=by)
    audit.record(
        "key.issued",
        target=key,
        by=by,
        prefix=key.prefix,
        responsible=responsible.name,
        scopes=key.scopes,
        tiers=key.tiers,
        networks=len(key.allowed_networks),
        expires_at=f"{key.expires_at:%Y-%m-%d %H:%M:%S}",
        service=key.is_service,
    )
    jobs.woke("key.issued")
    signals.look_again(key.organisation_id)
    return key, text


def refuse_unverified(organisation: Organisation) -> None:
    if not Entity.objects.live().filter(organisation=organisation).exists():
        raise NotVerified(_("Keys can be issued once you are verified."))


def refuse_irresponsible(organisation: Organisation, responsible: Party) -> None:
    if not answering.may_answer().filter(organisation=organisation, pk=responsible.pk).exists():
        raise NotResponsible(_("Choose a responsible person among the people we have verified."))


def made(organisation: Organisation, *, by: User, **asked: Any) -> tuple[Key, str]:
    """The row with a secret of its own. Raises IssuedAlready where the form has made one."""
    written = secret.generate(live=not organisation.sandbox)
    version, pepper = current_pepper()
    try:
        with transaction.atomic():
            key = Key.objects.create(
                organisation=organisation,
                issued_by=by,
                prefix=written.prefix,
                last_four=written.last_four,
                digest=secret.digest(written.text, pepper),
                pepper_version=version,
                **asked,
            )
    except IntegrityError as error:
        # Two of one form at the same moment: the database keeps the first.
        if "key_asked_for_once" in str(error):
            raise IssuedAlready(USED) from error
        raise
    return key, written.text


@transaction.atomic
def roll(key: Key, *, overlap: int, networks: Collection[str] | None = None, once: str = "", by: User) -> tuple[Key, str]:
    """A new key and its secret, for the same purpose and on the same terms, for as long as the old one was to live, within the
    same limits; from other `networks` where they are told. The old one goes on for `overlap` hours and dies then of itself,
    without a job. Raises NotRolled, NoSuchOverlap, NotResponsible, BadTerms, IssuedAlready."""
    organisations.membership_required(by, key.organisation)
    organisations.held(key.organisation_id)
    serialise(key.organisation_id)
    old = Key.objects.select_for_update(of=("self",)).select_related("organisation", "responsible").get(pk=key.pk)
    if once and Key.objects.filter(organisation=old.organisation, once=once).exists():
        raise IssuedAlready(USED)
    if sentence := why_not_rolled(old):
        raise NotRolled(sentence)
    if overlap not in overlaps(old):
        raise NoSuchOverlap(_("Choose one of the times in the list."))
    if not answering.may_answer().filter(pk=old.responsible_id).exists():
        sentence = _("%(name)s can't answer for a key any more. Name a new responsible person first, then roll it.")
        raise NotResponsible(sentence % {"name": old.responsible.name})
    now = timezone.now()
    life = min(old.expires_at - old.issued_at, longest()) if old.expires_at else longest()
    same = ("project_id", "name", "responsible_id", "scopes", "tiers", "allowed_networks", "confirmation", "is_service")
    kept = {name: getattr(old, name) for name in same}
    if networks is not None:
        kept["allowed_networks"] = read_networks(networks)
    new, text = made(old.organisation, **kept, expires_at=now + life, replaces=old, once=once, by=by)
    limits = pools.carry_over(old, new, by=by, at=now)
    ends = now + timedelta(hours=overlap)
    old.expires_at = min(ends, old.expires_at) if old.expires_at else ends
    old.state = old.state if overlap else Key.State.HELD
    old.save(update_fields=["expires_at", "state"])
    told = {"prefix": new.prefix, "replaces": old.prefix, "overlap_hours": overlap, "responsible": old.responsible.name}
    told |= {"networks": len(new.allowed_networks), "limits": len(limits)}
    audit.record("key.rolled", target=new, by=by, **told, old_expires_at=f"{old.expires_at:%Y-%m-%d %H:%M:%S}")
    jobs.woke("key.issued")
    return new, text


def why_not_rolled(key: Key) -> str:
    """A sentence; empty of a key that may be rolled."""
    if key.state == Key.State.REVOKED:
        return _("%(name)s is revoked. Issue a new key instead.") % {"name": key.name}
    if Key.objects.filter(replaces=key.pk).exists():
        return _("%(name)s was rolled already. Roll the key that replaces it.") % {"name": key.name}
    if not Key.objects.unexpired().filter(pk=key.pk).exists():
        return _("%(name)s has expired. Issue a new key instead.") % {"name": key.name}
    if not Key.objects.may_act(despite=LEAKED).filter(pk=key.pk).exists():
        return not_good(key)
    return ""


def overlaps(key: Key) -> list[int]:
    """For how many hours it may go on after it was rolled; one that was found in public is dead already."""
    known = packs.current().key_overlaps
    return [0] if Hold.objects.live().filter(key=key, source=LEAKED).exists() else known


def not_good(key: Key) -> str:
    if key.state in (Key.State.UNLINKED, Key.State.FAILED):
        return _("%(name)s does not work yet, so there is nothing to roll.") % {"name": key.name}
    return _("%(name)s is on hold, and a hold does not end by rolling. See why, then roll it.") % {"name": key.name}


@transaction.atomic
def revoke(key: Key, *, reason: str = "", by: User) -> Key:
    """Final. Repeated, it is silence."""
    if not by.can(Permission.HOLD_PLACE):
        organisations.membership_required(by, key.organisation)
    serialise(key.organisation_id)
    key = Key.objects.select_for_update().get(pk=key.pk)
    if key.state == Key.State.REVOKED:
        return key
    now = timezone.now()
    key.state, key.revoked_at, key.revoked_by, key.revoke_reason = Key.State.REVOKED, now, by, reason[:200]
    key.save(update_fields=["state", "revoked_at", "revoked_by", "revoke_reason"])
    Link.objects.filter(key=key, valid_to__isnull=True).update(valid_to=now, ended_because="key revoked")
    audit.record("key.revoked", target=key, by=by, reason=reason, prefix=key.prefix)
    return key
