"""The page of a person says what would prove who he is, and what else would do."""

import pytest
from django.test import Client

from kyc.evidence import items
from kyc.onboarding import would_do
from tests import cast
from tests.cast import Founded

pytestmark = pytest.mark.django_db


class TestOf:
    def test_names_documents_alone_and_what_would_do_instead(self, nordlys: Founded) -> None:
        found = would_do.of(nordlys.controller)
        assert found
        named = {title for one in found for title in (one.what, *one.instead)}
        assert named <= {
            "Passport", "Identity card", "Driving licence", "Residence permit", "Account at a bank",
            "Card of an employer or a university",
        }  # fmt: skip

    def test_nothing_once_what_we_aim_at_is_reached(self, nordlys: Founded) -> None:
        party, ana = nordlys.controller, cast.staff("analyst")
        party.phone = "+4777000000"
        party.save()
        item = items.record(party, kind="passport", number="N1234567", issuing_country="NO", by=ana)
        items.verify(items.validate(item, method="chip", by=ana), method="compared", by=ana)
        assert would_do.of(party) == []

    def test_the_page_shows_it(self, alices: Client, nordlys: Founded) -> None:
        page = alices.get(f"/verification/people/{nordlys.controller.pk}/").content.decode()
        assert 'id="would-do"' in page and "Instead would do" in page
