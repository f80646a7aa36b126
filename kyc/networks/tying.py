"""The edges that a building found become those that stand: both are read side by side in the order of their pairs, so that
neither is ever in memory as a whole."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connection

from kyc.networks.network_models import Edge, NetworkRun

Pair = tuple[int, int]
Tie = Mapping[str, Any]
A_PART = 2000
BEGIN = """
INSERT INTO kyc_edge (network_id, a_id, b_id, bits, families, evidence, since, run_id)
SELECT network, a, b, bits, ARRAY(SELECT jsonb_array_elements_text(families)), evidence, %(at)s, %(run)s
FROM jsonb_to_recordset(%(ties)s::jsonb)
    AS told (network bigint, a bigint, b bigint, bits double precision, families jsonb, evidence jsonb)
"""
# Of a value, by what an edge is told from another of the same pair.
NAMES = ("type", "value", "counted")


def read(file: Path) -> Iterator[Tie]:
    """As kyc.networks.building writes them, by their pairs."""
    with file.open() as lines:
        for line in lines:
            found = json.loads(line)
            yield found | {"families": found["families"].split("+") if found["families"] else []}


def side_by_side(standing: Iterable[Edge], found: Iterable[Tie]) -> Iterator[tuple[Edge | None, Tie | None]]:
    """Each pair once, with what stands of it and what was found of it; both in the order of their pairs."""
    left, right = iter(standing), iter(found)
    edge, tie = next(left, None), next(right, None)
    while edge or tie:
        pairs = [pair for pair in (edge and (edge.a_id, edge.b_id), tie and (tie["a"], tie["b"])) if pair]
        first = min(pairs)
        has_edge, has_tie = bool(edge and (edge.a_id, edge.b_id) == first), bool(tie and (tie["a"], tie["b"]) == first)
        yield edge if has_edge else None, tie if has_tie else None
        edge = next(left, None) if has_edge else edge
        tie = next(right, None) if has_tie else tie


@dataclass(frozen=True)
class Tying:
    """`now` is the network of each account; `meanwhile` are those attached since the signals were read, whose edges the run has
    not seen."""

    run: NetworkRun
    at: datetime
    now: Mapping[int, int]
    meanwhile: frozenset[int] = frozenset()

    def tie(self, found: Iterable[Tie]) -> int:
        """Writes it, part by part. How many edges stand that were found."""
        pairs = side_by_side(Edge.objects.live().order_by("a", "b").iterator(A_PART), found)
        count = 0
        while part := list(islice(pairs, A_PART)):
            self.write(part)
            count += sum(tie is not None for _edge, tie in part)
        return count

    def write(self, part: Iterable[tuple[Edge | None, Tie | None]]) -> None:
        ended, begun, refreshed = list[int](), list[Tie](), list[Edge]()
        for edge, tie in part:
            if edge and tie and self.is_same(edge, tie):
                refreshed += [edge] if update(edge, tie) else []
                continue
            ended += [edge.pk] if edge and (tie or self.is_over(edge)) else []
            begun += [tie] if tie else []
        Edge.objects.filter(pk__in=ended).update(until=self.at)
        self.begin(begun)
        Edge.objects.bulk_update(refreshed, ["bits", "evidence"])

    def network_of(self, tie: Tie) -> int:
        """Both ends of an edge are in one network."""
        return self.now[tie["a"]]

    def is_same(self, edge: Edge, tie: Tie) -> bool:
        same = edge.network_id == self.network_of(tie) and edge.families == tie["families"]
        return same and (edge.evidence == tie["evidence"] or named(edge.evidence) == named(tie["evidence"]))

    def is_over(self, edge: Edge) -> bool:
        """One of an account that the run has not seen stands as long as both are in its network."""
        if not {edge.a_id, edge.b_id} & self.meanwhile:
            return True
        return not self.now.get(edge.a_id) == self.now.get(edge.b_id) == edge.network_id

    def begin(self, ties: Sequence[Tie]) -> None:
        """By one statement, since the first run on a large installation begins a hundred thousand."""
        told = json.dumps([{**tie, "network": self.network_of(tie)} for tie in ties])
        with connection.cursor() as cursor:
            cursor.execute(BEGIN, {"ties": told, "at": self.at, "run": self.run.pk})


def named(evidence: Iterable[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """Which values there are, and which of them count."""
    return sorted(tuple(one[name] for name in NAMES) for one in evidence)


def update(edge: Edge, tie: Tie) -> bool:
    """Whether anything of it is new."""
    is_new = edge.bits != tie["bits"] or edge.evidence != tie["evidence"]
    edge.bits, edge.evidence = tie["bits"], tie["evidence"]
    return is_new
