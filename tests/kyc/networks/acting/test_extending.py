"""More accounts of a controller that is ruled: two people again, and measures that stand reach none of them."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from accounts import scope
from accounts.models import AuditEvent, Organisation, Proposal, User
from accounts.proposals import SamePerson
from accounts.refused import ReasonMissing
from kyc.desk import controller_forms
from kyc.networks import actions, controlling, extending, freeing
from kyc.networks.controller_models import Controller, ControllerMember, KeptEvidence
from kyc.networks.network_models import NetworkMembership
from tests import cast, networked

pytestmark = pytest.mark.django_db
CONTROLLERS = "/desk/controllers/"


@pytest.fixture
def third(controller: Controller) -> Organisation:
    """In a network with the controller's own, beside somebody who is in another."""
    third, elsewhere = networked.accounts(2, "Third {} AS")
    with scope.whole():
        network, first, now = controller.network, controller.members.first().organisation, timezone.now()
        member = {"network": network, "confidence": 0.9, "since": now, "how": "run", "run": network.found_in}
        NetworkMembership.objects.create(**member, organisation=third)
        shared = [networked.shares("phone", "one"), networked.shares("payment", "two")]
        networked.edge(network, network.found_in, first, third, shared, now).save()
        networked.network_of([elsewhere], {})
    return third


@pytest.fixture
def proposal(controller: Controller, third: Organisation, ines: User) -> Proposal:
    return offered(controller, third, by=ines)


def offered(controller: Controller, *those: Organisation, by: User, **more: Any) -> Proposal:
    with scope.of_officer(by):
        return extending.propose(controller, members=those, **{"why": "The same card.", "reason": "payment"} | more, by=by)


def live(controller: Controller) -> set[int]:
    with scope.whole():
        return set(controller.members.live().values_list("organisation", flat=True))


class TestPropose:
    def test_offers_who_is_in_a_network_with_its_own(self, controller: Controller, third: Organisation, ines: User) -> None:
        with scope.whole():
            assert list(extending.candidates(controller)) == [third]
        offered(controller, third, by=ines)
        with scope.whole():
            assert list(extending.candidates(controller)) == []

    def test_makes_nobody_a_member(self, controller: Controller, proposal: Proposal, third: Organisation, ines: User) -> None:
        assert third.pk not in live(controller)
        with scope.everything():
            assert not Proposal.objects.filter(pk=proposal.pk).exists()
        with scope.whole():
            assert third.name not in str(controlling.told(controller))
            row = controller.members.get(organisation=third)
            with pytest.raises(controlling.NotNow):
                controlling.end_member(row, reason="No.", by=ines)

    @pytest.mark.parametrize(
        ("more", "error"),
        [({"why": " "}, ReasonMissing), ({"reason": "hunch"}, ReasonMissing), ({"members": []}, actions.Impossible)],
    )
    def test_is_whole(
        self, controller: Controller, third: Organisation, ines: User, more: dict[str, Any], error: type[Exception]
    ) -> None:
        with scope.of_officer(ines), pytest.raises(error):
            extending.propose(controller, **{"members": [third], "why": "The same card.", "reason": "payment"} | more, by=ines)

    def test_names_nobody_who_is_of_it(self, controller: Controller, proposal: Proposal, third: Organisation, ines: User) -> None:
        with pytest.raises(actions.Impossible, match=third.name):
            offered(controller, third, by=ines)


