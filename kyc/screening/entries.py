"""What a list says of one person or company."""

from dataclasses import dataclass

LONGEST_NAME = 400


@dataclass(frozen=True, slots=True)
class Entry:
    """`kind` is person, company or other. Birth dates as `birthdates` writes them, countries ISO 3166-1 alpha-2, identifiers
    without labels, spaces or marks. An alias that the publisher calls weak keeps the quotes it puts round it. `version` is
    the id of the list version, 0 outside the database."""

    id: str
    kind: str
    name: str
    aliases: tuple[str, ...] = ()
    programmes: tuple[str, ...] = ()
    birth_dates: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    version: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.aliases)


class BadList(ValueError):
    """A list file that can't be read; the message names file, line and reason."""
