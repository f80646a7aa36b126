"""The places of an ownership picture from left to right. Graphviz finds them, and the order within rows, with as few
crossings as it can; its answer depends on nothing but what it is asked."""

import subprocess
import sysconfig
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from kyc.ownership.levels import Levels

PROGRAM = "graphviz-pure"
# Far above what the largest picture takes.
PATIENCE = 20
INCH = 72
# Between two things in a row; what a line takes up in a row that it passes; what goes out of a box and comes back.
BESIDE, THREAD, LOOP = 24.0, 14.0, 22.0


class Undrawable(Exception):
    """The program that lays out pictures is missing here or did not answer."""


@dataclass(frozen=True)
class Size:
    width: float
    height: float


@dataclass(frozen=True)
class Line:
    """From an owner to what it owns; `width` is that of the share written on it."""

    owner: str
    owned: str
    width: float = 0.0


@dataclass
class Sheet:
    """Everything on its way to a layout: boxes, and for each line a thread of small items, one on every row between."""

    sizes: Mapping[str, Size]
    lines: Sequence[Line]
    levels: Levels
    x: dict[str, float] = field(default_factory=dict)

    def ends(self, place: int) -> tuple[str, str]:
        """The upper and the lower end of a line."""
        line = self.lines[place]
        return (line.owned, line.owner) if place in self.levels.upward else (line.owner, line.owned)

    @cached_property
    def threads(self) -> dict[int, list[str]]:
        """For each line its items from the upper end to the lower: beneath each row where the share may stand, and on each
        row that it passes."""
        found = {}
        for place, line in enumerate(self.lines):
            if line.owner == line.owned:
                continue
            upper, lower = self.ends(place)
            top, bottom = self.levels.level[upper], self.levels.level[lower]
            found[place] = [
                name
                for row in range(top, bottom, -1)
                for name in (*([f"p{place}_{row}"] if row < top else []), f"s{place}_{row}")
            ]
        return found

    def share_item(self, place: int) -> str:
        """The share is written next to the owner."""
        thread = self.threads[place]
        return thread[-1] if place in self.levels.upward else thread[0]

    @cached_property
    def ids(self) -> dict[str, str]:
        return {party: f"n{number}" for number, party in enumerate(self.sizes)}

    @cached_property
    def loops(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for place, line in enumerate(self.lines):
            if line.owner == line.owned:
                found[line.owner].append(place)
        return found

    def aside(self, party: str) -> float:
        """Room beside a box for what it holds in itself."""
        return sum(LOOP + self.lines[place].width for place in self.loops.get(party, ()))

    def question(self) -> str:
        """For the program: names of our own and numbers, nothing that anybody typed."""
        parts = [
            "digraph {",
            f"graph [splines=none, nodesep={BESIDE / INCH:.4f}, ranksep=0.3];",
            'node [shape=box, fixedsize=true, height=0.2, label=""];',
        ]
        for party, name in self.ids.items():
            parts.append(f"{name} [width={(self.sizes[party].width + 2 * self.aside(party)) / INCH:.4f}];")
        for place, thread in self.threads.items():
            share = self.share_item(place)
            for item in thread:
                wide = max(THREAD, self.lines[place].width) if item == share else THREAD
                parts.append(f"{item} [width={wide / INCH:.4f}];")
            upper, lower = (self.ids[end] for end in self.ends(place))
            parts.append(f"{upper} -> {thread[0]} [weight=4];")
            parts += [f"{one} -> {other} [weight=6];" for one, other in pairwise(thread)]
            parts.append(f"{thread[-1]} -> {lower};")
        parts += [f"{{rank=same; {'; '.join(row)}}}" for row in self.rows()]
        return "\n".join([*parts, "}"])

    def rows(self) -> list[list[str]]:
        """What must stand on one height: without being told, the program puts what hangs together with nothing anywhere."""
        found: dict[tuple[int, str], list[str]] = defaultdict(list)
        for party, name in self.ids.items():
            found[self.levels.level[party], "box"].append(name)
        for item in (item for thread in self.threads.values() for item in thread):
            found[int(item.rpartition("_")[2]), "box" if item.startswith("p") else "share"].append(item)
        return list(found.values())

    def place(self) -> None:
        for name, x in answered(self.question()):
            self.x[name] = x


def answered(question: str) -> Iterator[tuple[str, float]]:
    """Each name with its place from left to right. Raises Undrawable."""
    program = Path(sysconfig.get_path("scripts"), PROGRAM)
    try:
        asked = subprocess.run(
            [program, "-Kdot", "-Tplain"], input=question, capture_output=True, text=True, timeout=PATIENCE, check=True
        )
    except (OSError, subprocess.SubprocessError) as failure:
        raise Undrawable(f"{PROGRAM}: {failure}") from failure
    for row in asked.stdout.splitlines():
        kind, *words = row.split(" ")
        if kind == "node":
            yield words[0], float(words[1]) * INCH
