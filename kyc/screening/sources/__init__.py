"""Which source is read how."""

import re
from collections.abc import Callable, Iterator
from datetime import date

from kyc.screening.entries import BadList, Entry
from kyc.screening.sources import csl, eu, ftm, ofac, ofac_advanced, ofac_xml, plain, uk, un
from kyc.screening.sources.files import Files, head

# Its first element.
ADVANCED = re.compile(rf"^(?:<\?[^>]*>|<!--.*?-->|\s)*<{ofac_advanced.ROOT}\b", re.DOTALL)
Reader = Callable[[Files], Iterator[Entry]]


def of_ofac(files: Files) -> Iterator[Entry]:
    """Its CSV with the parts beside it, or either of its XML, which hold them all."""
    begins = head(files.primary).lstrip()
    if not begins.startswith(("<?xml", f"<{ofac_xml.ROOT}", f"<{ofac_advanced.ROOT}")):
        return ofac.load(files)
    return ofac_advanced.read(files) if ADVANCED.search(begins) else ofac_xml.read(files)


def issued_by_ofac(files: Files) -> date | None:
    return ofac_advanced.published(files) or ofac_xml.published(files)


READERS: dict[str, Reader] = {
    "ofac-sdn": of_ofac,
    "ofac-cons": of_ofac,
    "us-csl": csl.read,
    "un-sc": un.read,
    "eu-fsf": eu.read,
    "uk-ofsi": uk.read,
    "csv": plain.read,
    "ftm": ftm.read,
    "own": plain.own,
}
# Of those whose files say when they were published.
DATES: dict[str, Callable[[Files], date | None]] = {
    "ofac-sdn": issued_by_ofac,
    "ofac-cons": issued_by_ofac,
    "un-sc": un.published,
    "eu-fsf": eu.published,
    "uk-ofsi": uk.published,
}


def read(source: str, files: Files) -> Iterator[Entry]:
    """Entries in the file's order. Raises BadList."""
    return READERS[source](files)


def published(source: str, files: Files) -> date | None:
    """The publication day that the file itself names. Raises BadList where it can't be opened, or the day is none."""
    if source not in DATES:
        return None
    try:
        return DATES[source](files)
    except BadList:
        raise
    except ValueError as bad:
        raise BadList(f"{files.primary.name} names a day of publication that is none: {bad}.") from None
