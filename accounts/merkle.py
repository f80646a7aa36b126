"""RFC 9162 Merkle trees: their heads, and proofs that a leaf stands in one tree and that one tree goes on from another.

A tree grows at its right end only. What it takes to go on are the roots of the full subtrees it falls into, one for every
bit of its size, so that appending never reads the leaves again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from hashlib import sha256

EMPTY = sha256(b"").digest()
HASH = len(EMPTY)


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


class NotATree(ValueError):
    """A size and peaks that don't belong together."""


@dataclass(frozen=True)
class Tree:
    """A size and its peaks: the roots of the full subtrees, the widest first."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or self.size.bit_count() != len(self.peaks):
            raise NotATree(f"{len(self.peaks)} peaks for {self.size} leaves")

    def extended(self, leaves: Iterable[bytes]) -> "Tree":
        """The tree with these leaf hashes behind its own."""
        size, peaks = self.size, list(self.peaks)
        for leaf in leaves:
            peaks.append(leaf)
            size += 1
            # As in counting: every bit that falls back to zero joins two subtrees of one width.
            for _ in range((size & -size).bit_length() - 1):
                right = peaks.pop()
                peaks[-1] = node_hash(peaks[-1], right)
        return Tree(size, tuple(peaks))

    @property
    def root(self) -> bytes:
        if not self.peaks:
            return EMPTY
        return reduce(lambda right, left: node_hash(left, right), reversed(self.peaks))


def root(leaves: Sequence[bytes]) -> bytes:
    return Tree().extended(leaves).root


def split(size: int) -> int:
    """The largest power of two below `size`: where a tree parts into left and right."""
    return 1 << ((size - 1).bit_length() - 1)


def siblings(index: int, size: int) -> list[tuple[int, int]]:
    """Beside which subtrees the way leads from the leaf at `index` up to the root of a tree of `size`, each by its first leaf
    and the one behind its last, the lowest first."""
    if not 0 <= index < size:
        raise IndexError(f"no leaf {index} among {size}")
    found, first, end = [], 0, size
    while end - first > 1:
        middle = first + split(end - first)
        if index < middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((first, middle))
            first = middle
    return found[::-1]


def inclusion(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """What leads from the leaf at `index` to the root: the sibling at each level, the lowest first."""
    return [root(leaves[first:end]) for first, end in siblings(index, len(leaves))]


def growth(earlier: int, size: int) -> list[tuple[int, int]]:
    """Of which subtrees the roots show that a tree of `size` goes on from the one of its first `earlier` leaves: RFC 9162's
    SUBPROOF, each by its first leaf and the one behind its last."""
    if not 0 <= earlier <= size:
        raise IndexError(f"no tree of {earlier} among {size} leaves")
    found: list[tuple[int, int]] = []
    first, end = 0, size
    # Where the earlier tree ends inside the subtree from `first` to `end`.
    while 0 < earlier < end:
        middle = first + split(end - first)
        if earlier <= middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((first, middle))
            first = middle
    # The earlier root itself, which the reader has, is left out.
    if found and first:
        found.append((first, end))
    return found[::-1]


def consistency(earlier: int, leaves: Sequence[bytes]) -> list[bytes]:
    """What shows that the tree of the first `earlier` leaves is the beginning of the tree of all."""
    return [root(leaves[first:end]) for first, end in growth(earlier, len(leaves))]


def are_hashes(proof: Sequence[bytes]) -> bool:
    """Of one length each. Joined, nothing and two hashes are the same as one hash and another, and would lead to two roots."""
    return all(len(one) == HASH for one in proof)


def is_included(leaf: bytes, *, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` leads from the leaf hash at `index` to the root of a tree of `size`: RFC 9162, 2.1.3.2."""
    if not 0 <= index < size or not are_hashes(proof):
        return False
    place, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def is_consistent(*, earlier: int, earlier_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the one tree is the beginning of the other: RFC 9162, 2.1.4.2."""
    if not 0 <= earlier <= size or not are_hashes(proof):
        return False
    if earlier == size:
        return not proof and earlier_root == root
    if earlier == 0:
        return not proof and earlier_root == EMPTY
    # Of a full earlier tree the root itself begins the way up.
    path = list(proof) if earlier & (earlier - 1) else [earlier_root, *proof]
    return bool(path) and climbed(path, place=earlier - 1, last=size - 1) == (earlier_root, root)


def climbed(path: Sequence[bytes], *, place: int, last: int) -> tuple[bytes, bytes] | None:
    """Both roots that the path leads to; None where it is too long or too short for these trees."""
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = path[0]
    for sibling in path[1:]:
        if last == 0:
            return None
        if place & 1 or place == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        place, last = place >> 1, last >> 1
    return (before, after) if last == 0 else None
