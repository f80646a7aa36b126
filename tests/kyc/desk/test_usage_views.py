"""What an officer reads of the use of keys, and the organisation's limit that one of them sets."""

from typing import Any

import pytest
from django.test import Client

from accounts import credentials
from kyc.cases.models import Case
from kyc.keys import limits
from kyc.keys.pool_models import LimitPool
from kyc.usage import intake
from tests import cast
from tests.kyc.cases.conftest import ana, case, nordlys, rui, the_list  # noqa: F401  # fixtures
from tests.kyc.keys.conftest import entity, issued, linked, sorvik  # noqa: F401  # fixtures
from tests.kyc.keys.scenes import Issued, issue
from tests.kyc.usage.scenes import row, sent, this_hour

pytestmark = pytest.mark.django_db
LIMIT = {"unit": "requests", "period": "month", "limit": "500", "reason": "Agreed in the contract"}


@pytest.fixture
def page(linked: Issued) -> str:  # noqa: F811
    return f"/desk/cases/{Case.objects.get(organisation=linked.key.organisation).pk}/usage/"


class TestUsage:
    def test_by_day_model_country_and_key_of_this_customer_alone(
        self, page: str, linked: Issued, sorvik: Any  # noqa: F811
    ) -> None:  # fmt: skip
        gateway, _ = credentials.issue(name="edge", by=None)
        mine = [row(linked.key.prefix, this_hour(), 1500, country="NO"), row(linked.key.prefix, this_hour(), 7, model="m2")]
        money = [{"cost": 2_500_000, "currency": "EUR"}, {"cost": 40_000_000, "currency": "USD"}]
        mine = [{**one, **of} for one, of in zip(mine, money, strict=True)]
        intake.take(sent(*mine, row(issue(sorvik).key.prefix, this_hour(), 4321)), credential=gateway)
        said = cast.signed_in(cast.staff("auditor")).get(page).content.decode()
        for word in ("1,507 requests", "Norway", "not told", "sonnet-5", "m2", str(linked.key)):
            assert word in said, word
        assert "<dd>2.50 EUR</dd>" in said and "<dd>40 USD</dd>" in said and "Currencies are not added up" in said
        assert "4,321" not in said and "5,828" not in said
        assert "Set the organisation" not in said

    def test_of_no_use_it_says_so(self, page: str) -> None:
        assert "Nothing was used in these days" in cast.signed_in(cast.staff("auditor")).get(page).content.decode()


class TestLimit:
    def test_is_refused_to_who_places_no_holds(self, page: str) -> None:
        assert cast.signed_in(cast.staff("auditor")).post(page + "limit/", LIMIT).status_code == 404
        assert LimitPool.objects.count() == 0

    def test_is_set_and_told_to_the_customer(self, page: str, linked: Issued) -> None:  # noqa: F811
        client: Client = cast.signed_in(cast.staff("senior"))
        assert client.post(page + "limit/", LIMIT)["Location"] == page
        assert "0 used, 0 reserved, 500 left" in client.get(page).content.decode()
        theirs = cast.signed_in(linked.key.issued_by).get("/verification/keys/usage/").content.decode()
        assert "All your keys: 500" in theirs and "We have set this one" in theirs

    @pytest.mark.parametrize(
        "wrong",
        [{"limit": "-1"}, {"limit": ""}, {"limit": "9" * 30}, {"unit": "money"}, {"period": ""}, {"reason": " "}, {"limit": "0"}],
    )
    def test_says_in_our_words_what_is_wrong(self, page: str, wrong: dict[str, str]) -> None:
        answer = cast.signed_in(cast.staff("senior")).post(page + "limit/", LIMIT | wrong)
        assert answer.status_code == 422
        assert b"Ensure this" not in answer.content and b"Select a valid" not in answer.content

    def test_of_money_too(self, page: str, linked: Issued) -> None:  # noqa: F811
        client: Client = cast.signed_in(cast.staff("senior"))
        assert client.post(page + "limit/", LIMIT | {"unit": "money", "currency": "nok", "limit": "9000"})["Location"] == page
        assert "9,000 NOK a month" in client.get(page).content.decode()
        told = client.get(page.replace("usage/", "?tab=timeline&kind=keys")).content.decode()
        assert "set a limit of use: 9,000 NOK a month" in told

    def test_has_a_reason_and_a_way_back_which_the_timeline_tells(self, page: str, linked: Issued) -> None:  # noqa: F811
        client: Client = cast.signed_in(cast.staff("senior"))
        assert "Place a hold instead" in client.post(page + "limit/", LIMIT | {"limit": "0"}).content.decode()
        client.post(page + "limit/", LIMIT)
        remove = f"{page}limit/{LimitPool.objects.get().pk}/remove/"
        assert remove in client.get(page).content.decode()
        assert cast.signed_in(cast.staff("auditor")).post(remove, {"reason": "No longer"}).status_code == 404
        answer = client.post(remove, {"reason": ""})
        assert answer.status_code == 422 and b"Say why the limit is removed." in answer.content
        assert client.post(remove, {"reason": "No longer needed"})["Location"] == page
        assert not LimitPool.objects.exists()
        told = client.get(page.replace("usage/", "?tab=timeline&kind=keys")).content.decode()
        for words in (
            "set a limit of use: 500 requests a month",
            "Agreed in the contract",
            "removed a limit of use",
            "No longer needed",
        ):
            assert words in told, words

    def test_the_customers_own_is_not_an_officers_to_remove(self, page: str, linked: Issued) -> None:  # noqa: F811
        own = limits.set_limit(
            linked.key.organisation, unit="requests", period="day", limit=5, key=linked.key, by=linked.key.issued_by
        )
        client: Client = cast.signed_in(cast.staff("senior"))
        assert client.post(f"{page}limit/{own.pk}/remove/", {"reason": "x"}).status_code == 404
