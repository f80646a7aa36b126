"""Writes kyc/screening/borne.txt: how many ordinary people of the locales that weights may be tuned on bear a word.

.venv/bin/python -m tests.bench.count_words
"""

from collections import Counter, defaultdict
from random import Random

from faker import Faker

from kyc.screening.chance import BORNE
from kyc.screening.match import Name
from tests.kyc.screening import heldout

SEED, EACH = 99, 4000
TOLD = f"""\
# How many people bear a word in their name, of as many as the first number says: then a line for each number of bearers. Written
# by tests/bench/count_words.py from {EACH} names of each of the locales of Faker (MIT license) that it counts.
"""


def counted(locales: list[str]) -> dict[str, Counter[str]]:
    """By locale how many of EACH people bear a word; once for each, however often it stands in a name."""
    found = {}
    for place, locale in enumerate(locales):
        faker, random = Faker(locale), Random(SEED + place)
        faker.seed_instance(SEED + place)
        names = (heldout.written(faker, is_double=random.random() < heldout.DOUBLE) for _ in range(EACH))
        found[locale] = Counter(word for name in names for word in set(Name(name).words))
    return found


def main() -> None:
    every = sum(counted([*heldout.TUNED, *heldout.MORE]).values(), Counter())
    lines: dict[int, list[str]] = defaultdict(list)
    for word, count in every.items():
        lines[count].append(word)
    people = EACH * len([*heldout.TUNED, *heldout.MORE])
    told = [f"{count} {' '.join(sorted(lines[count]))}" for count in sorted(lines, reverse=True)]
    BORNE.write_text("\n".join([f"{TOLD}{people}", *told, ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
