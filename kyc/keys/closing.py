"""An account is closed, by its owner or by us: keys, entity, case and invitations end in one transaction, and the periods for
which records are kept begin. It may be opened again; then all is examined from the beginning, and nothing that ended comes back.
"""

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, members, messages, organisations
from accounts.models import AuditEvent, Membership, Organisation, User
from accounts.permissions import NotPermitted, Permission, require
from accounts.refused import ReasonMissing, Refused, is_said
from kyc.cases import actions as cases
from kyc.cases.models import Case
from kyc.evidence import invitations
from kyc.keys import actions as keys
from kyc.keys.models import Key, Link, serialise

SUBJECT = gettext_lazy("Your account is closed")


class NotOurs(Refused):
    """What we closed, its members can't open again."""


class OtherName(Refused):
    """Whoever closes an account types its name, so that nobody does it by mistake."""

    field = "name"


def close_own(organisation: Organisation, *, name: str, by: User) -> Organisation:
    """By an owner, who has typed the organisation's name."""
    if not organisations.is_owner(by, organisation):
        raise NotPermitted(_("Only an owner of the account can close it."))
    if name.split() != organisation.name.split():
        raise OtherName(_("Write “%(name)s”, exactly as it stands here.") % {"name": organisation.name})
    return end(organisation, reason="", by=by)


def close(organisation: Organisation, *, reason: str, by: User) -> Organisation:
    """By an officer, who says why; the customer does not read it."""
    require(by, Permission.DECISION_TAKE)
    if not is_said(reason):
        raise ReasonMissing(_("Say why the account is closed."))
    return end(organisation, reason=reason.strip(), by=by)


@transaction.atomic
def end(organisation: Organisation, *, reason: str, by: User) -> Organisation:
    """Repeated, it is silence. Whoever adds something alive meanwhile either waits and is refused, or is ended with the rest."""
    found = organisations.held(organisation.pk)
    if found.is_closed:
        return found
    serialise(found.pk)
    for key in Key.objects.filter(organisation=found).exclude(state=Key.State.REVOKED).order_by("pk"):
        keys.revoke(key, reason="account closed", by=by)
    now = timezone.now()
    Link.objects.filter(organisation=found, valid_to__isnull=True).update(valid_to=now, ended_because="account closed")
    cases.end_entities(found, reason="account closed", by=by)
    invitations.end_all(found)
    members.end_all(found, by=by)
    found.closed_at, found.closed_by, found.closing_reason = now, by, reason
    found.save(update_fields=["closed_at", "closed_by", "closing_reason"])
    cases.end_undecided(found, by=by)
    audit.record("organisation.closed", target=found, by=by, reason=reason)
    tell_members(found)
    return found


def tell_members(organisation: Organisation) -> None:
    last = Case.objects.filter(organisation=organisation).order_by("-pk").first()
    with translation.override((last and last.notice_locale) or None):
        for membership in Membership.objects.filter(organisation=organisation).select_related("user").order_by("pk"):
            messages.queue_template(
                "account_closed",
                to=membership.user.email,
                subject=str(SUBJECT),
                organisation=organisation,
                by_member=is_by_member(organisation),
            )


def is_by_member(organisation: Organisation) -> bool:
    """Whether the customer closed it himself."""
    return organisation.closed_by is not None and not organisation.closed_by.is_staff


def may_begin_anew(organisation: Organisation) -> bool:
    """Whether its members may open it again without asking us."""
    return organisation.is_closed and is_by_member(organisation)


def waits_anew(organisation: Organisation) -> bool:
    """It was closed and is open again, and nothing was begun since."""
    last = Case.objects.counting().filter(organisation=organisation).order_by("-pk").first()
    if organisation.is_closed or last is None or not last.is_decided:
        return False
    reopened = AuditEvent.objects.filter(organisation_id=organisation.pk, at__gt=last.opened_at, verb="organisation.reopened")
    return reopened.exists()


@transaction.atomic
def reopen(organisation: Organisation, *, by: User) -> Organisation:
    """By a member where a member closed it, else by an officer. A new case begins from the notice; entity and keys stay ended.
    Repeated, it is silence."""
    found = organisations.held(organisation.pk)
    if not found.is_closed:
        return found
    if not by.can(Permission.DECISION_TAKE):
        organisations.membership_required(by, found)
        if not is_by_member(found):
            raise NotOurs(_("We closed this account. Write to us if you want it opened again."))
    found.closed_at, found.closed_by, found.closing_reason = None, None, ""
    found.save(update_fields=["closed_at", "closed_by", "closing_reason"])
    audit.record("organisation.reopened", target=found, by=by)
    return found
