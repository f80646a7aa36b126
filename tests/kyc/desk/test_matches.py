"""The matches behind a figure, page by page."""

import re

import pytest
from django.test import Client

from kyc.screening.models import Hit
from tests import cast

pytestmark = pytest.mark.django_db
PAGE = "/desk/lists/rulings/matches/"


def shown(client: Client, query: str) -> str:
    answer = client.get(f"{PAGE}?{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def rows(page: str) -> int:
    return page.count('class="title"')


class TestPages:
    def test_the_next_page_is_of_the_same_matches_also_where_nobody_says_why_they_are_listed(
        self, as_ana: Client, hit: Hit
    ) -> None:
        for number in range(59):
            cast.matched(hit.party, hit.list_version, entry_id=f"n{number}", topics=[])
            cast.matched(hit.party, hit.list_version, entry_id=f"s{number}", topics=["sanction"])
        for topics, count in (("", 60), ("sanction", 59)):
            page = shown(as_ana, f"list=ofac-sdn&topics={topics}&what=found")
            [older] = re.findall(r'href="\?([^"]*page=2[^"]*)"', page)
            assert rows(page) == 50 and rows(shown(as_ana, older.replace("&amp;", "&"))) == count - 50

    def test_past_the_last_is_the_first(self, as_ana: Client, hit: Hit) -> None:
        page = shown(as_ana, "page=7")
        assert rows(page) == 1 and "No such match" not in page and "page=6" not in page
