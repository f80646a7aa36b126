"""One row of a gateway's counters, read and judged: numbers, codes and hashes, and nothing that could be content or an address.

Pure, and quick: a batch has ten thousand of them. What is wrong with a row is said in one sentence that repeats nothing of it.
"""

import ipaddress
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from kyc.parties.countries import UNTOLD, is_country
from kyc.parties.currencies import is_currency

# A sum of nine million such rows is still a number of the database.
MOST = 10**12
LONGEST_MODEL = 100
# An @ stands before a version alone, as some clouds write it: anywhere else it could be somebody's address.
MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+-]*(@[0-9]{1,10})?", re.ASCII)
# What of a key is public.
PREFIX = re.compile(r"kh_(?:live|test)_[0-9A-Za-z]{12}", re.ASCII)
HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+", re.ASCII)
# In hex; or in base64url, where of a hash so long hardly one in ten million lacks capitals or small letters, as words do.
HASH = re.compile(r"[0-9a-f]{32,86}|[0-9A-F]{32,86}|(?=.*[A-Z])(?=.*[a-z])[A-Za-z0-9_-]{32,86}", re.ASCII)
# A template's signature: so many bands of so many bytes, in base64url.
BANDS, BAND = 8, 8
SIGNATURE_LONG = 86
# Of a hash in base64url so much and no more is letters of one case, with - and _: of 43 characters more are in one of a million,
# of 32 in three of a hundred thousand, and words with a capital at their beginning are little else.
OF_ONE_CASE = 4, 5
# Of a TLS client, in a form of its own: https://github.com/FoxIO-LLC/ja4
JA4 = re.compile(r"[tqd][0-9]{2}[di][0-9]{4}[0-9a-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}", re.ASCII)
# Told so long after its hour, a row is late; so long after, it is not taken any more.
LATE, OLDEST = timedelta(hours=6), timedelta(days=62)
# How far a gateway's clock may be ahead.
AHEAD = timedelta(minutes=5)
HOUR_LONG = timedelta(hours=1)
LAST_ASN = 2**32 - 1

REQUIRED = ("key", "hour", "model", "requests")
COUNTS = ("requests", "tokens_in", "tokens_out", "errors", "refusals", "cost")
HASHES = ("ip_hash", "client", "template", "end_user")
KNOWN = frozenset({*REQUIRED, *COUNTS, *HASHES, "asn", "country", "currency"})


HOUR = "hour: Write the hour's beginning in UTC, as 2026-11-30T08:00:00Z."
CODES = {
    "country": "Write the two capital letters that ISO 3166-1 gives a country.",
    "currency": "Write the three capital letters that ISO 4217 gives a currency in use.",
}
IS_CODE = {"country": is_country, "currency": is_currency}


class BadRow(ValueError):
    """The sentence says which field and why."""


@dataclass(frozen=True)
class Whose:
    """A key that there is, by its public prefix."""

    key: int
    organisation: int
    # When it was issued, where that is known.
    since: datetime | None = None


class Row(NamedTuple):
    """As the table has it, but for its number."""

    hour: datetime
    organisation: int
    key: int
    model: str
    requests: int
    tokens_in: int
    tokens_out: int
    errors: int
    refusals: int
    cost: int
    currency: str
    ip_hash: str
    asn: int | None
    country: str
    client: str
    template: str
    end_user: str
    is_late: bool
    # Whose the network's addresses are.
    access: str = ""


