"""The figures on the desk, the matches behind them, and the file."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from kyc.cases.models import Case
from kyc.desk.rates import lasted
from kyc.screening import overturning
from kyc.screening.models import Hit
from tests import cast

pytestmark = pytest.mark.django_db
PAGE = "/desk/lists/rulings/"


@pytest.fixture
def ruled(hit: Hit, ana: User) -> Hit:
    """One of two; the other is of a list of another publisher."""
    cast.matched(hit.party, hit.list_version, entry_id="9", entry_name="=HYPERLINK(1)", topics=["=cmd()"], configuration="+1")
    return cast.ruled(hit, ruling="false", reason="different_birth_date", by=ana)


class TestPage:
    def test_each_figure_leads_to_its_matches(self, as_ana: Client, case: Case, ruled: Hit) -> None:
        shown = as_ana.get(PAGE).content.decode()
        table = shown.partition("By list, and why listed")[2].partition("</tbody>")[0]
        cells = re.findall(r'data-label="(.*?)">(.*?)</td>', table.partition("OFAC SDN list")[2].partition("</tr>")[0])
        assert [(label, re.sub("<.*?>", " ", text).split()) for label, text in cells] == [
            ("Matches", ["2"]), ("Another", ["1"]), ("Same", ["0"]), ("Open", ["1"]), ("Passed", ["0"]),
            ("False alarms", ["1", "of", "1"]), ("Half ruled on within", ["under", "a", "minute", "of", "1"]),
            ("Nine of ten within", ["–"]), ("Overturned", ["0"]), ("Late", ["0"]),
        ]  # fmt: skip
        for url in dict.fromkeys(re.findall(r'href="(/desk/lists/rulings/matches/.*?)"', shown)):
            answer = as_ana.get(url.replace("&amp;", "&"))
            number = re.search(rf'href="{re.escape(url)}">(\d+)</a>', shown)
            assert number and answer.content.decode().count('class="title"') == int(number[1])
        behind = as_ana.get(f"{PAGE}matches/?what=another&list=ofac-sdn").content.decode()
        assert f"/desk/cases/{case.pk}/?tab=screening#hit-{ruled.pk}" in behind

    def test_says_what_each_figure_is(self, as_ana: Client) -> None:
        shown = as_ana.get(PAGE).content.decode()
        assert "No match was found in these months" in shown and "Open, and found more than 3 days ago" in shown

    def test_who_sees_no_cases_reads_figures_alone(self, ruled: Hit, auditor: User) -> None:
        assert "/desk/lists/rulings/matches/" in cast.signed_in(auditor).get(PAGE).content.decode()
        omar = cast.signed_in(cast.staff("administrator", "Omar"))
        shown = omar.get(PAGE).content.decode()
        assert "1 of 1" in shown and "/matches/" not in shown
        assert omar.get(f"{PAGE}matches/").status_code == 404

    @pytest.mark.parametrize(
        ("query", "sentence"),
        [
            ("from=2026-13", "Write a month as 2026-11"), ("to=yesterday", "Write a month"), ("from=٢٠٢٦-٠١", "Write a month"),
            ("from=2026-11&to=2026-10", "The first month lies after the last."), ("to=9999-12", "has not come yet"),
            ("from=0000-01", "Write a month"),
        ],
    )  # fmt: skip
    def test_a_bad_period_is_said(self, as_ana: Client, query: str, sentence: str) -> None:
        for path in (PAGE, "/desk/lists/rulings.csv"):
            answer = as_ana.get(f"{path}?{query}")
            assert answer.status_code == 422 and sentence in answer.content.decode()
        assert as_ana.get(f"{PAGE}matches/?{query}").status_code == 404


class TestCsv:
    def test_has_the_same_figures_and_no_formula(self, as_ana: Client, ruled: Hit) -> None:
        answer = as_ana.get("/desk/lists/rulings.csv")
        rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
        every = rows[0]
        assert (every["by"], every["found"], every["another"], every["false_alarm_rate"]) == ("all", "2", "1", "1.0000")
        assert {row["topics"] for row in rows if row["by"] == "topic"} == {"", "'=cmd()"}
        assert "'+1" in {row["configuration"] for row in rows}
        assert answer["Content-Disposition"].startswith('attachment; filename="rulings-')


class TestDoubted:
    def test_who_comes_to_the_desk_is_led_to_what_waits(self, as_ana: Client, as_rui: Client, ruled: Hit, ana: User) -> None:
        assert "to overturn" not in as_rui.get(reverse("desk:queue"), follow=True).content.decode()
        overturning.overturn(ruled, ruling="true", reason="same_identifier", note="The number.", by=ana)
        assert "1 ruling to overturn" in as_rui.get(reverse("desk:queue"), follow=True).content.decode()
        shown = as_rui.get(f"{PAGE}matches/?what=doubted").content.decode()
        assert f"#hit-{ruled.pk}" in shown and "Ana Maric wants it overturned" in shown


@pytest.mark.parametrize(
    ("minutes", "words"), [(0, "under a minute"), (59, "59 min"), (61, "1 h 1 min"), (2879, "47 h 59 min"), (3600, "2.5 days")]
)
def test_a_time_is_told_in_two_units_at_most(minutes: int, words: str) -> None:
    assert lasted(timedelta(minutes=minutes)) == words
    assert lasted(None) == "–"
