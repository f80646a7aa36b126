"""What each regime makes of a structure, in exact fractions (OWN-01 to OWN-05).

`blocked`: OFAC's cascade. Who is held by blocked parties at the threshold, in aggregate, is itself blocked, and its
whole holding counts downstream; nothing is multiplied. `effective`: multiply along chains and add across them.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from fractions import Fraction

from kyc.ownership.shares import Interval, per_cent, shown
from kyc.rules.packs import Threshold

NONE = Interval(Fraction(0), Fraction(0))
YES, NO, INDETERMINATE = "yes", "no", "indeterminate"


@dataclass(frozen=True)
class Holding:
    """`owner` holds `share` of `owned`; both are ids of the caller's choice."""

    owner: str
    owned: str
    share: Interval


@dataclass(frozen=True)
class Verdict:
    """One regime's word on one party: yes, no or indeterminate; the share it rests on; the arithmetic in sentences."""

    verdict: str
    share: Interval
    why: tuple[str, ...] = ()


def namer(names: dict[str, str] | None) -> Callable[[str], str]:
    return lambda party: (names or {}).get(party, party)


def by_owned(holdings: Iterable[Holding]) -> dict[str, list[Holding]]:
    found: dict[str, list[Holding]] = defaultdict(list)
    for holding in sorted(holdings, key=lambda h: (h.owned, h.owner)):
        found[holding.owned].append(holding)
    return found


def everyone(holdings: Iterable[Holding]) -> list[str]:
    return sorted({party for holding in holdings for party in (holding.owner, holding.owned)})


def unaccounted(holdings: Iterable[Holding]) -> dict[str, Interval]:
    """What is left of each owned party after all stated shares; never below nothing."""
    return {
        owned: Interval(
            max(Fraction(0), 1 - sum((h.share.max for h in held), Fraction(0))),
            max(Fraction(0), 1 - sum((h.share.min for h in held), Fraction(0))),
        )
        for owned, held in by_owned(holdings).items()
    }


def overfull(holdings: Iterable[Holding]) -> list[str]:
    """Parties of which more than the whole is stated to be held."""
    return [owned for owned, held in by_owned(holdings).items() if sum(h.share.min for h in held) > 1]


def blocked(
    holdings: Collection[Holding], *, listed: Collection[str], threshold: Threshold, names: dict[str, str] | None = None
) -> dict[str, Verdict]:
    """OFAC's 50 per cent rule for every party. Grows from the listed ones until nothing changes, so cycles end."""
    call = namer(names)
    held = by_owned(holdings)
    surely, maybe = cascade(held, listed, threshold, surely=True), cascade(held, listed, threshold, surely=False)
    wrong = set(overfull(holdings))
    found = {}
    for party in sorted({*everyone(holdings), *listed}):
        shares = [h for h in held.get(party, []) if h.owner in surely]
        total = Interval(
            sum((h.share.min for h in shares), Fraction(0)),
            min(Fraction(1), sum((h.share.max for h in held.get(party, []) if h.owner in maybe), Fraction(0))),
        )
        if party in listed:
            found[party] = Verdict(YES, total, (f"{call(party)} is listed.",))
        elif party in wrong:
            found[party] = Verdict(INDETERMINATE, total, (f"More than 100 % of {call(party)} is stated to be held.",))
        elif party in surely:
            found[party] = Verdict(YES, total, tuple(path(party, surely, held, listed, call)))
        elif party in maybe:
            found[party] = Verdict(INDETERMINATE, total, (f"It depends on shares of {call(party)} that are not known exactly.",))
        else:
            found[party] = Verdict(NO, total)
    return found


def cascade(held: dict[str, list[Holding]], listed: Collection[str], threshold: Threshold, *, surely: bool) -> dict[str, int]:
    """Blocked parties with the round in which they became so; listed ones in round 0."""
    rounds = dict.fromkeys(listed, 0)
    number = 0
    while True:
        number += 1
        new = [
            owned
            for owned, holders in held.items()
            if owned not in rounds and aggregate_reaches(holders, rounds, threshold, surely=surely)
        ]
        if not new:
            return rounds
        rounds |= dict.fromkeys(new, number)


def aggregate_reaches(holders: list[Holding], rounds: dict[str, int], threshold: Threshold, *, surely: bool) -> bool:
    counted = [h.share for h in holders if h.owner in rounds]
    if not counted:
        return False
    total = sum((share.min if surely else share.max) for share in counted)
    above = surely and total == threshold.share and any(share.above for share in counted)
    return above or threshold.reached(Fraction(total))


