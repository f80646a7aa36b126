"""What an officer reads before he rules: who would leave a network if two of its accounts were ruled apart, and which edges would
fall if a value counted for nobody. By the edges that stand; a building goes by all signals, and may find more."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q

from kyc.networks import adding, rulings, standing, touching
from kyc.networks.finding import weighing
from kyc.networks.finding.signals import LEAST_POPULATION
from kyc.networks.network_models import Edge, Network, NetworkRun
from kyc.networks.rulings import About, Pair

# Of a network of more edges it is not worked out while a page waits.
MOST_EDGES = 20_000


def leaving(network: Network, pair: Pair) -> list[int] | None:
    """Numbers of accounts, in order; None where the network is too large to tell."""
    edges = standing.edges(network).values_list("a", "b", "bits")[: MOST_EDGES + 1]
    bits = {(a, b): weight for a, b, weight in edges}
    if len(bits) > MOST_EDGES:
        return None
    members = set(standing.members(network).values_list("organisation", flat=True))
    ruled = rulings.for_run(besides=About(pair=pair))
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


@dataclass(frozen=True)
class Freed:
    """In so many `edges` a value counts; so many of them `fall` without it, and so many `accounts` are then held by none."""

    edges: int
    fall: int
    accounts: int


def freed(about: About, whose: Collection[int]) -> Freed | None:
    """Of a value that the accounts `whose` have; None where too many edges name it to tell."""
    counts = touching.named(about) | {"counted": True}
    tied = Edge.objects.live().filter(a__in=whose, b__in=whose, evidence__contains=[counts])
    edges = list(tied.only("a", "b", "bits", "evidence")[: MOST_EDGES + 1])
    if len(edges) > MOST_EDGES:
        return None
    least = weighing.cut(population(), weighing.LIKELY)
    fallen = {(edge.a_id, edge.b_id) for edge in edges if not holds(edge, about, least)}
    ends = {one for two in fallen for one in two}
    others = Edge.objects.live().filter(Q(a__in=ends) | Q(b__in=ends)).values_list("a", "b")
    held = {one for two in others if two not in fallen for one in two}
    return Freed(len(edges), len(fallen), len(ends - held))


def population() -> int:
    """Among how many accounts the last building weighed."""
    last = NetworkRun.objects.filter(state=NetworkRun.State.DONE).order_by("-pk").values_list("accounts", flat=True).first()
    return max(last or 0, LEAST_POPULATION)


def holds(edge: Edge, about: About, least: float) -> bool:
    """Whether enough is left of it without the value: of two families at least, unless an officer ruled that it is an edge."""
    counted, _aside = standing.evidence(edge)
    if edge.bits > sum(adding.added(counted)) + 1:
        return True
    without = touching.named(about)
    left = [one for one in counted if (one["type"], one["value"]) != (without["type"], without["value"])]
    families = {one["family"] for one in left if one["type"] not in standing.TIMES}
    return len(families) > 1 and sum(adding.added(left)) >= least
