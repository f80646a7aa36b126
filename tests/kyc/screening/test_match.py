"""How alike two names are."""

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kyc.rules import packs
from kyc.screening import chance, match, weighing
from kyc.screening.entries import Entry
from kyc.screening.index import Index
from kyc.screening.match import JOINED, OTHER_SPELLING, Name, Pair, Subject
from kyc.screening.normalise import bones, fold, readings, words
from kyc.screening.weighing import RAREST

LINE = packs.current().screening_threshold

WORDS = st.from_regex(r"[a-z]{1,10}", fullmatch=True)
NAMES = st.lists(WORDS, min_size=1, max_size=6).map(" ".join)
FULL = st.lists(st.from_regex(r"[a-z]{4,10}", fullmatch=True), min_size=1, max_size=6).map(" ".join)


def one(folded: str) -> float:
    """As rare as most words of a list."""
    return 0.8 * RAREST


def by_length(folded: str) -> float:
    return float(len(folded))


def score(asked: str, listed: str, weight: Callable[[str], float] = one, *, is_person: bool = True) -> float:
    mine, its = Name(asked, is_person), Name(listed, is_person)
    found, asked_weights, listed_weights = pairs(mine, its), mine.weights(weight), its.weights(weight)
    agreement = match.agreed(found, asked_weights, listed_weights)
    if is_person:
        # As rare among people as in the lists.
        one, other = chance.Words(mine, asked_weights, asked_weights), chance.Words(its, listed_weights, listed_weights)
        agreement = agreement._replace(chance=chance.of(found, one, other))
    return weighing.configuration().alike(agreement, "person" if is_person else "company")


def pairs(asked: Name, listed: Name) -> list[Pair]:
    near = {word: {other: v for other in listed.words if (v := match.likeness(word, other))} for word in asked.words}
    found = match.possible(asked, listed, near, match.asked_joins(asked.text))
    return match.paired([*found, *match.possible_joins(asked, listed)])


class TestScored:
    @given(NAMES, NAMES, st.booleans())
    def test_lies_between_0_and_1(self, asked: str, listed: str, is_person: bool) -> None:
        for weight in (one, by_length):
            assert 0 <= score(asked, listed, weight, is_person=is_person) <= 1 + 1e-9

    @given(NAMES, st.booleans())
    @example("ali ali", True)
    @example("ltd", False)
    @example("the of", True)
    def test_an_equal_name_scores_1(self, name: str, is_person: bool) -> None:
        assert score(name, name, by_length, is_person=is_person) == pytest.approx(1)
        assert score(name.upper(), name, by_length, is_person=is_person) == pytest.approx(1)

    @given(st.lists(WORDS, min_size=2, max_size=9), NAMES, st.data())
    @example("qu es ques qu".split(), "quesqu", None)
    def test_the_order_of_the_asked_words_never_matters(self, asked: list[str], listed: str, data: st.DataObject | None) -> None:
        other = data.draw(st.permutations(asked)) if data else asked[::-1]
        assert score(" ".join(asked), listed, by_length) == pytest.approx(score(" ".join(other), listed, by_length))

    @given(FULL, FULL)
    def test_only_the_same_words_reach_1(self, asked: str, listed: str) -> None:
        if Name(asked).words != Name(listed).words:
            assert score(asked, listed) < 1

    @given(st.sets(st.from_regex(r"[a-z]{4,9}", fullmatch=True), min_size=2, max_size=4), st.integers(min_value=0, max_value=3))
    def test_a_word_more_or_less_costs_something(self, parts: set[str], place: int) -> None:
        every = sorted(parts)
        fewer = [word for number, word in enumerate(every) if number != place % len(every)]
        assert 0 < score(" ".join(fewer), " ".join(every)) < 1

    @pytest.mark.parametrize(
        ("asked", "listed", "is_alike"),
        [
            ("Ayman Zawahri", "Ayman AL ZAWAHIRI", True),
            ("Yevgeni Prigozhin", "Evgeniy PRIGOZHIN", True),
            ("Mohamed Atef", "Muhammad ATIF", True),
            ("Abdulrahman Yasin", "Abdul Rahman YASIN", True),
            ("Abdul Rahman Yasin", "Abdulrahman YASIN", True),
            ("Anna Petrova", "Olga PETROVA", False),
            ("Anna Petrova", "Anna SIDOROVA", False),
            ("Li Wei", "Lu Wei", False),
        ],
    )
    def test_tells_spellings_from_namesakes(self, asked: str, listed: str, is_alike: bool) -> None:
        assert (score(asked, listed) >= LINE) == is_alike

    def test_a_rare_word_weighs_more(self) -> None:
        rare = {fold("gadhafi"): RAREST}
        assert score("Ali Gadhafi", "Omar Gadhafi", lambda w: rare.get(w, 1.0)) > score("Ali Gadhafi", "Omar Gadhafi")

    def test_common_words_that_agree_are_not_enough(self) -> None:
        """Given name and family name of many, where the listed one has a third."""
        names = ("Mohamed Ibrahim", "Mohamed Ibrahim Salamah")
        assert score(*names, lambda word: 2.0) < LINE <= score(*names, lambda word: 8.0)

    @pytest.mark.parametrize("light", ["al", "de", "j", "dr"])
    def test_what_people_leave_out_costs_little(self, light: str) -> None:
        without = score("Ayman Zawahiri", f"Ayman {light} Zawahiri")
        assert score("Ayman Zawahiri", "Ayman Omar Zawahiri") < without < 1

    def test_a_patronymic_left_out_costs_less_than_another_word(self) -> None:
        assert score("Ivan Petrov", "Ivan Sergeevich Petrov") > score("Ivan Petrov", "Ivan Sergeevka Petrov")

    def test_of_nothing_is_0(self) -> None:
        assert score("", "Ali") == score("Ali", "") == score("", "") == score("?", "?") == 0


