"""Trees and proofs against the vectors of the certificate transparency reference, and against the RFC's own definition."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts import merkle

INPUTS = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
INCLUSION = {
    (0, 1): (),
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 3): ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",),
}
CONSISTENCY = {
    (1, 1): (),
    (1, 8): INCLUSION[0, 8],
    (6, 8): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 5): (
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}
LEAVES = [merkle.leaf_hash(bytes.fromhex(data)) for data in INPUTS]
sizes = st.integers(1, 40)


def hexed(proof: list[bytes]) -> tuple[str, ...]:
    return tuple(one.hex() for one in proof)


def defined(leaves: list[bytes]) -> bytes:
    """The tree hash as RFC 9162, 2.1.1, defines it, in its own words."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + defined(leaves[:k]) + defined(leaves[k:])).digest()


def numbered(count: int) -> list[bytes]:
    return [merkle.leaf_hash(str(number).encode()) for number in range(count)]


@st.composite
def places(draw: st.DrawFn) -> tuple[int, int]:
    """A tree's size and a place in it."""
    size = draw(sizes)
    return draw(st.integers(0, size - 1)), size


@st.composite
def mutated(draw: st.DrawFn, proof: list[bytes]) -> list[bytes]:
    """The proof with one bit turned, one hash too many, too few, or two exchanged."""
    ways = ["longer"] + (["bit", "shorter"] if proof else []) + (["exchanged"] if len(set(proof)) > 1 else [])
    way, changed = draw(st.sampled_from(ways)), list(proof)
    if way == "longer":
        changed.insert(draw(st.integers(0, len(proof))), draw(st.binary(min_size=32, max_size=32)))
        return changed
    at = draw(st.integers(0, len(proof) - 1))
    if way == "shorter":
        del changed[at]
    elif way == "bit":
        changed[at] = bytes([changed[at][0] ^ 1]) + changed[at][1:]
    else:
        other = draw(st.sampled_from([place for place in range(len(proof)) if proof[place] != proof[at]]))
        changed[at], changed[other] = changed[other], changed[at]
    return changed


class TestRoot:
    @pytest.mark.parametrize("size", range(9))
    def test_is_the_references_for_each_size(self, size: int) -> None:
        assert merkle.root(LEAVES[:size]).hex() == ROOTS[size]

    @settings(deadline=None)
    @given(st.integers(0, 130))
    def test_is_what_the_rfc_defines(self, size: int) -> None:
        assert merkle.root(numbered(size)) == defined(numbered(size))

    def test_tells_a_leaf_from_a_node(self) -> None:
        left, right = LEAVES[:2]
        assert merkle.leaf_hash(left + right) != merkle.node_hash(left, right)


class TestTree:
    @settings(deadline=None)
    @given(st.lists(st.integers(0, 40), max_size=8))
    def test_grown_in_batches_is_the_tree_of_all(self, batches: list[int]) -> None:
        tree, leaves = merkle.Tree(), numbered(sum(batches))
        for batch in batches:
            tree = tree.extended(leaves[tree.size : tree.size + batch])
            assert tree.root == defined(leaves[: tree.size])

    @settings(deadline=None)
    @given(st.integers(1, 2_000))
    def test_keeps_one_peak_for_every_bit_of_its_size(self, size: int) -> None:
        assert len(merkle.Tree().extended([b""] * size).peaks) == bin(size).count("1")

    @pytest.mark.parametrize(("size", "peaks"), [(0, 1), (1, 0), (2, 2), (7, 2), (-1, 0)])
    def test_refuses_peaks_of_another_size(self, size: int, peaks: int) -> None:
        with pytest.raises(merkle.NotATree):
            merkle.Tree(size, (b"",) * peaks)


class TestInclusion:
    @pytest.mark.parametrize(("index", "size"), INCLUSION)
    def test_is_the_references(self, index: int, size: int) -> None:
        assert hexed(merkle.inclusion(index, LEAVES[:size])) == INCLUSION[index, size]

    @pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 2), (8, 8)])
    def test_is_of_a_leaf_that_stands_there(self, index: int, size: int) -> None:
        with pytest.raises(IndexError):
            merkle.inclusion(index, LEAVES[:size])


