"""What a regime says of one party, and whether an interval reaches a threshold."""

from dataclasses import dataclass

from kyc.ownership.shares import Interval, per_cent
from kyc.parties.sentences import one_stop
from kyc.rules.packs import Threshold

YES, NO, INDETERMINATE = "yes", "no", "indeterminate"


@dataclass(frozen=True)
class Question:
    """What to ask for, in one sentence; `of` is the party on whose owners it is, empty where it is on the subject itself."""

    text: str
    of: str


@dataclass(frozen=True)
class Verdict:
    """One regime's word on one party: yes, no or indeterminate; the share it rests on; the arithmetic in sentences; and of an
    indeterminate one what to ask for."""

    verdict: str
    share: Interval
    why: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()

    def __post_init__(self) -> None:
        """Whichever regime wrote them: many end with the name of a party, and some names with a stop."""
        object.__setattr__(self, "why", tuple(map(one_stop, self.why)))


def is_reached(threshold: Threshold, share: Interval) -> bool:
    """Whether the share surely reaches it."""
    return threshold.reached(share.min) or (share.above and share.min == threshold.share)


def may_be_reached(threshold: Threshold, share: Interval) -> bool:
    return threshold.reached(share.max)


def weigh(threshold: Threshold, share: Interval) -> str:
    if is_reached(threshold, share):
        return YES
    return INDETERMINATE if may_be_reached(threshold, share) else NO


def line(threshold: Threshold) -> str:
    return f"{per_cent(threshold.share)} or more" if threshold.inclusive else f"more than {per_cent(threshold.share)}"


STRENGTH = (NO, INDETERMINATE, YES)


def lesser(one: str, other: str) -> str:
    """What both come to together: a yes only where both are."""
    return min(one, other, key=STRENGTH.index)


def is_stronger(one: str, other: str) -> bool:
    return STRENGTH.index(one) > STRENGTH.index(other)
