"""How wide names are when drawn, and how they are broken into lines: by the fonts of the house where they are installed,
else by an estimate for each script. Measured here because the program that lays out a picture knows neither."""

import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from PIL import ImageFont

from kyc.ownership.picture import Box
from kyc.ownership.sheet import Size

NAME_SIZE, NOTE_SIZE, SHARE_SIZE = 13.0, 11.5, 12.0
NAME_LINES, NATIVE_LINES, NOTE_LINES = 3, 2, 3
LEAST_WIDTH, MOST_WIDTH = 124.0, 240.0
SIDE, EDGE, LEADING, NOTE_LEADING = 16.0, 9.0, 17.0, 15.0
BESIDE_SHARE = 5.0
# Round a name in a script of its own direction, so that what stands beside it keeps its place.
ISOLATE, ISOLATED = "\u2068", "\u2069"
BOLD, PLAIN = "bold", "plain"
# Who reads the page may have another font than the one measured.
RESERVE = 1.05
MEASURED_AT = 100
ELLIPSIS = "…"
MOST_LETTERS = 200
FONTS = {
    "latin": {BOLD: "Inter-SemiBold.otf", PLAIN: "Inter-Regular.otf"},
    "arabic": {BOLD: "NotoSansArabic-Bold.ttf", PLAIN: "NotoSansArabic-Regular.ttf"},
    "hebrew": {BOLD: "NotoSansHebrew-Bold.ttf", PLAIN: "NotoSansHebrew-Regular.ttf"},
    "wide": {BOLD: "NotoSansCJK-Bold.ttc", PLAIN: "NotoSansCJK-Regular.ttc"},
}
# Latin, Greek and Cyrillic are one font; then Hebrew and Arabic. What is wide is told by Unicode itself.
ALPHABETS = ((0x0000, 0x058F, "latin"), (0x0590, 0x05FF, "hebrew"), (0x0600, 0x08FF, "arabic"), (0x1E00, 0x20CF, "latin"))
ESTIMATES = {"Lu": 0.72, "Ll": 0.6, "Nd": 0.66, "Zs": 0.3, "Po": 0.36, "Pd": 0.5}
# Marks that turn the direction of what follows, and what no page can show.
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
UNSHOWABLE = frozenset({"Cc", "Cs", "Cn", "Co"})
REPLACEMENT = "\ufffd"


def readable(text: str) -> str:
    """`text` in one line; what cannot be shown, or would turn the order of what follows, is replaced by a visible sign."""
    words = (character if character not in "\t\r\n" else " " for character in text)
    shown = (REPLACEMENT if c in TURNING or unicodedata.category(c) in UNSHOWABLE else c for c in words)
    return " ".join("".join(shown).split())


def is_right_to_left(text: str) -> bool:
    """By the first letter that has a direction, as readers' programs do it."""
    strong = (unicodedata.bidirectional(character) for character in text)
    return next((kind in ("R", "AL") for kind in strong if kind in ("L", "R", "AL")), False)


def is_mark(character: str) -> bool:
    """Whether it belongs to the character before it."""
    return unicodedata.category(character) in ("Mn", "Me", "Mc") or character in "\u200c\u200d\ufe0f"


def alphabet(character: str) -> str:
    if unicodedata.east_asian_width(character) in ("W", "F"):
        return "wide"
    code = ord(character)
    return next((name for first, last, name in ALPHABETS if first <= code <= last), "")


@lru_cache(maxsize=16)
def font(name: str) -> ImageFont.FreeTypeFont | None:
    """The font where this machine has it."""
    try:
        return ImageFont.truetype(name, MEASURED_AT)
    except OSError:
        return None


@lru_cache(maxsize=4096)
def width(text: str, size: float, weight: str = PLAIN) -> float:
    """In the unit of `size`, with a reserve."""
    runs = ((name, "".join(run)) for name, run in groupby(text, alphabet))
    return RESERVE * size * sum(run_width(name, run, weight) for name, run in runs)


def run_width(name: str, run: str, weight: str) -> float:
    known = font(FONTS[name][weight]) if name in FONTS else None
    return known.getlength(run) / MEASURED_AT if known else sum(map(estimate, run))