class TestIsIncluded:
    @settings(deadline=None)
    @given(places())
    def test_every_proof_leads_to_the_root(self, place: tuple[int, int]) -> None:
        (index, size), leaves = place, numbered(place[1])
        proof = merkle.inclusion(index, leaves)
        assert merkle.is_included(leaves[index], index=index, size=size, proof=proof, root=defined(leaves))

    @settings(deadline=None)
    @given(places(), st.data())
    def test_a_changed_one_leads_elsewhere(self, place: tuple[int, int], data: st.DataObject) -> None:
        (index, size), leaves = place, numbered(place[1])
        proof = data.draw(mutated(merkle.inclusion(index, leaves)))
        assert not merkle.is_included(leaves[index], index=index, size=size, proof=proof, root=defined(leaves))

    @settings(deadline=None)
    @given(places(), st.data())
    def test_another_leaf_place_or_root_is_refused(self, place: tuple[int, int], data: st.DataObject) -> None:
        (index, size), leaves = place, numbered(place[1])
        proof, root, other = merkle.inclusion(index, leaves), defined(leaves), merkle.leaf_hash(b"other")
        elsewhere = data.draw(st.integers(-1, size).filter(lambda found: found != index))
        assert not merkle.is_included(other, index=index, size=size, proof=proof, root=root)
        assert not merkle.is_included(leaves[index], index=elsewhere, size=size, proof=proof, root=root)
        assert not merkle.is_included(leaves[index], index=index, size=size, proof=proof, root=other)


class TestConsistency:
    @pytest.mark.parametrize(("earlier", "size"), CONSISTENCY)
    def test_is_the_references(self, earlier: int, size: int) -> None:
        assert hexed(merkle.consistency(earlier, LEAVES[:size])) == CONSISTENCY[earlier, size]

    @pytest.mark.parametrize("earlier", [-1, 9])
    def test_is_of_a_tree_within(self, earlier: int) -> None:
        with pytest.raises(IndexError):
            merkle.consistency(earlier, LEAVES)


class TestIsConsistent:
    @settings(deadline=None)
    @given(places())
    def test_every_proof_leads_to_both_roots(self, place: tuple[int, int]) -> None:
        for earlier in {place[0], place[1]}:
            assert self.proved(earlier, numbered(place[1]))

    @settings(deadline=None)
    @given(places(), st.data())
    def test_a_changed_one_leads_elsewhere(self, place: tuple[int, int], data: st.DataObject) -> None:
        earlier, leaves = place[0], numbered(place[1])
        proof = data.draw(mutated(merkle.consistency(earlier, leaves)))
        assert not self.proved(earlier, leaves, proof=proof)

    @settings(deadline=None)
    @given(places())
    def test_another_root_or_size_is_refused(self, place: tuple[int, int]) -> None:
        earlier, leaves = place[0], numbered(place[1])
        other = merkle.leaf_hash(b"other")
        assert not self.proved(earlier, leaves, earlier_root=other)
        # Of an empty tree everything is the continuation.
        assert self.proved(earlier, leaves, root=other) is (earlier == 0)
        assert not self.proved(earlier, leaves, size=earlier - 1)

    def proved(self, earlier: int, leaves: list[bytes], **other: object) -> bool:
        claim = {
            "earlier": earlier,
            "earlier_root": defined(leaves[:earlier]),
            "size": len(leaves),
            "root": defined(leaves),
            "proof": merkle.consistency(earlier, leaves),
        }
        return merkle.is_consistent(**{**claim, **other})  # type: ignore[arg-type]  # as named


class TestJoinedHashes:
    """Nothing and two hashes joined are the same bytes as one hash and another: with such parts a way led from the root that a
    reader has kept to a tree in which an event that it covers is another one."""

    TOLD = numbered(6)
    OTHER, BESIDE = merkle.leaf_hash(b"another history"), merkle.leaf_hash(b"what came later")

    def forged(self) -> bytes:
        """The root of a tree of eight that says OTHER where the kept one of six has its last leaf."""
        left, right = merkle.Tree().extended(self.TOLD).peaks
        last = merkle.node_hash(self.TOLD[4], self.OTHER)
        return merkle.node_hash(left + right, merkle.node_hash(last, self.BESIDE))

    def test_show_no_growth(self) -> None:
        left, right = merkle.Tree().extended(self.TOLD).peaks
        way = [b"", merkle.node_hash(self.TOLD[4], self.OTHER) + self.BESIDE, left + right]
        kept, root = merkle.root(self.TOLD), self.forged()
        assert merkle.climbed(way, place=5, last=7) == (kept, root), "but for their lengths they would"
        assert not merkle.is_consistent(earlier=6, earlier_root=kept, size=8, root=root, proof=way)

    def test_show_no_leaf(self) -> None:
        left, right = merkle.Tree().extended(self.TOLD).peaks
        way = [self.TOLD[4], self.BESIDE, left + right]
        assert not merkle.is_included(self.OTHER, index=5, size=8, proof=way, root=self.forged())
