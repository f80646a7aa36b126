"""Who may answer for a key."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from kyc.cases.models import Entity
from kyc.evidence import actions as evidence
from kyc.evidence import proofs
from kyc.evidence.models import Document, StatusProof
from kyc.keys import actions as keys
from kyc.keys import answering
from kyc.keys.actions import NotResponsible
from kyc.keys.models import Key
from kyc.parties import statuses
from kyc.parties.models import Party, PersonStatus, Role
from tests.cast import Founded, pdf
from tests.kyc.keys.scenes import Issued, issue

pytestmark = pytest.mark.django_db


def may(party: Party) -> bool:
    return answering.may_answer().filter(pk=party.pk).exists()


def has_left(issued: Issued) -> bool:
    return Key.objects.filter(answering.has_left(), pk=issued.key.pk).exists()


@pytest.fixture
def verified(nordlys: Founded, linked: Issued, rui: User) -> StatusProof:
    """An officer has seen the passport of whoever answers."""
    passport = evidence.upload(
        nordlys.organisation, kind=Document.Kind.PASSPORT, file=pdf(), party=nordlys.controller, by=nordlys.by
    )
    live = PersonStatus.objects.live().filter(party=nordlys.controller)
    made = [proofs.verify(status, document=passport, by=rui) for status in live]
    return made[0]


class TestMayAnswer:
    def test_whoever_was_examined_with_the_organisation(self, nordlys: Founded, entity: Entity) -> None:
        assert list(answering.may_answer()) == [nordlys.controller]

    def test_whoever_was_named_since_only_once_examined(self, nordlys: Founded, entity: Entity) -> None:
        late = Party.objects.create(organisation=nordlys.organisation, kind="person", name="Late Comer")
        Role.objects.create(organisation=nordlys.organisation, party=late, kind="director", valid_from=timezone.localdate())
        statuses.declare(late, basis="none", by=nordlys.by)
        assert not may(late)
        with pytest.raises(NotResponsible, match="among the people we have verified"):
            keys.issue(
                nordlys.organisation, project=nordlys.organisation.project_set.get(), name="x", responsible=late, by=nordlys.by
            )
        Party.objects.filter(pk=late.pk).update(declared_at=entity.valid_from - timedelta(days=1))
        assert may(late)

    @pytest.mark.parametrize("axis", PersonStatus.Axis.values)
    def test_nobody_whose_status_is_open_under_one_of_the_tests(self, nordlys: Founded, entity: Entity, axis: str) -> None:
        PersonStatus.objects.filter(party=nordlys.controller, axis=axis).update(valid_to=timezone.localdate())
        with pytest.raises(NotResponsible):
            issue(nordlys)

    def test_nobody_without_a_role_and_no_company(self, nordlys: Founded, entity: Entity) -> None:
        assert not may(nordlys.party)
        Role.objects.filter(party=nordlys.controller).update(valid_to=timezone.localdate())
        assert not may(nordlys.controller)


class TestHasLeft:
    def test_not_while_all_is_well(self, linked: Issued, verified: StatusProof) -> None:
        assert not has_left(linked) and answering.why(linked.key.responsible) == ""

    def test_once_removed(self, nordlys: Founded, linked: Issued) -> None:
        Party.objects.filter(pk=nordlys.controller.pk).update(removed_on=timezone.localdate())
        assert has_left(linked) and answering.why(Party.objects.get(pk=nordlys.controller.pk)) == "removed"

    def test_once_no_role_is_left(self, nordlys: Founded, linked: Issued) -> None:
        Role.objects.filter(party=nordlys.controller).exclude(kind="director").update(valid_to=timezone.localdate())
        assert not has_left(linked)
        Role.objects.filter(party=nordlys.controller).update(valid_to=timezone.localdate())
        assert has_left(linked) and answering.why(nordlys.controller) == "no_role"

    def test_once_the_proof_of_a_status_is_taken_back(self, linked: Issued, verified: StatusProof) -> None:
        Document.objects.filter(pk=verified.document_id).update(removed_at=timezone.now(), removed_by=linked.key.issued_by)
        assert has_left(linked) and answering.why(linked.key.responsible) == "fell"

    def test_once_it_has_expired(self, linked: Issued, verified: StatusProof) -> None:
        StatusProof.objects.update(valid_until=timezone.localdate() - timedelta(days=1))
        assert has_left(linked)

    def test_once_a_verified_status_is_declared_anew(self, nordlys: Founded, linked: Issued, verified: StatusProof) -> None:
        statuses.declare(nordlys.controller, basis="resident", by=nordlys.by)
        assert has_left(linked)
