"""What a publisher says of one entry, gathered from one record or several, and made into an Entry."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from kyc.parties.countries import is_country
from kyc.screening import countries
from kyc.screening.entries import LONGEST_ID, LONGEST_NAME, BadList, Entry, Topic, digested, strong, weak
from kyc.screening.normalise import number

VESSEL = re.compile(r"\bIMO(?: ship)?(?: (?:number|no\.?))?(?: ?(?:is|:|#))? ?(\d{7})\b", re.IGNORECASE)
# Bitcoin and its kin, bech32, Ethereum and its kin, Tron.
WALLET = re.compile(
    r"(?<![A-Za-z0-9])((?:[13L][1-9A-HJ-NP-Za-km-z]{25,34})|(?:(?:bc1|ltc1)[a-z0-9]{25,62})|(?:0x[0-9a-fA-F]{40})|(?:T[1-9A-HJ-NP-Za-km-z]{33}))"
    r"(?![A-Za-z0-9])"
)
IMO = re.compile(r"^IMO ?(?=\d{7}$)")


def once(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def spaced(text: str) -> str:
    """Without doubled spaces and line breaks."""
    return " ".join(text.split())


def numbers_within(text: str) -> list[str]:
    """Numbers of vessels and addresses of wallets that stand in a publisher's sentences."""
    wallets = [found for found in WALLET.findall(text) if any(character.isdigit() for character in found)]
    return [*VESSEL.findall(text), *wallets]


@dataclass
class Gathered:
    """One entry on its way. `line` is where it begins in the file."""

    id: str
    line: int
    kind: str = "company"
    names: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    weak: list[str] = field(default_factory=list)
    programmes: list[str] = field(default_factory=list)
    births: list[str] = field(default_factory=list)
    nations: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    link: str = ""
    said: list[str] = field(default_factory=list)

    def entry(self) -> Entry:
        """A person's countries are his nationalities, a company's those of its addresses too. Of a very long name the whole is
        an alias."""
        name, *others = once(map(spaced, (*self.names, *self.aliases, *self.weak))) or ("",)
        cut = [name] if len(name) > LONGEST_NAME else []
        weaker = [found for found in once(map(spaced, self.weak)) if found != name]
        stronger = [*cut, *(found for found in others if found not in weaker)]
        remarks = "\n".join(once(self.remarks))
        found = self.nations if self.kind == "person" else [*self.nations, *self.places]
        return Entry(
            id=self.id,
            kind=self.kind,
            name=strong(name[:LONGEST_NAME].rstrip()),
            aliases=once((*map(strong, stronger), *map(weak, weaker))),
            programmes=once(map(spaced, self.programmes)),
            birth_dates=once(self.births),
            countries=once(country(spaced(text)) for text in found),
            identifiers=once(number(IMO.sub("", spaced(text))) for text in (*self.numbers, *numbers_within(remarks))),
            topics=once(self.topics) or (Topic.SANCTION.value,),
            remarks=remarks,
            link=self.link,
            content=digested(self.said),
        )


def country(text: str) -> str:
    """A code of two letters or a publisher's name as ISO 3166-1 alpha-2; empty for what is no country."""
    return text.upper() if is_country(text.upper()) else countries.code(text)


def entries(found: Iterable[Gathered], file: str) -> Iterator[Entry]:
    """Each once, with a number and a name; raises BadList with file and line, also where there is none at all."""
    seen: set[str] = set()
    for one in found:
        entry = one.entry()
        if wrong := unfit(entry, seen):
            raise BadList(f"{file}, line {one.line}: {wrong}.")
        seen.add(entry.id)
        yield entry
    if not seen:
        raise BadList(f"{file}, line 1: no entry was found.")


def unfit(entry: Entry, seen: set[str]) -> str:
    """Why an entry can't be kept; empty if it can."""
    if not entry.id or len(entry.id) > LONGEST_ID:
        return f"an entry's number has {len(entry.id)} characters, where 1 to {LONGEST_ID} may stand"
    if not entry.name:
        return f"the entry {entry.id} has no name"
    return f"the entry {entry.id} stands twice" if entry.id in seen else ""
