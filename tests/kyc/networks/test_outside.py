"""What leaves the product does not depend on an incident: a gateway's answer, and the hash of a report at the same cut."""

import json
from typing import Any

import pytest
from django.utils import timezone

from accounts import scope, snapshots
from kyc.keys.introspection import introspect
from reports.canonical import encode, sha256
from tests import cast, networked
from tests.kyc.keys.conftest import ana, case, entity, issued, linked, nordlys, rui, the_list  # noqa: F401  # fixtures
from tests.kyc.keys.scenes import Issued
from tests.reports.story import attribution_of, dossier_of
from tests.test_compartment import OTHERS, SECOND, WORDS, record


@pytest.fixture(autouse=True)
def others(request: pytest.FixtureRequest) -> None:
    """Two who were customers before the incident, and are in a network with it; and who takes what one proposes."""
    request.getfixturevalue("linked")
    networked.accounts(2, f"{OTHERS} {{}}")
    cast.staff("investigator", SECOND)


class TestGateways:
    def test_hear_the_same_of_a_key(self, linked: Issued) -> None:  # noqa: F811  # a fixture
        before = introspect(linked.secret)
        assert before["active"] is True
        record(linked.key.organisation, cast.staff("investigator"), key=linked.key, party=linked.key.responsible)
        assert introspect(linked.secret) == before


@pytest.mark.django_db(transaction=True)
class TestReports:
    @pytest.mark.parametrize("draw", [dossier_of, attribution_of])
    def test_tell_the_same_at_the_same_cut(self, linked: Issued, draw: Any) -> None:  # noqa: F811  # a fixture
        organisation, valid_at = linked.key.organisation, timezone.now()
        cut = snapshots.take()

        def told(snapshot: Any) -> str:
            return sha256(encode(draw(organisation, valid_at=valid_at, snapshot=snapshot)))

        before = told(cut)
        record(organisation, cast.staff("investigator"), key=linked.key, party=linked.key.responsible)
        assert told(cut) == before
        later = snapshots.take()
        facts = draw(organisation, valid_at=valid_at, snapshot=later)
        assert not [word for word in (*WORDS, "incident") if word in json.dumps(facts)]
        after = told(later)
        with scope.whole():
            assert told(later) == after, "also where the compartment is open"