def path(
    party: str, rounds: dict[str, int], held: dict[str, list[Holding]], listed: Collection[str], name: Callable[[str], str]
) -> list[str]:
    """Sentences from the listed holders down to `party`: each step names who holds what of whom, and the sum."""
    needed, order = [party], []
    while needed:
        owned = needed.pop(0)
        if owned in order or owned in listed:
            continue
        order.append(owned)
        needed += [h.owner for h in held[owned] if h.owner in rounds and rounds[h.owner] < rounds[owned]]
    sentences = []
    for owned in sorted(order, key=lambda key: (rounds[key], key)):
        counted = [h for h in held[owned] if h.owner in rounds and rounds[h.owner] < rounds[owned]]
        parts = " and ".join(
            f"{name(h.owner)} ({'listed' if h.owner in listed else 'blocked'}) holds {shown(h.share)}" for h in counted
        )
        total = per_cent(sum((h.share.min for h in counted), Fraction(0)))
        sentences.append(f"{parts} of {name(owned)}: together {total}, so it is blocked too.")
    return sentences


def effective(holdings: Collection[Holding], *, subject: str) -> dict[str, Interval]:
    """What each party owns of `subject` when chains are multiplied and added (AMLR Art. 52). Cross-holdings are solved as
    a linear system, exactly; where a cycle holds itself wholly there is no answer and the share is unknown."""
    upstream = above(holdings, subject)
    lower = solve(upstream, subject, {(h.owner, h.owned): h.share.min for h in holdings})
    upper = solve(upstream, subject, {(h.owner, h.owned): h.share.max for h in holdings})
    return {
        party: Interval(
            min(Fraction(1), lower[party]) if lower else Fraction(0), min(Fraction(1), upper[party]) if upper else Fraction(1)
        )
        for party in upstream
        if party != subject
    }


def above(holdings: Collection[Holding], subject: str) -> list[str]:
    """`subject` and everyone from whom a chain leads down to it."""
    held, found, queue = by_owned(holdings), [subject], [subject]
    while queue:
        for holding in held.get(queue.pop(), []):
            if holding.owner not in found:
                found.append(holding.owner)
                queue.append(holding.owner)
    return found


def solve(parties: list[str], subject: str, shares: dict[tuple[str, str], Fraction]) -> dict[str, Fraction] | None:
    """x[p] = share(p, subject) + sum of share(p, q) * x[q] over q other than the subject; Gaussian elimination."""
    unknown = [party for party in parties if party != subject]
    rows = {p: {q: -shares.get((p, q), Fraction(0)) for q in unknown if shares.get((p, q))} for p in unknown}
    right = {p: shares.get((p, subject), Fraction(0)) for p in unknown}
    for party in unknown:
        rows[party][party] = rows[party].get(party, Fraction(0)) + 1
    for pivot in unknown:
        if rows[pivot].get(pivot, 0) == 0:
            return None
        factor = rows[pivot][pivot]
        rows[pivot] = {q: value / factor for q, value in rows[pivot].items()}
        right[pivot] /= factor
        for other in unknown:
            times = rows[other].get(pivot, Fraction(0))
            if other == pivot or times == 0:
                continue
            for q, value in rows[pivot].items():
                rows[other][q] = rows[other].get(q, Fraction(0)) - times * value
            right[other] -= times * right[pivot]
    return right


def beneficial_owners(
    holdings: Collection[Holding],
    *,
    subject: str,
    people: Collection[str],
    threshold: Threshold,
    names: dict[str, str] | None = None,
) -> dict[str, Verdict]:
    """Who owns `subject` at the threshold or more, by multiply and add; people only, the others are never owners."""
    call = namer(names)
    found = {}
    for party, share in effective(holdings, subject=subject).items():
        if party not in people:
            verdict = NO
        elif threshold.reached(share.min):
            verdict = YES
        else:
            verdict = INDETERMINATE if threshold.reached(share.max) else NO
        held = f"{call(party)} holds {shown(share)} of {call(subject)} over all chains"
        sentence = f"{held}; {per_cent(threshold.share)} is the line."
        found[party] = Verdict(verdict, share, (sentence,))
    return found


def depth(holdings: Collection[Holding], *, subject: str) -> int:
    """How many levels of owners stand above `subject`, counting each party once."""
    held, seen, level, levels = by_owned(holdings), {subject}, [subject], 0
    while level := [h.owner for owned in level for h in held.get(owned, []) if not (h.owner in seen or seen.add(h.owner))]:  # type: ignore[func-returns-value]  # set.add as a filter
        levels += 1
    return levels
