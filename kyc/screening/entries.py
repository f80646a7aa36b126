"""What a list says of one person or company."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """`kind` is person, company or other; birth dates as the list writes them; identifiers without their labels."""

    id: str
    kind: str
    name: str
    aliases: tuple[str, ...] = ()
    programmes: tuple[str, ...] = ()
    birth_dates: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()


class BadList(ValueError):
    """A list file that can't be read; the message names file, line and reason."""
