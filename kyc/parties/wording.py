"""Text that people type about parties: trimmed, and refused where it could deceive a reader."""

import re
import unicodedata
from datetime import date

from anyascii import anyascii
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _
from stdnum import lei as iso17442

from accounts.organisations import is_link
from accounts.refused import Refused

# Such as turn the direction of what follows, or are drawn as nothing: a name reads the same everywhere it is shown.
UNSHOWABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
# By these letters of some scripts are joined or parted; in others they are nothing.
JOINERS = "\u200c\u200d"
# Letters and marks that are drawn as nothing.
BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
# A word has letters of one of these only; elsewhere, as in Japan, several are written together.
ALPHABETS = frozenset("LATIN GREEK CYRILLIC ARMENIAN GEORGIAN CHEROKEE CANADIAN COPTIC LISU DESERET HEBREW ARABIC".split())
LETTERS = re.compile(r"[^\W\d_]+")
OLDEST = 120
HOST = re.compile(r"(?=.*[a-z])([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}", re.ASCII)
WORD = re.compile(r"[a-z0-9]+")
APOSTROPHES = re.compile("['\u2019\u2018\u02bc\u02bb`\u00b4]")
SINCE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?", re.ASCII)
PHONE = re.compile(r"\+\d{7,15}", re.ASCII)


class BadText(Refused):
    """What was typed cannot be kept as it stands; `field` names where it was typed."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def checked(field: str, text: str, *, limit: int, required: bool = False, lines: bool = False) -> str:
    """`text` with its white space put in order; at most `limit` characters. Line breaks stay when `lines`. Raises BadText."""
    if not all(is_shown(character) for character in set(text).difference("\t\r\n")):
        raise BadText(field, _("This holds characters that cannot be shown. Type it anew rather than pasting it."))
    text = ("\n" if lines else " ").join(filter(None, (" ".join(row.split()) for row in text.splitlines())))
    if required and not any(character.isalnum() for character in text):
        raise BadText(field, _("This is needed."))
    if len(text) > limit:
        raise BadText(field, _("This is too long: at most %(limit)s characters.") % {"limit": limit})
    return text


def name(text: str, *, field: str = "name", required: bool = True) -> str:
    """Whom or what a party is called. Raises BadText, of a link too: names stand in mails, whose readers' programs open them."""
    text = checked(field, text, limit=300, required=required)
    if is_link(text):
        raise BadText(field, _("Write a name here and no address of a page."))
    if not is_plain(text):
        raise BadText(field, _("This holds characters that cannot be shown. Type it anew rather than pasting it."))
    for word in LETTERS.findall(text):
        if len(alphabets(word)) > 1:
            raise BadText(field, _("“%(word)s” has letters of several alphabets. Write each word in one.") % {"word": word})
    return text


def alphabets(word: str) -> set[str]:
    """Which of those that look alike its letters are of."""
    return {alphabet for letter in word if (alphabet := unicodedata.name(letter, "").partition(" ")[0]) in ALPHABETS}


def is_plain(text: str) -> bool:
    """Whether nothing in it is drawn as nothing."""
    return not BLANK.search(text) and all(joins(text[:at], text[at + 1 :]) for at, one in enumerate(text) if one in JOINERS)


def joins(before: str, after: str) -> bool:
    """Whether a joiner changes how the letters around it are drawn."""
    around = before[-1:] + after[:1]
    return len(around) == 2 and {unicodedata.category(one)[0] for one in around} <= {"L", "M"} and alphabets(around) <= {"ARABIC"}


def alike(name: str) -> str:
    """What two spellings of one name have in common: case and the width of letters make no other name."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def is_same_person(typed: str, *names: str) -> bool:
    """Whether it is one of those names, however it is written: case, accents, spaces, the order of words and, as far as letters
    can be put into others, the script make no difference."""
    words = latin_words(typed)
    told = [latin_words(name) for name in names]
    return any(words and (sorted(words) == sorted(name) or "".join(words) == "".join(name)) for name in told)


def latin_words(name: str) -> list[str]:
    return WORD.findall(anyascii(APOSTROPHES.sub("", unicodedata.normalize("NFKC", name))).casefold())


def is_latin(name: str) -> bool:
    """Whether it holds a Latin letter, or none at all; accented and wide ones count."""
    letters = [character for character in name if character.isalpha()]
    return not letters or any("LATIN" in unicodedata.name(letter, "") for letter in letters)


def is_shown(character: str) -> bool:
    return character in JOINERS or unicodedata.category(character) not in UNSHOWABLE


def domain(field: str, text: str) -> str:
    """A host name in small letters, without scheme, path or www; empty when none was given. Raises BadText."""
    host = checked(field, text, limit=300).lower().removeprefix("https://").removeprefix("http://").removeprefix("www.")
    host = host.split("/")[0].rstrip(".")
    if not host:
        return ""
    try:
        ascii_host = host.encode("idna").decode()
    except UnicodeError:
        ascii_host = ""
    if not HOST.fullmatch(ascii_host) or len(ascii_host) > 253:
        raise BadText(field, _("Write only the domain, such as example.com."))
    return host


def phone(field: str, text: str, *, required: bool = False) -> str:
    """A telephone number in the international form, + and 7 to 15 digits (E.164). Raises BadText."""
    text = checked(field, text, limit=40, required=required)
    if not text:
        return ""
    digits = re.sub(r"[\s()./-]", "", text)
    digits = "+" + digits[2:] if digits.startswith("00") else digits
    if not PHONE.fullmatch(digits):
        raise BadText(field, _("Write the number with its country code, such as +47 77 00 00 00."))
    return digits


def email(field: str, text: str) -> str:
    """A full e-mail address; empty when none was given. Raises BadText."""
    text = checked(field, text, limit=254).lower()
    if text:
        try:
            validate_email(text)
        except ValidationError:
            raise BadText(field, _("Write a full e-mail address.")) from None
    return text


def lei(field: str, text: str) -> str:
    """A legal entity identifier (ISO 17442) whose check digits agree; empty when none was given. Raises BadText."""
    code = checked(field, text, limit=40).replace(" ", "").upper()
    if code and not iso17442.is_valid(code):
        raise BadText(field, _("This is not a valid LEI: 20 letters and digits, of which the last two check the others."))
    return code


def first_day(text: str) -> date:
    """The first day of a year, a month or a day. Raises ValueError."""
    if not SINCE.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat((text + "-01-01")[:10])


def since(field: str, text: str) -> str:
    """A year, a month or a day that has come, as it was written; empty when none was given. Raises BadText."""
    text = checked(field, text, limit=20)
    if not text:
        return ""
    try:
        day = first_day(text)
    except ValueError:
        raise BadText(field, _("Write a year, a month or a day, such as 2024, 2024-03 or 2024-03-15.")) from None
    if day > timezone.localdate():
        raise BadText(field, _("This lies in the future. Tell it when it is so."))
    return text


def age(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def past_day(field: str, text: str, *, required: bool = False) -> str:
    """A full date in the past as YYYY-MM-DD, or empty when none was given nor is needed. Raises BadText."""
    if not (text := text.strip()):
        if required:
            raise BadText(field, _("This is needed."))
        return ""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadText(field, _("Write the date as year, month and day, such as 1985-04-30.")) from None
    today = timezone.localdate()
    if day >= today or age(day, today) > OLDEST:
        raise BadText(field, _("This date cannot be right: it must lie in the past, within %(n)s years.") % {"n": OLDEST})
    return day.isoformat()
