"""What stands on an invented passport or identity card: who bears it, and its machine-readable zone (ICAO Doc 9303).

Everything follows from the name, so that the same person has the same paper wherever he is asked for one. Pure.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256

from kyc.evidence.reading import mrz, states, transliteration
from kyc.evidence.reading.mrz import FILLER
from kyc.parties import countries

# Of these the demo's people send the card that they have, and no passport.
CARDS = ("AT", "CZ", "DE", "EE", "IT", "PT", "RO")
# Where the surname comes first.
SURNAME_FIRST = ("CN", "HK", "KR", "SG")
# Where the zone is written from the name in its own script, letter by letter; elsewhere passports bear Latin letters too.
BY_TABLE = ("KZ", "UA")
TEN_YEARS = 3652


@dataclass(frozen=True)
class Bearer:
    """`native` is the name in its own script, `number` of at most nine characters, and whether it is a card."""

    name: str
    native: str
    country: str
    born: date
    number: str
    expires: date
    is_card: bool

    @property
    def issued(self) -> date:
        return self.expires - timedelta(days=TEN_YEARS)

    @property
    def issuer(self) -> str:
        """Its code in the zone: Germany's is of one letter, the others' are ISO's."""
        if self.country == "DE":
            return "D"
        return min(code for code, country in states.by_code().items() if country == self.country and code not in states.OWN)

    @property
    def title(self) -> str:
        return "IDENTITY CARD" if self.is_card else "PASSPORT"

    @property
    def state(self) -> str:
        return countries.name(self.country, "en")

    @property
    def parts(self) -> tuple[str, str]:
        """Surname and given names, in Latin letters."""
        return parted(self.name, is_first=self.country in SURNAME_FIRST)

    @property
    def zone(self) -> tuple[str, ...]:
        names = parted(self.native) if self.native and self.country in BY_TABLE else self.parts
        written = FILLER.join(map(spelt, names[0].split())) + FILLER * 2 + FILLER.join(map(spelt, names[1].split()))
        return of_card(self, written) if self.is_card else of_passport(self, written)


def chance(name: str, what: str, below: int) -> int:
    """From 0, the same for the same name."""
    return int.from_bytes(sha256(f"{name} {what}".encode()).digest()[:6]) % below


def parted(name: str, *, is_first: bool = False) -> tuple[str, str]:
    words = name.split()
    if is_first:
        return words[0], " ".join(words[1:])
    # What is written small before it belongs to it: van Drimmelen.
    start = next((place for place, word in enumerate(words) if word[0].islower()), len(words) - 1)
    return " ".join(words[start:]), " ".join(words[:start])


def spelt(word: str) -> str:
    """As the standard recommends; a hyphen is a filler, and an apostrophe is left out."""
    parts = (next(transliteration.spellings(part), "") for part in word.replace("'", "").split("-"))
    return FILLER.join(parts)


def checked(text: str) -> str:
    return text + mrz.check_digit(text)


def day(value: date) -> str:
    return f"{value:%y%m%d}"


def of_passport(bearer: Bearer, names: str) -> tuple[str, ...]:
    first = f"P{FILLER}{bearer.issuer:{FILLER}<3}{names}"
    dates = checked(day(bearer.born)) + FILLER + checked(day(bearer.expires))
    second = checked(f"{bearer.number:{FILLER}<9}") + f"{bearer.issuer:{FILLER}<3}" + dates + checked(FILLER * 14)
    whole = mrz.check_digit(second[:10] + second[13:20] + second[21:])
    return f"{first:{FILLER}<44}"[:44], second + whole


def of_card(bearer: Bearer, names: str) -> tuple[str, ...]:
    first = f"I{FILLER}{bearer.issuer:{FILLER}<3}" + checked(f"{bearer.number:{FILLER}<9}") + FILLER * 15
    born, until = checked(day(bearer.born)), checked(day(bearer.expires))
    optional = FILLER * 11
    second = f"{born}{FILLER}{until}{bearer.issuer:{FILLER}<3}{optional}"
    return first, second + mrz.check_digit(first[5:] + born + until + optional), f"{names:{FILLER}<30}"[:30]
