"""What people do with keys: issue and revoke. The secret is returned once and kept nowhere."""

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, organisations
from accounts.models import Organisation, Project, User
from accounts.permissions import NotPermitted, Permission
from accounts.refused import Refused
from config import jobs
from kyc.cases.models import Entity
from kyc.keys import secret
from kyc.keys.models import Key, Link, serialise
from kyc.parties.models import Party


class NotVerified(Refused):
    """Only a verified organisation holds keys."""


class NotResponsible(Refused):
    """A key answers to a person who was examined with the organisation."""


def current_pepper() -> tuple[str, str]:
    version = max(settings.KEY_PEPPERS, key=int)
    return version, settings.KEY_PEPPERS[version]


USED = gettext_lazy("That form has been used already. The key is in the list; its secret is not shown again.")


class IssuedAlready(Refused):
    """The same form came a second time; its key was issued to whoever sent it first."""


@transaction.atomic
def issue(
    organisation: Organisation, *, project: Project, name: str, responsible: Party, once: str = "", by: User
) -> tuple[Key, str]:
    """A new key and its secret. It is inactive until it is linked to the organisation's entity. `once` names the form that
    asks, so that it issues one key however often it is sent."""
    organisations.membership_required(by, organisation)
    if not Entity.objects.live().filter(organisation=organisation).exists():
        raise NotVerified(_("Keys can be issued once you are verified."))
    if project.organisation_id != organisation.pk:
        raise NotPermitted(_("That project belongs to another organisation."))
    if responsible not in Party.objects.people().filter(organisation=organisation):
        raise NotResponsible(_("Choose a responsible person among the people we have verified."))
    if not name.strip():
        raise Refused(_("Give the key a name, so that you can tell it from others."))
    written = secret.generate(live=not organisation.sandbox)
    version, pepper = current_pepper()
    try:
        with transaction.atomic():
            key = Key.objects.create(
                organisation=organisation,
                project=project,
                name=name.strip(),
                responsible=responsible,
                once=once,
                issued_by=by,
                prefix=written.prefix,
                last_four=written.last_four,
                digest=secret.digest(written.text, pepper),
                pepper_version=version,
            )
    except IntegrityError as error:
        # Two of one form at the same moment: the database keeps the first.
        if "key_asked_for_once" in str(error):
            raise IssuedAlready(USED) from error
        raise
    audit.record("key.issued", target=key, by=by, prefix=key.prefix, responsible=responsible.name)
    jobs.woke("key.issued")
    return key, written.text


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
