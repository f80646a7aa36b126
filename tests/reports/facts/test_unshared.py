"""Of whoever owns or controls without a share it is said how, and never that he has nought per cent."""

import pytest

from kyc.rules import packs
from reports.facts.control import CONTROL
from reports.facts.unshared import BY_OFFICE, BY_ROLE
from tests.cast import Founded, customer, founded
from tests.reports.facts.test_control import Facts
from tests.reports.moments import uncommitted
from tests.reports.test_bods import own
from tests.stage import scene


@scene
def nordlys() -> Founded:
    return founded(customer())


def facts_of(made: Founded) -> Facts:
    snapshot = uncommitted()
    organisation, at = made.organisation.pk, snapshot.taken_at
    *_, (_, facts) = CONTROL.build(organisation=organisation, valid_at=at, snapshot=snapshot, pack=packs.current())
    return facts


def shares(facts: Facts) -> dict[str, str]:
    return {row["party"]: row["share"] for row in facts["beneficial"]["rows"]}


@pytest.mark.django_db
class TestOwners:
    def test_who_controls_without_a_share_controls_by_office(self, nordlys: Founded) -> None:
        facts = facts_of(nordlys)
        assert shares(facts)["Alice Olsen"] == BY_OFFICE
        assert (facts["beneficial"]["rows"][0]["min"], facts["beneficial"]["rows"][0]["max"]) == ("0", "0")
        [told] = [row["value"] for row in facts["summary"] if row["what"] == "Beneficial owners"]
        assert told == "Alice Olsen controls by office"

    def test_who_controls_and_holds_is_told_his_share(self, nordlys: Founded) -> None:
        own(nordlys, "Bo Berg", "60")
        assert shares(facts_of(nordlys)) == {"Alice Olsen": BY_OFFICE, "Bo Berg": "60 %"}

    def test_a_role_in_a_trust_is_no_share(self, nordlys: Founded) -> None:
        trust = own(nordlys, "Berg Trust", "75", "trust").owner
        own(nordlys, "Bo Berg", "", owned=trust, interest="settlor")
        assert shares(facts_of(nordlys)).get("Bo Berg") == BY_ROLE
