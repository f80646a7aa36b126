"""A person proves himself by a link that is his alone."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from accounts import audit, messages
from accounts.models import AuditEvent, Message, Organisation
from accounts.permissions import NotPermitted
from kyc.evidence import actions as evidence
from kyc.evidence import invitations
from kyc.evidence.actions import BadKind
from kyc.evidence.models import Document, Invitation
from kyc.evidence.taking.refusals import NotAccepted
from kyc.ownership import actions as ownership
from kyc.parties import actions as parties
from kyc.parties.wording import BadText
from tests.cast import Founded, customer, founded, pdf, staff
from tests.stage import scene

ADDRESS = "freja@nordlys.example"


@scene
def nordlys() -> Founded:
    return founded(customer())


def invited(nordlys: Founded, email: str = ADDRESS) -> tuple[Invitation, str]:
    """The invitation and its link's secret, which stands in the mail only."""
    invitation = invitations.invite(nordlys.controller, email=email, by=nordlys.by)
    return invitation, sent_token()


def sent_token() -> str:
    return Message.objects.latest("pk").text.partition("/prove/")[2].partition("/")[0]


def expire(invitation: Invitation) -> None:
    long_ago = timezone.now() - timedelta(days=30)
    Invitation.objects.filter(pk=invitation.pk).update(invited_at=long_ago, expires_at=long_ago + timedelta(days=7))


def verbs() -> list[str]:
    return list(AuditEvent.objects.filter(verb__startswith="person.").order_by("pk").values_list("verb", flat=True))


