"""The customer's page of use, and the limits that he sets there."""

import csv
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts import credentials
from accounts.models import Membership, User
from kyc.keys import actions as keys
from kyc.keys import limits
from kyc.keys.pool_models import LimitPool
from kyc.usage import intake
from tests import cast
from tests.kyc.cases.conftest import ana, case, nordlys, rui, the_list  # noqa: F401  # fixtures
from tests.kyc.keys.conftest import entity, issued, linked, sorvik  # noqa: F401  # fixtures
from tests.kyc.keys.scenes import Issued, issue
from tests.kyc.usage.scenes import issued_long_ago, row, sent, this_hour

pytestmark = pytest.mark.django_db
PAGE, LIMIT = "/verification/keys/usage/", "/verification/keys/limits/"


def use(*rows: Any) -> None:
    issued_long_ago()
    gateway, _ = credentials.issue(name=f"edge {len(rows)} {rows[0]['requests']}", by=None)
    assert intake.take(sent(*rows), credential=gateway)["refused"] == 0


@pytest.fixture
def alice(linked: Issued) -> Client:  # noqa: F811
    return cast.signed_in(linked.key.issued_by)


def said(client: Client, path: str = PAGE) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


class TestUsage:
    def test_anothers_use_is_nowhere_on_it(self, alice: Client, linked: Issued, sorvik: Any) -> None:  # noqa: F811
        other = issue(sorvik, "theirs").key
        use(row(other.prefix, this_hour(), 777_777))
        assert "777" not in said(alice) + said(alice, PAGE + "days.csv")
        assert alice.get(f"{PAGE}?key={other.pk}").status_code == 404
        assert "777,777" in said(cast.signed_in(sorvik.by))

    def test_shows_days_as_bars_and_as_a_table(self, alice: Client, linked: Issued) -> None:  # noqa: F811
        use(
            row(linked.key.prefix, this_hour(), 1200, tokens_in=5000, errors=7),
            row(linked.key.prefix, this_hour() - timedelta(days=3), 34),
        )
        page = said(alice)
        assert "1,234 requests" in page and "5,000 tokens" in page and "7 failed" in page
        assert page.count('class="bar-used"') == 2 and page.count('class="bar-bad"') == 1
        assert page.count('<tr><th scope="row">') == 30 + 1
        assert said(alice, PAGE + "?days=7").count('<tr><th scope="row">') == 7 + 1

    def test_what_it_cost_stands_in_each_currency_and_never_as_one_sum(self, alice: Client, linked: Issued, nordlys: Any) -> None:  # noqa: F811
        second = issue(nordlys, "second").key
        use(
            row(linked.key.prefix, this_hour(), 1, cost=2_500_000, currency="EUR"),
            row(second.prefix, this_hour(), 1, cost=1_250_000, currency="EUR"),
            row(linked.key.prefix, this_hour() - timedelta(days=1), 1, cost=40_000_000, currency="USD"),
            row(linked.key.prefix, this_hour() - timedelta(days=20), 1, cost=9_000_000, currency="NOK"),
        )
        page = said(alice)
        assert "<dd>3.75 EUR</dd>" in page and "<dd>40 USD</dd>" in page and "43.75" not in page
        assert "Currencies are not added up" in page and "NOK" in page
        week = said(alice, PAGE + "?days=7")
        assert "NOK" not in week
        only = said(alice, f"{PAGE}?days=7&key={second.pk}")
        assert "<dd>1.25 EUR</dd>" in only and "USD" not in only and "not added up" not in only

    def test_nothing_used_says_what_will_stand_there(self, alice: Client) -> None:
        assert "Nothing was used in these days" in said(alice) and "No limit is set" in said(alice)

    @pytest.mark.parametrize("query", ["?days=1e9", "?days=-1", "?days=8", "?days=", "?key="])
    def test_an_odd_question_is_the_usual_one(self, alice: Client, query: str) -> None:
        assert 'aria-current="page">30 days' in said(alice, PAGE + query)

    @pytest.mark.parametrize("key", ["x", "0", "99999999999999999999", "²"])
    def test_a_key_that_there_is_not_is_not_found(self, alice: Client, key: str) -> None:
        assert alice.get(f"{PAGE}?key={key}").status_code == 404

    def test_very_large_numbers_are_drawn_and_written(self, alice: Client, linked: Issued) -> None:  # noqa: F811
        use(row(linked.key.prefix, this_hour(), 10**12, tokens_in=10**12, tokens_out=10**12))
        assert "1,000,000,000,000 requests" in said(alice) and "2,000,000,000,000 tokens" in said(alice)

    def test_of_one_key(self, alice: Client, linked: Issued, nordlys: Any) -> None:  # noqa: F811
        second = issue(nordlys, "second").key
        use(row(linked.key.prefix, this_hour(), 11), row(second.prefix, this_hour(), 22))
        assert "33 requests" in said(alice) and "22 requests" in said(alice, f"{PAGE}?key={second.pk}")

    def test_costs_the_same_however_many_keys_and_days(self, alice: Client, linked: Issued, nordlys: Any, reads: Any) -> None:  # noqa: F811
        said(alice)
        for count in (1, 4):
            keys = [issue(nordlys, f"{count} {number}").key for number in range(count)]
            use(*(row(key.prefix, this_hour() - timedelta(days=day), count) for key in keys for day in range(5)))
            with reads(at_most=24):
                said(alice)


