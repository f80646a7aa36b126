"""Real names that a list gives besides, each left out of the list and asked for; and ordinary names of many countries.

Entries are halved by their number: weights may be tuned on the even half and on the locales TUNED, and figures are told of the
odd half and of the other locales.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from zlib import crc32

from faker import Faker

from kyc.screening import sources
from kyc.screening.entries import Entry
from kyc.screening.match import Subject
from kyc.screening.sources.files import Files

TUNED = """en_US de_DE es_MX it_IT ru_RU ar_SA zh_CN tr_TR en_IN fa_IR pt_BR ko_KR uk_UA id_ID""".split()
# With more of the world than TUNED, weights hold better for the rest of it.
MORE = """fi_FI cs_CZ hr_HR en_AU fr_CA es_CO de_AT th_TH fr_DZ mr_IN ha_NG mk_MK en_PK ar_DZ no_NO sk_SK sl_SI es_AR en_CA fr_CH
ne_NP ta_IN ka_GE en_KE es_CL da_DK hu_HU uz_UZ""".split()
OTHERS = """en_GB fr_FR es_ES pl_PL bg_BG ar_EG zh_TW az_AZ hi_IN he_IL pt_PT ja_JP ro_RO vi_VN nl_NL sv_SE el_GR en_NG""".split()
NATIVE = "native script"
# The languages that write the family name first, and those that put no space behind it.
FAMILY_FIRST, UNSPACED = ("hu", "vi"), ("zh", "ja", "ko")
DOUBLE = 0.3
FILES = {
    "ofac-sdn": ("ofac/sdn_2024-05-02.csv", "ofac/alt.csv", "ofac/add.csv", "ofac/sdn_comments.csv"),
    "ofac-cons": ("ofac/cons_prim.csv", "ofac/cons_alt.csv", "ofac/cons_add.csv", "ofac/cons_comments.csv"),
    "us-csl": ("csl/consolidated.csv",),
    "un-sc": ("un/consolidated.xml",),
}


@dataclass(frozen=True)
class Asked:
    """A name of an entry that the list in hand doesn't give: `split` is person, company, or native script."""

    split: str
    subject: Subject
    entry: Entry


def published(folder: Path) -> list[Entry]:
    """All entries of the lists in the folder; the same number in two lists stays two."""
    found = []
    for place, (source, names) in enumerate(FILES.items()):
        entries = sources.read(source, Files(*(folder / name for name in names)))
        found += [replace(entry, version=place) for entry in entries]
    return found


def is_native(name: str) -> bool:
    """Whether most letters of a name are of another script than Latin."""
    letters = [char for char in name if char.isalpha()]
    return sum("LATIN" not in unicodedata.name(char, "") for char in letters) * 2 > len(letters)


def is_odd(entry: Entry) -> bool:
    return int("".join(filter(str.isdigit, entry.id)) or crc32(entry.id.encode())) % 2 == 1


def left_out(
    entries: Iterable[Entry], count: int, *, seed: int, odd: bool, splits: Iterable[str] = (NATIVE, "person", "company")
) -> tuple[list[Entry], list[Asked]]:
    """The list without the names that are asked for, and so many of these of each split. Native names are all left out of the
    entries that are asked by one."""
    random, listed = Random(seed), list(entries)
    usable = [entry for entry in listed if is_odd(entry) == odd and entry.kind in {"person", "company"} and entry.aliases]
    random.shuffle(usable)
    asked: list[Asked] = []
    gone: dict[tuple[int, str], set[str]] = {}
    for split in splits:
        for entry in usable:
            key = (entry.version, entry.id)
            names = [name for name in entry.aliases if is_native(name) == (split == NATIVE)]
            if key in gone or not names or (split != NATIVE and entry.kind != split):
                continue
            if sum(one.split == split for one in asked) == count:
                break
            name = random.choice(names)
            gone[key] = {one for one in entry.names if is_native(one)} if split == NATIVE else {name}
            asked.append(Asked(split, Subject(name.strip("'“”"), entry.kind), entry))
    return [without(entry, gone.get((entry.version, entry.id), set())) for entry in listed], asked


def without(entry: Entry, gone: set[str]) -> Entry:
    return replace(entry, aliases=tuple(name for name in entry.aliases if name not in gone)) if gone else entry


def spelt_elsewhere(theirs: Iterable[Entry], others: Iterable[Entry]) -> list[tuple[Entry, Entry]]:
    """Entries with those of other publishers that are the same one: who bears the same number of a document or registration, or
    was born on the same day in the same country. Names have no part in it. The first of a year stands for a year alone."""
    by: dict[tuple[str, ...], list[Entry]] = {}
    for entry in theirs:
        for mark in marks(entry):
            by.setdefault(mark, []).append(entry)
    found = {(one.id, other.name): (one, other) for other in others for mark in marks(other) for one in by.get(mark, ())}
    return [found[key] for key in sorted(found)]


def marks(entry: Entry) -> set[tuple[str, ...]]:
    days = [day for day in entry.birth_dates if re.fullmatch(r"\d{4}-\d\d-\d\d", day) and not day.endswith("-01-01")]
    numbers = {(entry.kind, number) for number in entry.identifiers if len(number) >= 5}
    return numbers | {(entry.kind, day, country) for day in days for country in entry.countries}


def ordinary(count: int, *, seed: int, locales: Iterable[str] = OTHERS) -> list[Subject]:
    """Two people for each company."""
    random, fakers = Random(seed), [Faker(locale) for locale in locales]
    for place, faker in enumerate(fakers):
        faker.seed_instance(seed + place)
    found = []
    for number in range(count):
        faker = random.choice(fakers)
        if number % 3 == 2:
            found.append(Subject(faker.company(), "company"))
        else:
            found.append(Subject(written(faker, is_double=random.random() < DOUBLE), "person"))
    return found


def written(faker: Faker, *, is_double: bool) -> str:
    """A person's name as his country writes it; some have two given names."""
    language = faker.locales[0][:2]
    if language in UNSPACED:
        return f"{faker.last_name()}{faker.first_name()}"
    names = [faker.first_name(), *([faker.first_name()] if is_double else [])]
    return " ".join([faker.last_name(), *names] if language in FAMILY_FIRST else [*names, faker.last_name()])
