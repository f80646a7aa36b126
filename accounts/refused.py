"""The base of everything the product declines to do."""

import re
import unicodedata

# Letters and marks that are drawn as nothing.
INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")


class Refused(Exception):
    """Something was asked that the rules do not allow; the message is fit to show to whoever asked."""


class ReasonMissing(Refused):
    """What is done for a reason is not done without one; where there is a list, it is one of the list."""


class NoteMissing(ReasonMissing):
    """What the list of reasons doesn't know, or has to be explained besides, is said in the note."""

    field = "note"


def is_said(text: str) -> bool:
    """Whether there is a character in it that a reader sees: white space and what is drawn as nothing give no reason."""
    return any(unicodedata.category(one)[0] not in "CZ" and not INVISIBLE.fullmatch(one) for one in text)
