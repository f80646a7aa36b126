"""What became of networks in a building, in words: for each of them what an officer has to know, and of whom it is told."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kyc.networks.network_models import Network, NetworkChange, NetworkRun
from kyc.networks.persisting import End, Ended, Origin, Persisted

K = NetworkChange.Kind


@dataclass(frozen=True)
class Moves:
    """Who `was` in which network and who is `now`, by number; `known` and `ended` of `told` by the places of `places`.
    `apart` are pairs that an officer ruled not to be of one hand."""

    run: NetworkRun
    at: datetime
    networks: Mapping[int, Network]
    was: Mapping[int, int]
    now: Mapping[int, int]
    told: Persisted
    places: Sequence[Network]
    apart: Sequence[tuple[int, int]] = ()

    def change(self, network: Network, kind: str, reason: str, who: Sequence[int], other: Network | None = None) -> NetworkChange:
        said: dict[str, Any] = {"network": network, "kind": kind, "reason": reason, "organisations": sorted(who), "other": other}
        return NetworkChange(**said, at=self.at, run=self.run)


def told(moves: Moves) -> list[NetworkChange]:
    """In the order in which they are read: what ended, what began, what changed."""
    from_to: dict[tuple[int | None, int | None], list[int]] = defaultdict(list)
    for who in sorted(moves.was.keys() | moves.now.keys()):
        from_to[moves.was.get(who), moves.now.get(who)].append(who)
    return [*ends(moves, from_to), *beginnings(moves, from_to), *changes(moves, from_to)]


# Who was in which network and is in which now; None is in none.
FromTo = Mapping[tuple[int | None, int | None], Sequence[int]]


def ends(moves: Moves, from_to: FromTo) -> Iterator[NetworkChange]:
    for number, ended in sorted(moves.told.ended.items()):
        network = moves.networks[number]
        gone = [who for (was, _now), those in from_to.items() if was == number for who in those]
        if ended.why is End.MERGED and ended.found is not None:
            into = moves.places[ended.found]
            yield moves.change(network, K.MERGED, merged_into(into), gone, into)
            yield moves.change(into, K.MERGED, merged_from(network), from_to.get((number, into.pk), []), network)
        else:
            yield moves.change(network, K(ended.why.value), over(ended), gone)


def merged_into(network: Network) -> str:
    return _("What ties its accounts ties them to those of %(number)s as well, which goes on with both.") % {"number": network}


def merged_from(network: Network) -> str:
    return _("%(number)s was found to be the same network, and its accounts are part of this one now.") % {"number": network}


def over(ended: Ended) -> str:
    if ended.why is End.SPLIT:
        return _("Its accounts are tied to those of several other networks now, and to each other no more.")
    return _("Too little ties its accounts any more for them to be of one hand.")


def beginnings(moves: Moves, from_to: FromTo) -> Iterator[NetworkChange]:
    begun = defaultdict[int | None, list[int]](list)
    for (_was, now), those in from_to.items():
        begun[now] += those
    for network, known in zip(moves.places, moves.told.known, strict=True):
        members = begun.get(network.pk, [])
        if known.origin is Origin.FOUND:
            yield moves.change(network, K.FOUND, found(len(members)), members)
        elif known.origin is Origin.SPLIT and known.number is not None:
            origin = moves.networks[known.number]
            yield moves.change(network, K.SPLIT, split_from(origin), members, origin)
            yield moves.change(origin, K.SPLIT, split_off(network), from_to.get((origin.pk, network.pk), []), network)


def found(count: int) -> str:
    told = ngettext(
        "%(count)s account shares what no unrelated accounts share by chance.",
        "%(count)s accounts share what unrelated accounts do not share by chance, in independent kinds of signals.",
        count,
    )
    return told % {"count": count}


def split_from(network: Network) -> str:
    return _("These accounts were part of %(number)s. They are tied to each other, and to the others there no more.") % {
        "number": network
    }


def split_off(network: Network) -> str:
    told = _("These accounts are tied to each other, and to the others here no more: they are %(number)s now.")
    return told % {"number": network}


def changes(moves: Moves, from_to: FromTo) -> Iterator[NetworkChange]:
    """Who came to networks that go on, and who left them, but for what is told as a merger or a split."""
    told_of = told_otherwise(moves)
    new = {network.pk for network, known in zip(moves.places, moves.told.known, strict=True) if known.origin is not Origin.KEPT}
    came, left = defaultdict[int, list[int]](list), defaultdict[int, list[int]](list)
    for (was, now), those in from_to.items():
        if was == now or (was, now) in told_of:
            continue
        if now is not None and now not in new:
            came[now] += those
        if was is not None and was not in moves.told.ended:
            left[was] += those
    for number in sorted(came.keys() | left.keys()):
        network = moves.networks[number]
        if those := came.get(number):
            yield moves.change(network, K.ATTACHED, attached(len(those)), those)
        yield from leaving(moves, network, left.get(number, []))


def leaving(moves: Moves, network: Network, those: Sequence[int]) -> Iterator[NetworkChange]:
    """Whom a ruling keeps apart from somebody who stays is told one by one; of the others too little is shared."""
    kept_from = defaultdict[int, list[int]](list)
    for two in moves.apart:
        for who, other in (two, two[::-1]):
            if moves.now.get(other) == network.pk:
                kept_from[who].append(other)
    for who in those:
        if others := kept_from.get(who):
            yield moves.change(network, K.LEFT, kept_apart(others), [who])
    if rest := [who for who in those if who not in kept_from]:
        yield moves.change(network, K.LEFT, gone(len(rest)), rest)


def kept_apart(others: Sequence[int]) -> str:
    told = ngettext(
        "An officer’s ruling keeps it apart from %(accounts)s, which stays.",
        "An officer’s ruling keeps it apart from %(accounts)s, which stay.",
        len(others),
    )
    return told % {"accounts": ", ".join(f"O-{number}" for number in sorted(others))}


def told_otherwise(moves: Moves) -> set[tuple[int | None, int | None]]:
    """From where to where accounts went with a merger or a split."""
    split = {(known.number, network.pk) for network, known in zip(moves.places, moves.told.known, strict=True)}
    merged = {
        (number, moves.places[ended.found].pk)
        for number, ended in moves.told.ended.items()
        if ended.why is End.MERGED and ended.found is not None
    }
    return split | merged


def attached(count: int) -> str:
    told = ngettext(
        "%(count)s account shares enough with the others to be of the same hand.",
        "%(count)s accounts share enough with the others to be of the same hand.",
        count,
    )
    return told % {"count": count}


def gone(count: int) -> str:
    told = ngettext(
        "%(count)s account shares too little with the others any more to be of the same hand.",
        "%(count)s accounts share too little with the others any more to be of the same hand.",
        count,
    )
    return told % {"count": count}