class TestOfAState:
    @pytest.mark.parametrize(
        ("listed", "is_hit"),
        [("RUSSIAN FEDERATION", True), ("RUSIAN FEDERATION", True), ("BANK OF FOREIGN TRADE OF THE RUSSIAN FEDERATION", False)],
    )
    def test_the_name_within_another_is_anothers(self, listed: str, is_hit: bool) -> None:
        mine, its = Name("Russian Federation", False), Name(listed, False)
        agreement = match.agreed(pairs(mine, its), mine.weights(one), its.weights(one))
        assert (weighing.configuration().alike(agreement, "state") >= LINE) == is_hit

    def test_nor_does_its_country_make_it_one(self) -> None:
        entry = Entry("1", "company", "AKTSIONERNY BANK RUSSIAN FEDERATION", countries=("RU",))
        (found,) = Index([entry]).find(Subject("Russian Federation", "state", country="RU"))
        assert found.score < LINE and "Both belong to Russia." in found.reasons


class TestConsonants:
    @pytest.mark.parametrize(
        ("native", "romanised"),
        [
            ("أيمن محمد ربيع الظواهري", "Aiman Muhammed Rabi al-Zawahiri"),
            ("صدام حسين التكريتي", "Saddam Hussein al-Tikriti"),
            ("شفیق الله احمدی", "Shafiqullah Ahmadi"),
            ("عبدالغفار قریشی", "Abdul Ghafar Qurishi"),
        ],
    )
    def test_of_a_name_without_short_vowels_are_those_of_its_romanisation(self, native: str, romanised: str) -> None:
        theirs = {bones(word) for word in words(romanised)}
        assert all(readings(word) & theirs for word in words(native) if word != "al")

    def test_tell_a_list_of_romanised_names_who_is_meant(self) -> None:
        entries = [Entry("1", "person", "Aiman Muhammed Rabi AL-ZAWAHIRI"), Entry("2", "person", "Ahmad Fuad SALIM")]
        (best, *_) = Index(entries).find(Subject("أيمن محمد ربيع الظواهري"))
        assert (best.entry.id, best.score >= LINE) == ("1", True)


class TestOrderOfSyllables:
    def test_of_chinese_characters_only_neighbours_are_one_word(self) -> None:
        assert match.asked_joins("李 珍 玉").keys() == {fold("lizhen"), fold("zhenyu")}
        assert fold("yuzhen") in match.asked_joins("yu zhen") and fold("zhenyu") in match.asked_joins("yu zhen")


class TestInitials:
    @pytest.mark.parametrize(
        ("acronym", "name"),
        [
            ("IRIB", "Islamic Republic of Iran Broadcasting"),
            ("ERPAC", "Ejercito Revolucionario Popular Antiterrorista de Colombia"),
            ("GL Engineering", "Gazprom Linde Engineering LLC"),
        ],
    )
    def test_stand_for_the_companys_words_either_way(self, acronym: str, name: str) -> None:
        short, long = Name(acronym, False), Name(name, False)
        assert match.ACRONYM in {pair.value for pair in match.possible_initials(short, long)}
        assert match.ACRONYM in {pair.value for pair in match.possible_initials(long, short)}

    @pytest.mark.parametrize(
        ("acronym", "name", "is_person"),
        [
            ("IRI", "Iran Radio Institute", False),
            ("IRIB", "Islamic Republic Iran", False),
            ("IRAN", "Industrial Research and Numerics of Astana Institute", False),
            ("ABCD", "Ali Bashir Cemal Demir", True),
        ],
    )
    def test_no_others(self, acronym: str, name: str, is_person: bool) -> None:
        """Too few letters, not all of the name's, or a person."""
        assert list(match.possible_initials(Name(acronym, is_person), Name(name, is_person))) == []

    def test_find_the_company(self) -> None:
        entries = [Entry("1", "company", "ISLAMIC REPUBLIC OF IRAN BROADCASTING"), Entry("2", "company", "IRAN TRANSFO")]
        (best, *_) = Index(entries).find(Subject("IRIB", "company"))
        assert best.entry.id == "1"
        assert "“IRIB” is or has the first letters of “ISLAMIC REPUBLIC IRAN BROADCASTING”." in best.reasons


