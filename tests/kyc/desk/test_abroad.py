"""Where keys are used from, on the case's page."""

import pytest
from django.utils import timezone

from kyc.cases.models import Case
from kyc.risk.models import Fact
from tests.cast import signed_in, staff
from tests.kyc.cases.conftest import ana, case, nordlys, rui, the_list  # noqa: F401  # fixtures

pytestmark = pytest.mark.django_db


def test_stands_beside_what_was_told_and_nowhere_where_nothing_disagrees(case: Case) -> None:  # noqa: F811
    client, address = signed_in(staff("analyst", "Ida")), f"/desk/cases/{case.pk}/?tab=risk"
    assert "Where keys are used from" not in client.get(address).content.decode()
    Fact.objects.create(
        organisation=case.organisation, subject="key:kh_live_000000000000", name="traffic_country", source="gateway",
        on=timezone.localdate(), at=timezone.now(), value={"traffic": "BR", "declared": ["NO"], "payment": ["SE"]},
    )  # fmt: skip
    page = client.get(address).content.decode()
    parts = (
        "Where keys are used from",
        "<b>Brazil</b>",
        "on 1 day",
        "Declared: Norway",
        "pays from: Sweden",
        "kh_live_000000000000…",
    )
    for words in parts:
        assert words in page, words
