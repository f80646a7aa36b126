"""The checks keep who stands at the top of the customer."""

import pytest

from kyc.ownership import actions as ownership
from kyc.parties.models import Attribute
from kyc.screening.models import ListVersion
from tests.cast import Founded
from tests.kyc.cases import scenes
from tests.kyc.cases.scenes import company, own

pytestmark = pytest.mark.django_db


def parents() -> list[tuple[str, bool]]:
    rows = Attribute.objects.filter(what="parent").select_related("parent").order_by("pk")
    return [(row.parent.name, row.valid_to is None) for row in rows if row.parent]


@pytest.mark.usefixtures("the_list")
class TestFollow:
    def test_who_controls_at_the_top_is_found(self, nordlys: Founded) -> None:
        middle = company(nordlys, "Fjord Holding AS", "60")
        company(nordlys, "Havn Invest AS", "51", owned=middle, owner=("Kari Moe", "100"))
        own(nordlys, "Nils Moe", "49", owned=middle)
        own(nordlys, "Ola Vik", "40")
        scenes.examine(nordlys)
        assert parents() == [("Havn Invest AS", True)]

    def test_a_customer_of_people_is_its_own(self, nordlys: Founded) -> None:
        own(nordlys, "Kari Moe", "100")
        scenes.examine(nordlys)
        assert parents() == [("Nordlys Modelling AS", True)]

    def test_the_next_round_keeps_what_was_found_before(self, nordlys: Founded) -> None:
        held = own(nordlys, "Kari Moe", "100")
        case = scenes.examine(nordlys).case
        scenes.examine_anew(case)
        assert parents() == [("Nordlys Modelling AS", True)]
        ownership.end(held, by=nordlys.by)
        company(nordlys, "Fjord Holding AS", "100", owner=("Kari Moe", "100"))
        scenes.examine_anew(case)
        assert parents() == [("Nordlys Modelling AS", False), ("Fjord Holding AS", True)]

    def test_where_it_cannot_be_told_nothing_stands(self, nordlys: Founded, the_list: ListVersion) -> None:
        company(nordlys, "Fjord Holding AS", "40-60", owner=("Kari Moe", "100"))
        own(nordlys, "Ola Vik", "40")
        scenes.examine(nordlys)
        assert parents() == []
