"""Who gets in through the identity provider, and as what: its groups say so, at each sign-in, and nothing else does.

The key to an account is the provider's own, issuer and subject. An address leads to one only where nobody came by it before: a
provider may give a leaver's address to somebody new.
"""

from dataclasses import dataclass

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.utils.translation import gettext as _

from accounts import audit, organisations, scope, staff
from accounts.models import AuditEvent, User
from accounts.refused import Refused


@dataclass(frozen=True)
class Identity:
    """What the provider has said of who signs in."""

    issuer: str
    subject: str
    email: str
    is_verified: bool
    name: str
    groups: tuple[str, ...]
    # By its own word, at least two factors.
    showed_factor: bool = False

    @property
    def operator(self) -> str:
        """Who acts, in the record, where no person does."""
        return f"identity provider {self.issuer}"


class NoGroup(Refused):
    """In no group that has a role here."""


class SeveralRoles(Refused):
    """In groups of several roles: which one is meant nobody but the person's own house can say."""


class NotVerified(Refused):
    """The provider does not vouch for the address."""


class CustomersAddress(Refused):
    """Somebody signs in with it who is no member of staff."""


class AnothersAccount(Refused):
    """The account of this address came in as somebody else."""


class Closed(Refused):
    """An administrator has ended the account."""


def role_of(identity: Identity) -> str:
    groups = {group: settings.OIDC_ROLES[group] for group in identity.groups if group in settings.OIDC_ROLES}
    if not groups:
        raise NoGroup(
            _("None of your groups at %(provider)s may work here. If you should, ask whoever gives out its groups.")
            % {"provider": settings.OIDC_NAME}
        )
    if len(set(groups.values())) > 1:
        raise SeveralRoles(
            _("Your groups at %(provider)s give you several roles: %(groups)s. Ask whoever gives them out to leave you in one.")
            % {"provider": settings.OIDC_NAME, "groups": ", ".join(f"{group} ({role})" for group, role in groups.items())}
        )
    return next(iter(groups.values()))


def admit(identity: Identity) -> SocialAccount:
    """The account of who signs in, in the role of the groups; made where there was none. Whoever has left all groups has his
    account ended. Raises Refused."""
    try:
        role = role_of(identity)
    except NoGroup:
        end(identity)
        raise
    if not (identity.is_verified and identity.email):
        raise NotVerified(
            _("%(provider)s does not say that your e-mail address is verified, and without that nobody is let in.")
            % {"provider": settings.OIDC_NAME}
        )
    return joined(identity, role)


@scope.everything()
def end(identity: Identity) -> None:
    known = link_of(identity)
    if known and known.user.is_active:
        staff.change_role(known.user, role="", by=None, operator=identity.operator)


@scope.everything()
def joined(identity: Identity, role: str) -> SocialAccount:
    link = link_of(identity) or joining(identity, role)
    user = User.objects.select_for_update().get(pk=link.user_id)
    if user.is_robot or not (user.is_active or was_ended_by(identity, user)):
        raise Closed(_("Your account here is closed. An administrator can open it again."))
    staff.change_role(user, role=role, by=None, operator=identity.operator)
    link.user.refresh_from_db()
    return link


def link_of(identity: Identity) -> SocialAccount | None:
    found = SocialAccount.objects.select_related("user")
    return found.filter(provider=identity.issuer, uid=identity.subject).first()


def was_ended_by(identity: Identity, user: User) -> bool:
    """Whether the provider's own groups have ended it, which they may undo, and no administrator since."""
    changes = AuditEvent.objects.filter(target_type=User._meta.label_lower, target_id=str(user.pk), verb="staff.role_changed")
    last = changes.order_by("pk").last()
    return last is not None and last.details.get("operator") == identity.operator


def joining(identity: Identity, role: str) -> SocialAccount:
    """Ties the provider's key to the account of the address, for good."""
    user = account_of(identity.email) or made(identity, role)
    if SocialAccount.objects.filter(user=user, provider=identity.issuer).exists():
        raise AnothersAccount(
            _("The account of %(email)s belongs to somebody else at %(provider)s. An administrator looks into it.")
            % {"email": identity.email, "provider": settings.OIDC_NAME}
        )
    link = SocialAccount.objects.create(user=user, provider=identity.issuer, uid=identity.subject, extra_data={})
    audit.record("staff.identity_joined", target=user, by=None, operator=identity.operator)
    return link


def made(identity: Identity, role: str) -> User:
    name = identity.name or identity.email.partition("@")[0]
    return staff.add(email=identity.email, name=name, role=role, mailed=False, by=None, operator=identity.operator)[0]


def account_of(email: str) -> User | None:
    """The staff account that an administrator has made for the address. A customer's is never one."""
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        address = EmailAddress.objects.select_related("user").filter(email__iexact=email, verified=True).first()
        user = address.user if address else None
    if user is None:
        return None
    is_customer = organisations.is_member(user)
    is_ended = not user.is_active and not is_customer
    if user.is_robot or not (user.is_staff or is_ended) or is_customer:
        raise CustomersAddress(
            _("Somebody signs in with %(email)s as a customer. Staff have accounts of their own: ask for another address.")
            % {"email": email}
        )
    return user
