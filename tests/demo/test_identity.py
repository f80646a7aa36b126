"""The passports and cards that the demo's people send: right by the standard, read by the product, and nobody else's."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo import drawing, identity
from demo.organisations import europe, first, world
from demo.organisations.identity import SENT
from demo.organisations.rows import Person
from kyc.evidence import likeness
from kyc.evidence.models import Document
from kyc.evidence.reading import documents, mrz, names, states
from kyc.parties.models import Party

PEOPLE = {one.name: one for row in (*first.CUSTOMERS, *europe.CUSTOMERS, *world.CUSTOMERS) for one in row.people}
needs_type = pytest.mark.skipif(not drawing.has_type(), reason="fonts-ocr-b is not installed")


def party(one: Person) -> Party:
    return Party(kind="person", name=one.name, native_name=one.native, country=one.country, birth_date=one.born)


def read(name: str) -> documents.Read:
    person = party(PEOPLE[name])
    sent = identity.sent(person, identity.kind_of(person))
    return documents.identity(sent.read(), str(sent.content_type), origin={}, today=identity.today())


@pytest.fixture
def small() -> Iterator[None]:
    """A tenth of the dots, which is as good where nothing is read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing, "SCALE", 3.0)
        yield


class TestZones:
    @pytest.mark.parametrize("one", PEOPLE.values(), ids=lambda one: one.name)
    def test_say_what_was_declared_with_every_check_digit_right(self, one: Person) -> None:
        person = party(one)
        bearer = identity.bearer(person, identity.kind_of(person))
        zone = mrz.parse(bearer.zone)
        assert zone.is_sound and zone.format.name == ("TD1" if bearer.is_card else "TD3")
        assert zone.born(identity.today()) == (SENT[one.name].born if one.name in SENT and SENT[one.name].born else one.born)
        assert zone.expires(identity.today()) == bearer.expires.isoformat()
        issuer = states.of(zone.issuer)
        assert issuer and issuer.country == one.country and zone.nationality == zone.issuer
        agreements = {names.compared(f"{zone.surname} {zone.given}", name) for name in (one.name, one.native) if name}
        assert names.Agreement.SAME in agreements

    def test_are_of_both_formats_and_in_force(self) -> None:
        bearers = [identity.bearer(party(one), identity.kind_of(party(one))) for one in PEOPLE.values()]
        assert min(Counter(one.is_card for one in bearers).values()) >= 5
        assert all(one.issued < identity.today() < one.expires for one in bearers)

    def test_of_other_scripts_are_written_letter_by_letter_where_the_state_does_so(self) -> None:
        zone = mrz.parse(identity.bearer(party(PEOPLE["Dmytro Bilyk"]), Document.Kind.PASSPORT).zone)
        assert (zone.surname, zone.given) == ("BILIK", "DMITRO")

    def test_two_bear_one_number_and_no_others(self) -> None:
        numbers = Counter(identity.bearer(party(one), Document.Kind.PASSPORT).number for one in PEOPLE.values())
        assert [count for _, count in numbers.most_common(2)] == [2, 1]

    def test_each_that_is_told_apart_is_somebodys(self) -> None:
        assert SENT.keys() <= PEOPLE.keys()
        assert {one.number_of for one in SENT.values()} - {""} <= PEOPLE.keys()


class TestPictures:
    @needs_type
    @pytest.mark.parametrize("name", ["Kadri Tammsaar", "Konrad Ehlers", "Ingrid Hansen", "Yusuf Abdelrahim Sorour"])
    def test_are_read_as_they_were_written(self, name: str) -> None:
        person = party(PEOPLE[name])
        bearer = identity.bearer(person, identity.kind_of(person))
        found = read(name)
        values = {one.name: one.value for one in found.fields}
        assert found.outcome == documents.Outcome.READ and found.signs == {}
        assert (values["number"], values["birth_date"]) == (bearer.number, bearer.born.isoformat())

    @needs_type
    def test_one_was_not_held_still(self) -> None:
        found = read("Dmytro Bilyk")
        assert (found.outcome, found.faults) == (documents.Outcome.UNREADABLE, ["blurred"])

    @pytest.mark.usefixtures("small")
    def test_no_two_are_like_one_another(self) -> None:
        """Else their accounts would have a picture in common."""
        seen: dict[str, str] = {}
        for one in PEOPLE.values():
            sent = identity.sent(party(one), identity.kind_of(party(one)))
            found = likeness.likenesses(sent.read(), str(sent.content_type))
            assert not [seen[mark] for mark in found if mark in seen], one.name
            seen |= dict.fromkeys(found, one.name)
        assert len(seen) > 4 * 30

    @pytest.mark.usefixtures("small")
    def test_are_drawn_without_the_type_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for face in ("OCR_B", "MONO", "LATIN"):
            monkeypatch.setattr(drawing, face, Path("/nowhere"))
        assert not drawing.has_type()
        person = party(PEOPLE["Noor Ebrahimi"])
        assert identity.sent(person, Document.Kind.PASSPORT).size
