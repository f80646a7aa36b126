"""How much of what agrees strangers share by chance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.screening import chance
from kyc.screening.entries import Entry
from kyc.screening.index import Index
from kyc.screening.match import Name, Pair, Subject
from kyc.screening.weighing import RAREST

COUNTS = st.dictionaries(st.from_regex("[a-z]{3,8}", fullmatch=True), st.integers(0, 10_000), max_size=20)


def words(text: str, listed: float, borne: float) -> chance.Words:
    name = Name(text)
    return chance.Words(name, [listed] * len(name.words), [borne] * len(name.words))


class TestRead:
    def test_words_of_one_fold_are_one(self) -> None:
        people, counts = chance.read("# a remark\n1000\n5 yusuf maria\n3 jusuf\n")
        assert people == 1000
        assert counts["iusuf"] == 8
        assert counts["maria"] == 5

    def test_what_is_shipped_knows_common_names(self) -> None:
        known = chance.known()
        assert known["maria"] < known["katarina"] < RAREST
        assert "zubaydah" not in known


class TestRarities:
    @given(COUNTS)
    def test_lie_from_0_to_the_rarest_and_fall_with_the_bearers(self, counts: dict[str, int]) -> None:
        found = chance.rarities(counts, 10_000)
        assert all(0 <= value <= RAREST for value in found.values())
        by_count = sorted(found, key=lambda word: counts[word])
        assert [found[word] for word in by_count] == sorted(found.values(), reverse=True)

    def test_one_who_bears_it_is_nobody(self) -> None:
        assert chance.rarities({"maria": 1}, 1000) == {}


class TestOf:
    def test_what_agrees_is_as_rare_as_the_less_rare_says(self) -> None:
        found = chance.of([Pair(1.0, (0,), (0,)), Pair(1.0, (1,), (1,))], words("ali omar", 3, 5), words("ali omar", 3, 4))
        assert (found.borne, found.rarest, found.agreeing, found.near) == (8, 6, 2, 0)

    def test_two_words_written_as_one_are_as_rare_as_the_rarer(self) -> None:
        found = chance.of([Pair(0.97, (0, 1), (0,))], words("abdul rahman", 5, 4), words("abdulrahman", 9, 10))
        assert found.borne == pytest.approx(9.7)
        assert found.near == 0

    @pytest.mark.parametrize(
        ("left", "least", "most"), [("zubaydah", 1, 1), ("dr", 0.1, 0.9), ("al", 0, 0.2), ("ivanovich", 0.1, 0.9)]
    )
    def test_a_word_that_is_missing_counts_by_what_it_is(self, left: str, least: float, most: float) -> None:
        longer, shorter = Name(f"omar ali {left}"), Name("omar ali")
        pairs = [Pair(1.0, (longer.words.index(word),), (shorter.words.index(word),)) for word in shorter.words]
        flipped = [Pair(value, its, mine) for value, mine, its in pairs]
        one, other = words(longer.text, 5, 5), words(shorter.text, 5, 5)
        assert chance.of(pairs, one, other).missing == 0
        assert least <= chance.of(flipped, other, one).missing <= most


class TestFind:
    def test_words_that_many_bear_say_less_where_the_list_has_them_once(self) -> None:
        index = Index([Entry("1", "person", "Maria Elena GARCIA"), Entry("2", "person", "Zuleyma Elena FARKASH")])
        common, rare = (index.find(Subject(name))[0] for name in ("Maria Garcia", "Zuleyma Farkash"))
        assert common.score < 0.86 <= rare.score

    def test_the_parts_of_an_index_score_as_the_whole(self) -> None:
        entries = [Entry("1", "person", "Maria Elena GARCIA"), Entry("2", "person", "Zuleyma FARKASH")]
        whole = Index(entries, borne={"maria": 1.0})
        part = Index(entries[:1], weighed_as=whole, borne={"maria": 1.0})
        asked = Subject("Maria Garcia")
        assert part.find(asked)[0].score == whole.find(asked)[0].score
