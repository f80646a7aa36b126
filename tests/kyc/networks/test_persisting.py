"""A network keeps its number as long as the larger part of it is found again."""

from collections import Counter
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from kyc.networks.persisting import End, Ended, Known, Origin, persisted

Before = dict[int, frozenset[int]]
Found = list[frozenset[int]]


def members(first: int, last: int) -> frozenset[int]:
    return frozenset(range(first, last + 1))


def known(before: Before, *found: frozenset[int]) -> tuple[Known, ...]:
    return persisted(before, found).known


def kept(number: int) -> Known:
    return Known(Origin.KEPT, number)


NEW = Known(Origin.FOUND)


class TestANetwork:
    def test_that_was_not_there_is_new(self) -> None:
        assert known({}, members(1, 5)) == (NEW,)

    def test_stays_itself_while_members_come_and_go(self) -> None:
        assert known({7: members(1, 10)}, members(4, 16)) == (kept(7),)

    def test_that_nobody_is_in_any_more_has_dissolved(self) -> None:
        assert persisted({7: members(1, 10)}, []).ended == {7: Ended(End.DISSOLVED)}

    def test_does_not_live_on_in_one_member(self) -> None:
        found = persisted({7: members(1, 10)}, [members(10, 20)])
        assert found.known == (NEW,) and found.ended == {7: Ended(End.DISSOLVED)}

    def test_gone_for_the_most_is_the_rest_of_it_as_long_as_nobody_else_is_in_that(self) -> None:
        assert known({7: members(1, 10)}, members(9, 10)) == (kept(7),)


class TestTwoFoundAsOne:
    def test_are_the_larger(self) -> None:
        found = persisted({1: members(1, 10), 2: members(11, 40)}, [members(1, 40)])
        assert found.known == (kept(2),) and found.ended == {1: Ended(End.MERGED, 0)}

    def test_of_equals_the_older(self) -> None:
        found = persisted({9: members(1, 10), 4: members(11, 20)}, [members(1, 20)])
        assert found.known == (kept(4),) and found.ended == {9: Ended(End.MERGED, 0)}


class TestOneFoundAsTwo:
    def test_is_the_larger_part(self) -> None:
        assert known({3: members(1, 30)}, members(1, 10), members(11, 30)) == (Known(Origin.SPLIT, 3), kept(3))

    def test_of_equals_that_with_the_smallest_number(self) -> None:
        assert known({3: members(1, 30)}, members(16, 30), members(1, 15)) == (Known(Origin.SPLIT, 3), kept(3))

    def test_whose_parts_have_all_become_others_has_ended_so(self) -> None:
        before = {1: members(1, 9), 2: members(11, 30), 3: members(31, 50), 4: members(51, 70)}
        parts = [before[number] | members(3 * at + 1, 3 * at + 3) for at, number in enumerate((2, 3, 4))]
        found = persisted(before, parts)
        assert found.known == (kept(2), kept(3), kept(4)) and found.ended == {1: Ended(End.SPLIT, 0)}

    def test_a_part_that_is_mostly_others_is_new(self) -> None:
        assert known({3: members(1, 30)}, members(1, 25), members(26, 60)) == (kept(3), NEW)


def partitions(numbers: Sequence[int]) -> st.SearchStrategy[Found]:
    """Some of them in networks of two or more, the others in none."""

    def grouped(labels: list[int]) -> Found:
        groups: dict[int, set[int]] = {}
        for member, label in zip(numbers, labels, strict=True):
            if label:
                groups.setdefault(label, set()).add(member)
        return [frozenset(group) for _label, group in sorted(groups.items()) if len(group) > 1]

    return st.lists(st.integers(0, 6), min_size=len(numbers), max_size=len(numbers)).map(grouped)


ACCOUNTS = range(1, 25)


def numbered(networks: Found, start: int = 1) -> Before:
    return dict(enumerate(networks, start))


class TestWhateverIsFound:
    @given(st.data(), partitions(ACCOUNTS), partitions(ACCOUNTS))
    def test_each_becomes_the_same_in_any_order(self, data: st.DataObject, before: Found, found: Found) -> None:
        there = numbered(before)
        shuffled = data.draw(st.permutations(found))
        turned = dict(data.draw(st.permutations(list(there.items()))))
        one, other = persisted(there, found), persisted(turned, shuffled)
        assert dict(zip(found, one.known, strict=True)) == dict(zip(shuffled, other.known, strict=True))

        def told(ended: Ended, among: Found) -> tuple[End, frozenset[int] | None]:
            return ended.why, None if ended.found is None else among[ended.found]

        assert {number: told(end, found) for number, end in one.ended.items()} == {
            number: told(end, shuffled) for number, end in other.ended.items()
        }

    @given(partitions(ACCOUNTS), partitions(ACCOUNTS))
    def test_each_that_was_there_is_one_found_or_has_ended(self, before: Found, found: Found) -> None:
        told = persisted(numbered(before), found)
        kept_numbers = Counter(one.number for one in told.known if one.origin is Origin.KEPT)
        assert set(kept_numbers.values()) <= {1}
        assert kept_numbers.keys() | told.ended.keys() == numbered(before).keys()
        assert not kept_numbers.keys() & told.ended.keys()

    @given(partitions(ACCOUNTS))
    def test_the_same_again_changes_nothing(self, networks: Found) -> None:
        told = persisted(numbered(networks), networks)
        assert told.known == tuple(kept(number) for number in numbered(networks)) and not told.ended

    @given(partitions(ACCOUNTS), partitions(ACCOUNTS))
    def test_a_number_is_kept_where_most_of_it_is(self, before: Found, found: Found) -> None:
        """Whoever could have had it instead had fewer of its members, or took another number with more of its own."""
        there, told = numbered(before), persisted(numbered(before), found)
        at = {one.number: place for place, one in enumerate(told.known) if one.origin is Origin.KEPT}
        for number, old in there.items():
            for place, new in enumerate(found):
                both = len(old & new)
                if not both or 2 * both < min(len(old), len(new)):
                    continue
                mine = len(old & found[at[number]]) if number in at else 0
                one = told.known[place]
                others = len(there[one.number] & new) if one.origin is Origin.KEPT and one.number else 0
                assert both <= max(mine, others)

    @given(partitions(ACCOUNTS), partitions(ACCOUNTS))
    def test_what_was_merged_is_in_one_that_was_there(self, before: Found, found: Found) -> None:
        told = persisted(numbered(before), found)
        for number, end in told.ended.items():
            if end.why is End.MERGED:
                assert end.found is not None and told.known[end.found].origin is Origin.KEPT
                assert 2 * len(numbered(before)[number] & found[end.found]) >= len(numbered(before)[number])

    @given(partitions(ACCOUNTS), partitions(ACCOUNTS))
    def test_what_was_split_off_is_of_one_that_is_still_there(self, before: Found, found: Found) -> None:
        told = persisted(numbered(before), found)
        still = {one.number for one in told.known if one.origin is Origin.KEPT}
        assert {one.number for one in told.known if one.origin is Origin.SPLIT} <= still
