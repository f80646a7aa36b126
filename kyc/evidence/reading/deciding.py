"""What lines of a zone say, out of how likely each character is in each cell. Pure.

Check digits decide between readings and make none up: where two readings are nearly as likely and both satisfy every check digit,
and where a character that no digit checks is in doubt, nothing is read. What is clear in every cell is read as it stands, also
where its check digits are wrong: that is how the document was printed, and no issuer prints it so.
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kyc.evidence.reading import mrz
from kyc.evidence.reading.mrz import DIGITS, FILLER, LETTERS, Format, Zone

Scores = NDArray[np.float32]
# In the order of the scores' classes, of which the last is a cell without print.
ALNUM = DIGITS + LETTERS + FILLER
# Natural logarithms: how much less likely than the likeliest a reading may be that the check digits choose, how much likelier it
# must be than the next that they would choose as well, the same of a character that none of them checks, and of each of a
# zone that is read against its check digits.
MOST_LOSS, LEAD, SURE, CLEAR = 5.0, 4.0, 1.5, 7.0
REACH = MOST_LOSS + LEAD
MOST_READINGS = 4000
NONE = -30.0
ALLOWED: Mapping[str, str] = {
    "type": LETTERS + FILLER,
    "issuer": LETTERS + FILLER,
    "nationality": LETTERS + FILLER,
    "names": LETTERS + FILLER,
    "birth_date": DIGITS + FILLER,
    "expiry_date": DIGITS,
    "sex": "MF" + FILLER,
}


@dataclass(frozen=True)
class Reading:
    """`certainty` is of each line's characters how much likelier each is than the next, in natural logarithms."""

    zone: Zone
    certainty: tuple[tuple[float, ...], ...]


def decided(scores: Scores, form: Format) -> Reading | None:
    """Of scores of (line, column, class) the one zone that they can mean, or None."""
    masked = scores[:, :, : len(ALNUM)] + mask(form)
    best = masked.argmax(axis=2)
    ordered = np.sort(masked, axis=2)
    margins = ordered[:, :, -1] - ordered[:, :, -2]
    covered = checked(form)
    if (margins[~covered] < SURE).any() or (ordered[:, :, -1][~covered] < NONE / 2).any():
        return None
    certainty = tuple(tuple(float(one) for one in line) for line in margins)
    if margins.min() >= CLEAR:
        return Reading(mrz.parse(["".join(ALNUM[one] for one in line) for line in best]), certainty)
    sound = [*sound_readings(masked, best, covered)]
    if not sound or sound[0][0] > MOST_LOSS or (len(sound) > 1 and sound[1][0] - sound[0][0] < LEAD):
        return None
    return Reading(sound[0][1], certainty)


def mask(form: Format) -> Scores:
    """Nought where a character may stand, NONE where not."""
    allowed = np.zeros((form.lines, form.width, len(ALNUM)), np.float32)

    def only(span: mrz.Span, characters: str) -> None:
        wrong = [place for place, one in enumerate(ALNUM) if one not in characters]
        allowed[span.line, span.start : span.end, wrong] = NONE

    for name, span in form.spans.items():
        if name in ALLOWED:
            only(span, ALLOWED[name])
    for name, (digit, _) in form.checks.items():
        only(digit, DIGITS + FILLER if name in {"number", "optional"} else DIGITS)
    first = "V" if form.is_visa else "P" if form is mrz.TD3 else "IAC"
    only(mrz.Span(0, 0, 1), first)
    return allowed


def checked(form: Format) -> NDArray[np.bool_]:
    """The cells that a check digit covers, and the check digits themselves."""
    covered = np.zeros((form.lines, form.width), bool)
    for digit, spans in form.checks.values():
        for span in (digit, *spans):
            covered[span.line, span.start : span.end] = True
    return covered


def sound_readings(masked: Scores, best: NDArray[np.int64], covered: NDArray[np.bool_]) -> Iterator[tuple[float, Zone]]:
    """The two likeliest readings of which every check digit agrees, each with how much less likely it is than the likeliest of
    all."""
    places = [tuple(place) for place in np.argwhere(covered)]
    choices = []
    for line, column in places:
        row = masked[line, column]
        order = np.argsort(-row)[:4]
        choices.append([(float(row[order[0]] - row[one]), int(one)) for one in order if row[order[0]] - row[one] <= REACH])
    text = [[ALNUM[one] for one in line] for line in best]
    count = 0
    for loss, picks in likeliest(choices):
        for (line, column), (pick, options) in zip(places, zip(picks, choices, strict=True), strict=True):
            text[line][column] = ALNUM[options[pick][1]]
        zone = mrz.parse(["".join(line) for line in text])
        if zone.is_sound:
            yield loss, zone
            count += 1
        if count == 2:
            return


def likeliest(choices: Sequence[Sequence[tuple[float, int]]]) -> Iterator[tuple[float, tuple[int, ...]]]:
    """Combinations of one choice a place, the likeliest first; at most MOST_READINGS, none worse than REACH."""
    # Only places with a choice, the most doubtful first: a combination changes none before the last that it has changed.
    open_ones = sorted((place for place, options in enumerate(choices) if len(options) > 1), key=lambda p: choices[p][1][0])
    start = [0] * len(choices)
    yield 0.0, tuple(start)
    heap: list[tuple[float, int, tuple[tuple[int, int], ...]]] = []

    def push(loss: float, at: int, changed: tuple[tuple[int, int], ...]) -> None:
        if loss <= REACH:
            heapq.heappush(heap, (loss, at, changed))

    if open_ones:
        push(choices[open_ones[0]][1][0], 0, ((open_ones[0], 1),))
    for _ in range(MOST_READINGS):
        if not heap:
            return
        loss, at, changed = heapq.heappop(heap)
        picks = [*start]
        for place, pick in changed:
            picks[place] = pick
        yield loss, tuple(picks)
        place, pick = changed[-1]
        costs = choices[place]
        # The next choice of the same place, the next place as well, the next place instead.
        if pick + 1 < len(costs):
            push(loss - costs[pick][0] + costs[pick + 1][0], at, (*changed[:-1], (place, pick + 1)))
        if at + 1 < len(open_ones):
            after = open_ones[at + 1]
            push(loss + choices[after][1][0], at + 1, (*changed, (after, 1)))
            if pick == 1:
                push(loss - costs[1][0] + choices[after][1][0], at + 1, (*changed[:-1], (after, 1)))
