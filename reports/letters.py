"""Letters that no font of this machine has: the paper says so, instead of printing boxes without a word."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

# Where a page says it.
PLACE = "<!--letters-->"
# So many are named.
MOST = 20


def missing(document: Any) -> set[str]:
    """The letters that a document of WeasyPrint was just drawn without, such as `U+0378`."""
    return {f"U+{letter:04X}" for font in document.fonts.values() for letter in font.missing}


def said(html: str, lacking: Iterable[str]) -> str:
    """The page with a sentence about them on its cover."""
    named = sorted(lacking)
    sentence = _(
        "No font of the machine that drew these pages has the letters %(named)s; they stand here as boxes. "
        "The attached data hold them. Its keeper can install the packages fonts-noto-core and fonts-noto-cjk."
    ) % {"named": ", ".join(named[:MOST]) + (" …" if len(named) > MOST else "")}
    return html.replace(PLACE, f'<p class="bad">{sentence}</p>', 1)
