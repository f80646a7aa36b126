"""What is known beside the name moves the score; every part of a score is a sentence that an officer can defend."""

import re
from collections.abc import Iterator
from dataclasses import replace

from rapidfuzz.distance import OSA

from kyc.screening import birthdates, countries, scripts
from kyc.screening.entries import Entry
from kyc.screening.match import ACRONYM, JOINED, KIN, Ground, Match, Name, Pair, Subject, capitals
from kyc.screening.normalise import number, words

SAME_DAY, SAME_YEAR, NEAR_YEAR, OTHER_DAY, OTHER_YEAR = 0.06, 0.03, -0.02, -0.06, -0.12
NEAR_YEARS = 1
# Of an entry that says many, which a sentence still tells.
MOST_DATES = 3
SAME_COUNTRY, OTHER_COUNTRY = 0.02, -0.04
WEAK_ALIAS = -0.05
OTHER_KIND = -0.12
# A party is never a vessel or an aircraft.
A_THING = -0.25
SAME_WORDS, ALMOST = 0.9995, 0.99
KIND_WORDS = {"person": "a person", "company": "a company", "state": "a state", "other": "a vessel or an aircraft"}
COUNTED = {1: "one letter", 2: "two letters"}

Moved = tuple[float, Ground]


def weighed(subject: Subject, entry: Entry, name: str, alike: float, *, line: float) -> tuple[float, float]:
    """The name's score moved by everything else, 0 to 1, three decimals, and 1 only where the words are the same; and by how much
    birth date and country moved it. These order and explain: where the name alone reaches the line, they never take it below,
    since lists err in them more often than in names."""
    most = 1.0 if alike >= SAME_WORDS else ALMOST
    named = alike + sum(change for change, _ in of_kind(subject, entry, name))
    moved = sum(change for change, _ in beside(subject, entry))
    least = line if named >= line else 0.0
    return round(max(least, min(most, named + moved)), 3), moved


def explained(
    subject: Subject,
    asked: Name,
    entry: Entry,
    listed: Name,
    score: float,
    pairs: list[Pair],
    *,
    configuration: str,
    alike: float,
) -> Match:
    moving = (*of_kind(subject, entry, listed.text), *beside(subject, entry))
    moved = [replace(ground, change=change) for change, ground in moving]
    named = (*aliased(entry, listed), *transcribed(asked, listed), *worded(asked, listed, pairs))
    grounds = (*numbered(subject, entry), *named, *moved)
    return Match(entry, listed.text, score, grounds, configuration, round(alike, 3))


def of_kind(subject: Subject, entry: Entry, name: str) -> Iterator[Moved]:
    """What kind of name, and of what."""
    if is_weak(name):
        yield WEAK_ALIAS, Ground("weak_alias", "The list itself calls this alias weak.")
    if entry.kind != ("company" if subject.kind == "state" else subject.kind):
        mine, its = KIND_WORDS.get(subject.kind, subject.kind), KIND_WORDS.get(entry.kind, entry.kind)
        yield A_THING if entry.kind == "other" else OTHER_KIND, Ground("other_kind", f"The entry is {its}, the party is {mine}.")


def beside(subject: Subject, entry: Entry) -> Iterator[Moved]:
    """What is known beside the name."""
    yield from born(subject.birth_date, entry.birth_dates)
    yield from housed(subject.country.upper(), entry.countries)


def is_weak(name: str) -> bool:
    return name.startswith("'")


def born(asked: str, listed: tuple[str, ...]) -> Iterator[Moved]:
    """What the birth dates say: the same day weighs more than the same year. Of the party's own date, which is kept sealed,
    a sentence tells the year alone; of the entry's, which are published, the nearest ones whole."""
    mine = birthdates.span(asked) if asked else None
    theirs = [(text, span) for text in listed if (span := birthdates.span(text))]
    if mine is None or not theirs:
        return
    nearest = sorted(theirs, key=lambda one: (not meet(mine, one[1]), birthdates.years_apart(mine, one[1])))
    says = f"Born in {mine[0].year}; the entry says {', '.join(text for text, _ in nearest[:MOST_DATES])}"
    apart = birthdates.years_apart(mine, nearest[0][1])
    if any(span == mine and span[0] == span[1] for _, span in theirs):
        yield SAME_DAY, Ground("same_birth_date", f"Born on the same day, in {mine[0].year}.")
    elif meet(mine, nearest[0][1]):
        agree = "these agree" if len(nearest) == 1 else "the first agrees"
        yield SAME_YEAR, Ground("same_birth_year", f"{says}: {agree}, as far as is known.")
    elif not apart:
        yield OTHER_DAY, Ground("near_birth_date", f"{says}: another day of the same year.")
    else:
        years = "one year" if apart == 1 else f"{apart} years"
        is_exact = len(nearest) == 1 and nearest[0][1][0].year == nearest[0][1][1].year
        far = f"{says}, {years} apart." if is_exact else f"{says}: {years} apart at least."
        yield (
            (NEAR_YEAR, Ground("near_birth_date", far)) if apart <= NEAR_YEARS else (OTHER_YEAR, Ground("other_birth_date", far))
        )


