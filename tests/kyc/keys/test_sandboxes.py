"""Sandboxes of integrators."""

from pathlib import Path

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.template.loader import render_to_string
from django.test import RequestFactory

from accounts.models import Message, Organisation, Project, User
from accounts.permissions import NotPermitted, StaffRole
from config import jobs
from kyc.cases import actions as cases
from kyc.cases import examining
from kyc.cases.models import Case, Entity, Examination
from kyc.keys import actions as keys
from kyc.keys import linking, samples, sandboxes
from kyc.keys.introspection import introspect
from kyc.keys.models import Key, SandboxOutcome
from kyc.parties.models import Party, Role
from kyc.rules import packs
from tests.cast import customer, load_list, signed_in, staff, submitted

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def the_list(tmp_path: Path) -> None:
    load_list(tmp_path)


def sandbox(outcome: str) -> Organisation:
    """Sent and examined."""
    by = customer()
    made = sandboxes.make(name="Nordlys sandbox", outcome=outcome, owner=by, by=staff("administrator"))
    found = submitted(by, name="Nordlys sandbox")
    assert found.organisation == made
    examining.run()
    return made


class TestRun:
    @pytest.mark.parametrize(
        ("outcome", "state"), [("approved", "approved"), ("held", "approved"), ("refused", "refused"), ("waiting", "waiting")]
    )
    def test_it_ends_as_was_chosen_and_once(self, outcome: str, state: str) -> None:
        made = sandbox(outcome)
        for _ in range(2):
            sandboxes.run()
        case = Case.objects.get(organisation=made)
        assert (case.state, case.decisions.count()) == (state, 1)
        proposal = case.decisions.get().proposal
        assert proposal.proposed_by.is_robot and proposal.outcome_by.is_robot

    @pytest.mark.parametrize(
        ("outcome", "said"),
        [
            ("approved", "You can issue test keys now; they are good to test gateways alone"),
            ("held", "You can issue test keys; they stay on hold"),
        ],
    )
    def test_its_owner_is_told_of_no_live_key(self, outcome: str, said: str) -> None:
        made = sandbox(outcome)
        sandboxes.run()
        mail = Message.objects.get(to=customer_of(made).email)
        assert said in mail.text and said in mail.html
        assert "live" not in mail.text + mail.html

    def test_what_is_asked_for_is_said_once(self) -> None:
        made = sandbox("waiting")
        sandboxes.run()
        mail = Message.objects.get(to=customer_of(made).email)
        assert mail.text.count("This sandbox always asks for more.") == mail.html.count("This sandbox always asks for more.") == 1

    @pytest.mark.parametrize(("outcome", "state"), [("approved", "active"), ("held", "held")])
    def test_its_keys_are_test_keys_in_the_state_that_was_chosen(self, outcome: str, state: str) -> None:
        made = sandbox(outcome)
        sandboxes.run()
        responsible = Party.objects.people().filter(organisation=made).first()
        project = Project.objects.get(organisation=made)
        key, text = keys.issue(made, project=project, name="ci", responsible=responsible, by=customer_of(made))
        linking.run()
        assert text.startswith("kh_test_")
        assert Key.objects.get(pk=key.pk).state == state

    @pytest.mark.parametrize("outcome", ["approved", "held", "refused"])
    def test_its_page_promises_no_live_key(self, outcome: str) -> None:
        made = sandbox(outcome)
        sandboxes.run()
        page = signed_in(customer_of(made)).get("/verification/").content.decode()
        assert "est keys can be issued" in page
        assert "live keys" not in page.lower()

    def test_a_gateway_for_test_is_told_that_it_is_one_and_no_other_lets_it_in(self) -> None:
        by = customer()
        made = sandboxes.make(name="Sample", outcome="approved", owner=by, by=None)
        samples.fill(made, by=by)
        examining.run()
        sandboxes.run()
        responsible = Party.objects.people().get(organisation=made)
        _, text = keys.issue(made, project=made.project_set.get(), name="ci", responsible=responsible, by=by)
        linking.run()
        assert introspect(text, for_test=True)["sandbox"] is True
        assert introspect(text) == {"active": False}

    def test_a_customer_waits_for_people(self) -> None:
        found = submitted(customer())
        examining.run()
        sandboxes.run()
        assert Case.objects.get(organisation=found.organisation).state == Case.State.REVIEW

    def test_one_that_cannot_be_decided_ends_failed_and_stops_nobody_else(self) -> None:
        poison, good = (made_and_sent(f"{name}@mesh.example", name) for name in ("Poison AB", "Good AB"))
        examining.run()
        # Without a customer there is nobody to verify.
        Role.objects.filter(organisation=poison).delete()
        for _ in range(jobs.MAX_ERRORS):
            sandboxes.run()
            SandboxOutcome.objects.filter(state="waiting").update(claimed_until=None)
        assert Case.objects.get(organisation=good).state == Case.State.APPROVED
        assert Case.objects.get(organisation=poison).state == Case.State.REVIEW
        ended = SandboxOutcome.objects.get(organisation=poison)
        assert (ended.state, ended.errors) == ("failed", jobs.MAX_ERRORS)
        assert ended.failure.startswith("DoesNotExist: Role")
        assert not sandboxes.QUEUE.is_waiting()

    def test_examined_again_it_is_tried_again(self) -> None:
        made = sandbox("approved")
        SandboxOutcome.objects.create(organisation=made, examination=Examination.objects.get(), state="failed")
        assert not sandboxes.QUEUE.is_waiting()
        case = Case.objects.get(organisation=made)
        Examination.objects.create(organisation=made, case=case, rule_pack=packs.current().version)
        examining.run()
        assert sandboxes.QUEUE.is_waiting()
        sandboxes.run()
        case.refresh_from_db()
        assert case.state == Case.State.APPROVED


