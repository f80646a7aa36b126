"""Holdings that run in circles: somebody owns, through others or by himself, part of himself."""

from collections.abc import Sequence

from kyc.ownership.picture import reached


def circular(lines: Sequence[tuple[str, str]]) -> set[int]:
    """Which of these holdings, owner and owned, lead back to their own owner, by their place."""
    left = between(lines)
    steps = [(owned, owner) for owner, owned in left.values()]
    owners = {owner: reached([owner], steps) for owner in {owner for owner, _owned in left.values()}}
    return {place for place, (owner, owned) in left.items() if owned in owners[owner]}


def between(lines: Sequence[tuple[str, str]]) -> dict[int, tuple[str, str]]:
    """What is left without all that ends above or below: mostly nothing."""
    left = dict(enumerate(lines))
    while True:
        inside = {owner for owner, _owned in left.values()} & {owned for _owner, owned in left.values()}
        kept = {place: line for place, line in left.items() if inside.issuperset(line)}
        if len(kept) == len(left):
            return left
        left = kept
