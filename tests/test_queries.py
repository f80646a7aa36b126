"""Whatever somebody writes behind the question mark of an address, the page says what is wrong with it or leaves it out."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.running import BASE
from tests.test_doors import DOORS, OURS, House, knock, path_of, standing, undone
from tests.whole import by_turns, dealt

# As pages read it, wherever that is.
READ = re.compile(r'(?:query|GET)(?:\.get\(|, |\[)"(\w+)"')
NAMES = sorted(
    {
        name
        for app in ("accounts", "kyc", "reports")
        for file in (BASE / app).rglob("*.py")
        for name in READ.findall(file.read_text())
    }
)
# What is no month is refused before anything else is read.
MONTHS = {"from", "to"}
ODD = ("\0", "\ud800", "9" * 30, "-1", "0001-01", "9999-12", "%", "'", "a" * 3000, "𝔞 \u202e")

pytestmark = [pytest.mark.soak, pytest.mark.sample]


@pytest.fixture(scope="module")
def house(django_db_setup: None, django_db_blocker: Any) -> Iterator[House]:
    yield from standing(django_db_blocker)


def test_the_names_are_found() -> None:
    assert {"q", "tab", "page", "configuration", "topics"} <= {*NAMES}


@pytest.mark.parametrize("name", [name for name in OURS if DOORS[name].get])
def test_every_page_takes_any(house: House, name: str) -> None:
    door = DOORS[name]
    role = by_turns(name, door.who - {"gateway"}) if door.who - {"gateway"} else "gateway"
    path = path_of(name, house.mine)
    with undone():
        house.case_is(door.state)
        # All of them in the long run; else one, with months or without.
        for odd, kind in dealt(ODD, ("without", "with months"), name=name, turns=1):
            names = [one for one in NAMES if kind == "with months" or one not in MONTHS]
            query = urlencode(dict.fromkeys(names, odd), errors="surrogatepass")
            assert knock(house, role, "GET", f"{path}?{query}").status_code < 500, f"{role} {path}?…={odd[:20]!r}"
