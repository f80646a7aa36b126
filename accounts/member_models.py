"""Invitations by which an owner of an organisation adds members."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked

GOOD_FOR = timedelta(days=14)


class MemberInvitationQuerySet(models.QuerySet["MemberInvitation"]):
    def open(self) -> "MemberInvitationQuerySet":
        """Neither accepted nor withdrawn; it may have expired."""
        return self.filter(accepted_at__isnull=True, ended_at__isnull=True)

    def live(self) -> "MemberInvitationQuerySet":
        """Open, and not expired by the database's clock."""
        return self.open().filter(expires_at__gt=Now())


@tracked()
class MemberInvitation(models.Model):
    """That whoever signs in with an address, and has shown that he reads its mail, may become a member. There is no secret in it:
    the address is what it goes by."""

    personal = ("email",)

    class State(models.TextChoices):
        OPEN = "open", _("not accepted yet")
        ACCEPTED = "accepted", _("accepted")
        ENDED = "ended", _("withdrawn")
        EXPIRED = "expired", _("expired")

    organisation = models.ForeignKey("accounts.Organisation", models.PROTECT)
    # In small letters.
    email = models.EmailField()
    role = models.CharField(max_length=20)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    # Withdrawn, or another was sent in its place.
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    objects = MemberInvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="member_invitation_of_known_role", condition=Q(role__in=["owner", "member"])),
            models.CheckConstraint(
                name="member_invitation_lasts_two_weeks_at_most",
                condition=Q(expires_at__gt=F("invited_at"), expires_at__lte=F("invited_at") + GOOD_FOR),
            ),
            models.CheckConstraint(
                name="member_invitation_accepted_at_and_by",
                condition=Q(accepted_at__isnull=True, accepted_by__isnull=True)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False, accepted_at__lte=F("expires_at")),
            ),
            models.CheckConstraint(
                name="member_invitation_ended_at_and_by",
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False, accepted_at__isnull=True),
            ),
            models.UniqueConstraint(
                name="one_open_member_invitation_an_address",
                fields=["organisation", "email"],
                condition=Q(accepted_at__isnull=True, ended_at__isnull=True),
            ),
        ]

    @property
    def state(self) -> str:
        """For showing; whether it can be accepted is asked of the database."""
        if self.accepted_at:
            return self.State.ACCEPTED
        if self.ended_at:
            return self.State.ENDED
        return self.State.OPEN if self.expires_at > timezone.now() else self.State.EXPIRED

    def get_state_display(self) -> str:
        return str(self.State(self.state).label)
