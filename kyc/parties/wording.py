"""Text that people type about parties: trimmed, and refused where it could deceive a reader."""

import unicodedata
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.refused import Refused

# Marks that turn the direction of what follows: a name must read the same everywhere it is shown.
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
UNSHOWABLE = frozenset({"Cc", "Cs", "Co", "Cn"})
OLDEST = 130


class BadText(Refused):
    """What was typed cannot be kept as it stands; `field` names where it was typed."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def checked(field: str, text: str, *, limit: int, required: bool = False, lines: bool = False) -> str:
    """`text` with its white space put in order; at most `limit` characters. Line breaks stay when `lines`. Raises BadText."""
    if not all(is_shown(character) for character in text if character not in "\t\r\n"):
        raise BadText(field, _("This holds characters that cannot be shown. Type it anew rather than pasting it."))
    text = ("\n" if lines else " ").join(filter(None, (" ".join(row.split()) for row in text.splitlines())))
    if required and not any(character.isalnum() for character in text):
        raise BadText(field, _("This is needed."))
    if len(text) > limit:
        raise BadText(field, _("This is too long: at most %(limit)s characters.") % {"limit": limit})
    return text


def one_stop(sentence: str) -> str:
    """The sentence with one full stop at its end, also where a name such as "Foo Ltd." stands last."""
    return f"{sentence[:-2]}." if sentence.endswith("..") else sentence


def alike(name: str) -> str:
    """What two spellings of one name have in common: case and the width of letters make no other name."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def is_shown(character: str) -> bool:
    return character not in TURNING and unicodedata.category(character) not in UNSHOWABLE


def past_day(field: str, text: str) -> str:
    """A full date in the past as YYYY-MM-DD, or empty when none was given. Raises BadText."""
    if not (text := text.strip()):
        return ""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadText(field, _("Write the date as year, month and day, such as 1985-04-30.")) from None
    today = timezone.localdate()
    if not today.year - OLDEST <= day.year or day >= today:
        raise BadText(field, _("This date cannot be right: it must lie in the past, within %(n)s years.") % {"n": OLDEST})
    return day.isoformat()
