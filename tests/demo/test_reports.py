"""What the reports tell of an organisation whose story the demo has told, whose days lie before those the database knows."""

from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from accounts import snapshots
from accounts.models import Organisation
from demo import seed
from demo.organisations.rows import Customer
from kyc.cases.models import Examination
from kyc.keys.models import Hold, Key, Link
from kyc.ownership.models import Determination
from kyc.parties.models import Party
from kyc.rules import packs
from reports.facts.catalogue import CATALOGUE
from reports.facts.reader import exact
from reports.instants import year_before
from tests import cast

# One with a key that is good and one that was held and lifted or stands so; one whose owners stand behind a trust.
HELD, TRUST = "Meltemi Analytics IKE", "The Larkhill Settlement"


def row(name: str) -> Customer:
    return next(one for one in (*seed.FIRST, *seed.OTHERS) if one.name == name)


def told(name: str, folder: Path) -> Organisation:
    """As the seed does: the whole story in one transaction."""
    cast.load_list(folder)
    seed.people()
    seed.patiently(seed.customer(row(name)))
    return Organisation.objects.get(name=name)


def report(kind: str, organisation: Organisation) -> dict[str, Any]:
    snapshot = snapshots.take()
    frame, until = CATALOGUE[kind], snapshot.taken_at
    parameters = {"from": exact(year_before(until))} if frame.is_period else {}
    with translation.override("en"):
        *_, (_, facts) = frame.build(
            organisation=organisation.pk, valid_at=until, snapshot=snapshot, pack=packs.current(), parameters=parameters
        )
    return facts


@pytest.mark.django_db(transaction=True)
class TestAttribution:
    def test_tells_of_each_key_what_the_database_holds(self, tmp_path: Path) -> None:
        organisation = told(HELD, tmp_path)
        facts = report("R-06", organisation)
        assert sorted(found["name"] for found in facts["keys"]) == sorted(name for name, _ in row(HELD).story.keys)
        for found in facts["keys"]:
            key = Key.objects.get(organisation=organisation, name=found["name"])
            link = Link.objects.get(key=key)
            holds = Hold.objects.filter(key=key, lifted_at__isnull=True)
            assert found["key"].startswith(key.prefix)
            assert found["issued_at"] == exact(key.issued_at)
            assert [(each["entity"], each["from"]) for each in found["links"]] == [
                (link.entity.reference, exact(link.valid_from))
            ]
            assert [gap["kind"] for gap in found["gaps"]].count("held") == holds.count()
            assert found["state"] == ("on hold" if holds else "active")
            assert not [gap for gap in found["gaps"] if gap["sentence"].endswith("..")]
            behind = found["verifications"][0]
            assert (behind["proposed_role"], behind["taken_role"]) == ("analyst", "approver")
        assert {found["state"] for found in facts["keys"]} == {"on hold", "active"}


@pytest.mark.django_db(transaction=True)
class TestDossier:
    def test_those_who_were_there_when_it_was_examined_were_screened(self, tmp_path: Path) -> None:
        """The examination tells an earlier day than the one on which the database learned of the parties."""
        organisation = told(TRUST, tmp_path)
        facts = report("R-03", organisation)
        assert {found["result"] for found in facts["screening"]["parties"]} == {"no match"}
        assert len(facts["screening"]["parties"]) == Party.objects.filter(organisation=organisation).count()
        assert not [one for one in facts["completeness"]["unknowns"] if "changed after the last round" in one["sentence"]]
        round_ = Examination.objects.get(case__organisation=organisation)
        counted = [verdict for regime in facts["ownership"]["regimes"] for verdict in regime["verdicts"] + regime["others"]]
        assert len(counted) == Determination.objects.filter(examination_id=round_.pk).count()
        assert not [box for box in facts["picture"]["boxes"] if box["note"] == "not checked yet"]


@pytest.mark.django_db(transaction=True)
class TestChanges:
    """A story is one transaction, and still each change is told by who made it, in the order in which they were made."""

    def test_each_is_whose_it_was(self, tmp_path: Path) -> None:
        rows = report("R-03", told(HELD, tmp_path))["changes"]["rows"]
        owner = row(HELD).owner.name
        by = {(one["what"], one["change"].partition(" → ")[2]): (one["by"], one["role"]) for one in rows}
        assert by["case", "Being examined"] == (owner, "owner of the account")
        assert by["case", "To review"] == ("Keyholder", "")
        assert by["case", "To approve"] == ("Ana Marić", "analyst")
        assert by["case", "Approved"] == ("Rui Duarte", "approver")
        assert {one["by"] for one in rows if one["what"] == "entity"} == {"Rui Duarte"}
        assert {one["by"] for one in rows if one["what"] == "link"} == {"Keyholder"}
        assert {one["by"] for one in rows if one["what"] == "hold" and one["change"].startswith("recorded")} == {"Rui Duarte"}
        assert {one["by"] for one in rows if one["what"] in {"party", "interest", "role"}} == {owner}

    def test_they_stand_in_the_order_in_which_they_were_made(self, tmp_path: Path) -> None:
        rows = report("R-03", told(HELD, tmp_path))["changes"]["rows"]
        said = [(one["what"], one["change"].partition(";")[0]) for one in rows]
        steps = [
            ("case", "recorded"),
            ("party", "recorded"),
            ("case", "state: Being filled in → Being examined"),
            ("examination", "recorded"),
            ("case", "state: To review → To approve"),
            ("case", "state: To approve → Approved"),
            ("entity", "recorded"),
            ("link", "recorded"),
            ("hold", "recorded"),
        ]
        places = [
            next(place for place, one in enumerate(said) if one[0] == what and one[1].startswith(words)) for what, words in steps
        ]
        assert places == sorted(places), said