class TestCsv:
    def test_has_each_day_key_model_and_country(self, alice: Client, linked: Issued) -> None:  # noqa: F811
        use(row(linked.key.prefix, this_hour(), 5, country="NO", model="m1"), row(linked.key.prefix, this_hour(), 6, model="m2"))
        answer = alice.get(PAGE + "days.csv")
        rows = list(csv.DictReader(answer.content.decode().splitlines()))
        assert answer["Content-Disposition"].startswith("attachment")
        assert [(one["key"], one["model"], one["country"], one["requests"]) for one in rows] == [
            (linked.key.prefix, "m1", "NO", "5"), (linked.key.prefix, "m2", "", "6"),
        ]  # fmt: skip


class TestLimits:
    def told(self, linked: Issued, **more: str) -> dict[str, str]:  # noqa: F811
        return {"of": f"key-{linked.key.pk}", "unit": "requests", "period": "day", "limit": "100"} | more

    def test_is_set_and_shown_with_what_is_left(self, alice: Client, linked: Issued) -> None:  # noqa: F811
        use(row(linked.key.prefix, this_hour(), 90))
        assert alice.post(LIMIT, self.told(linked))["Location"] == PAGE
        page = said(alice)
        assert "90 used, 10 left." in page and "Nearly used up" in page

    def test_above_the_organisations_is_refused_beside_the_field(self, alice: Client, linked: Issued, rui: Any) -> None:  # noqa: F811
        limits.set_limit(linked.key.organisation, unit="requests", period="day", limit=50, reason="Agreed with them", by=rui)
        answer = alice.post(LIMIT, self.told(linked))
        assert answer.status_code == 422 and b"may use 50 requests a day in all. Choose no more than that" in answer.content
        assert LimitPool.objects.filter(key=linked.key).count() == 0

    @pytest.mark.parametrize(
        "wrong",
        [{"of": "key-0"}, {"unit": "money"}, {"unit": "money", "currency": "ABC"}, {"currency": "EUR"}, {"limit": "1.5"},
         {"limit": "NaN"},
         {"unit": "money", "currency": "EUR", "limit": "0.0000001"}, {"unit": "money", "currency": "EURO"},
         {"period": "week"}, {"limit": "-1"}, {"limit": "x"}, {"of": ""}],
    )  # fmt: skip
    def test_what_is_no_limit_is_refused(self, alice: Client, linked: Issued, wrong: dict[str, str]) -> None:  # noqa: F811
        assert alice.post(LIMIT, self.told(linked, **wrong)).status_code == 422

    def test_of_nothing_is_set_by_who_says_that_he_means_it(self, alice: Client, linked: Issued) -> None:  # noqa: F811
        refused = alice.post(LIMIT, self.told(linked, limit="0"))
        assert refused.status_code == 422 and b"A limit of 0 stops what it limits at once." in refused.content
        assert not LimitPool.objects.filter(key=linked.key).exists()
        assert alice.post(LIMIT, self.told(linked, limit="0", stops="on"))["Location"] == PAGE
        assert LimitPool.objects.get(key=linked.key).limit == 0

    def test_names_no_key_before_one_is_chosen(self, alice: Client, linked: Issued) -> None:  # noqa: F811
        assert not alice.get(LIMIT).context["form"]["of"].value()
        assert b'<option value="" selected>' in alice.get(LIMIT).content

    def test_of_money_is_written_and_read_in_units_of_its_currency(self, alice: Client, linked: Issued) -> None:  # noqa: F811
        for period in ("day", "month", "total"):
            told = self.told(linked, unit="money", currency="eur", period=period, limit="250.50")
            assert alice.post(LIMIT, told)["Location"] == PAGE
        assert set(LimitPool.objects.values_list("limit", "currency")) == {(250_500_000, "EUR")}
        page = said(alice)
        for words in ("250.50 EUR a day", "250.50 EUR a month", "250.50 EUR in total", "0 EUR used, 250.50 EUR left."):
            assert words in page, words
        assert "250.50 EUR a day" in said(alice, f"{LIMIT}{LimitPool.objects.get(period='day').pk}/remove/")

    def test_is_removed_by_its_own_members_and_not_the_organisations(
        self, alice: Client, linked: Issued, sorvik: Any, rui: Any  # noqa: F811
    ) -> None:  # fmt: skip
        told = {"unit": "requests", "period": "day", "limit": 50}
        whole = limits.set_limit(linked.key.organisation, **told, reason="Agreed with them", by=rui)
        own = limits.set_limit(linked.key.organisation, **told, key=linked.key, by=linked.key.issued_by)
        assert cast.signed_in(sorvik.by).post(f"{LIMIT}{own.pk}/remove/").status_code == 404
        assert alice.post(f"{LIMIT}{whole.pk}/remove/").status_code == 404
        assert alice.post(f"{LIMIT}{own.pk}/remove/")["Location"] == PAGE
        assert list(LimitPool.objects.all()) == [whole]

    def test_those_of_a_key_and_of_the_one_it_was_rolled_to_are_told_apart(self, alice: Client, linked: Issued) -> None:  # noqa: F811
        assert alice.post(LIMIT, self.told(linked))["Location"] == PAGE
        use(row(linked.key.prefix, this_hour(), 5))
        new, _secret = keys.roll(linked.key, overlap=24, by=linked.key.issued_by)
        page = " ".join(said(alice).split())
        for key in (linked.key, new):
            assert f'<strong><bdi>{key.name}</bdi> <span class="mono">{key}</span>: 100 requests a day' in page
        assert f'rolled to <span class="mono">{new}</span>' in page

    def test_an_owners_is_not_a_members_to_remove(self, alice: Client, linked: Issued) -> None:  # noqa: F811
        own = limits.set_limit(
            linked.key.organisation, unit="requests", period="day", limit=50, key=linked.key, by=linked.key.issued_by
        )
        bob = User.objects.create(email="bob@nordlys.example")
        Membership.objects.create(organisation=linked.key.organisation, user=bob, role="member")
        bobs, address = cast.signed_in(bob), f"{LIMIT}{own.pk}/remove/"
        assert address in said(alice) and address not in said(bobs)
        assert "only an owner removes it" in said(bobs) and "only an owner removes it" not in said(alice)
        answer = bobs.post(address)
        assert answer.status_code == 422 and b"Only an owner removes it; you may set less." in answer.content
        assert b"You may set less, and only an owner sets more." in bobs.post(LIMIT, self.told(linked)).content
        assert bobs.post(LIMIT, self.told(linked, limit="20"))["Location"] == PAGE
