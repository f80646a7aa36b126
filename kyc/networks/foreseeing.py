"""Who would leave a network if two of its accounts were ruled apart, by the edges that stand: what an officer reads before he
says it. A building goes by all signals, and may find more."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from kyc.networks import rulings, standing
from kyc.networks.network_models import Network
from kyc.networks.rulings import Pair

# Of a network of more edges it is not worked out while a page waits.
MOST_EDGES = 20_000


def leaving(network: Network, pair: Pair) -> list[int] | None:
    """Numbers of accounts, in order; None where the network is too large to tell."""
    edges = standing.edges(network).values_list("a", "b", "bits")[: MOST_EDGES + 1]
    bits = {(a, b): weight for a, b, weight in edges}
    if len(bits) > MOST_EDGES:
        return None
    members = set(standing.members(network).values_list("organisation", flat=True))
    ruled = rulings.for_run()
    return sorted(gone(members, bits, rulings.groups(ruled.must), {*ruled.cannot, pair}))


def gone(members: Iterable[int], bits: Mapping[Pair, float], head: Mapping[int, int], apart: Iterable[Pair]) -> set[int]:
    """Pure, as kyc/networks/finding/bound.py separates: who is ruled apart from most goes first, of equals whom less holds, with
    all that are ruled to be one hand with it; and then whomever no edge holds any more."""
    apart, inside = set(apart), set(members)
    kept = {two: weight for two, weight in bits.items() if two not in apart}
    hand = {one: head.get(one, one) for one in inside}
    weight = defaultdict[int, float](float)
    for (a, b), much in kept.items():
        if a in inside and b in inside and hand[a] != hand[b]:
            weight[hand[a]] += much
            weight[hand[b]] += much
    while against := opposed(apart, inside, hand):
        most = max(against.values())
        out = min((one for one, many in against.items() if many == most), key=lambda one: (weight[one], one))
        inside -= {one for one in inside if hand[one] == out}
    held = {one for two in kept if inside.issuperset(two) for one in two}
    tied = {one for two in bits for one in two}
    return set(members) - inside | {one for one in inside & tied if one not in held}


def opposed(apart: Iterable[Pair], inside: set[int], hand: Mapping[int, int]) -> Counter[int]:
    """Of each hand from how many others that are in the network it is held apart."""
    pairs = [(hand[a], hand[b]) for a, b in apart if a in inside and b in inside]
    return Counter(one for two in pairs if two[0] != two[1] for one in two)
