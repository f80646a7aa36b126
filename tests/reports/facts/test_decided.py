"""Who is a beneficial owner of what a key answers to: decided against what was determined, found since, or nobody's to decide."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from kyc.cases import actions as cases
from kyc.cases.beneficial import Departures
from kyc.cases.models import Case
from kyc.keys import actions as keys
from kyc.keys import linking
from kyc.ownership.models import Determination
from kyc.parties.models import Party
from kyc.rules import packs
from kyc.screening.models import ListVersion
from reports.facts.decided import NOT_ASKED, NOT_DECIDED, owners
from reports.facts.reader import Reader, exact
from tests import cast
from tests.cast import Founded
from tests.kyc.cases import scenes
from tests.kyc.cases.test_declared import founded_as
from tests.reports.moments import uncommitted
from tests.stage import scene

pytestmark = pytest.mark.django_db


@scene
def the_list() -> ListVersion:
    with TemporaryDirectory() as folder:
        return cast.load_list(Path(folder))


@scene
def nordlys() -> Founded:
    """Nobody of it bears a name that any list of these tests has."""
    found = cast.founded(cast.customer(), person="Karin Dahl")
    scenes.own(found, "Kari Moe", "60")
    scenes.own(found, "Nils Moe", "40")
    return found


@scene
def siri() -> Any:
    return founded_as(scenes.person("siri@moe.example", "Siri Moe"), "individual", Party.Kind.PERSON, "passport")


def told(found: Founded) -> list[dict[str, Any]]:
    now = uncommitted()
    over = {"from": exact(now.taken_at - timedelta(days=30))}
    found_in = Reader(
        organisation=found.organisation.pk, valid_at=now.taken_at, snapshot=now, pack=packs.current(), parameters=over
    )
    return owners(found_in)


def approved(case: Case, departures: Departures | None = None) -> None:
    ana, rui = cast.staff("analyst", "Ana Reis"), cast.staff("approver", "Rui Lopes")
    decision = cases.propose(
        case, choice="approve", reason="identity_established", note="Asked for the articles; nobody controls.",
        owners=departures or Departures(), by=ana,
    )  # fmt: skip
    cases.take(decision, by=rui)


def with_key(found: Founded) -> None:
    keys.issue(
        found.organisation, project=found.organisation.project_set.get(), name="one", responsible=found.controller, by=found.by
    )
    linking.run()


class TestOwners:
    def test_who_departs_is_named_with_the_reason_beside_what_was_computed(self, the_list: ListVersion, nordlys: Founded) -> None:
        found = nordlys
        case = scenes.examine(found).case
        nils = Party.objects.get(name="Nils Moe")
        because = "The register shows that he sold in May."
        approved(case, Departures(against=[nils.pk], also=[found.controller.pk], because=because))
        with_key(found)
        [one] = told(found)
        rows = {row["party"]: (row["standing"], row["departs"], row["because"]) for row in one["rows"]}
        assert rows == {
            "Kari Moe": ("Beneficial owner", "", ""),
            "Nils Moe": ("No beneficial owner", "not as determined", because),
            "Karin Dahl": ("Beneficial owner", "not as determined", because),
        }
        computed = {row["party"]: bool(row["now"]) for row in one["rows"]}
        assert computed == {"Kari Moe": True, "Nils Moe": True, "Karin Dahl": False}

    def test_who_was_found_since_is_told_as_not_decided_on(self, the_list: ListVersion, nordlys: Founded) -> None:
        found = nordlys
        examination = scenes.examine(found)
        approved(examination.case)
        with_key(found)
        Determination.objects.create(
            organisation=found.organisation, party=found.controller, examination_id=examination.pk, regime="eu-amlr",
            verdict="indeterminate", share_min="0", share_max="1/2", why=["It depends."], rule_pack="2026.11",
        )  # fmt: skip
        [one] = told(found)
        last = one["rows"][-1]
        assert (last["party"], last["standing"], last["rests_on"]) == ("Karin Dahl", NOT_DECIDED, [])
        assert "can't be decided, 0 % to 50 %" in last["now"][0]

    def test_who_has_no_owners_is_told_to_have_none(self, the_list: ListVersion, siri: Any) -> None:
        found = siri
        approved(scenes.examine(found).case)
        with_key(Founded(found.organisation, found.party, found.party, found.by))
        [one] = told(found)
        assert (one["rows"], one["none"]) == ([], NOT_ASKED)
