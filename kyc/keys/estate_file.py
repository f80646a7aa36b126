"""A file of keys that were issued elsewhere, without the database: a row a key, or what is wrong with it.

What looks like a whole key is refused wherever it stands, and no value of such a row is repeated: it would stand in a terminal
and in logs from then on."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.organisations import is_link, printable
from accounts.tables import rows
from kyc.keys import foreign
from kyc.keys.foreign import LONGEST_PREFIX
from kyc.parties import countries

COLUMNS = (
    "account", "name", "email", "country", "project", "key_prefix", "last_four", "digest", "scheme", "issued_on",
    "responsible_email",
)  # fmt: skip
NEEDED = ("account", "name", "email", "key_prefix", "digest", "scheme", "issued_on")
PROJECT = "Default"
WHOLE_KEY = "a whole key stands in it, where only its digest may; take it out of every copy of the file, and roll it"
LAST_FOUR = re.compile(r"[!-~]{0,4}", re.ASCII)
PREFIX = re.compile(rf"[!-~]{{4,{LONGEST_PREFIX}}}", re.ASCII)


@dataclass(frozen=True)
class Line:
    """One key of one account. `digest` is in lower hex, `scheme` as it is kept."""

    number: int
    account: str
    name: str
    email: str
    country: str
    project: str
    prefix: str
    last_four: str
    digest: str
    scheme: str
    issued_on: date
    responsible_email: str


@dataclass(frozen=True)
class Fault:
    number: int
    sentence: str


class BadRow(ValueError):
    """Says what is wrong, and repeats nothing that could be a secret."""


def read(text: Iterable[str], *, source: str, today: date) -> Iterator[Line | Fault]:
    """In the file's order; a key that stands there twice is taken where it stands first. Raises BadTable."""
    first: dict[str, int] = {}
    emails: dict[str, Line] = {}
    accounts: dict[str, Line] = {}
    for number, row in rows(text, columns=COLUMNS, needed=NEEDED, source=source):
        try:
            line = Line(number=number, **values(row, today))
            if before := first.get(line.prefix):
                raise BadRow(f"the key of line {before} begins the same")
            refuse_other_account(accounts.setdefault(line.account, line), line)
            refuse_same_email(emails.setdefault(line.email, line), line)
        except BadRow as bad:
            yield Fault(number, str(bad))
        else:
            first[line.prefix] = number
            yield line


def refuse_other_account(known: Line, line: Line) -> None:
    if (known.name, known.email, known.country) != (line.name, line.email, line.country):
        raise BadRow(f"the account has another name, email or country in line {known.number}")


def values(row: Mapping[str, str], today: date) -> dict[str, Any]:
    told = {name: row.get(name, "") for name in COLUMNS}
    if shows_secret(told):
        raise BadRow(WHOLE_KEY)
    if missing := [name for name in NEEDED if not told[name]]:
        raise BadRow(f"{missing[0]} is empty")
    return {
        "account": short(told, "account", 100),
        "name": called(told),
        "email": address(told, "email"),
        "country": country(told["country"]),
        "project": short(told, "project", 200) or PROJECT,
        "responsible_email": address(told, "responsible_email"),
        "issued_on": day(told["issued_on"], today),
        **key(told),
    }


def refuse_same_email(known: Line, line: Line) -> None:
    if known.account != line.account:
        raise BadRow(f"another account has this email in line {known.number}, and whoever signs up with it acts in one")


def shows_secret(told: Mapping[str, str]) -> bool:
    """A digest may by chance be written like a key; it does not begin like this one as well."""
    others = [value for name, value in told.items() if name != "digest"]
    digest, prefix = told["digest"], told["key_prefix"]
    is_key = bool(prefix and digest.startswith(prefix)) or (not foreign.in_hex(digest) and foreign.is_secret(digest))
    return is_key or any(map(foreign.is_secret, others))


def key(told: Mapping[str, str]) -> dict[str, str]:
    prefix, last_four = told["key_prefix"], told["last_four"]
    if not PREFIX.fullmatch(prefix) or prefix.startswith("kh_"):
        raise BadRow(f"key_prefix is no beginning of a key issued elsewhere, of 4 to {LONGEST_PREFIX} characters")
    if not LAST_FOUR.fullmatch(last_four):
        raise BadRow("last_four has more than four characters")
    scheme = foreign.scheme(told["scheme"])
    if not scheme:
        raise BadRow("scheme is neither sha256 nor hmac-sha256:VERSION; keys under a slow one such as bcrypt are rolled instead")
    if scheme != "sha256" and not foreign.pepper(scheme):
        raise BadRow("ESTATE_PEPPERS has no pepper of the version that scheme names")
    digest = foreign.in_hex(told["digest"])
    if not digest:
        raise BadRow("digest is not 256 bits in hex or base64")
    return {"prefix": prefix, "last_four": last_four, "digest": digest, "scheme": scheme}


def short(told: Mapping[str, str], name: str, longest: int) -> str:
    text = printable(told[name])
    if len(text) > longest:
        raise BadRow(f"{name} has more than {longest} characters")
    return text


def called(told: Mapping[str, str]) -> str:
    if is_link(told["name"]):
        raise BadRow("name is the address of a page")
    name = short(told, "name", 300)
    if not name:
        raise BadRow("name is empty")
    return name


def address(told: Mapping[str, str], name: str) -> str:
    email = told[name].lower()
    try:
        if email:
            validate_email(email)
    except ValidationError:
        raise BadRow(f"{name} is no e-mail address") from None
    if len(email) > 254:
        raise BadRow(f"{name} is no e-mail address")
    return email


def country(code: str) -> str:
    if code and not countries.is_country(code):
        raise BadRow("country is none of ISO 3166-1, in two capital letters")
    return code


def day(text: str, today: date) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise BadRow("issued_on is no day, such as 2025-03-31") from None
    if found > today or found.year < 1990:
        raise BadRow("issued_on lies in the future, or before 1990")
    return found
