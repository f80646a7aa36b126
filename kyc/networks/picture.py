"""What a network's picture shows: accounts, the values that they share, and lines between the two. It is folded before anything
is said of what it shows, so that of thousands of accounts only those are named that are drawn. kyc.networks.drawing draws it."""

from collections import Counter, defaultdict
from dataclasses import dataclass, replace

# More boxes than this are no picture any more, but a wall.
MOST = 150
WARN = "warn"
# So many bits make a line broad, or broader; below the first it is thin.
BROAD, BROADEST = 8.0, 12.0


@dataclass(frozen=True)
class Account:
    """One, or of `count` several in one box. `tone` warn has a mark besides the colour."""

    id: str
    name: str = ""
    note: str = ""
    tone: str = ""
    url: str = ""
    count: int = 1


@dataclass(frozen=True)
class Value:
    """What accounts share; a hub counts for nothing, and its name says what it is."""

    id: str
    name: str = ""
    note: str = ""
    url: str = ""
    is_hub: bool = False


@dataclass(frozen=True)
class Line:
    """That an account has a value, and how many bits that counts for at most; none where it was not counted."""

    account: str
    value: str
    bits: float = 0.0

    @property
    def is_counted(self) -> bool:
        return self.bits > 0

    @property
    def strength(self) -> int:
        """0 not counted, 1 to 3 by its bits."""
        return self.is_counted + (self.bits >= BROAD) + (self.bits >= BROADEST)


@dataclass(frozen=True)
class Picture:
    """`sentence` says all of it to who can't see it."""

    accounts: tuple[Account, ...]
    values: tuple[Value, ...]
    lines: tuple[Line, ...]
    sentence: str

    @property
    def size(self) -> int:
        return len(self.accounts) + len(self.values)

    @property
    def held(self) -> dict[str, frozenset[str]]:
        """The values of each account."""
        found: dict[str, set[str]] = defaultdict(set)
        for line in self.lines:
            found[line.account].add(line.value)
        return {account.id: frozenset(found[account.id]) for account in self.accounts}


def folded(picture: Picture, *, most: int = MOST) -> Picture:
    """The same in at most `most` boxes: accounts that share exactly the same stand in one, which is called as the first of them
    behind an f; where that does not do, only the values that most accounts share are drawn. Whoever has a tone stays in a box
    of his own as long as there is room."""
    if picture.size <= most:
        return picture
    wide, found = len(picture.values), picture
    if wide < most:
        found = gathered(picture, kept=True)
    while found.size > most and wide > 1:
        wide = min(wide // 2, most // 2)
        found = gathered(shared_most(picture, wide), kept=True)
    return found if found.size <= most else gathered(shared_most(picture, wide), kept=False)


def gathered(picture: Picture, *, kept: bool) -> Picture:
    held = picture.held
    alike: dict[tuple[object, ...], list[Account]] = defaultdict(list)
    for account in picture.accounts:
        alike[held[account.id], account.id if kept and account.tone else ""].append(account)
    boxes = {those[0].id: those[0] if len(those) == 1 else together(those) for those in alike.values()}
    of = {account.id: boxes[those[0].id].id for those in alike.values() for account in those}
    bits: dict[tuple[str, str], float] = {}
    for line in picture.lines:
        place = of[line.account], line.value
        bits[place] = max(bits.get(place, 0.0), line.bits)
    lines = tuple(Line(account, value, most) for (account, value), most in bits.items())
    return replace(picture, accounts=tuple(boxes.values()), lines=lines)


def together(those: list[Account]) -> Account:
    return Account(f"f{those[0].id}", count=len(those))


def shared_most(picture: Picture, wide: int) -> Picture:
    """With the `wide` values that most accounts share, those that count first."""
    shared = Counter(line.value for line in picture.lines)
    order = sorted(picture.values, key=lambda value: (value.is_hub, -shared[value.id], value.id))
    kept = {value.id for value in order[:wide]}
    return replace(
        picture,
        values=tuple(value for value in picture.values if value.id in kept),
        lines=tuple(line for line in picture.lines if line.value in kept),
    )
