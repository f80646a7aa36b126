"""One who is asked about, compared with lists: hits, what came nearest, and the score in its parts."""

from kyc.screening import asked
from kyc.screening.asked import Answer, Asked
from kyc.screening.entries import Entry
from kyc.screening.index import Index

KARPOV = Entry(
    "1", "person", "KARPOV, Zorislav", birth_dates=("1961-02-04",), countries=("RU",), identifiers=("7701234",), version=7
)
BELKIN = Entry("2", "company", "BELKIN TIMUR TRADING LLC", version=7)
STAR = Entry("3", "other", "SEVERNAYA ZVEZDA", identifiers=("9104550",), version=8)
INDEX = Index([KARPOV, BELKIN, STAR])
SOURCES = {7: "ofac-sdn", 8: "un-sc"}


def answer(*names: str, kind: str = "unknown", near: bool = True, line: float = 0.86, **known: object) -> Answer:
    about = Asked(names, kind, **known)  # type: ignore[arg-type]  # of Asked
    return asked.answered(INDEX, about, sources=SOURCES, line=line, strong=0.95, with_nearest=near)


class TestAnswered:
    def test_a_hit_names_the_list_and_its_version_and_why(self) -> None:
        [hit] = answer("Zorislav Karpov", kind="person", birth_date="1961-02-04").hits
        assert (hit.source, hit.version, hit.entry, hit.kind) == ("ofac-sdn", 7, "1", "person")
        assert hit.is_strong and "Born on the same day, in 1961." in [part.sentence for part in hit.parts]

    def test_the_parts_add_up_to_the_score(self) -> None:
        for one in (
            answer("Zorislav Karpov", kind="person", birth_date="1990", country="NO").found[0],
            answer("Zorislav Karpof", kind="person", birth_date="1961", country="RU").found[0],
            answer("Zorislav Karpov", kind="company").found[0],
            answer("Somebody Else", identifiers=("77 01 234",)).found[0],
        ):
            total = one.alike + sum(part.change for part in one.parts) + one.limited
            assert abs(total - one.score) < 0.0011, one

    def test_whose_kind_is_not_known_is_compared_with_each_entry_as_what_that_is(self) -> None:
        for name, entry in (("Zorislav Karpov", "1"), ("Belkin Timur Trading", "2"), ("Severnaya Zvezda", "3")):
            best = answer(name).found[0]
            assert best.entry == entry and "other_kind" not in [part.code for part in best.parts]

    def test_a_vessel_is_found_as_one_and_a_person_of_its_name_is_not_it(self) -> None:
        assert answer("Severnaya Zvezda", kind="vessel").hits[0].entry == "3"
        assert not answer("Severnaya Zvezda", kind="person").hits

    def test_each_of_the_names_is_tried_and_an_entry_stands_once(self) -> None:
        found = answer("Nobody Known", "Zorislav Karpov", "Karpov Zorislav").found
        assert [one.entry for one in found if one.is_hit] == ["1"]

    def test_what_came_nearest_is_told_of_one_who_is_asked_about_alone(self) -> None:
        near = answer("Zorislav Karpov", kind="person", line=1.01)
        assert not near.hits and [one.entry for one in near.nearest] == ["1"]
        assert answer("Zorislav Karpov", kind="person", near=False, line=1.01) == Answer()

    def test_more_hits_than_are_told_are_cut_and_said_so(self) -> None:
        many = Index(Entry(str(n), "person", "KARPOV, Zorislav", version=7) for n in range(asked.MOST + 5))
        found = asked.answered(many, Asked(("Zorislav Karpov",), "person"), sources=SOURCES, line=0.86, strong=0.95)
        assert found.is_cut and len(found.hits) == asked.MOST

    def test_the_same_question_gives_the_same_answer(self) -> None:
        first, second = (asked.written([answer("Zorislav Karpof", country="RU")]) for _ in range(2))
        assert first == second


def test_what_is_sealed_is_read_back_as_it_was() -> None:
    about = [Asked(("Ana", "Ана"), "person", "1984", "PT", ("C1",), "row 7", 3), Asked(("北方",))]
    assert asked.subjects_of(asked.written(about)) == about
    told = [answer("Zorislav Karpov", birth_date="1961"), Answer()]
    assert asked.answers_of(asked.written(told)) == told


def test_parts_tell_the_place_of_their_first_row_and_leave_nobody_out() -> None:
    rows = [Asked((str(n),)) for n in range(7)]
    parts = list(asked.in_parts(rows, 3))
    assert [first for first, _ in parts] == [1, 4, 7]
    assert [one for _, some in parts for one in some] == rows
