"""What stands beside each value of an edge adds up to what stands at its head."""

from typing import Any

import pytest

from kyc.networks.adding import added
from kyc.networks.finding.finder import find
from tests.kyc.networks.finding.tables import sharing, signals


def one(type: str, family: str, bits: float) -> dict[str, Any]:
    return {"type": type, "family": family, "bits": bits}


class TestAdded:
    def test_is_half_of_what_is_not_the_heaviest_of_its_family(self) -> None:
        counted = [one("payment", "payment", 12.3), one("opened", "behaviour", 9.0), one("template", "behaviour", 11.0)]
        assert added(counted) == [12.3, 4.5, 11.0]

    def test_is_no_more_than_a_family_may(self) -> None:
        assert added([one("document", "identity", 18.0), one("document_image", "identity", 18.0)]) == [18.0, 2.0]

    def test_of_a_type_is_one(self) -> None:
        assert added([one("phone", "contact", 9.0), one("phone", "contact", 9.0), one("email", "contact", 8.0)]) == [
            9.0,
            0.0,
            4.0,
        ]

    @pytest.mark.parametrize(
        "values",
        [
            [("payment", "p"), ("document", "i"), ("phone", "f")],
            [("document", "i"), ("document_image", "j"), ("email", "e"), ("phone", "f"), ("phone", "g")],
            [("payment", "p"), ("owner", "o"), ("document", "i"), ("document_image", "j"), ("address", "s")],
        ],
    )
    def test_is_what_the_finder_makes_of_it(self, values: list[tuple[str, str]]) -> None:
        found = find(signals(*sharing("abcd", *values)))
        bits = found.edges["bits"].to_pylist()[0]
        counted = [row for row in found.ledger("a", "b") if row["counted"]]
        assert sum(added(counted)) == pytest.approx(bits, abs=0.01)
