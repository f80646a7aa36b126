"""A verified customer is asked anew for a document that his verification rested on, and that counts no more."""

from datetime import timedelta

import pytest
from django.db import Error, connection, transaction
from django.utils import timezone

from accounts.models import AuditEvent, Message, User
from kyc.cases import demanding, fallen, telling
from kyc.cases.models import Case, Entity, Requirement
from kyc.evidence import actions as evidence
from kyc.evidence import proofs, reviews
from kyc.evidence.fall_models import Fall
from kyc.evidence.models import Document
from kyc.keys import closing
from kyc.parties import statuses
from kyc.parties.models import PersonStatus
from kyc.screening.models import ListVersion
from tests import cast
from tests.cast import Founded
from tests.kyc.cases import scenes

pytestmark = pytest.mark.django_db


@pytest.fixture
def passport(nordlys: Founded, ana: User) -> Document:
    evidence.upload(nordlys.organisation, kind="register_extract", file=cast.pdf(), by=nordlys.by)
    statuses.declare(nordlys.controller, basis="citizen", by=nordlys.by)
    found = evidence.upload(nordlys.organisation, kind="passport", file=cast.pdf(), party=nordlys.controller, by=nordlys.by)
    proofs.verify(PersonStatus.objects.live().get(party=nordlys.controller, axis="iaas"), document=found, by=ana)
    return found


@pytest.fixture
def verified(nordlys: Founded, the_list: ListVersion, passport: Document, ana: User, rui: User) -> Entity:
    return scenes.approved(scenes.ready(nordlys), ana=ana, rui=rui)


def asked() -> Requirement:
    return Requirement.objects.get(why=fallen.WHY)


class TestAsked:
    def test_by_a_case_of_its_own_with_what_until_when_and_why(
        self, verified: Entity, passport: Document, nordlys: Founded, ana: User
    ) -> None:
        Message.objects.all().delete()
        reviews.review(passport, ruling="rejected", reason="altered", by=ana)
        fallen.run()
        found = asked()
        assert (found.what, found.party, found.met_at) == ("identity", nordlys.controller, None)
        assert found.due_on > timezone.now().date()
        assert (found.case.trigger, found.case.state) == ("fall", "waiting")
        assert "Alice Olsen" in found.sentence and "does not count any more" in found.sentence
        [mail] = Message.objects.filter(to=nordlys.by.email)
        assert found.sentence in mail.text
        assert Entity.objects.live().filter(pk=verified.pk).exists()
        assert list(AuditEvent.objects.filter(verb="requirement.placed").values_list("actor", flat=True)) == ["Keyholder"]

    def test_once_however_often_the_work_is_done_and_however_it_was_woken(
        self, verified: Entity, passport: Document, ana: User
    ) -> None:
        reviews.review(passport, ruling="rejected", reason="altered", by=ana)
        fall = Fall.objects.get()
        assert fallen.QUEUE.is_waiting()
        for _ in range(2):
            fallen.run()
            fallen.ask(fall)
        assert Requirement.objects.filter(why=fallen.WHY).count() == 1
        assert not fallen.QUEUE.is_waiting()

    def test_in_the_case_in_which_something_is_asked_already(
        self, verified: Entity, passport: Document, nordlys: Founded, ana: User, rui: User
    ) -> None:
        open_one = demanding.demand(nordlys.organisation, what=["use"], by=rui)
        reviews.review(passport, ruling="rejected", reason="altered", by=ana)
        fallen.run()
        assert asked().case == open_one
        assert Case.objects.open().count() == 1

    def test_what_came_instead_of_it_answers_it(self, verified: Entity, passport: Document, nordlys: Founded) -> None:
        telling.tell(nordlys.organisation, changed=["people"], by=nordlys.by)
        newer = evidence.upload(
            nordlys.organisation, kind="passport", file=cast.pdf(width=430), party=nordlys.controller, by=nordlys.by
        )
        evidence.remove(passport, by=nordlys.by)
        fallen.run()
        assert asked().asked_at == newer.uploaded_at

    def test_the_customer_sends_it_and_officers_examine(
        self, verified: Entity, passport: Document, nordlys: Founded, ana: User
    ) -> None:
        reviews.review(passport, ruling="rejected", reason="altered", by=ana)
        fallen.run()
        evidence.upload(nordlys.organisation, kind="passport", file=cast.pdf(width=430), party=nordlys.controller, by=nordlys.by)
        case = scenes.examine(nordlys).case
        assert case.trigger == "fall"
        found = asked()
        assert found.met_at is not None


class TestNotAsked:
    def test_who_was_never_verified(self, passport: Document, ana: User) -> None:
        reviews.review(passport, ruling="rejected", reason="altered", by=ana)
        fallen.run()
        assert not Requirement.objects.filter(why=fallen.WHY).exists()
        assert Fall.objects.get().state == "done"

    def test_for_a_document_on_which_nothing_rested(self, verified: Entity, nordlys: Founded) -> None:
        telling.tell(nordlys.organisation, changed=["people"], by=nordlys.by)
        idle = evidence.upload(nordlys.organisation, kind="residence", file=cast.pdf(), party=nordlys.controller, by=nordlys.by)
        evidence.remove(idle, by=nordlys.by)
        assert not Fall.objects.exists()

    def test_while_officers_have_the_case(self, verified: Entity, passport: Document, nordlys: Founded, ana: User) -> None:
        telling.confirm(nordlys.organisation, declared_true=True, by=nordlys.by)
        reviews.review(passport, ruling="rejected", reason="altered", by=ana)
        fallen.run()
        assert not Requirement.objects.filter(why=fallen.WHY).exists()

    def test_who_has_closed_the_account(
        self, verified: Entity, passport: Document, nordlys: Founded, ana: User, rui: User
    ) -> None:
        reviews.review(passport, ruling="rejected", reason="altered", by=ana)
        closing.close(nordlys.organisation, reason="No more need.", by=rui)
        fallen.run()
        assert not Case.objects.open().exists()


class TestTheDatabase:
    @pytest.mark.parametrize(
        ("rule", "change"),
        [
            ("something_fell", "UPDATE kyc_fall SET verifications = 0"),
            (
                "one_waiting_fall_a_document",
                "INSERT INTO kyc_fall (organisation_id, document_id, verifications, state, fell_at, claims, errors, failure,"
                " claimed_by) SELECT organisation_id, document_id, 1, state, fell_at, 0, 0, '', '' FROM kyc_fall",
            ),
        ],
    )
    def test_refuses(self, verified: Entity, passport: Document, ana: User, rule: str, change: str) -> None:
        reviews.review(passport, ruling="rejected", reason="altered", by=ana)
        with pytest.raises(Error, match=rule), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)

    def test_nothing_falls_that_cannot_be_recorded(self, verified: Entity, passport: Document, ana: User) -> None:
        with scenes.audit_breaks():
            reviews.review(passport, ruling="rejected", reason="altered", by=ana)
        assert not Fall.objects.exists()
        assert timezone.now() - passport.uploaded_at < timedelta(hours=1)
