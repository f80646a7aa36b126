"""An account ends: everything alive of it in one transaction, once, and nothing of it comes back."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction

from accounts import members, organisations
from accounts.models import AuditEvent, MemberInvitation, Membership, Message, Organisation, Proposal
from accounts.permissions import NotPermitted
from accounts.refused import ReasonMissing
from kyc.cases import actions as cases
from kyc.cases.models import Case, Entity
from kyc.evidence import invitations
from kyc.evidence.models import Invitation
from kyc.keys import actions as keys
from kyc.keys import closing, linking
from kyc.keys.models import Key, Link
from kyc.ownership import actions as ownership
from kyc.parties import payments
from tests import cast
from tests.kyc.cases import scenes
from tests.kyc.cases.scenes import audit_breaks
from tests.kyc.keys.scenes import issue


def alive(organisation):
    return {
        "keys": Key.objects.filter(organisation=organisation).exclude(state="revoked").count(),
        "links": Link.objects.filter(organisation=organisation, valid_to=None).count(),
        "entities": Entity.objects.filter(organisation=organisation, ended_at=None).count(),
        "cases": Case.objects.open().filter(organisation=organisation).count(),
        "invitations": Invitation.objects.live().filter(organisation=organisation).count(),
        "members": MemberInvitation.objects.open().filter(organisation=organisation).count(),
        "proposals": Proposal.objects.open().filter(organisation=organisation).count(),
    }


NOTHING = dict.fromkeys(("keys", "links", "entities", "cases", "invitations", "members", "proposals"), 0)


class TestClose:
    def test_ends_all_that_lives(self, nordlys, linked, ana, rui):
        issue(nordlys, "second")
        invitations.invite(nordlys.controller, email="a@nordlys.example", by=nordlys.by)
        members.invite(nordlys.organisation, email="bob@nordlys.example", role="owner", by=nordlys.by)
        again = scenes.case_again(nordlys)
        decision = scenes.proposed(again, "approve", by=ana)
        assert 0 not in alive(nordlys.organisation).values()
        closed = closing.close(nordlys.organisation, reason="Resold keys.", by=rui)
        assert alive(nordlys.organisation) == NOTHING
        assert (closed.closed_by, closed.closing_reason) == (rui, "Resold keys.")
        again.refresh_from_db()
        decision.proposal.refresh_from_db()
        assert (again.state, decision.proposal.outcome) == (Case.State.CLOSED, Proposal.Outcome.LAPSED)
        with pytest.raises(cases.NotNow, match="the account was closed by Rui"):
            cases.take(decision, by=rui)

    def test_pressed_twice_nothing_more_happens(self, nordlys, linked, rui):
        closing.close(nordlys.organisation, reason="Resold keys.", by=rui)
        events, mails = AuditEvent.objects.count(), Message.objects.count()
        again = closing.close(nordlys.organisation, reason="Other.", by=rui)
        assert again.closing_reason == "Resold keys."
        assert (AuditEvent.objects.count(), Message.objects.count()) == (events, mails)

    def test_without_its_record_nothing_is_closed(self, nordlys, linked, rui):
        before = alive(nordlys.organisation)
        with audit_breaks():
            closing.close(nordlys.organisation, reason="Resold keys.", by=rui)
        assert alive(nordlys.organisation) == before
        assert not Organisation.objects.get(pk=nordlys.organisation.pk).is_closed

    def test_says_why_and_is_for_who_decides(self, nordlys, linked, ana, rui):
        with pytest.raises(ReasonMissing):
            closing.close(nordlys.organisation, reason=" ", by=rui)
        with pytest.raises(NotPermitted):
            closing.close(nordlys.organisation, reason="x", by=ana)

    def test_every_member_is_told_and_not_why(self, nordlys, linked, rui):
        bob = cast.customer("bob@nordlys.example", "Bob")
        Membership.objects.create(organisation=nordlys.organisation, user=bob, role="member")
        closing.close(nordlys.organisation, reason="Resold keys.", by=rui)
        mails = Message.objects.filter(subject="Your account is closed")
        assert {mail.to for mail in mails} == {nordlys.by.email, bob.email}
        assert not [mail for mail in mails if "Resold" in mail.text + mail.html or "Rui" in mail.text + mail.html]

    def test_a_sandbox_too(self, nordlys, linked, rui):
        Organisation.objects.filter(pk=nordlys.organisation.pk).update(sandbox="approved")
        closing.close_own(nordlys.organisation, name="Nordlys Modelling AS", by=nordlys.by)
        assert alive(nordlys.organisation) == NOTHING

    def test_one_that_was_never_sent(self, nordlys):
        closing.close_own(nordlys.organisation, name=" Nordlys  Modelling AS ", by=nordlys.by)
        assert alive(nordlys.organisation) == NOTHING


class TestCloseOwn:
    def test_asks_for_the_name(self, nordlys):
        with pytest.raises(closing.OtherName, match="Nordlys Modelling AS"):
            closing.close_own(nordlys.organisation, name="Nordlys", by=nordlys.by)

    def test_is_for_owners(self, nordlys):
        # One stays.
        Membership.objects.create(organisation=nordlys.organisation, user=cast.customer("bob@x.example", "Bob"), role="owner")
        Membership.objects.filter(user=nordlys.by).update(role="member")
        with pytest.raises(NotPermitted):
            closing.close_own(nordlys.organisation, name="Nordlys Modelling AS", by=nordlys.by)


@pytest.fixture
def ended(nordlys, linked, rui):
    return closing.close(nordlys.organisation, reason="Resold keys.", by=rui)


class TestAfterwards:
    def test_nothing_is_changed(self, nordlys, ended):
        with pytest.raises(organisations.AccountClosed):
            ownership.declare_owner(ended, owned=nordlys.party, name="Kari", kind="person", share="1", by=nordlys.by)
        with pytest.raises(organisations.AccountClosed):
            invitations.invite(nordlys.controller, email="a@nordlys.example", by=nordlys.by)
        with pytest.raises(organisations.AccountClosed):
            cases.open_case(ended, notice_version="2026-11", locale="en", by=nordlys.by)
        with pytest.raises(organisations.AccountClosed):
            payments.end(ended.paymentmeans_set.first(), by=nordlys.by)
        with pytest.raises(keys.NotVerified):
            issue(nordlys)

    @pytest.mark.parametrize(
        "change",
        [
            lambda org: Entity.objects.filter(organisation=org).update(ended_at=None, end_reason=""),
            lambda org: Link.objects.filter(organisation=org).update(valid_to=None),
            lambda org: Case.objects.create(organisation=org, in_state_since=org.closed_at),
            lambda org: Key.objects.create(
                organisation=org, project=org.project_set.get(), name="x", prefix="x", last_four="x", digest="x",
                pepper_version="1", responsible=org.party_set.first(), issued_by=org.membership_set.get().user,
            ),
        ],
    )  # fmt: skip
    def test_the_database_lets_nothing_live(self, ended, change):
        with pytest.raises(IntegrityError, match="a closed organisation has nothing alive"), transaction.atomic():
            change(ended)

    def test_the_database_closes_none_that_lives(self, nordlys, linked, rui):
        found = Organisation.objects.get(pk=nordlys.organisation.pk)
        found.closed_at, found.closed_by = found.created_at, rui
        with pytest.raises(IntegrityError, match="no live key, link or entity"), transaction.atomic():
            found.save()

    def test_a_case_ends_so_only_with_its_account(self, case):
        with pytest.raises(IntegrityError, match="only with its organisation"), transaction.atomic():
            Case.objects.filter(pk=case.pk).update(state="closed")


class TestReopen:
    def test_begins_from_the_beginning(self, nordlys, linked, ana, rui):
        closing.close_own(nordlys.organisation, name="Nordlys Modelling AS", by=nordlys.by)
        entity = Entity.objects.get()
        closing.reopen(nordlys.organisation, by=nordlys.by)
        cases.open_case(nordlys.organisation, notice_version="2026-11", locale="en", by=nordlys.by)
        case = scenes.examine(nordlys).case
        made = scenes.approved(case, ana=ana, rui=rui)
        linking.run()
        entity.refresh_from_db()
        assert entity.ended_at and made.pk != entity.pk
        assert set(Key.objects.values_list("state", flat=True)) == {"revoked"}

    def test_what_we_closed_only_we_open(self, nordlys, ended, rui):
        with pytest.raises(closing.NotOurs):
            closing.reopen(ended, by=nordlys.by)
        assert not closing.waits_anew(ended)
        opened = closing.reopen(ended, by=rui)
        assert closing.waits_anew(opened)
        cases.open_case(opened, notice_version="2026-11", locale="en", by=nordlys.by)
        assert not closing.waits_anew(opened)


@pytest.mark.django_db(transaction=True)
def test_a_key_issued_at_the_same_moment_is_revoked_or_refused(nordlys, linked, rui):
    """Whichever of the two is first: no key lives when both are done."""
    began, results = threading.Event(), []

    def issued():
        with transaction.atomic():
            try:
                issue(nordlys, "meanwhile")
            except (IntegrityError, keys.NotVerified) as refused:
                results.append(refused)
            began.set()
            threading.Event().wait(0.3)
        connection.close()

    thread = threading.Thread(target=issued)
    thread.start()
    began.wait(10)
    closing.close(nordlys.organisation, reason="Resold keys.", by=rui)
    thread.join(10)
    assert not results
    assert alive(nordlys.organisation) == NOTHING
