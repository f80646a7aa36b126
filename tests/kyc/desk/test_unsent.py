"""What a customer changes while he is asked for more, as officers see it: not sent, and not to be judged."""

import pytest
from django.test import Client

from accounts.models import User
from kyc.cases import actions, flags, judging
from kyc.cases.meanwhile import NotSent
from kyc.cases.models import Case, FlagRuling
from kyc.desk import unsent
from kyc.evidence import actions as evidence
from kyc.evidence.models import Document, StatusProof
from kyc.parties import actions as parties
from kyc.parties import payments, questionnaires, statuses
from kyc.parties.models import Party, PersonStatus
from tests import cast

NOTICE = "The customer is changing this now; what you see is not sent."
BADGE = '<span class="badge warn">not sent</span>'


def page(client: Client, case: Case, tab: str = "summary") -> str:
    return client.get(f"/desk/cases/{case.pk}/", {"tab": tab}).content.decode()


@pytest.fixture
def waiting(case: Case, ana: User, rui: User) -> Case:
    asked = actions.propose(case, choice="ask", reason="document_missing", note="Read.", message="Send all of it anew.", by=ana)
    actions.take(asked, by=rui)
    return Case.objects.get(pk=case.pk)


class TestOf:
    def test_is_nothing_until_something_is_changed(self, case: Case, waiting: Case, as_ana: Client, ana: User) -> None:
        assert unsent.of(case) is None
        actions.assign(waiting, to=ana, by=ana)
        assert unsent.of(waiting) is None
        assert NOTICE not in page(as_ana, waiting)

    def test_tells_the_newest_first_and_counts_the_rest(self, waiting: Case, by: User) -> None:
        for number, kind in enumerate(Document.Kind.values[:7]):
            evidence.upload(waiting.organisation, kind=kind, file=cast.pdf(width=300 + number), by=by)
        statuses.declare(Party.objects.get(kind="person"), basis="citizen", by=by)
        found = unsent.of(waiting)
        assert found is not None
        # Under both tests, and told once.
        assert [event.what.partition(":")[0] for event in found.told[:2]] == ["declared a person status", "sent a document"]
        assert (len(found.told), found.more) == (unsent.MOST, 2)

    def test_is_over_once_it_is_sent(self, waiting: Case, by: User, as_ana: Client) -> None:
        evidence.upload(waiting.organisation, kind="other", file=cast.pdf(width=300), by=by)
        assert NOTICE in page(as_ana, waiting)
        actions.submit(waiting, declared_true=True, by=by)
        assert NOTICE not in page(as_ana, waiting)
        assert BADGE not in page(as_ana, waiting, "documents")


class TestPage:
    def test_says_it_on_every_tab_and_beside_each_row_that_was_changed(
        self, waiting: Case, person: Party, by: User, as_ana: Client
    ) -> None:
        tabs = ("documents", "people", "use")
        assert [page(as_ana, waiting, tab).count(BADGE) for tab in tabs] == [0, 0, 0]
        evidence.upload(waiting.organisation, kind="other", file=cast.pdf(width=300), by=by)
        parties.correct(person, name="Alice Olsen", country="NO", us_basis="citizen", by=by)
        questionnaires.sign(waiting.organisation, answers=cast.ANSWERS, signed_name="Alice Olsen", by=by)
        payments.declare(
            waiting.organisation, kind="bank", holder="A", institution="DNB", country="NO", reference="NO9386011117947",
            source="revenue", by=by,
        )  # fmt: skip
        # One document; one party and its status under both tests; what was signed and the means of payment.
        assert [page(as_ana, waiting, tab).count(BADGE) for tab in tabs] == [1, 2, 2]
        assert all(NOTICE in page(as_ana, waiting, tab) for tab in tabs)


class TestVerify:
    def test_is_refused_until_it_is_sent(self, waiting: Case, person: Party, by: User, ana: User, as_ana: Client) -> None:
        passport = evidence.upload(waiting.organisation, kind="passport", file=cast.pdf(width=300), party=person, by=by)
        statuses.declare(person, basis="citizen", by=by)
        live = list(PersonStatus.objects.live().filter(party=person))
        assert "/verify/" not in page(as_ana, waiting, "people")
        said = {"statuses": [status.pk for status in live], "document": passport.pk, "note": "Page 2 & 3."}
        answer = as_ana.post(f"/desk/cases/{waiting.pk}/parties/{person.pk}/verify/", said)
        assert answer.status_code == 422
        assert "what you see is not sent. It can be judged once it is sent." in answer.content.decode()
        assert "Page 2 &amp; 3." in answer.content.decode()
        with pytest.raises(NotSent):
            judging.verify(waiting, document=passport, statuses=live, by=ana)
        assert not StatusProof.objects.exists()
        actions.submit(waiting, declared_true=True, by=by)
        evidence.look_at(passport, by=ana)
        judging.verify(waiting, document=passport, statuses=live, by=ana)
        assert StatusProof.objects.count() == 2

    def test_of_what_was_sent_before_too_since_it_may_be_taken_back_unseen(self, waiting: Case, person: Party, ana: User) -> None:
        passport = Document.objects.get(kind="passport")
        with pytest.raises(NotSent):
            judging.verify(waiting, document=passport, statuses=PersonStatus.objects.live().filter(party=person), by=ana)


class TestFlag:
    def test_is_not_ruled_on_before_the_answers_are_sent(self, waiting: Case, by: User, ana: User, as_ana: Client) -> None:
        answers = cast.ANSWERS | {"military": "yes", "military_details": "The coast guard."}
        signed = questionnaires.sign(waiting.organisation, answers=answers, signed_name="Alice Olsen", by=by)
        assert "Red flag." in page(as_ana, waiting, "use")
        assert "/military/rule/" not in page(as_ana, waiting, "use")
        with pytest.raises(NotSent):
            flags.rule(signed, "military", ruling="explained", note="Asked.", by=ana)
        assert not FlagRuling.objects.exists()
        actions.submit(waiting, declared_true=True, by=by)
        flags.rule(signed, "military", ruling="explained", note="Asked.", by=ana)
        assert FlagRuling.objects.count() == 1
