"""Members of an organisation: an owner invites them by e-mail, gives them another role, removes them; each may leave. An owner
stays as long as there is an organisation, which a trigger holds too (accounts.models.Membership)."""

from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, messages, organisations, scope
from accounts.member_models import GOOD_FOR, MemberInvitation
from accounts.models import Membership, Organisation, User
from accounts.permissions import NotPermitted
from accounts.refused import Refused

Role = Membership.Role
# As far as columns of addresses go.
LONGEST = 254


class BadAddress(Refused):
    """Mail goes to a full address."""

    field = "email"


class MemberAlready(Refused):
    """Whoever has this address acts for the organisation."""

    field = "email"


class BadRole(Refused):
    """A member is an owner or not."""

    field = "role"


class LastOwner(Refused):
    """Somebody has to be able to close the account."""


class NotOpen(Refused):
    """The invitation was accepted or withdrawn, or has expired."""


class NotAMember(Refused):
    """Whoever was removed meanwhile has no role."""


def of(organisation: Organisation) -> QuerySet[Membership]:
    """The owners first, each by when he came."""
    return Membership.objects.filter(organisation=organisation).select_related("user").order_by("-role", "since", "pk")


def waiting(organisation: Organisation) -> QuerySet[MemberInvitation]:
    """Those that are open, the newest first; expired ones too, so that they can be sent anew."""
    found = MemberInvitation.objects.open().filter(organisation=organisation)
    return found.select_related("invited_by").order_by("-pk")


def for_owner(organisation: Organisation, *, by: User) -> Organisation:
    """The organisation's row, held, for one of its owners. Raises NotPermitted, AccountClosed."""
    found = organisations.locked(organisation, by=by)
    if not organisations.is_owner(by, found):
        raise NotPermitted(_("Only an owner of the account can do this."))
    return found


def known_role(role: str) -> str:
    if role not in Role.values:
        raise BadRole(_("A member is an owner or not: choose one."))
    return role


@transaction.atomic
def invite(organisation: Organisation, *, email: str, role: str = Role.MEMBER, by: User) -> MemberInvitation:
    """Sends mail to the address, in place of any before. Raises NotPermitted, AccountClosed, BadAddress, BadRole and
    MemberAlready."""
    organisation, role, email = for_owner(organisation, by=by), known_role(role), email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise BadAddress(_("Write a full e-mail address.")) from None
    # In small letters some are longer than they were written.
    if len(email) > LONGEST:
        raise BadAddress(_("An e-mail address has at most %(most)s characters.") % {"most": LONGEST})
    if of(organisation).filter(user__email__iexact=email).exists():
        raise MemberAlready(_("Whoever has this address acts for your organisation already."))
    now = timezone.now()
    end(MemberInvitation.objects.open().filter(organisation=organisation, email=email), by=by)
    invitation = MemberInvitation.objects.create(
        organisation=organisation, email=email, role=role, invited_by=by, invited_at=now, expires_at=now + GOOD_FOR
    )
    provider = settings.PROVIDER_NAME or _("The provider")
    messages.queue_template(
        "member_invitation",
        to=email,
        subject=_("%(provider)s: you are invited to act for an organisation") % {"provider": provider},
        provider=provider,
        organisation=organisation,
        invitation=invitation,
        role=Role(role).label,
        path=reverse("onboarding:join", args=[invitation.pk]),
        days=GOOD_FOR.days,
    )
    audit.record("member.invited", target=invitation, by=by, role=role)
    return invitation


def end(rows: QuerySet[MemberInvitation], *, by: User) -> int:
    return rows.update(ended_at=timezone.now(), ended_by=by)


def end_all(organisation: Organisation, *, sent_by: User | None = None, by: User) -> None:
    """The open invitations to the organisation, or only those that somebody has sent who may not any more."""
    rows = MemberInvitation.objects.open().filter(organisation=organisation)
    end(rows.filter(invited_by=sent_by) if sent_by else rows, by=by)


@transaction.atomic
def withdraw(invitation: MemberInvitation, *, by: User) -> None:
    """Nobody becomes a member by it any more. One that is not open is silence. Raises NotPermitted, AccountClosed."""
    for_owner(invitation.organisation, by=by)
    if end(MemberInvitation.objects.open().filter(pk=invitation.pk), by=by):
        audit.record("member.invitation_withdrawn", target=invitation, by=by)


