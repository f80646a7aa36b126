"""What is read where data was."""

from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _


class Unreadable(str):
    """Stands for a value that can't be read, wherever it is shown; nothing is worked out from it, and it is never kept."""


class Erased(Unreadable):
    """Stands for a value that was erased, and says so wherever it is shown, whole or in part."""

    at: datetime | None
    certificate: str

    def __new__(cls, at: datetime | None = None, certificate: str = "") -> "Erased":
        told = (
            _("erased on %(day)s, certificate %(number)s") % {"day": date_format(at, "j F Y"), "number": certificate}
            if at
            else ""
        )
        made = super().__new__(cls, told or _("not readable, its key is not here"))
        made.at, made.certificate = at, certificate
        return made

    def __getitem__(self, part: Any) -> "Erased":
        if not isinstance(part, int | slice):
            # Templates ask any value for its parts by name.
            raise TypeError(f"no part called {part}")
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return Erased, (self.at, self.certificate)
