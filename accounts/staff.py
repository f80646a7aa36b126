"""Staff accounts: made, moved to another role, and ended. `by=None` is the operator of the machine, who runs a command, unless
`operator` names who else acts where no person does."""

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, messages, organisations, second_factor
from accounts.alphabet import by_name
from accounts.models import User
from accounts.organisations import NameMissing
from accounts.permissions import ROLES, NotPermitted, Permission, StaffRole, require
from accounts.refused import Refused


class BadEmail(Refused):
    """Mail could not be sent to it, or somebody signs in with it already."""

    field = "email"


class BadRole(Refused):
    """Staff have one of the roles."""

    field = "role"


class ActsForCustomer(Refused):
    """Who examines customers belongs to none."""


class NotStaff(Refused):
    """Only a staff account is ended here."""


class LastAdministrator(NotPermitted):
    """Without one, nobody could give anybody a role any more but the operator of the machine."""


def free_address(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise BadEmail(_("%(email)s is no e-mail address.") % {"email": email}) from None
    if email.endswith(".invalid"):
        raise BadEmail(_("No mail can reach %(email)s.") % {"email": email})
    is_taken = User.objects.filter(email__iexact=email).exists() or EmailAddress.objects.filter(email__iexact=email).exists()
    if is_taken:
        raise BadEmail(_("Somebody signs in with %(email)s already.") % {"email": email})
    return email


def known_role(role: str) -> StaffRole:
    if role not in StaffRole.values:
        raise BadRole(_("Choose one of these roles: %(roles)s.") % {"roles": ", ".join(StaffRole.values)})
    return StaffRole(role)


def password_link(user: User) -> str:
    """Where `user` chooses a password: once, and within PASSWORD_RESET_TIMEOUT."""
    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    return settings.SITE_URL + reverse("account_reset_password_from_key", kwargs=key)


def people() -> models.QuerySet[User]:
    """Everybody who is staff, or was until the account was ended; the latter have no role and stand at the end."""
    factors = Authenticator.objects.filter(user=models.OuterRef("pk"), type__in=second_factor.FACTORS)
    ended = models.Q(is_active=False, staff_role="", membership=None)
    found = User.objects.filter(models.Q(is_robot=False), ~models.Q(staff_role="") | ended)
    return found.annotate(has_factor=models.Exists(factors)).order_by("-is_active", *by_name(), "pk")


def administrators() -> models.QuerySet[User]:
    return User.objects.filter(staff_role=StaffRole.ADMINISTRATOR, is_active=True, is_robot=False)


def may(permission: Permission) -> models.QuerySet[User]:
    """Those of the staff whose role has the permission, in the order in which they came."""
    roles = [role for role, granted in ROLES.items() if permission in granted]
    return User.objects.filter(staff_role__in=roles, is_active=True, is_robot=False).order_by("pk")


def held(*users: User | None) -> dict[int, User]:
    """As they are now, and nobody changes them until this is done: of two administrators who end each other one is too late."""
    rows = User.objects.select_for_update(no_key=True).filter(pk__in={user.pk for user in users if user}).order_by("pk")
    return {user.pk: user for user in rows}


def sign_out(user: User, session_key: str = "") -> int:
    """Ends every session, or the one, at once; how many there were."""
    only = {"session_key": session_key} if session_key else {}
    live = Session.objects.filter(expire_date__gt=timezone.now(), **only)
    keys = [session.pk for session in live if session.get_decoded().get(SESSION_KEY) == str(user.pk)]
    Session.objects.filter(pk__in=keys).delete()
    UserSession.objects.filter(user=user, **only).delete()
    return len(keys)


@transaction.atomic
def add(*, email: str, name: str, role: str, mailed: bool = True, by: User | None, operator: str = "") -> tuple[User, str]:
    """A new colleague, and the link by which he chooses his password, mailed to him unless the caller hands it over.
    Before he reaches anything, his first session asks him for a second factor."""
    if by is not None:
        held(by)
        require(by, Permission.USERS_MANAGE)
    role, email = known_role(role), free_address(email)
    if not (name := organisations.named(name, limit=200)):
        raise NameMissing(_("Say what the person is called."))
    user = User.objects.create_user(email, name=name, staff_role=role)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    link = password_link(user)
    if mailed:
        subject = _("Your account at %(site)s") % {"site": settings.SITE_URL}
        messages.queue_template("staff_added", to=email, subject=subject, organisation=None, user=user, link=link)
    audit.record("staff.added", target=user, by=by, role=role, mailed=mailed, **audit.operator(by, operator))
    return user, link


@transaction.atomic
def change_role(user: User, *, role: str, by: User | None, operator: str = "") -> User:
    """Moves to another role, or with "" ends the account and its sessions; both hold from the person's next request. Repeated,
    it is silence."""
    user = held(user, by)[user.pk]
    if by is not None:
        require(by, Permission.USERS_MANAGE)
        if by.pk == user.pk and not administrators().exclude(pk=user.pk).exists():
            raise LastAdministrator(_("You are the only administrator. Add another one first, who then changes your role."))
        if by.pk == user.pk:
            raise NotPermitted(_("Another administrator changes your role."))
    role = known_role(role) if role else ""
    before = user.staff_role
    if organisations.is_member(user):
        raise ActsForCustomer(_("%(name)s acts for a customer; staff have accounts of their own.") % {"name": user})
    if not (role or before) and user.is_active:
        raise NotStaff(_("%(name)s is no member of staff.") % {"name": user})
    if role == before and user.is_active == bool(role):
        return user
    user.staff_role, user.is_active = role, bool(role)
    user.save(update_fields=["staff_role", "is_active"])
    if not role:
        # Else they would be open again on the day that a role brings the account back.
        sign_out(user)
    audit.record("staff.role_changed", target=user, by=by, before=before, after=role, **audit.operator(by, operator))
    return user


@transaction.atomic
def reset_second_factor(user: User, *, by: User | None) -> None:
    """For a colleague who lost it: all factors and recovery codes go, and every session ends. The next one asks for a new
    factor before it reaches anything."""
    user = held(user, by)[user.pk]
    if by is not None:
        require(by, Permission.USERS_MANAGE)
        if by.pk == user.pk:
            raise NotPermitted(_("Another administrator resets your second factor."))
    if not user.is_staff or user.is_robot:
        raise NotStaff(_("%(name)s is no member of staff.") % {"name": user})
    removed = sorted(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    Authenticator.objects.filter(user=user).delete()
    sign_out(user)
    audit.record("staff.second_factor_reset", target=user, by=by, removed=removed, **audit.operator(by))


@transaction.atomic
def end_sessions(user: User, *, session_key: str = "", by: User) -> int:
    """Signs a colleague out, everywhere or in one session; what he was writing is kept for him. Repeated, it is silence."""
    held(by)
    require(by, Permission.USERS_MANAGE)
    if not user.is_staff or user.is_robot:
        raise NotStaff(_("%(name)s is no member of staff.") % {"name": user})
    if ended := sign_out(user, session_key):
        audit.record("staff.sessions_ended", target=user, by=by, ended=ended)
    return ended