def made_and_sent(email: str, name: str) -> Organisation:
    by = customer(email, name)
    made = sandboxes.make(name=name, outcome="approved", owner=by, by=None)
    samples.fill(made, by=by)
    return made


def customer_of(organisation: Organisation) -> User:
    return User.objects.get(membership__organisation=organisation)


class TestRobots:
    def test_the_database_lets_robots_decide_no_customer(self) -> None:
        found = submitted(customer())
        examining.run()
        robots = [sandboxes.robot(role) for role in (StaffRole.ANALYST, StaffRole.APPROVER)]
        case = Case.objects.get(organisation=found.organisation)
        decision = cases.propose(case, choice="refuse", reason="identity_doubtful", note="No.", by=robots[0])
        with pytest.raises(DatabaseError, match="a second person has taken"), transaction.atomic():
            cases.take(decision, by=robots[1])
        assert not Entity.objects.exists()

    def test_nobody_signs_in_as_one(self) -> None:
        assert not sandboxes.robot(StaffRole.ANALYST).has_usable_password()


class TestMake:
    def test_only_administrators_and_only_known_outcomes(self) -> None:
        with pytest.raises(NotPermitted):
            sandboxes.make(name="x", outcome="approved", owner=customer(), by=staff("analyst"))
        with pytest.raises(sandboxes.NoSuchOutcome):
            sandboxes.make(name="x", outcome="rich", owner=User.objects.get(name="Alice Olsen"), by=None)
        assert not Organisation.objects.exists()

    def test_not_for_an_owner_who_acts_elsewhere_and_would_never_see_it(self) -> None:
        by = customer()
        sandboxes.make(name="One", outcome="approved", owner=by, by=None)
        with pytest.raises(sandboxes.ActsElsewhere, match="One"):
            sandboxes.make(name="Two", outcome="held", owner=by, by=None)
        assert Organisation.objects.count() == 1


def seen(by: User, organisation: Organisation) -> str:
    """The frame that every page of the customer stands in."""
    request = RequestFactory().get("/")
    request.user = by
    return render_to_string("base.html", {"organisation": organisation}, request)


class TestShown:
    def test_to_its_owner_and_to_officers_and_never_of_a_customer(self) -> None:
        by, officer = customer(), staff("analyst")
        made = sandboxes.make(name="Sample", outcome="held", owner=by, by=None)
        case = samples.fill(made, by=by)
        assert "Whatever is sent here ends as “Approved, then held”" in seen(by, made)
        assert ">Sandbox<" in signed_in(officer).get(f"/desk/cases/{case.pk}/").content.decode()
        other = customer("other@x.example", "Other")
        found = submitted(other, name="Real AS").organisation.case_set.get()
        assert ">Sandbox<" not in seen(other, found.organisation)
        assert ">Sandbox<" not in signed_in(officer).get(f"/desk/cases/{found.pk}/").content.decode()


@pytest.mark.django_db
class TestRobot:
    def test_is_found_by_what_it_is_whatever_it_is_called(self) -> None:
        made = sandboxes.robot(StaffRole.ANALYST)
        User.objects.filter(pk=made.pk).update(email="renamed@keyholder.example")
        assert sandboxes.robot(StaffRole.ANALYST) == made
        assert sandboxes.robot(StaffRole.APPROVER) != made

    def test_there_is_one_in_a_role(self) -> None:
        sandboxes.robot(StaffRole.ANALYST)
        with pytest.raises(IntegrityError, match="robot_once_in_role"):
            User.objects.create_user("second@robots.invalid", staff_role=StaffRole.ANALYST, is_robot=True)

    def test_nobody_else_takes_its_address(self) -> None:
        with pytest.raises(IntegrityError, match="robots_address_is_a_robots"):
            User.objects.create_user("sandbox-analyst@ROBOTS.invalid", "x")
