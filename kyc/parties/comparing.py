"""Whether two spellings are of one thing: what a party says of itself, what a paper says, and what a list says. Pure.

However differently each is written: where it matters what else makes two the same, such as a legal form, the caller says so.
"""

import unicodedata

from kyc.parties.wording import alike, is_same_person


def is_same_name(shown: str, *names: str) -> bool:
    """One of those names, in whichever script and order of words."""
    return is_same_person(shown, *names) or alike(shown) in map(alike, names)


def is_same_address(one: str, other: str) -> bool:
    """The words count and not their order."""
    return is_same_name(one, other)


def is_same_number(one: str, other: str) -> bool:
    return number(one) == number(other)


def number(text: str) -> str:
    """Letters and digits; registers part them in their own ways, and some leave zeros in front away."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text))).casefold().lstrip("0")
