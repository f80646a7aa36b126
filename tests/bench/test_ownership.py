"""How long each regime takes for a whole structure, with all verdicts and their reasons, in processor seconds.

Two kinds of structure. A *group* is a tree of holdings in which one holder in fourteen is a neighbour, so that there are many
small rings. A *mesh* has every owner drawn from all parties, so that most companies hold, over others, some of themselves: the
exact shares in it have some thousand digits, and no real structure is like it.
"""

import random
import time
from fractions import Fraction

import pytest

from kyc.ownership.graph import ENTITY, PERSON, Graph, Holding, Party
from kyc.ownership.linear import taken_apart
from kyc.ownership.regimes import determine
from kyc.ownership.rule import REGIMES
from kyc.ownership.shares import exactly
from tests import figures
from tests.kyc.ownership.structures import shipped

pytestmark = pytest.mark.bench
SEED, NEIGHBOURS = 7, 8
SHARES = (5, 10, 20, 25, 33, 50, 51)
COUNTRIES = ("US", "CN", "DE", "RU")
# Entities, interests, seconds at the most.
GROUP = (1_000, 3_000, 1.0)
MESH = (1_000, 3_000, 1.0)
LARGE = (10_000, 25_000, 10.0)


def structure(entities: int, interests: int, *, is_mesh: bool) -> Graph:
    rng = random.Random(SEED)
    people, left = entities // 3, [100] * entities
    holdings: list[Holding] = []
    while len(holdings) < interests:
        owned = rng.randrange(entities)
        owner = rng.randrange(entities + people) if is_mesh else over(owned, entities, people, rng)
        share = min(rng.choice(SHARES), left[owned])
        if owner != owned and share:
            left[owned] -= share
            holdings.append(Holding(f"P{owner}", f"P{owned}", exactly(Fraction(share, 100))))
    parties = [Party(f"P{n}", ENTITY if n < entities else PERSON, rng.choice(COUNTRIES)) for n in range(entities + people)]
    return Graph.of(holdings, parties)


def over(owned: int, entities: int, people: int, rng: random.Random) -> int:
    kind = rng.random()
    if kind < 0.3 or not owned:
        return entities + rng.randrange(people)
    if kind < 0.37:
        return min(entities - 1, owned - owned % NEIGHBOURS + rng.randrange(NEIGHBOURS))
    return rng.randrange(owned)


def seconds(graph: Graph, regime: str, subject: str) -> float:
    """Of one question about a structure that nobody has asked about before."""
    taken_apart.cache_clear()
    started = time.process_time()
    found = determine(graph, subject=subject, rule=shipped(regime), listed={"P1", "P5"})
    assert found.as_json()["parties"][subject]["why"]
    return time.process_time() - started


class TestOwnership:
    @pytest.mark.parametrize(
        ("name", "size", "is_mesh"), [("group", GROUP, False), ("mesh", MESH, True), ("large", LARGE, False)]
    )
    def test_of_a_whole_structure(self, name: str, size: tuple[int, int, float], is_mesh: bool) -> None:
        entities, interests, most = size
        graph = structure(entities, interests, is_mesh=is_mesh)
        subject = f"P{entities - 1}"
        taken = {
            regime: min(seconds(Graph(graph.holdings, graph.parties), regime, subject) for _ in range(3)) for regime in REGIMES
        }
        told = {regime: f"{spent:.2f} s, at most {most:.0f} s" for regime, spent in taken.items()}
        counts = {"entities": entities, "interests": len(graph.holdings)}
        figures.keep(f"ownership-{name}", seeds=[SEED], figures={**counts, **told})
        assert max(taken.values()) <= most, told
