"""Who may do what: every staff account."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand
from django.db.models import Exists, OuterRef

from accounts import second_factor
from accounts.models import User

HEADINGS = ("E-mail", "Role", "Name", "Second factor", "Last sign-in")


class Command(BaseCommand):
    help = "Prints every staff account: e-mail, role, name, whether it has a second factor, when it last signed in."

    def handle(self, *args: Any, **options: Any) -> None:
        factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=second_factor.FACTORS)
        people = User.objects.exclude(staff_role="").annotate(has_factor=Exists(factors)).order_by("staff_role", "email")
        rows = [HEADINGS, *map(cells, people)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            self.stdout.write("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())


def cells(user: Any) -> tuple[str, ...]:
    last = f"{user.last_login:%Y-%m-%d %H:%M}" if user.last_login else "never"
    return (user.email, user.staff_role, user.name, "yes" if user.has_factor else "no", last)
