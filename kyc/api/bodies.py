"""A body of JSON, read in one way wherever one is sent. A member stands once: of two, readers differ about which of them counts
(RFC 8259, section 4), and whoever sends two can't mean the answer about one of them."""

import json
from typing import Any

from rest_framework.exceptions import ParseError

ENCODED = "The body is encoded in a way that is not known here: send it plain, without Content-Encoding."
TWICE = "This was sent more than once."
LONGEST_NAME = 40


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        raise ParseError(twice(next(name for name in names if names.count(name) > 1)))
    return found


def twice(name: str) -> str:
    """A name of somebody else's making is repeated only where it looks like one."""
    is_name = name.isascii() and name.isidentifier() and len(name) <= LONGEST_NAME
    return f"{name if is_name else 'A field'}: {TWICE}"


def no_number(name: str) -> None:
    """NaN and Infinity are no JSON."""
    raise ValueError(name)


READER = json.JSONDecoder(object_pairs_hook=once, parse_constant=no_number)


def read(body: bytes, *, wrong: str, encoding: str = "utf-8") -> Any:
    """`wrong` is the sentence where it is no JSON, or in what is no character set. Raises ParseError."""
    try:
        return READER.decode(body.decode(encoding))
    except RecursionError:
        raise ParseError("The JSON is nested too deeply.") from None
    except (ValueError, LookupError):
        raise ParseError(wrong) from None


def is_encoded(encoding: str) -> bool:
    """Whether a Content-Encoding says that the body has to be opened first."""
    return encoding.strip().lower() not in {"", "identity"}
