"""A controller takes two officers; what spoke for it is kept as it was."""

import json
from datetime import date
from hashlib import sha256
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from accounts import audit, scope
from accounts.models import AuditEvent, Proposal, User
from accounts.permissions import NotPermitted
from accounts.proposals import SamePerson
from accounts.refused import ReasonMissing
from kyc.networks import actions, controlling
from kyc.networks.controller_models import Controller, ControllerMember, KeptEvidence
from kyc.networks.network_models import Edge
from tests import cast
from tests.cast import Founded
from tests.kyc.networks.acting import two as hands
from tests.stage import scene

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("opened")]


@scene
def vasco() -> User:
    return cast.staff("investigator", "Vasco Reis")


@scene
def nordlys() -> Founded:
    return cast.founded(cast.customer())


@scene
def other() -> Founded:
    return cast.founded(cast.customer("siri@sorvik.example", "Siri Moe"), name="Sørvik AS")


@pytest.fixture
def proposed(opened: None, nordlys: Founded, other: Founded, ines: User) -> Controller:
    return hands.proposed(nordlys.organisation, other.organisation, by=ines)


@pytest.fixture
def ruled(proposed: Controller, vasco: User) -> Controller:
    return controlling.take(proposed, by=vasco)


class TestPropose:
    def test_names_the_accounts_and_does_nothing(self, proposed: Controller, nordlys: Founded, other: Founded) -> None:
        assert proposed.state == "proposed" and proposed.number.startswith("CT-")
        assert set(proposed.members.values_list("organisation", flat=True)) == {nordlys.organisation.pk, other.organisation.pk}
        event = AuditEvent.objects.get(verb="controller.proposed")
        assert event.details["accounts"] == 2

    def test_says_nothing_outside_the_compartment(self, proposed: Controller) -> None:
        with scope.everything():
            assert not Proposal.objects.filter(kind__startswith="network.").exists()
            assert not Controller.objects.exists() and not AuditEvent.objects.filter(verb__startswith="controller").exists()

    @pytest.mark.parametrize(
        ("more", "error"),
        [
            ({"name": " "}, actions.Impossible),
            ({"why": ""}, ReasonMissing),
            ({"reason": "hunch"}, ReasonMissing),
            ({"members": []}, actions.Impossible),
        ],
    )
    def test_is_whole(self, nordlys: Founded, other: Founded, ines: User, more: dict[str, Any], error: type[Exception]) -> None:
        asked = {"name": "Mirror", "why": "One card.", "reason": "payment"}
        asked |= {"members": [nordlys.organisation, other.organisation]}
        with pytest.raises(error):
            controlling.propose(**(asked | more), by=ines)
        assert not Controller.objects.exists()

    def test_takes_an_investigator(self, nordlys: Founded, other: Founded) -> None:
        with pytest.raises(NotPermitted):
            hands.proposed(nordlys.organisation, other.organisation, by=cast.staff("approver"))

    def test_nothing_happens_if_the_audit_fails(
        self, nordlys: Founded, other: Founded, ines: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_args: Any, **_more: Any) -> None:
            raise RuntimeError

        monkeypatch.setattr(audit, "record", fail)
        with pytest.raises(RuntimeError), transaction.atomic():
            hands.proposed(nordlys.organisation, other.organisation, by=ines)
        assert not Controller.objects.exists() and not Proposal.objects.exists()


class TestTake:
    def test_rules_so_and_keeps_what_spoke_for_it(self, ruled: Controller) -> None:
        kept = KeptEvidence.objects.get(controller=ruled)
        told = json.loads(kept.content)
        assert ruled.is_ruled and kept.sha256 == sha256(kept.content.encode()).hexdigest()
        assert [row["counted"] for row in told["edges"][0]["evidence"]] == [True, True, False]
        assert {row["name"] for row in told["members"]} == {"Nordlys Modelling AS", "Sørvik AS"}

    def test_what_was_kept_stays_when_the_edge_ends(self, ruled: Controller) -> None:
        Edge.objects.update(until=ruled.opened_at.replace(year=2999))
        before = KeptEvidence.objects.get().content
        assert json.loads(before)["edges"]
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            KeptEvidence.objects.update(content="{}")

    def test_the_database_takes_none_under_anothers_digest(self, ruled: Controller, ines: User) -> None:
        with pytest.raises(IntegrityError, match="its own digest"), transaction.atomic():
            KeptEvidence.objects.create(controller=ruled, content="{}", sha256="0" * 64, kept_by=ines)

    def test_not_by_who_proposed_it(self, proposed: Controller, ines: User) -> None:
        with pytest.raises(SamePerson):
            controlling.take(proposed, by=ines)
        with pytest.raises(IntegrityError, match="a second person takes it"), transaction.atomic():
            Controller.objects.update(state="ruled")

    def test_not_twice(self, ruled: Controller, vasco: User) -> None:
        with pytest.raises(controlling.NotNow):
            controlling.take(ruled, by=vasco)


class TestDecline:
    def test_by_another_and_for_good(self, proposed: Controller, vasco: User) -> None:
        controlling.decline(proposed, reason="Two schools of one town.", by=vasco)
        proposed.proposal.refresh_from_db()
        assert (Controller.objects.get().state, proposed.proposal.outcome) == ("declined", "declined")
        with pytest.raises(IntegrityError, match="ended it stays ended"), transaction.atomic():
            Controller.objects.update(state="proposed")

    def test_or_withdrawn_by_who_proposed_it(self, proposed: Controller, ines: User) -> None:
        controlling.decline(proposed, reason="Two schools of one town.", by=ines)
        proposed.proposal.refresh_from_db()
        assert proposed.proposal.outcome == "withdrawn"


class TestMembers:
    def test_one_is_let_go_once(self, ruled: Controller, ines: User) -> None:
        member = ruled.members.first()
        assert member is not None
        for _again in range(2):
            controlling.end_member(member, reason="A lender of cards.", by=ines)
        assert ControllerMember.objects.live().count() == 1
        assert AuditEvent.objects.filter(verb="controller.member_left").count() == 1


class TestIncident:
    def test_involves_all_and_keeps_the_evidence_of_now(self, ruled: Controller, ines: User) -> None:
        incident = controlling.open_incident(
            ruled, title="Copied answers", kind="extraction", confidence="high", detected_on=date(2026, 11, 2), by=ines
        )
        assert incident.involvements.count() == 2
        assert KeptEvidence.objects.filter(incident=incident, controller=ruled).count() == 1

    def test_of_one_that_is_only_proposed_there_is_none(self, proposed: Controller, ines: User) -> None:
        with pytest.raises(controlling.NotNow):
            controlling.open_incident(proposed, title="Copied answers", by=ines)


class TestNote:
    def test_twice_in_the_same_words_is_once(self, proposed: Controller, ines: User) -> None:
        for _again in range(2):
            controlling.note(proposed, text="Asked the bank.", by=ines)
        assert proposed.notes.count() == 1
