"""What changed between two report.json: every value that is not the same, with where it stands in either, and in words.

Pure. Rows of a list are paired where both sides have them in the same order; what is between is changed, added or gone. Taken
away and put in by their places, the changes make the later of the two out of the earlier.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from typing import Any

from reports import canonical

Path = tuple[str | int, ...]
# What a row is called by, the first that it has.
NAMED_BY = (
    "party",
    "name",
    "owner",
    "person",
    "which",
    "reference",
    "number",
    "key",
    "title",
    "attribute",
    "what",
    "document",
    "at",
)
SEPARATOR = " › "


@dataclass(frozen=True)
class Change:
    """`where` is the place in words; `before_at` and `after_at` are JSON pointers (RFC 6901) into either file, empty where it has
    nothing there."""

    where: str
    before_at: str
    after_at: str
    before: Any
    after: Any

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def changes(before: Any, after: Any) -> Iterator[Change]:
    """In the order in which they stand."""
    yield from within(before, after, (), (), ())


def within(before: Any, after: Any, one: Path, other: Path, words: tuple[str, ...]) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys([*before, *after]):
            yield from of_member(before, after, name, one, other, (*words, told(name)))
    elif isinstance(before, list) and isinstance(after, list):
        yield from of_rows(before, after, one, other, words)
    elif not same(before, after):
        yield Change(SEPARATOR.join(words), pointer(one), pointer(other), before, after)


def of_member(
    before: dict[str, Any], after: dict[str, Any], name: str, one: Path, other: Path, words: tuple[str, ...]
) -> Iterator[Change]:
    if name not in after:
        yield Change(SEPARATOR.join(words), pointer((*one, name)), "", before[name], None)
    elif name not in before:
        yield Change(SEPARATOR.join(words), "", pointer((*other, name)), None, after[name])
    else:
        yield from within(before[name], after[name], (*one, name), (*other, name), words)


def of_rows(before: Sequence[Any], after: Sequence[Any], one: Path, other: Path, words: tuple[str, ...]) -> Iterator[Change]:
    matched = SequenceMatcher(None, [*map(text, before)], [*map(text, after)], autojunk=False)
    for how, i, i_end, j, j_end in matched.get_opcodes():
        if how == "equal":
            continue
        both = min(i_end - i, j_end - j)
        for step in range(both):
            row = (*words, called(after[j + step], j + step))
            yield from within(before[i + step], after[j + step], (*one, i + step), (*other, j + step), row)
        for place in range(i + both, i_end):
            yield Change(SEPARATOR.join((*words, called(before[place], place))), pointer((*one, place)), "", before[place], None)
        for place in range(j + both, j_end):
            yield Change(SEPARATOR.join((*words, called(after[place], place))), "", pointer((*other, place)), None, after[place])


def same(before: Any, after: Any) -> bool:
    """As the canonical form has them: 1 and true are not."""
    return text(before) == text(after)


def text(value: Any) -> bytes:
    return canonical.encode(value)


def pointer(path: Path) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def told(name: str) -> str:
    return name.replace("_", " ")


def called(row: Any, place: int) -> str:
    """A row by what it is about, else by its place."""
    names = row if isinstance(row, dict) else {}
    found = next((str(names[name]) for name in NAMED_BY if isinstance(names.get(name), str) and names[name]), "")
    return found or f"no. {place + 1}"