class TestCapitals:
    @pytest.mark.parametrize(
        ("name", "found"), [("Ayman AL ZAWAHIRI", ["al", "zawahiri"]), ("AYMAN ZAWAHIRI", []), ("Ayman Zawahiri", [])]
    )
    def test_are_the_family_name_where_not_all_is(self, name: str, found: list[str]) -> None:
        assert match.capitals(name) == found


class TestLikeness:
    @pytest.mark.parametrize(
        ("one", "other", "least", "most"),
        [
            ("petrov", "petrov", 1, 1),
            ("sergei", "sergey", OTHER_SPELLING, OTHER_SPELLING),
            ("flores", "flopres", 0.7, 0.97),
            ("flores", "fleros", 0.7, 0.97),
            ("ali", "alik", 0.7, 0.97),
            ("ali", "abi", 0, 0),
            ("li", "lu", 0, 0),
            ("petrov", "sidorov", 0, 0),
        ],
    )
    def test_of_words(self, one: str, other: str, least: float, most: float) -> None:
        assert least <= match.likeness(one, other) <= most

    @given(WORDS, WORDS)
    def test_is_the_same_both_ways_and_0_or_at_least_close(self, one: str, other: str) -> None:
        value = match.likeness(one, other)
        assert value == match.likeness(other, one)
        assert value == 0 or match.CLOSE <= value <= 1
        assert (value == 1) <= (fold(one) == fold(other))


class TestName:
    def test_al_and_de_are_looked_for_only_where_nothing_else_is(self) -> None:
        assert Name("Ayman AL ZAWAHIRI").sought == ("ayman", "zawahiri")
        assert Name("De La").sought == ("de", "la")

    def test_a_companys_legal_form_is_no_word_of_it(self) -> None:
        assert Name("Nordlys Shipping AS", is_person=False).words == ("nordlys", "shipping")
        assert Name("Nordlys Shipping AS").words == ("as", "nordlys", "shipping")


class TestAskedJoins:
    def test_joins_any_two_words_either_way(self) -> None:
        assert match.asked_joins("Rahman Abdul Ltd") == {
            fold("abdulrahman"): ("abdul", "rahman"),
            fold("rahmanabdul"): ("rahman", "abdul"),
        }

    @given(st.lists(WORDS, min_size=2, max_size=10), st.data())
    @example(["b", "de", "bd", "e"], None)
    def test_are_the_same_in_every_order(self, parts: list[str], data: st.DataObject | None) -> None:
        other = data.draw(st.permutations(parts)) if data else parts[::-1]
        assert match.asked_joins(" ".join(parts)) == match.asked_joins(" ".join(other))

    def test_of_a_long_name_the_shortest_words_are_joined(self) -> None:
        every = [letter * size for size, letter in enumerate("lkihgfedb", start=2)]
        joined = {word for pair in match.asked_joins(" ".join(every)).values() for word in pair}
        assert joined == set(every[: match.MOST_JOINED])


class TestListedJoins:
    def test_joins_neighbours_in_their_order(self) -> None:
        assert list(match.listed_joins("Ayman AL ZAWAHIRI").values()) == [("ayman", "al"), ("al", "zawahiri")]

    def test_leaves_legal_forms_out(self) -> None:
        assert match.listed_joins("TECHNO OOO PROM") == {fold("technoprom"): ("techno", "prom")}


class TestPaired:
    @given(NAMES, NAMES)
    def test_no_word_is_used_twice(self, asked: str, listed: str) -> None:
        found = pairs(Name(asked), Name(listed))
        for used in ([i for pair in found for i in pair.asked], [j for pair in found for j in pair.listed]):
            assert len(used) == len(set(used))

    def test_an_initial_stands_for_a_persons_word_only(self) -> None:
        assert [pair.value for pair in pairs(Name("J Doe"), Name("John Doe"))] == [1.0, match.INITIAL]
        assert [pair.value for pair in pairs(Name("J Doe", False), Name("John Doe", False))] == [1.0]

    def test_two_words_stand_for_one(self) -> None:
        assert pairs(Name("Abdul Rahman"), Name("Abdulrahman")) == [Pair(JOINED, (0, 1), (0,))]
        assert pairs(Name("Abdulrahman"), Name("Abdul Rahman")) == [Pair(JOINED, (0,), (0, 1))]