def for_whom(user: User) -> QuerySet[MemberInvitation]:
    """What that user may accept: by the addresses of which he has shown that he reads their mail. To be read in a scope of
    everything, since he acts for none of these organisations yet."""
    proved = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    found = MemberInvitation.objects.live().filter(email__in=[email.lower() for email in proved], organisation__closed_at=None)
    return found.select_related("organisation", "invited_by").order_by("pk")


@transaction.atomic
def accept(pk: int, *, by: User) -> Membership:
    """`by` acts for the organisation from now on. Raises NotPermitted, NotOpen, ActsForAnother."""
    if by.is_staff or by.is_robot:
        raise NotPermitted(_("Staff examine customers and cannot be one."))
    with scope.everything():
        # As where an organisation is founded: so that he does not come to two at once.
        User.objects.select_for_update().get(pk=by.pk)
        invitation = for_whom(by).filter(pk=pk).first()
        if invitation is None:
            raise NotOpen(_("This invitation was withdrawn or has expired. Ask who invited you for another."))
        organisation = organisations.held(invitation.organisation_id)
        organisations.refuse_closed(organisation)
        if organisations.is_member(by):
            raise organisations.ActsForAnother
        accepted: dict[str, Any] = {"accepted_at": timezone.now(), "accepted_by": by}
        if not MemberInvitation.objects.live().filter(pk=pk).update(**accepted):
            raise NotOpen(_("This invitation was withdrawn or has expired. Ask who invited you for another."))
        membership = Membership.objects.create(organisation=organisation, user=by, role=invitation.role)
        audit.record("member.joined", target=membership, by=by, role=invitation.role)
        tell_owners(membership, has_joined=True, by=by)
        return membership


@transaction.atomic
def change_role(membership: Membership, *, role: str, by: User) -> Membership:
    """The same role again is silence; who is no owner any more has invited nobody. Raises NotPermitted, AccountClosed, BadRole,
    NotAMember, LastOwner."""
    organisation, role = for_owner(membership.organisation, by=by), known_role(role)
    found = Membership.objects.select_for_update().filter(pk=membership.pk, organisation=organisation).first()
    if found is None:
        raise NotAMember(_("This person does not act for the organisation any more."))
    if found.role == role:
        return found
    an_owner_stays(found)
    end_all(organisation, sent_by=found.user, by=by)
    before, found.role = found.role, role
    found.save(update_fields=["role"])
    audit.record("member.role_changed", target=found, by=by, before=before, role=role)
    return found


@transaction.atomic
def remove(membership: Membership, *, by: User) -> None:
    """He acts for the organisation no more, nor does anybody by his invitation; what he did stays. An owner removes others, and
    each himself, also of an account that is closed. Raises NotPermitted, AccountClosed, LastOwner."""
    organisation = for_one_of(membership, by=by)
    found = Membership.objects.select_for_update().filter(pk=membership.pk, organisation=organisation).first()
    if found is None:
        return
    an_owner_stays(found)
    end_all(organisation, sent_by=found.user, by=by)
    audit.record("member.removed", target=found, by=by, name=str(found.user), role=found.role)
    tell_owners(found, has_joined=False, by=by)
    found.delete()


def for_one_of(membership: Membership, *, by: User) -> Organisation:
    """As `for_owner`, or for the member himself, whom a closed account does not hold: he could act for no other."""
    if membership.user_id != by.pk:
        return for_owner(membership.organisation, by=by)
    organisations.membership_required(by, membership.organisation)
    return organisations.held(membership.organisation_id)


def tell_owners(membership: Membership, *, has_joined: bool, by: User) -> None:
    """Who acts for them must not change unseen: each owner but `by` has mail of it, also the one who is removed."""
    organisation = membership.organisation
    subject = _("Somebody acts for %(name)s now") if has_joined else _("Somebody does not act for %(name)s any more")
    for owner in of(organisation).filter(role=Role.OWNER).exclude(user=by):
        messages.queue_template(
            "members_changed",
            to=owner.user.email,
            subject=subject % {"name": organisation.name},
            organisation=organisation,
            member=membership.user,
            role=membership.get_role_display(),
            has_joined=has_joined,
            by=by,
        )


def an_owner_stays(membership: Membership) -> None:
    if membership.role != Role.OWNER:
        return
    if not of(membership.organisation).filter(role=Role.OWNER).exclude(pk=membership.pk).exists():
        raise LastOwner(
            _("The account is closed, and keeps its last owner.")
            if membership.organisation.is_closed
            else _("The account needs an owner. Make somebody else one first, or close the account.")
        )