class Reader:
    """Reads rows as at `now`, UTC; `keys` are those that there are, `access` says whose the addresses of a network are."""

    def __init__(self, keys: Mapping[str, Whose], now: datetime, access: Mapping[int, str] | None = None) -> None:
        self.keys, self.now, self.access = keys, now, access or {}
        # What was judged and is good: the same few hours, models and codes stand in many rows.
        self.hours: dict[str, tuple[datetime, bool]] = {}
        self.models: set[str] = set()
        self.countries, self.currencies = {""}, {""}

    def read(self, row: Any) -> Row:
        """Raises BadRow."""
        if not isinstance(row, dict):
            raise BadRow("This is no object.")
        if not row.keys() <= KNOWN:
            # The name itself may be somebody's words.
            raise BadRow("It has a field that is not known here. Send counters only, and never content.")
        for name in REQUIRED:
            if name not in row:
                raise BadRow(f"{name}: This is needed.")
        hour, is_late = self.hour(row["hour"])
        counts = [row.get(name, 0) for name in COUNTS]
        for name, value in zip(COUNTS, counts, strict=True):
            # True is a number to Python.
            if type(value) is not int or not 0 <= value <= MOST:
                raise BadRow(f"{name}: Write a whole number from 0 to {MOST}.")
        requests, tokens_in, tokens_out, errors, refusals, cost = counts
        if errors + refusals > requests:
            raise BadRow("errors, refusals: There are more of them than requests; no request is both.")
        if not requests and any(counts):
            raise BadRow("requests: Tokens and costs are told with their request, in the hour in which it began.")
        hashes = [row.get(name, "") for name in HASHES]
        for name, value in zip(HASHES, hashes, strict=True):
            if value != "" and not (isinstance(value, str) and is_hash(name, value)):
                raise BadRow(no_hash(name, value))
        model, country, currency = row["model"], row.get("country", ""), row.get("currency", "")
        if not isinstance(model, str) or model not in self.models:
            self.models.add(checked_model(model))
        country = "" if isinstance(country, str) and country in UNTOLD else country
        if not isinstance(country, str) or country not in self.countries:
            self.countries.add(checked_code("country", country))
        if not isinstance(currency, str) or currency not in self.currencies:
            self.currencies.add(checked_code("currency", currency))
        if cost and not currency:
            raise BadRow("currency: Say of which currency the cost is.")
        asn = row.get("asn")
        if asn is not None and (type(asn) is not int or not 0 <= asn <= LAST_ASN):
            raise BadRow(f"asn: Write the network's number, from 0 to {LAST_ASN}.")
        whose = self.keys.get(row["key"]) if isinstance(row["key"], str) else None
        if whose is None:
            raise BadRow("key: There is no key with this prefix. Send the public prefix, kh_live_ and 12 characters.")
        if whose.since and hour + HOUR_LONG + AHEAD <= whose.since:
            raise BadRow("hour: The key was not issued yet. Look at the gateway's clock.")
        return Row(
            hour, whose.organisation, whose.key, model, requests, tokens_in, tokens_out, errors, refusals, cost, currency,
            hashes[0], asn, country, hashes[1], hashes[2], hashes[3], is_late, self.access.get(asn, "") if asn else "",
        )  # fmt: skip

    def hour(self, text: Any) -> tuple[datetime, bool]:
        if not isinstance(text, str):
            raise BadRow(HOUR)
        if (known := self.hours.get(text)) is None:
            known = self.hours[text] = judged(text, self.now)
        return known


def judged(text: str, now: datetime) -> tuple[datetime, bool]:
    """The hour, and whether it is late to tell of it."""
    try:
        hour = datetime.fromisoformat(text)
    except ValueError:
        raise BadRow(HOUR) from None
    if hour.utcoffset() != timedelta(0):
        raise BadRow("hour: Write it in UTC, with Z at its end.")
    hour = hour.astimezone(UTC)
    if (hour.minute, hour.second, hour.microsecond) != (0, 0, 0):
        raise BadRow("hour: Write the beginning of a whole hour.")
    if hour > now + AHEAD:
        raise BadRow("hour: It has not begun yet. Look at the gateway's clock.")
    if hour < now - OLDEST:
        raise BadRow(f"hour: It is older than {OLDEST.days} days, and its sums are closed. Ask who runs this service.")
    return hour, hour + HOUR_LONG < now - LATE


def no_hash(name: str, value: Any) -> str:
    if isinstance(value, str) and is_address(value):
        return f"{name}: This looks like an IP address. Send a hash of it, made with a key that only gateways have."
    return f"{name}: Write a hash in hex or base64url, of 32 to 86 characters."


def is_hash(name: str, text: str) -> bool:
    return bool((HASH.fullmatch(text) and not is_words(text)) or (name == "client" and JA4.fullmatch(text)))


def is_words(text: str) -> bool:
    """Of what has the letters of base64url."""
    if HEX.fullmatch(text):
        return False
    most, of = OF_ONE_CASE
    beside = text.count("-") + text.count("_")
    return any((sum(map(is_so, text)) + beside) * of >= len(text) * most for is_so in (str.islower, str.isupper))


def checked_model(value: Any) -> str:
    if isinstance(value, str) and len(value) <= LONGEST_MODEL and MODEL.fullmatch(value) and not is_address(value):
        return value
    raise BadRow(
        f"model: Write the model's name, at most {LONGEST_MODEL} letters, digits and . _ : / + -, and a version after an @."
    )


def checked_code(name: str, value: Any) -> str:
    if isinstance(value, str) and IS_CODE[name](value):
        return value
    raise BadRow(f"{name}: {CODES[name]}")


def is_address(text: str) -> bool:
    """An IP address, also with a port, a zone or a prefix, or in brackets."""
    bare = text.strip().strip("[]").partition("/")[0].partition("%")[0]
    for candidate in (bare, bare.partition("]")[0], bare.rpartition(":")[0]):
        try:
            ipaddress.ip_address(candidate)
        except ValueError:
            continue
        return True
    return False


def bands(template: str) -> list[str]:
    """Of a signature each band with its place: two templates are alike where one is the same. Any other hash is one value."""
    if len(template) != SIGNATURE_LONG:
        return [template] if template else []
    signature = urlsafe_b64decode(f"{template}==")
    return [f"{place}:{signature[place * BAND : (place + 1) * BAND].hex()}" for place in range(BANDS)]
