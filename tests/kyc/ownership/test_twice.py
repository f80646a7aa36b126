"""What two customers declared differently of one company."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from kyc.ownership import actions as ownership
from kyc.ownership import twice
from kyc.ownership.models import Discrepancy
from kyc.parties import sameness
from kyc.parties.models import Party, Sameness
from tests.cast import Founded, customer, founded, staff
from tests.stage import scene

pytestmark = pytest.mark.django_db
LEI = "5493001KJTIIGC8Y1R12"
NUMBERS = {"registration_number": "918000111", "lei": LEI}


@scene
def ana() -> User:
    return staff("analyst", "Ana Maric")


@scene
def nordlys() -> Founded:
    return founded(customer(), told=False)


@scene
def sorvik() -> Founded:
    return founded(customer("bo@sorvik.example", "Bo Berg"), name="Sorvik AS", person="Bo Berg", told=False)


def company(found: Founded, name: str = "Fjord Holding AS", **told: Any) -> Party:
    more = {"country": "NO", "hq_country": "NO", **NUMBERS, **told}
    return ownership.declare_owner(
        found.organisation, owned=found.party, kind="company", name=name, share="10", **more, by=found.by
    ).owner


def own(found: Founded, owned: Party, name: str, share: str, **told: Any) -> Party:
    more = {"country": "NO", **({"hq_country": "NO"} if told.get("kind") == "company" else {}), **told}
    return ownership.declare_owner(found.organisation, owned=owned, name=name, share=share, **more, by=found.by).owner


Points = Callable[[Party, Party], list[tuple[str, str | None, str | None, str]]]


@pytest.fixture
def points(ana: User) -> Points:
    def ruled(mine: Party, theirs: Party) -> list[tuple[str, str | None, str | None, str]]:
        sameness.rule(mine, theirs, ruling="same", reason="One LEI.", by=ana)
        return told(mine, theirs)

    return ruled


def told(mine: Party, theirs: Party) -> list[tuple[str, str | None, str | None, str]]:
    found = twice.points(sameness.alike([mine])).get((mine.pk, theirs.pk), [])
    return [(one.what, one.mine, one.theirs, one.owner) for one in found]


class TestFields:
    @pytest.mark.parametrize(
        ("mine", "theirs", "said"),
        [
            ({}, {}, []),
            ({"hq_country": "SE"}, {}, [("hq_country", "SE", "NO", "")]),
            ({"registration_number": "918 000 111"}, {}, []),
            ({"registration_number": "918000112"}, {}, [("registration_number", "••• 112", "••• 111", "")]),
            ({"registration_number": ""}, {}, []),
            (
                {"tax_number": "12345678X", "tax_country": "KE"},
                {"tax_number": "12345679X", "tax_country": "KE"},
                [("tax_number", "••• 78X", "••• 79X", "")],
            ),
        ],
    )
    def test_are_compared_where_both_told_them(
        self,
        points: Points,
        nordlys: Founded,
        sorvik: Founded,
        mine: dict[str, str],
        theirs: dict[str, str],
        said: list[tuple[str, str, str, str]],
    ) -> None:
        found = points(company(nordlys, **mine), company(sorvik, **theirs))
        assert found == said

    def test_another_country_is_another_person_status_too(self, points: Points, nordlys: Founded, sorvik: Founded) -> None:
        mine = company(nordlys, country="US", registration_number="", register="")
        assert points(mine, company(sorvik)) == [
            ("country", "US", "NO", ""), ("ear", "us", "foreign", ""), ("iaas", "us", "foreign", "")
        ]  # fmt: skip

    def test_a_legal_form_is_the_same_with_and_without_its_points(self, nordlys: Founded, sorvik: Founded, ana: User) -> None:
        Party.objects.filter(pk__in=[nordlys.party.pk, sorvik.party.pk]).update(lei=LEI)
        Party.objects.filter(pk=sorvik.party.pk).update(legal_form="a.s.")
        sameness.rule(nordlys.party, sorvik.party, ruling="same", reason="One LEI.", by=ana)
        mine, theirs = Party.objects.get(pk=nordlys.party.pk), Party.objects.get(pk=sorvik.party.pk)
        assert "legal_form" not in [row[0] for row in told(mine, theirs)]
        Party.objects.filter(pk=theirs.pk).update(legal_form="ASA")
        assert ("legal_form", "AS", "ASA", "") in told(mine, theirs)


class TestOwners:
    def test_each_that_one_names_otherwise_or_alone_is_told(self, points: Points, nordlys: Founded, sorvik: Founded) -> None:
        mine, theirs = company(nordlys), company(sorvik, "Fjord Holdings")
        own(nordlys, mine, "Kari Moe", "60")
        own(nordlys, mine, "Lars Dahl", "20")
        own(nordlys, mine, "Havn AS", "20", kind="company", lei="529900T8BM49AURSDO55")
        assert points(mine, theirs) == [], "the other names no owner of it at all"
        own(sorvik, theirs, "KARI MOE", "40")
        own(sorvik, theirs, "Havn Shipping", "1/5", kind="company", lei="529900T8BM49AURSDO55")
        own(sorvik, theirs, "Nina Berg", "40")
        assert told(mine, theirs) == [
            ("owner", "60", "40", "Kari Moe"),
            ("owner", None, "40", "Nina Berg"),
            ("owner", "20", None, "Lars Dahl"),
        ]
        assert told(theirs, mine) == [
            ("owner", "40", "60", "KARI MOE"),
            ("owner", None, "20", "Lars Dahl"),
            ("owner", "40", None, "Nina Berg"),
        ]

    def test_shares_behind_nominees_are_added(self, points: Points, nordlys: Founded, sorvik: Founded) -> None:
        mine, theirs = company(nordlys), company(sorvik)
        own(nordlys, mine, "Kari Moe", "50")
        kari = ownership.name_principal(sorvik.organisation, name="Kari Moe", country="NO", by=sorvik.by)
        for name in ("First Nominees AS", "Second Nominees AS"):
            own(sorvik, theirs, name, "25", kind="company", held_for=kari)
        assert points(mine, theirs) == []

    def test_people_of_one_name_born_on_other_days_are_two(self, points: Points, nordlys: Founded, sorvik: Founded) -> None:
        mine, theirs = company(nordlys), company(sorvik)
        own(nordlys, mine, "Kari Moe", "40", birth_date="1950-01-01")
        own(sorvik, theirs, "Kari Moe", "40", birth_date="1980-01-01")
        assert points(mine, theirs) == [
            ("owner", None, "40", "Kari Moe (1980-••-••)"),
            ("owner", "40", None, "Kari Moe (1950-••-••)"),
        ]

    def test_two_of_one_name_whom_both_name_are_no_difference(self, points: Points, nordlys: Founded, sorvik: Founded) -> None:
        mine, theirs = company(nordlys), company(sorvik)
        for found, owned in ((nordlys, mine), (sorvik, theirs)):
            own(found, owned, "Kari Moe", "40", birth_date="1950-01-01")
            own(found, owned, "Kari Moe", "20", birth_date="1980-01-01")
        assert points(mine, theirs) == [] == told(theirs, mine)

    @pytest.mark.parametrize("days", [("", ""), ("1950-01-01", ""), ("", "1980-01-01")])
    def test_what_nothing_tells_apart_is_counted_as_one(
        self, points: Points, nordlys: Founded, sorvik: Founded, days: tuple[str, str]
    ) -> None:
        """The first of two rows of one name was dropped, and what it holds with it."""
        mine, theirs = company(nordlys), company(sorvik)
        own(nordlys, mine, "Kari Moe", "40", birth_date="1950-01-01")
        own(nordlys, mine, "Kari Moe", "20", birth_date="1980-01-01")
        first = own(sorvik, theirs, "Kari Moe", "40", birth_date=days[0])
        second = own(sorvik, theirs, "Berit Moe", "20", birth_date=days[1])
        Party.objects.filter(pk=second.pk).update(name=first.name)
        assert points(mine, theirs) == [] == told(theirs, mine)

    def test_companies_of_one_name_with_other_numbers_are_two(self, points: Points, nordlys: Founded, sorvik: Founded) -> None:
        mine, theirs = company(nordlys), company(sorvik)
        own(nordlys, mine, "Havn AS", "40", kind="company", lei="529900T8BM49AURSDO55")
        own(sorvik, theirs, "Havn AS", "40", kind="company", lei="2138005O9XJIJN4JPN90")
        assert points(mine, theirs) == [
            ("owner", None, "40", "Havn AS (2138005O9XJIJN4JPN90)"),
            ("owner", "40", None, "Havn AS (529900T8BM49AURSDO55)"),
        ]


class TestRuling:
    def test_nothing_differs_without_one_and_nothing_any_more_when_it_is_undone(
        self, points: Points, nordlys: Founded, sorvik: Founded, ana: User
    ) -> None:
        mine, theirs = company(nordlys, hq_country="SE"), company(sorvik)
        assert told(mine, theirs) == []
        assert len(points(mine, theirs)) == 1
        sameness.rule(theirs, mine, ruling="different", reason="Mistyped.", by=ana)
        assert told(mine, theirs) == [] == told(theirs, mine)

    def test_stands_once_the_numbers_are_others_and_can_still_be_undone(
        self, points: Points, nordlys: Founded, sorvik: Founded, ana: User
    ) -> None:
        mine, theirs = company(nordlys), company(sorvik)
        points(mine, theirs)
        theirs.lei, theirs.registration_number = "529900T8BM49AURSDO55", "918000222"
        theirs.save()
        assert [row[0] for row in told(mine, theirs)] == ["registration_number", "lei"]
        sameness.rule(mine, theirs, ruling="different", reason="Two companies after all.", by=ana)
        assert sameness.alike([mine]) == []
        with pytest.raises(sameness.NotAlike):
            sameness.rule(mine, theirs, ruling="same", reason="One again.", by=ana)

    def test_opens_nothing_that_a_customer_or_his_reports_could_show(
        self, points: Points, nordlys: Founded, sorvik: Founded
    ) -> None:
        assert points(company(nordlys, hq_country="SE"), company(sorvik))
        assert not Discrepancy.objects.exists()
        assert Sameness.of_the_house
