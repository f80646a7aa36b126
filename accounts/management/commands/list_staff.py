"""Who may do what: every staff account."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts import staff

HEADINGS = ("E-mail", "Role", "Name", "Second factor", "Last sign-in")


class Command(BaseCommand):
    help = "Prints every staff account: e-mail, role, name, whether it has a second factor, when it last signed in."

    def handle(self, *args: Any, **options: Any) -> None:
        people = staff.people().exclude(staff_role="").order_by("staff_role", "email")
        rows = [HEADINGS, *map(cells, people)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            self.stdout.write("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())


def cells(user: Any) -> tuple[str, ...]:
    last = f"{user.last_login:%Y-%m-%d %H:%M}" if user.last_login else "never"
    return (user.email, user.staff_role, user.name, "yes" if user.has_factor else "no", last)
