"""A verified customer tells of a change (IAAS-15), or confirms that nothing has changed (FIN-08)."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import organisations
from accounts.models import AuditEvent, Organisation, User
from accounts.permissions import NotPermitted
from kyc.cases import actions as cases
from kyc.cases import demanding, examining, items, telling
from kyc.cases.actions import Incomplete, NotNow
from kyc.cases.models import Case, Entity
from kyc.keys import closing
from kyc.ownership import actions as ownership
from kyc.ownership.models import Interest
from kyc.parties.models import Questionnaire
from tests.cast import Founded
from tests.kyc.cases import scenes
from tests.stage import scene

pytestmark = pytest.mark.django_db


@scene
def entity(case: Case, ana: User, rui: User) -> Entity:
    return scenes.approved(case, ana=ana, rui=rui)


def tell(nordlys: Founded, *changed: str, words: str = "") -> Case:
    return telling.tell(nordlys.organisation, changed=changed or ("owners",), words=words, by=nordlys.by)


class TestTell:
    def test_opens_a_case_that_is_the_customers_to_fill_in(self, nordlys: Founded, entity: Entity) -> None:
        case = tell(nordlys, "people", "owners", words=" Kari sold. ")
        assert (case.state, case.trigger, case.submitted_at) == ("waiting", "change", None)
        assert case.due_on == timezone.now().date() + timedelta(days=28)
        assert [(row.what, row.why, row.due_on) for row in case.requirements.order_by("pk")] == [
            ("owners", "changed", case.due_on), ("people", "changed", case.due_on),
        ]  # fmt: skip
        event = AuditEvent.objects.get(verb="case.change_told")
        assert (event.actor, event.details["parts"], event.details["words"]) == (
            "Alice Olsen",
            ["owners", "people"],
            "Kari sold.",
        )
        assert list(Entity.objects.live()) == [entity], "stays verified"

    def test_what_is_changed_is_examined_as_it_comes(self, nordlys: Founded, entity: Entity) -> None:
        case = tell(nordlys)
        examining.run()
        assert case.examinations.filter(state="done").count() == 1
        ownership.change_share(Interest.objects.live().get(), share="90", by=nordlys.by)
        examining.run()
        case.refresh_from_db()
        assert (case.examinations.filter(state="done").count(), case.state) == (2, "waiting")
        assert not items.undone(case)

    def test_sent_it_goes_the_way_of_any_other_and_makes_a_new_entity(
        self, nordlys: Founded, entity: Entity, ana: User, rui: User
    ) -> None:
        case = tell(nordlys)
        ownership.change_share(Interest.objects.live().get(), share="90", by=nordlys.by)
        case = scenes.send(nordlys)
        assert (case.state, case.submitted_by) == ("submitted", nordlys.by)
        examining.run()
        assert scenes.approved(case, ana=ana, rui=rui) != entity

    def test_is_not_sent_before_what_was_told_has_changed(self, nordlys: Founded, entity: Entity) -> None:
        tell(nordlys)
        with pytest.raises(Incomplete, match=r"Owners\. You told us that this has changed\."):
            scenes.send(nordlys)

    def test_told_again_before_it_is_sent_it_adds(self, nordlys: Founded, entity: Entity) -> None:
        first, second = tell(nordlys), tell(nordlys, "owners", "payment")
        assert first == second
        assert list(first.requirements.order_by("pk").values_list("what", flat=True)) == ["owners", "payment"]

    @pytest.mark.parametrize("changed", [[], ["articles"], ["owners", "nonsense"]])
    def test_refuses_what_is_nothing(self, nordlys: Founded, entity: Entity, changed: list[str]) -> None:
        with pytest.raises(telling.NothingTold):
            telling.tell(nordlys.organisation, changed=changed, by=nordlys.by)

    def test_refuses_while_something_else_is_open(self, nordlys: Founded, entity: Entity) -> None:
        cases.open_case(nordlys.organisation, notice_version="2026-11", locale="en", by=nordlys.by)
        with pytest.raises(telling.AlreadyOpen):
            tell(nordlys)

    def test_refuses_one_who_is_not_verified(self, nordlys: Founded, case: Case) -> None:
        with pytest.raises(telling.NotVerified):
            tell(nordlys)

    def test_refuses_a_sandbox(self, nordlys: Founded, entity: Entity) -> None:
        Organisation.objects.update(sandbox="approved")
        with pytest.raises(telling.NotVerified):
            tell(nordlys)

    def test_refuses_who_is_no_member(self, nordlys: Founded, entity: Entity, ana: User) -> None:
        for call in (
            lambda: telling.tell(nordlys.organisation, changed=["owners"], by=ana),
            lambda: telling.confirm(nordlys.organisation, declared_true=True, by=ana),
        ):
            with pytest.raises(NotPermitted):
                call()

    def test_refuses_a_closed_account(self, nordlys: Founded, entity: Entity) -> None:
        closing.close_own(nordlys.organisation, name=nordlys.organisation.name, by=nordlys.by)
        with pytest.raises(organisations.AccountClosed):
            tell(nordlys)

    def test_a_person_is_not_asked_who_owns_him(self, nordlys: Founded, entity: Entity) -> None:
        nordlys.organisation.profile.customer_class = "individual"
        nordlys.organisation.profile.save()
        assert telling.parts(nordlys.organisation).keys() == {"details", "use", "payment"}

    def test_the_database_refuses_another_that_nobody_sent(self, nordlys: Founded, entity: Entity) -> None:
        case = tell(nordlys)
        case.trigger = "opening"
        with pytest.raises(IntegrityError, match="case_submitted_only_declared_true"), transaction.atomic():
            case.save()


class TestTakeBack:
    def test_sends_it_as_it_stands(self, nordlys: Founded, entity: Entity) -> None:
        case = telling.take_back(tell(nordlys), declared_true=True, by=nordlys.by)
        assert case.state == "submitted"
        assert not case.requirements.filter(met_at__isnull=True).exists()

    def test_refuses_without_the_declaration_and_twice(self, nordlys: Founded, entity: Entity) -> None:
        case = tell(nordlys)
        with pytest.raises(Incomplete):
            telling.take_back(case, declared_true=False, by=nordlys.by)
        telling.take_back(case, declared_true=True, by=nordlys.by)
        with pytest.raises(NotNow):
            telling.take_back(case, declared_true=True, by=nordlys.by)

    def test_refuses_who_is_no_member(self, nordlys: Founded, entity: Entity, ana: User) -> None:
        with pytest.raises(NotPermitted):
            telling.take_back(tell(nordlys), declared_true=True, by=ana)


class TestForget:
    def test_ends_the_case_and_leaves_what_was_verified(self, nordlys: Founded, entity: Entity) -> None:
        case = telling.forget(tell(nordlys, "use"), by=nordlys.by)
        assert (case.state, case.submitted_at, case.is_decided) == ("withdrawn", None, True)
        assert not case.requirements.open().exists()
        assert AuditEvent.objects.get(verb="case.change_forgotten").actor == "Alice Olsen"
        assert list(Entity.objects.live()) == [entity]
        examining.run()
        assert not examining.QUEUE.is_waiting()
        assert tell(nordlys) != case, "another can be told"

    def test_refuses_once_something_was_changed_or_sent(self, nordlys: Founded, entity: Entity) -> None:
        case = tell(nordlys, "details")
        ownership.change_share(Interest.objects.live().get(), share="90", by=nordlys.by)
        with pytest.raises(telling.Changed):
            telling.forget(case, by=nordlys.by)
        telling.take_back(case, declared_true=True, by=nordlys.by)
        with pytest.raises(NotNow):
            telling.forget(case, by=nordlys.by)

    @pytest.mark.parametrize(("changed", "words"), [("owners", ""), ("people", ""), ("use", "Kari sold her shares.")])
    def test_what_an_officer_has_to_read_is_sent_as_it_stands(
        self, nordlys: Founded, entity: Entity, changed: str, words: str
    ) -> None:
        case = tell(nordlys, "use")
        assert telling.is_forgettable(case)
        case = tell(nordlys, changed, words=words)
        with pytest.raises(telling.Changed):
            telling.forget(case, by=nordlys.by)
        assert telling.take_back(case, declared_true=True, by=nordlys.by).state == "submitted"

    def test_refuses_where_an_officer_has_asked_for_something_besides(self, nordlys: Founded, entity: Entity, rui: User) -> None:
        case = tell(nordlys, "payment")
        demanding.demand(nordlys.organisation, what=["use"], by=rui)
        with pytest.raises(telling.Changed):
            telling.forget(case, by=nordlys.by)

    def test_refuses_who_is_no_member(self, nordlys: Founded, entity: Entity, ana: User) -> None:
        with pytest.raises(NotPermitted):
            telling.forget(tell(nordlys, "use"), by=ana)

    def test_the_database_lets_nothing_else_end_undecided(self, nordlys: Founded, entity: Entity) -> None:
        case = telling.confirm(nordlys.organisation, declared_true=True, by=nordlys.by)
        for state in ("submitted", "waiting"):
            Case.objects.filter(pk=case.pk).update(state=state)
            with pytest.raises(IntegrityError, match="only what was asked for or begun"), transaction.atomic():
                Case.objects.filter(pk=case.pk).update(state="withdrawn")

    def test_the_database_does_not_believe_what_the_same_statement_says(self, nordlys: Founded, entity: Entity) -> None:
        tell(nordlys, "use")
        unsent = dict.fromkeys(("submitted_at", "submitted_by", "declared_true_at", "declared_true_by"))
        sent = telling.take_back(Case.objects.open().get(), declared_true=True, by=nordlys.by)
        sent_back = Case.objects.filter(pk=sent.pk)
        sent_back.update(state="waiting")
        with pytest.raises(IntegrityError, match="only what was asked for or begun"), transaction.atomic():
            sent_back.update(state="withdrawn", **unsent)
        # One that the product opened, and nobody sent.
        sent_back.update(trigger="doubt", reviews=Questionnaire.objects.latest("pk"), **unsent)
        with pytest.raises(IntegrityError, match="only what was asked for or begun"), transaction.atomic():
            sent_back.update(state="withdrawn", trigger="change")


class TestConfirm:
    def test_sends_what_is_known_and_verifies_anew(self, nordlys: Founded, entity: Entity, ana: User, rui: User) -> None:
        case = telling.confirm(nordlys.organisation, declared_true=True, by=nordlys.by)
        assert (case.state, case.trigger, case.declared_true_by) == ("submitted", "confirmation", nordlys.by)
        examining.run()
        anew = scenes.approved(case, ana=ana, rui=rui)
        entity.refresh_from_db()
        assert anew.valid_until > entity.valid_until and entity.ended_at

    def test_refuses_without_the_declaration(self, nordlys: Founded, entity: Entity) -> None:
        with pytest.raises(Incomplete):
            telling.confirm(nordlys.organisation, declared_true=False, by=nordlys.by)
        assert Case.objects.count() == 1

    def test_refuses_where_something_is_missing(self, nordlys: Founded, entity: Entity) -> None:
        nordlys.organisation.document_set.update(removed_at=timezone.now(), removed_by=nordlys.by)
        with pytest.raises(Incomplete):
            telling.confirm(nordlys.organisation, declared_true=True, by=nordlys.by)
