"""The matches behind a figure, page by page."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from kyc.screening import overturning
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


class TestRulings:
    """The lists are of the ruling that stands, and so is what each row says."""

    @pytest.fixture
    def overturned(self, hit: Hit, ana: User, rui: User) -> Hit:
        """Another by Ana, and then the same by Rui, as Ana confirmed."""
        cast.ruled(hit, ruling="false", by=ana)
        doubted = overturning.overturn(hit, ruling="true", reason="same_identifier", note="The number.", by=rui)
        return overturning.confirm(doubted.overturning, by=ana)

    def said(self, page: str) -> str:
        cell = page.partition('data-label="Ruling">')[2].partition("</td>")[0]
        return " ".join(re.sub("<.*?>", " ", cell).split())

    def test_a_row_says_what_stands_and_who_made_it(self, as_ana: Client, overturned: Hit) -> None:
        for what in ("same", "overturned", "found"):
            page = shown(as_ana, f"what={what}")
            assert rows(page) == 1 and self.said(page).startswith("Same overturns Another Rui Duarte, "), what
            assert f"#hit-{overturned.pk}" in page
        assert rows(shown(as_ana, "what=another")) == 0

    def test_that_somebody_wants_to_overturn_what_overturned(self, as_ana: Client, overturned: Hit, ana: User) -> None:
        overturning.overturn(overturned, ruling="false", reason="different_name", note="Not so.", by=ana)
        for what in ("same", "doubted"):
            page = shown(as_ana, f"what={what}")
            assert rows(page) == 1 and self.said(page).startswith(
                "Same; Ana Maric wants it overturned overturns Another Rui Duarte, "
            ), what

    def test_opened_again_it_is_not_decided(self, as_ana: Client, hit: Hit, ana: User, rui: User) -> None:
        cast.ruled(hit, ruling="false", by=ana)
        overturning.overturn(hit, ruling="undecided", reason="asked", note="Wrong.", by=rui)
        assert self.said(shown(as_ana, "what=undecided")).startswith("Not decided overturns Another Rui Duarte, ")

    def test_in_as_many_questions_however_many(self, as_ana: Client, hit: Hit, overturned: Hit, ana: User, rui: User) -> None:
        shown(as_ana, "what=same")
        with CaptureQueriesContext(connection) as few:
            shown(as_ana, "what=same")
        for number in range(3):
            other = cast.ruled(cast.matched(hit.party, hit.list_version, entry_id=f"o{number}"), ruling="false", by=ana)
            doubted = overturning.overturn(other, ruling="true", reason="same_identifier", note="The number.", by=rui)
            overturning.confirm(doubted.overturning, by=ana)
        with CaptureQueriesContext(connection) as more:
            assert rows(shown(as_ana, "what=same")) == 4
        assert len(more) == len(few)
