"""Who would leave if two accounts were ruled apart: as the building decides it."""

import numpy as np
import pytest

from kyc.networks import foreseeing, ruling
from kyc.networks.finding import bound
from kyc.networks.finding.weighing import Pairs
from kyc.networks.foreseeing import Freed, gone
from kyc.networks.network_models import Network
from kyc.networks.rulings import About
from tests import networked
from tests.cast import staff

ALL = range(5)
# Everybody with everybody, 4 the least.
EDGES = {(a, b): 20.0 - b for a in ALL for b in ALL if a < b}


class TestGone:
    def test_is_whom_less_holds(self) -> None:
        assert gone(ALL, EDGES, {}, [(0, 4)]) == {4}

    def test_is_also_whom_only_he_held(self) -> None:
        edges = EDGES | {(4, 9): 17.0, (0, 4): 1.0}
        assert gone([*ALL, 9], {two: 1.0 if 4 in two else much for two, much in edges.items()}, {}, [(0, 4)]) == {4, 9}

    def test_is_his_whole_hand(self) -> None:
        edges = {two: 1.0 if two[1] > 2 else much for two, much in EDGES.items()}
        assert gone(ALL, edges, {3: 3, 4: 3}, [(0, 4)]) == {3, 4}

    def test_is_nobody_whom_no_edge_held_before(self) -> None:
        assert gone([*ALL, 9], EDGES, {}, [(0, 4)]) == {4}

    @pytest.mark.parametrize("seed", range(30))
    def test_is_as_the_building_separates(self, seed: int) -> None:
        """With edges between all, so that nobody is left without one."""
        random = np.random.default_rng(seed)
        many = 7
        bits = {(a, b): float(random.integers(14, 40)) for a in range(many) for b in range(a + 1, many)}
        apart = {tuple(sorted(random.choice(many, 2, replace=False).tolist())) for _ in range(3)}
        head = np.arange(many)
        head[[5, 6]] = 5
        kept = {two: much for two, much in bits.items() if two not in apart}
        a, b = np.array([*kept]).T
        pairs = Pairs(a, b, np.array([*kept.values()], np.float32), np.zeros(len(a), np.uint8))
        cannot = np.array([one * many + other for one, other in apart])
        place = bound.separated(np.zeros(many, np.int64), cannot, head, pairs)
        assert gone(range(many), bits, {5: 5, 6: 5}, apart) == set(np.flatnonzero(place != 0).tolist())


@pytest.mark.django_db
@pytest.mark.usefixtures("opened")
class TestLeaving:
    def test_is_told_of_a_network_as_it_stands(self) -> None:
        network = networked.six()
        first, *_, last = sorted(network.memberships.values_list("organisation", flat=True))
        assert foreseeing.leaving(network, (first, last)) == [last]

    def test_leaves_out_the_word_that_it_would_replace(self) -> None:
        network = networked.six()
        first, *_, last = sorted(network.memberships.values_list("organisation", flat=True))
        ruling.rule(network, About(pair=(first, last)), kind="same_controller", reason="One hand.", by=staff("investigator"))
        assert foreseeing.leaving(network, (first, last)) == [last]

    def test_of_a_value_is_who_is_held_by_no_edge_without_it(self) -> None:
        """A card alone is no edge, nor is a phone number; and what was never counted frees nobody."""
        network = networked.six()
        everybody = list(network.memberships.values_list("organisation", flat=True))

        def freed(of: tuple[str, str]) -> Freed | None:
            return foreseeing.freed(About(value=(of[0], networked.hashed(of[1]))), everybody)

        assert freed(networked.CARD) == Freed(edges=6, fall=6, accounts=0), "the phone number's edges stand"
        assert freed(networked.PHONE) == Freed(edges=15, fall=15, accounts=6)
        assert freed(networked.CARRIER) == Freed(edges=0, fall=0, accounts=0)

    def test_is_not_worked_out_of_the_largest(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(foreseeing, "MOST_EDGES", 14)
        network: Network = networked.six()
        assert foreseeing.leaving(network, (1, 2)) is None
