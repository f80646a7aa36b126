"""What a search found, as tables that any caller can read."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class Found:
    """members: account, network (from 0, the largest first), via (families that hold it there, + between), confidence (0 to 1).
    edges: a, b (accounts, a before b), bits, families (with + between). evidence: of each edge every value that both have: a, b,
    type, value, family, bits, first_seen (since when both have had it), last_seen (by either), counted, why (a reason of
    `weighing.WHY` or `NOBODYS`, empty where it counted); None where nobody asked for it."""

    members: pa.Table
    edges: pa.Table
    evidence: pa.Table | None
    accounts: int
    signals: int

    @property
    def networks(self) -> int:
        return len(pc.unique(self.members["network"]))

    def ledger(self, a: Any, b: Any) -> list[dict[str, Any]]:
        """Why two accounts are held to be one hand: what counted, and what did not and why. Empty where there is no edge."""
        if self.evidence is None:
            raise LookupError("This search was asked for no evidence.")
        low, high = sorted((a, b))
        mine = pc.and_(pc.equal(self.evidence["a"], low), pc.equal(self.evidence["b"], high))
        rows: list[dict[str, Any]] = self.evidence.filter(mine).to_pylist()
        return rows