def meet(one: birthdates.Span, other: birthdates.Span) -> bool:
    """Whether both may be the same day."""
    return one[0] <= other[1] and other[0] <= one[1]


def housed(asked: str, listed: tuple[str, ...]) -> Iterator[Moved]:
    if asked and asked in listed:
        yield SAME_COUNTRY, Ground("same_country", f"Both belong to {countries.named(asked)}.")
    elif asked and listed:
        theirs = ", ".join(map(countries.named, listed))
        yield OTHER_COUNTRY, Ground("other_country", f"From {countries.named(asked)}; the entry says {theirs}.")


def numbered(subject: Subject, entry: Entry) -> Iterator[Ground]:
    for text in subject.identifiers:
        if number(text) and number(text) in map(number, entry.identifiers):
            yield Ground("same_identifier", f"The number ending in {number(text)[-3:]} is the entry's own.")


def aliased(entry: Entry, listed: Name) -> Iterator[Ground]:
    if listed.text != entry.name:
        yield Ground("alias", f"Compared with the alias “{listed.text.strip(chr(39))}”.")


def transcribed(asked: Name, listed: Name) -> Iterator[Ground]:
    """How a name in other letters was read, where the two are written in two scripts; what else is said is said of that."""
    mine, its = asked.written or asked.text, listed.text
    if asked.written and not asked.is_syllabic:
        yield Ground("look_alike", f"“{mine}” is not written as it looks; it was compared as “{asked.text}”.")
        return
    if scripts.of(mine) == scripts.of(its):
        return
    for name, text in ((asked, mine), (listed, its)):
        if not scripts.is_latin(text):
            script, read = scripts.of(text), " ".join(name.every)
            is_korean = name.written and script == scripts.CALLED["CJK"]
            said = f"read as in Korea: “{read}”" if is_korean else f"compared in Latin letters as “{read}”"
            yield Ground("other_script", f"“{text.strip(chr(39))}” is written in {script}, and was {said}.")


def shown(name: str) -> dict[str, str]:
    """Each word as it was written, by its normal form."""
    return {found[0]: token for token in re.split(r"[\s\-,.'\"]+", name) if len(found := words(token)) == 1}


def worded(asked: Name, listed: Name, pairs: list[Pair]) -> Iterator[Ground]:
    """Which words agree, which are near, which have no counterpart."""
    mine, theirs, names = shown(asked.text), shown(listed.text), set(capitals(listed.text))
    if scripts.of(asked.written or asked.text) != scripts.of(listed.text):
        mine, theirs = beside_written(mine), beside_written(theirs)
    same = [listed.words[pair.listed[0]] for pair in pairs if pair.value == 1]
    if same:
        yield Ground("same_words", f"Same words: {written(same, theirs)}.")
    for pair in pairs:
        if pair.value < 1:
            one, other = [asked.words[i] for i in pair.asked], [listed.words[j] for j in pair.listed]
            label = "Family name " if names & set(other) else ""
            says = compared(" ".join(one), " ".join(other), pair.value)
            yield Ground("near_word", f"{label}“{written(one, mine)}” {says % written(other, theirs)}.")
    yield from left_over(asked, mine, {i for pair in pairs for i in pair.asked}, "extra_word", "is not in the entry's name")
    yield from left_over(listed, theirs, {j for pair in pairs for j in pair.listed}, "missing_word", "of the entry is missing")


def beside_written(source: dict[str, str]) -> dict[str, str]:
    """Words of another script as they were compared, with what stood there."""
    return {word: token if scripts.is_latin(token) else f"{word} ({token})" for word, token in source.items()}


def written(chosen: list[str], source: dict[str, str]) -> str:
    return " ".join(source.get(word, word) for word in chosen)


def compared(one: str, other: str, value: float) -> str:
    apart = OSA.distance(one, other)
    if value == JOINED:
        return "is “%s” written apart or together"
    if value == ACRONYM:
        return "is or has the first letters of “%s”"
    if value == KIN:
        return "is another form of “%s”, or the same in another language"
    if 1 in (len(one), len(other)):
        return "may stand for “%s”"
    if apart in COUNTED:
        return f"differs from “%s” by {COUNTED[apart]}"
    return "is spelt like or sounds like “%s”"


def left_over(name: Name, source: dict[str, str], used: set[int], code: str, text: str) -> Iterator[Ground]:
    rest = [word for i, word in enumerate(name.words) if i not in used and word in name.sought]
    if rest:
        yield Ground(code, f"“{written(rest, source)}” {text}.")
