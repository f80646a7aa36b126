"""Every page that a person can open is looked at in a browser."""

from tests.browser.pages import NOT_DRAWN, doors
from tests.test_doors import DOORS

ASKED_FOR = {name for name, door in DOORS.items() if door.get}


def test_every_door_that_can_be_asked_for_is_drawn() -> None:
    undrawn = ASKED_FOR - set(doors()) - set(NOT_DRAWN)
    assert not undrawn, f"Add {', '.join(sorted(undrawn))} to PAGES in tests/browser/pages.py, or to NOT_DRAWN with the reason."


def test_what_is_not_drawn_is_a_door_and_is_not_drawn() -> None:
    assert not set(NOT_DRAWN) - ASKED_FOR
    assert not set(NOT_DRAWN) & set(doors())