def estimate(character: str) -> float:
    if is_mark(character):
        return 0.0
    if unicodedata.east_asian_width(character) in ("W", "F"):
        return 1.0
    return ESTIMATES.get(unicodedata.category(character), 0.66)


@dataclass(frozen=True)
class Room:
    """Lines of `width` each, at most `lines` of them; the last one keeps `kept` free."""

    width: float
    size: float
    weight: str = PLAIN
    lines: int = 1
    kept: float = 0.0

    def fits(self, text: str, *, is_last: bool) -> bool:
        return width(text, self.size, self.weight) <= self.width - (self.kept if is_last else 0)


def broken(text: str, room: Room) -> list[str]:
    """`text` in lines that fit, broken between words where there are any; cut with an ellipsis where the room ends."""
    lines: list[str] = []
    rest = text
    while rest:
        is_last = len(lines) + 1 == room.lines
        if room.fits(rest, is_last=True):
            return [*lines, rest]
        if is_last:
            return [*lines, cut(rest, room)]
        line = longest(rest, room)
        lines.append(line.strip())
        rest = rest[len(line) :].strip()
    return lines


def longest(text: str, room: Room) -> str:
    """The longest beginning that fits, up to a space where there is one, but not that between a number and its per cent.
    Something is left over, since the whole has not fitted the last line, which has less room."""
    parts = [part for part in beginnings(text) if part.strip() != text.strip()] or beginnings(text)
    fitting = parts[: max(1, bisect_left(parts, True, key=lambda part: not room.fits(part.rstrip(), is_last=False)))]
    return next((part for part in reversed(fitting) if part.endswith(" ") and text[len(part)] != "%"), fitting[-1])


def cut(text: str, room: Room) -> str:
    parts = beginnings(text)
    fitting = parts[: bisect_left(parts, True, key=lambda part: not room.fits(part.rstrip() + ELLIPSIS, is_last=True))]
    return (fitting[-1] if fitting else "").rstrip() + ELLIPSIS


def beginnings(text: str) -> list[str]:
    """Every beginning that doesn't part a letter from its marks, shorter ones first; no more than could ever fit a line."""
    ends = range(1, min(len(text), MOST_LETTERS) + 1)
    return [text[:end] for end in ends if end == len(text) or not (is_mark(text[end]) or text[end - 1] == "\u200d")]


@dataclass(frozen=True)
class Lettered:
    """A box with its words broken into lines, and the size they need."""

    box: Box
    name: tuple[str, ...]
    native: tuple[str, ...]
    role: str
    note: tuple[str, ...]
    size: Size


def share_width(share: str) -> float:
    return width(readable(share), SHARE_SIZE, BOLD) + 2 * BESIDE_SHARE if share else 0.0


def letter(box: Box) -> Lettered:
    suffix = suffixed("", box.country)
    name_room = Room(MOST_WIDTH - 2 * SIDE, NAME_SIZE, BOLD, NAME_LINES, width(suffix, NAME_SIZE, BOLD) if suffix else 0.0)
    name = broken(readable(box.name), name_room) or [""]
    widths = [width(line, NAME_SIZE, BOLD) for line in name]
    widths[-1] += name_room.kept
    native = broken(readable(box.native_name), Room(MOST_WIDTH - 2 * SIDE, NAME_SIZE, lines=NATIVE_LINES))
    role = "".join(broken(readable(box.role), Room(MOST_WIDTH - 2 * SIDE, NOTE_SIZE)))
    note = broken(readable(box.note), Room(MOST_WIDTH - 2 * SIDE, NOTE_SIZE, lines=NOTE_LINES))
    widths += [*(width(line, NAME_SIZE) for line in native), *(width(line, NOTE_SIZE) for line in (role, *note))]
    across = min(MOST_WIDTH, max(LEAST_WIDTH, max(widths) + 2 * SIDE))
    high = 2 * EDGE + LEADING * (len(name) + len(native)) + NOTE_LEADING * (bool(role) + len(note))
    isolated = [f"{ISOLATE}{line}{ISOLATED}" if is_right_to_left(line) else line for line in name]
    return Lettered(
        box, (*isolated[:-1], suffixed(isolated[-1], box.country)), tuple(native), role, tuple(note), Size(across, high)
    )


def suffixed(name: str, country: str) -> str:
    return f"{name} · {readable(country)}" if country else name