class TestInvite:
    def test_the_mail_says_whose_it_is_and_that_nobody_vouches_for_who_asks(self, nordlys: Founded, settings: Any) -> None:
        settings.PROVIDER_NAME = "Model House"
        invited(nordlys)
        message = Message.objects.get()
        assert message.subject == "Model House: please show who you are"
        for text in (message.text, message.html):
            assert "Somebody who goes by the name “Nordlys Modelling AS” asks Model House for access" in text
            assert "Model House sends this mail and has not checked who invites you." in text

    def test_the_link_goes_to_the_one_address_and_is_kept_nowhere(self, nordlys: Founded) -> None:
        invitation, token = invited(nordlys, f"  {ADDRESS.upper()} ")
        message = Message.objects.get()
        assert (invitation.email, message.to, message.is_secret) == (ADDRESS, ADDRESS, True)
        assert len(token) >= 40
        assert invitations.known(token) == invitation
        assert token not in str(Invitation.objects.values().get())
        assert token not in str(list(AuditEvent.objects.values()))
        messages.send_all()
        assert token in mail.outbox[0].body
        message.refresh_from_db()
        assert (message.state, message.text, message.html) == ("sent", "", "")

    def test_it_is_recorded_and_ends_after_the_days_of_the_rules(self, nordlys: Founded) -> None:
        invitation, _ = invited(nordlys)
        assert invitation.expires_at - invitation.invited_at == pytest.approx(timedelta(days=7), abs=timedelta(seconds=5))
        event = AuditEvent.objects.get(verb="person.invited")
        assert (event.actor_id, event.organisation_id, event.target_id) == (
            nordlys.by.pk,
            nordlys.organisation.pk,
            str(nordlys.controller.pk),
        )

    def test_a_new_one_takes_the_place_of_the_one_before(self, nordlys: Founded) -> None:
        (first, _), (second, _) = invited(nordlys), invited(nordlys, "freja@private.example")
        assert [invitations.is_live(one) for one in (first, second)] == [False, True]

    @pytest.mark.parametrize("email", ["", "freja", "freja@", "a@b.example, c@d.example", "a@b.example\nBcc: c@d.example"])
    def test_what_is_no_address_gets_no_mail(self, nordlys: Founded, email: str) -> None:
        with pytest.raises(BadText) as refusal:
            invited(nordlys, email)
        assert refusal.value.field == "email"
        assert (Message.objects.count(), Invitation.objects.count()) == (0, 0)

    def test_a_company_proves_nothing_so(self, nordlys: Founded) -> None:
        with pytest.raises(invitations.NotAPerson):
            invitations.invite(nordlys.party, email=ADDRESS, by=nordlys.by)

    def test_neither_does_who_has_left(self, nordlys: Founded) -> None:
        ownership.remove(nordlys.controller, by=nordlys.by)
        with pytest.raises(parties.NotHere):
            invited(nordlys)

    def test_only_a_member_asks(self, nordlys: Founded) -> None:
        other = founded(customer("charlie@other.example", "Charlie"), name="Other AS")
        for stranger in (other.by, staff("analyst")):
            with pytest.raises(NotPermitted):
                invitations.invite(nordlys.controller, email=ADDRESS, by=stranger)
            with pytest.raises(NotPermitted):
                invitations.withdraw(nordlys.controller, by=stranger)
        assert Invitation.objects.count() == 0

    def test_nothing_is_sent_without_its_record(self, nordlys: Founded, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(audit, "record", refuse)
        with pytest.raises(RuntimeError):
            invitations.invite(nordlys.controller, email=ADDRESS, by=nordlys.by)
        assert (Message.objects.count(), Invitation.objects.count()) == (0, 0)


def refuse(*_: Any, **__: Any) -> None:
    raise RuntimeError("the audit cannot be written")


class TestWithdraw:
    def test_the_link_dies_and_a_second_time_is_silence(self, nordlys: Founded) -> None:
        invitation, _ = invited(nordlys)
        invitations.withdraw(nordlys.controller, by=nordlys.by)
        invitations.withdraw(nordlys.controller, by=nordlys.by)
        assert not invitations.is_live(invitation)
        assert verbs() == ["person.invited", "person.invitation_withdrawn"]


class TestState:
    def test_each_has_its_word(self, nordlys: Founded) -> None:
        now = timezone.now()
        later, earlier = now + timedelta(days=1), now - timedelta(days=1)
        made = {
            "open": Invitation(expires_at=later),
            "expired": Invitation(expires_at=earlier),
            "ended": Invitation(expires_at=later, ended_at=now),
            "used": Invitation(expires_at=earlier, used_at=earlier),
        }
        assert {name: invitation.state for name, invitation in made.items()} == {name: name for name in made}


class TestProve:
    def test_his_document_is_kept_as_sent_by_nobody_with_an_account(self, nordlys: Founded) -> None:
        invitation, token = invited(nordlys)
        document = invitations.prove(invitation, kind="passport", file=pdf())
        assert (document.party, document.uploaded_by, document.invitation) == (nordlys.controller, None, invitation)
        assert not invitations.is_live(invitation)
        event = AuditEvent.objects.get(verb="person.proved")
        assert (event.actor_id, event.organisation_id, event.details["sha256"]) == (
            None,
            nordlys.organisation.pk,
            document.sha256,
        )
        assert token not in str(event.details)

    def test_what_others_have_sent_for_him_is_taken_too_and_not_told(self, nordlys: Founded) -> None:
        evidence.upload(nordlys.organisation, kind="passport", file=pdf(), party=nordlys.controller, by=nordlys.by)
        invitation, _ = invited(nordlys)
        document = invitations.prove(invitation, kind="passport", file=pdf())
        assert document.invitation == invitation
        assert Document.objects.current().filter(party=nordlys.controller).count() == 2

    def test_the_same_file_for_both_sides_is_refused(self, nordlys: Founded) -> None:
        invitation, _ = invited(nordlys)
        with pytest.raises(evidence.BadFile):
            invitations.prove(invitation, kind="identity_card", file=pdf(), back=pdf())
        assert invitations.is_live(invitation)

    def test_it_works_once(self, nordlys: Founded) -> None:
        invitation, _ = invited(nordlys)
        invitations.prove(invitation, kind="passport", file=pdf())
        with pytest.raises(invitations.Dead):
            invitations.prove(invitation, kind="identity_card", file=pdf())
        assert Document.objects.count() == 1

    @pytest.mark.parametrize("end", ["expired", "withdrawn", "replaced", "left"])
    def test_not_when_it_is_dead(self, nordlys: Founded, end: str) -> None:
        invitation, _ = invited(nordlys)
        if end == "expired":
            expire(invitation)
        elif end == "withdrawn":
            invitations.withdraw(nordlys.controller, by=nordlys.by)
        elif end == "replaced":
            invited(nordlys)
        else:
            ownership.remove(nordlys.controller, by=nordlys.by)
        with pytest.raises(invitations.Dead):
            invitations.prove(invitation, kind="passport", file=pdf())
        assert Document.objects.count() == 0

    @pytest.mark.parametrize("kind", ["register_extract", "other", "", "selfie"])
    def test_only_a_passport_or_an_identity_card(self, nordlys: Founded, kind: str) -> None:
        invitation, _ = invited(nordlys)
        with pytest.raises(BadKind):
            invitations.prove(invitation, kind=kind, file=pdf())
        assert invitations.is_live(invitation)

    def test_a_bad_file_does_not_use_it_up(self, nordlys: Founded) -> None:
        invitation, _ = invited(nordlys)
        empty = pdf()
        empty.size = 0
        with pytest.raises(NotAccepted):
            invitations.prove(invitation, kind="passport", file=empty)
        assert invitations.is_live(invitation)

    def test_nothing_is_kept_without_its_record(self, nordlys: Founded, monkeypatch: pytest.MonkeyPatch) -> None:
        invitation, _ = invited(nordlys)
        monkeypatch.setattr(audit, "record", refuse)
        with pytest.raises(RuntimeError):
            invitations.prove(invitation, kind="passport", file=pdf())
        assert Document.objects.count() == 0
        assert invitations.is_live(invitation)


class TestSendAnew:
    def test_a_dead_link_brings_another_to_the_same_address(self, nordlys: Founded) -> None:
        invitation, token = invited(nordlys)
        expire(invitation)
        invitations.send_anew(invitation)
        assert [message.to for message in Message.objects.all()] == [ADDRESS, ADDRESS]
        anew = invitations.known(sent_token())
        assert anew is not None
        assert sent_token() != token
        assert invitations.is_live(anew)
        assert (anew.email, anew.invited_by) == (ADDRESS, None)
        assert verbs() == ["person.invited", "person.invited_anew"]

    def test_once(self, nordlys: Founded) -> None:
        invitation, _ = invited(nordlys)
        expire(invitation)
        for _ in range(3):
            invitations.send_anew(invitation)
        assert Message.objects.count() == 2

    @pytest.mark.parametrize("end", ["open", "used", "left", "replaced"])
    def test_silence_otherwise(self, nordlys: Founded, end: str) -> None:
        invitation, _ = invited(nordlys)
        if end == "used":
            invitations.prove(invitation, kind="passport", file=pdf())
        elif end == "left":
            ownership.remove(nordlys.controller, by=nordlys.by)
        elif end == "replaced":
            invited(nordlys, "freja@private.example")
        before = Message.objects.count()
        invitations.send_anew(invitation)
        assert Message.objects.count() == before

    def test_one_that_was_withdrawn_stays_so(self, nordlys: Founded) -> None:
        invitation, _ = invited(nordlys)
        invitations.withdraw(nordlys.controller, by=nordlys.by)
        invitations.send_anew(invitation)
        assert Message.objects.count() == 1


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def both(self, *acts: Any) -> list[object]:
        ready, said = threading.Barrier(len(acts)), []

        def run(act: Any) -> None:
            ready.wait(timeout=10)
            try:
                said.append(act())
            except invitations.Dead as dead:
                said.append(dead)
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        return said

    def test_of_two_uses_one_wins(self) -> None:
        invitation, _ = invited(founded(customer()))
        files = [("passport", pdf()), ("identity_card", pdf())]
        said = self.both(*(lambda k=kind, f=file: invitations.prove(invitation, kind=k, file=f) for kind, file in files))
        assert sorted(type(one).__name__ for one in said) == ["Dead", "Document"]
        assert Document.objects.count() == 1

    def test_of_two_requests_for_a_new_one_one_is_sent(self) -> None:
        invitation, _ = invited(founded(customer()))
        expire(invitation)
        self.both(*[lambda: invitations.send_anew(invitation)] * 2)
        assert Message.objects.count() == 2

    def test_of_two_members_pages_one_link_lives(self) -> None:
        nordlys = founded(customer())
        self.both(*[lambda: invitations.invite(nordlys.controller, email=ADDRESS, by=nordlys.by)] * 2)
        assert Invitation.objects.live().count() == 1
        assert Organisation.objects.count() == 1
