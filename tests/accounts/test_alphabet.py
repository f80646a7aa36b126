"""Names as people look for them."""

import pytest

from accounts import staff
from accounts.alphabet import by_name
from accounts.models import User
from tests import cast


@pytest.mark.django_db
def test_marks_and_capitals_part_no_neighbours() -> None:
    wanted = ["Ann", "élan", "Émile", "emily", "Eve", "Fay", "Žofie", "zoom", "Åsa"]
    names = sorted(wanted)
    assert names != wanted
    for name in names:
        cast.staff("analyst", name)
    wanted = ["Ann", "Åsa", "élan", "Émile", "emily", "Eve", "Fay", "Žofie", "zoom"]
    assert list(User.objects.order_by(*by_name()).values_list("name", flat=True)) == wanted
    assert [person.name for person in staff.people()] == wanted


@pytest.mark.django_db
def test_what_differs_by_marks_alone_always_comes_in_one_order() -> None:
    for name in ("Éva", "Eva"):
        cast.staff("analyst", name)
    assert list(User.objects.order_by(*by_name()).values_list("name", flat=True)) == ["Eva", "Éva"]
