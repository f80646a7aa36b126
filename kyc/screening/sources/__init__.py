"""Which source is read how."""

from collections.abc import Callable, Iterator
from datetime import date

from kyc.screening.entries import Entry
from kyc.screening.sources import csl, eu, ftm, ofac, ofac_xml, plain, uk, un
from kyc.screening.sources.files import Files, head

Reader = Callable[[Files], Iterator[Entry]]


def of_ofac(files: Files) -> Iterator[Entry]:
    """Its CSV with the parts beside it, or its XML, which holds them all."""
    return ofac_xml.read(files) if is_xml(files) else ofac.load(files)


def is_xml(files: Files) -> bool:
    return head(files.primary).lstrip().startswith(("<?xml", "<sdnList"))


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
    "ofac-sdn": ofac_xml.published,
    "ofac-cons": ofac_xml.published,
    "un-sc": un.published,
    "eu-fsf": eu.published,
    "uk-ofsi": uk.published,
}


def read(source: str, files: Files) -> Iterator[Entry]:
    """Entries in the file's order. Raises BadList."""
    return READERS[source](files)


def published(source: str, files: Files) -> date | None:
    """The publication day that the file itself names. Raises BadList where it can't be opened."""
    return DATES[source](files) if source in DATES else None
