"""Who has signed up and begun nothing takes his account back: it holds nothing that anybody else needs. The disposal of the same
night overwrites what history says of him (accounts/disposal.py)."""

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from accounts import audit, organisations, scope
from accounts.models import User
from accounts.permissions import NotPermitted
from accounts.refused import Refused

LEFT = "user.left"


class HoldsSomething(Refused):
    """What others rest on is not taken back."""


@transaction.atomic
def leave(user: User, *, by: User) -> None:
    """Deletes the account with its address, password, factors and sessions. Raises NotPermitted, HoldsSomething."""
    if user.pk != by.pk or user.is_staff or user.is_robot:
        raise NotPermitted(_("People delete their own account."))
    if organisations.is_member(user):
        raise HoldsSomething(_("You act for an organisation. Close its account first, and ask for your data to be erased."))
    with scope.everything():
        found = User.objects.select_for_update().get(pk=user.pk)
        Session.objects.filter(pk__in=UserSession.objects.filter(user=found).values("session_key")).delete()
        audit.record(LEFT, target=found, by=found)
        try:
            found.delete()
        except ProtectedError:
            raise HoldsSomething(_("Something here rests on your account. Write to us, and we look into it.")) from None