class TestAnswer:
    def test_by_another_makes_them_members_and_keeps_what_speaks_for_it(
        self, controller: Controller, proposal: Proposal, third: Organisation, ines: User, vasco: User
    ) -> None:
        with scope.of_officer(ines), pytest.raises(SamePerson):
            extending.take(controller, proposal, by=ines)
        with scope.of_officer(vasco):
            extending.take(controller, proposal, by=vasco)
            assert third.name in KeptEvidence.objects.filter(controller=controller).latest("pk").content
            event = AuditEvent.objects.get(verb="controller.members_ruled")
        assert third.pk in live(controller) and event.details["accounts"] == 1

    def test_declined_they_may_be_proposed_again(
        self, controller: Controller, proposal: Proposal, third: Organisation, ines: User, vasco: User
    ) -> None:
        with scope.of_officer(vasco):
            with pytest.raises(ReasonMissing):
                extending.decline(controller, proposal, reason=" ", by=vasco)
            extending.decline(controller, proposal, reason="A tenant.", by=vasco)
        assert third.pk not in live(controller)
        again = offered(controller, third, by=ines)
        with scope.of_officer(ines):
            extending.decline(controller, again, reason="Too soon.", by=ines)
        with scope.whole():
            assert Proposal.objects.get(pk=again.pk).outcome == "withdrawn"

    def test_of_one_that_has_ended_is_none(self, controller: Controller, proposal: Proposal, ines: User, vasco: User) -> None:
        with scope.of_officer(vasco):
            freeing.end(controller, reason="Two families.", by=vasco)
            assert Proposal.objects.get(pk=proposal.pk).outcome == "lapsed"
            with pytest.raises(controlling.NotNow):
                extending.take(controller, proposal, by=vasco)

    def test_nobody_comes_past_a_second_person(self, controller: Controller, third: Organisation, ines: User) -> None:
        with scope.whole(), pytest.raises(DatabaseError, match="two rule again"), transaction.atomic():
            ControllerMember.objects.create(controller=controller, organisation=third, why="x", added_by=ines)


class TestThePages:
    def test_from_the_controller_and_back(self, controller: Controller, third: Organisation, ines: User, vasco: User) -> None:
        as_ines, as_vasco = cast.signed_in(ines), cast.signed_in(vasco)
        page = f"{CONTROLLERS}{controller.pk}/"
        assert f'{page}members/add/"' in as_ines.get(page).content.decode()
        shown = as_ines.get(f"{page}members/add/").content.decode()
        assert third.name in shown and "Third 2" not in shown and "one edge" in shown
        wrong = as_ines.post(f"{page}members/add/", {"reason": "payment", "why": "The same card."})
        assert wrong.status_code == 422 and "Choose one account or more." in wrong.content.decode()
        said = {"members": [third.pk], "reason": "payment", "why": "The same card."}
        assert as_ines.post(f"{page}members/add/", said)["Location"] == page
        own, others = (client.get(page).content.decode() for client in (as_ines, as_vasco))
        assert "Another investigator rules on it." in own and "Rule that they are of it" not in own
        assert "Rule that they are of it" in others and third.name in others
        with scope.whole():
            number = controller.members.proposed().get().proposal_id
        refused = as_vasco.post(f"{page}members/proposed/{number}/decline/", {"reason": ""})
        assert refused.status_code == 422 and "Say why." in refused.content.decode()
        assert self.of_itself(as_ines, page, number) == 422
        assert as_vasco.post(f"{page}members/proposed/{number}/take/")["Location"] == page
        assert third.pk in live(controller)
        assert "Nobody else" in as_ines.get(f"{page}members/add/").content.decode()

    def test_of_more_than_have_boxes_are_named_by_number(
        self, controller: Controller, third: Organisation, ines: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        accounts = [third, *networked.accounts(4, "Another {}")]
        monkeypatch.setattr(controller_forms, "BOXES", 2)
        form = controller_forms.MembersForm(organisations=accounts)
        assert [pk for pk, _box in form.rows()] == [one.pk for one in accounts[:2]]
        assert [field.name for field in form.asked()] == ["reason", "why", "members_numbers"]
        said = {"members": [str(third.pk)], "members_numbers": f"{accounts[4].pk}", "reason": "payment", "why": "One card."}
        sent = QueryDict(mutable=True)
        for name, value in said.items():
            sent.setlist(name, value if isinstance(value, list) else [value])
        form = controller_forms.MembersForm(sent, organisations=accounts)
        assert form.is_valid() and form.cleaned_data["members"] == [third, accounts[4]]
        assert set(form.cleaned_data) == {"members", "reason", "why"}

    def of_itself(self, client: Client, page: str, number: int) -> int:
        return int(client.post(f"{page}members/proposed/{number}/take/").status_code)
