"""What beside the name moves a score, and the sentences that say so."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.rules import packs
from kyc.screening import reasons, scripts
from kyc.screening.entries import Entry
from kyc.screening.index import Index
from kyc.screening.match import Match, Subject

ENTRY = Entry(
    id="7",
    kind="person",
    name="Karim Hamdan AL TIKRITI",
    aliases=("Kareem ABU LAYLA", "'THE ENGINEER'"),
    birth_dates=("1962-04-28",),
    countries=("IQ",),
    identifiers=("A1011254",),
)
LINE = packs.current().screening_threshold


def found(name: str = ENTRY.name, kind: str = "person", *, entry: Entry = ENTRY, **known: object) -> Match:
    (match,) = Index([entry]).find(Subject(name, kind, **known))  # type: ignore[arg-type]  # as each test names them
    return match


def codes(match: Match) -> set[str]:
    return {ground.code for ground in match.grounds}


class TestWeighed:
    @given(
        st.floats(min_value=0, max_value=1),
        st.sampled_from(["person", "company"]),
        st.sampled_from(["", "1962-04-28", "1962", "1963", "1990-01-01", "nonsense"]),
        st.sampled_from(["", "IQ", "NO", "no"]),
        st.sampled_from(ENTRY.names),
    )
    def test_stays_between_0_and_1(self, alike: float, kind: str, birth_date: str, country: str, name: str) -> None:
        score, _moved = reasons.weighed(Subject("X", kind, birth_date, (), country), ENTRY, name, alike, line=LINE)
        assert 0 <= score <= 1
        assert score == round(score, 3)
        assert score < 1 or alike >= reasons.SAME_WORDS

    def test_an_equal_name_scores_1(self) -> None:
        assert found().score == 1

    def test_nothing_known_lifts_another_name_to_1(self) -> None:
        assert found("Karim Hamdan Al Tikrity", birth_date="1962-04-28", country="IQ").score == reasons.ALMOST

    def test_another_birth_date_and_country_order_and_never_hide(self) -> None:
        for name in (ENTRY.name, "Kareem Hamadan Tikrit"):
            near, far = found(name), found(name, birth_date="1990-01-01", country="NO")
            assert near.score > far.score >= LINE
            assert {"other_birth_date", "other_country"} <= codes(far)

    def test_below_the_line_they_count_either_way(self) -> None:
        entry = replace(ENTRY, name="Karim HAMDAN", aliases=())
        alone, same, other = (found("Karim Hamid", entry=entry, birth_date=day).score for day in ("", "1962-04-28", "1990"))
        assert other < alone < same and alone < LINE


class TestBorn:
    @pytest.mark.parametrize(
        ("asked", "listed", "change", "code"),
        [
            ("1962-04-28", "1962-04-28", reasons.SAME_DAY, "same_birth_date"),
            ("1962", "1962-04-28", reasons.SAME_YEAR, "same_birth_year"),
            ("1962-04-28", "1962", reasons.SAME_YEAR, "same_birth_year"),
            ("1962", "1962", reasons.SAME_YEAR, "same_birth_year"),
            ("1962-04-28", "circa 1963", reasons.SAME_YEAR, "same_birth_year"),
            ("1962-04-28", "1960 to 1965", reasons.SAME_YEAR, "same_birth_year"),
            ("1962-04-28", "1962-05-28", reasons.OTHER_DAY, "near_birth_date"),
            ("1962-04-28", "1963", reasons.NEAR_YEAR, "near_birth_date"),
            ("1962-04-28", "1964", reasons.OTHER_YEAR, "other_birth_date"),
            ("1990", "circa 1962", reasons.OTHER_YEAR, "other_birth_date"),
        ],
    )
    def test_the_closer_the_better(self, asked: str, listed: str, change: float, code: str) -> None:
        ((moved, ground),) = reasons.born(asked, (listed,))
        assert (moved, ground.code) == (change, code)
        assert f"in {asked[:4]}" in ground.sentence

    @pytest.mark.parametrize(
        ("asked", "listed"), [("", ("1962",)), ("1962", ()), ("nonsense", ("1962",)), ("1962", ("nonsense",)), ("", ())]
    )
    def test_what_is_unknown_changes_nothing(self, asked: str, listed: tuple[str, ...]) -> None:
        assert list(reasons.born(asked, listed)) == []

    def test_the_nearest_of_several_counts(self) -> None:
        ((moved, _),) = reasons.born("1962-04-28", ("1940", "1962-04-28", "1970"))
        assert moved == reasons.SAME_DAY

    @pytest.mark.parametrize("listed", ["1962-04-28", "1962-05-28", "1962", "1963", "1990", "1962-04", "circa 1963"])
    def test_the_partys_own_day_is_never_told(self, listed: str) -> None:
        ((_, ground),) = reasons.born("1962-04-28", (listed,))
        assert "04-28" not in ground.sentence.replace(listed, "")
        if listed == "1962-04-28":
            assert ground.sentence == "Born on the same day, in 1962."

    @pytest.mark.parametrize(
        ("asked", "listed", "sentence"),
        [
            ("1962-04-28", ("1962-05-28",), "Born in 1962; the entry says 1962-05-28: another day of the same year."),
            ("1962-04-28", ("1963",), "Born in 1962; the entry says 1963, one year apart."),
            ("1962-04-28", ("1962",), "Born in 1962; the entry says 1962: these agree, as far as is known."),
            ("1962", ("1962-05-28",), "Born in 1962; the entry says 1962-05-28: these agree, as far as is known."),
            ("1990", ("circa 1962",), "Born in 1990; the entry says circa 1962: 26 years apart at least."),
            ("1990", ("1940", "1962", "nonsense"), "Born in 1990; the entry says 1962, 1940: 28 years apart at least."),
            # The one that decides is told, however many there are, and before one of the same year that does not.
            (
                "1962-04-28", ("1940", "1941", "1942", "1962-05-28", "1962-04"),
                "Born in 1962; the entry says 1962-04, 1962-05-28, 1942: the first agrees, as far as is known.",
            ),
        ],
    )  # fmt: skip
    def test_says_what_is_so(self, asked: str, listed: tuple[str, ...], sentence: str) -> None:
        ((_, ground),) = reasons.born(asked, listed)
        assert ground.sentence == sentence

    def test_says_how_far_apart(self) -> None:
        assert "Born in 1990; the entry says 1962-04-28, 28 years apart." in found(birth_date="1990").reasons


class TestHoused:
    def test_the_same_country_helps_and_another_hurts(self) -> None:
        ((same, _),) = reasons.housed("IQ", ("SY", "IQ"))
        ((other, ground),) = reasons.housed("NO", ("SY", "IQ"))
        assert same > 0 > other
        assert ground.sentence == "From Norway; the entry says Syria, Iraq."

    @pytest.mark.parametrize(("asked", "listed"), [("", ("IQ",)), ("NO", ()), ("", ())])
    def test_what_is_unknown_changes_nothing(self, asked: str, listed: tuple[str, ...]) -> None:
        assert list(reasons.housed(asked, listed)) == []

    def test_small_letters_will_do(self) -> None:
        assert "same_country" in codes(found(country="iq"))


class TestBeside:
    def test_a_weak_alias_weighs_less_and_is_called_so(self) -> None:
        match = found("The Engineer")
        assert match.score == pytest.approx(1 + reasons.WEAK_ALIAS)
        assert {"weak_alias", "alias"} <= codes(match)
        assert "Compared with the alias “THE ENGINEER”." in match.reasons

    @pytest.mark.parametrize(
        ("kind", "listed", "says"),
        [
            ("company", "person", "The entry is a person, the party is a company."),
            ("person", "company", "The entry is a company, the party is a person."),
            ("company", "other", "The entry is a vessel or an aircraft, the party is a company."),
        ],
    )
    def test_another_kind_weighs_less(self, kind: str, listed: str, says: str) -> None:
        match = found("MAR AZUL", kind, entry=Entry("1", listed, "MAR AZUL"))
        assert says in match.reasons
        assert match.score == pytest.approx(1 + (reasons.A_THING if listed == "other" else reasons.OTHER_KIND))
        assert found("MAR AZUL", listed, entry=Entry("1", listed, "MAR AZUL")).score == 1

    def test_a_vessels_name_alone_is_never_a_hit_for_a_party(self) -> None:
        assert found("EBANO", "company", entry=Entry("1", "other", "EBANO")).score < LINE


class TestNumbered:
    def test_the_entrys_own_number_decides_whatever_the_name(self) -> None:
        match = found("Somebody Else", identifiers=("a-101 1254",))
        assert match.score == 1
        assert "The number ending in 254 is the entry's own." in match.reasons
        assert not any("1011254" in sentence for sentence in match.reasons)

    @pytest.mark.parametrize("number", ["A1011255", "1011254", "", "-----"])
    def test_another_number_says_nothing(self, number: str) -> None:
        assert "same_identifier" not in codes(found(identifiers=(number,)))


class TestWorded:
    @pytest.mark.parametrize(
        ("asked", "says"),
        [
            ("Karim Hamdan Al Tikriti", "Same words: AL Hamdan Karim TIKRITI."),
            ("Karim Hamdan al Tikritti", "Family name “Tikritti” differs from “TIKRITI” by one letter."),
            ("Karim Hamdann al Tikriti", "“Hamdann” differs from “Hamdan” by one letter."),
            ("Karim H al Tikriti", "“H” may stand for “Hamdan”."),
            ("Karim Hamdan Altikriti", "Family name “Altikriti” is “AL TIKRITI” written apart or together."),
            ("Karim Hamdan Omar Al Tikriti", "“Omar” is not in the entry's name."),
            ("Karim Al Tikriti", "“Hamdan” of the entry is missing."),
        ],
    )
    def test_every_word_is_accounted_for(self, asked: str, says: str) -> None:
        assert says in found(asked).reasons

    def test_a_left_out_al_needs_no_sentence(self) -> None:
        assert codes(found("Karim Hamdan Tikriti")) == {"same_words"}


class TestScripts:
    def test_names_script_and_what_was_compared(self) -> None:
        entry = replace(ENTRY, name="ALI, Ayman", aliases=())
        told = found("أيمن علي", entry=entry).reasons
        assert told[0] == "“أيمن علي” is written in Arabic letters, and was compared in Latin letters as “aymn aly”."
        assert "Family name “aly (علي)” differs from “ALI” by one letter." in told

    def test_of_the_entry_too_and_not_where_both_are_written_alike(self) -> None:
        entry = replace(ENTRY, name="Тимур Карпов", aliases=())
        told = found("Timur Karpow", entry=entry).reasons
        assert told[0] == "“Тимур Карпов” is written in Cyrillic letters, and was compared in Latin letters as “timur karpov”."
        assert told[1:] == ("Same words: timur (Тимур).", "“Karpow” differs from “karpov (Карпов)” by one letter.")
        alike = " ".join(found("Тимур Карповв", entry=entry).reasons)
        assert "written in" not in alike and "(Карпов)" not in alike
        assert "written in" not in " ".join(found("Kárim Hamdan Al Tikriti").reasons)

    @pytest.mark.parametrize(
        ("name", "script"),
        [
            ("Zoë", "Latin letters"), ("金正恩", "Chinese characters"), ("김", "Korean letters"), ("Ελλάς", "Greek letters"),
            ("IBM חברה", "Hebrew letters"), ("ʻAlī Ｋ", "Latin letters"), ("42", ""), ("", ""),
        ],
    )  # fmt: skip
    def test_every_script_has_a_name(self, name: str, script: str) -> None:
        assert scripts.of(name) == script
