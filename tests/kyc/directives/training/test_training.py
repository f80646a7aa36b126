"""Runs that train a large model: since when they are known never changes, what is to be told of them has its clock, and two
officers tell it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import Error, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts import scope
from accounts.models import AuditEvent, Message, User
from accounts.permissions import NotPermitted
from accounts.proposals import SamePerson
from accounts.refused import ReasonMissing
from kyc.directives.resellers.models import Reseller
from kyc.directives.training import actions, reminding
from kyc.directives.training.actions import BadRun, Incomplete, NotNow, Said
from kyc.directives.training.models import TrainingDuty, TrainingFiling, TrainingRun
from tests import cast
from tests.cast import Founded
from tests.kyc.directives.training.scenes import TRAINED
from tests.stage import scene

pytestmark = pytest.mark.django_db


@scene
def ana() -> User:
    return cast.staff("analyst", "Ana Maric")


@scene
def rui() -> User:
    return cast.staff("approver", "Rui Duarte")


@scene
def nordlys() -> Founded:
    return cast.founded(cast.customer())


@pytest.fixture
def known_on() -> date:
    return timezone.localdate() - timedelta(days=3)


@pytest.fixture
def run(nordlys: Founded, ana: User, known_on: date) -> TrainingRun:
    return actions.record(nordlys.organisation, TRAINED, known_on=known_on, by=ana)


def duty(run: TrainingRun) -> TrainingDuty:
    return run.duties.get(kind="initial")


class TestRecord:
    def test_its_clock_runs_from_the_day_on_which_it_became_known(self, run: TrainingRun, known_on: date) -> None:
        found = duty(run)
        assert (found.since, found.due_on, found.state) == (known_on, known_on + timedelta(days=15), "open")
        assert not found.is_late(found.due_on)
        assert found.is_late(found.due_on + timedelta(days=1))
        assert AuditEvent.objects.get(verb="training.recorded").details["due_on"] == found.due_on.isoformat()

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"basis": " "}, "basis"),
            ({"deal": ""}, "deal"),
            ({"operations": 0.0}, "operations"),
            ({"operations": float("inf")}, "operations"),
            ({"operations": float("nan")}, "operations"),
            ({"ends_on": date(2026, 11, 1)}, "ends_on"),
            ({"end_customer": "Somebody"}, "end_customer"),
        ],
    )
    def test_what_makes_no_sense_is_refused_at_its_field(
        self, nordlys: Founded, ana: User, change: dict[str, object], field: str
    ) -> None:
        with pytest.raises(BadRun) as refused:
            actions.record(nordlys.organisation, replace(TRAINED, **change), known_on=timezone.localdate(), by=ana)
        assert refused.value.field == field

    def test_nothing_is_known_tomorrow(self, nordlys: Founded, ana: User) -> None:
        with pytest.raises(BadRun):
            actions.record(nordlys.organisation, TRAINED, known_on=timezone.localdate() + timedelta(days=2), by=ana)

    def test_of_a_resellers_customer_it_says_whose(self, nordlys: Founded, ana: User) -> None:
        reseller = Reseller.objects.create(organisation=nordlys.organisation, place="foreign", programme="none", made_by=ana)
        said = replace(TRAINED, end_customer="Far Labs")
        made = actions.record(nordlys.organisation, said, known_on=timezone.localdate(), reseller=reseller, by=ana)
        assert (made.reseller, made.end_customer) == (reseller, "Far Labs")
        assert duty(made).due_on == made.known_on + timedelta(days=30), "it is forwarded, and not first reported"

    @pytest.mark.parametrize("role", ["investigator", "support", "administrator", "auditor"])
    def test_others_record_none(self, nordlys: Founded, role: str) -> None:
        with pytest.raises(NotPermitted):
            actions.record(nordlys.organisation, TRAINED, known_on=timezone.localdate(), by=cast.staff(role))

    @pytest.mark.parametrize(("operations", "large"), [(1e26, True), (9.9e25, False), (None, None)])
    def test_the_threshold_is_the_rule_packs(self, run: TrainingRun, operations: float | None, large: bool | None) -> None:
        run.operations = operations
        assert actions.is_large(run) is large


class TestFile:
    def test_two_officers_do(self, run: TrainingRun, ana: User, rui: User) -> None:
        filing = actions.prepare(duty(run), by=ana)
        with pytest.raises(NotPermitted):
            actions.take(filing, filed_on=timezone.localdate(), reference="C-1", by=ana)
        done = actions.take(filing, filed_on=timezone.localdate(), reference="C-1", by=rui)
        assert (done.state, done.reference, duty(run).state) == ("taken", "C-1", "filed")
        assert (done.told["operations"], done.told["customer"]) == ("2e+26", run.organisation.name)

    def test_not_one_alone_who_may_do_both(self, run: TrainingRun, rui: User) -> None:
        filing = actions.prepare(duty(run), by=rui)
        with pytest.raises(SamePerson):
            actions.take(filing, filed_on=timezone.localdate(), reference="C-1", by=rui)

    def test_not_with_gaps(self, nordlys: Founded, ana: User) -> None:
        made = actions.record(
            nordlys.organisation, Said(basis="Heard.", deal="Its order."), known_on=timezone.localdate(), by=ana
        )
        assert set(actions.missing(made)) == set(actions.NEEDED)
        with pytest.raises(Incomplete):
            actions.prepare(duty(made), by=ana)

    def test_twice_is_refused(self, run: TrainingRun, ana: User, rui: User) -> None:
        filing = actions.prepare(duty(run), by=ana)
        with pytest.raises(NotNow):
            actions.prepare(duty(run), by=rui)
        actions.take(filing, filed_on=timezone.localdate(), reference="C-1", by=rui)
        with pytest.raises(NotNow):
            actions.prepare(duty(run), by=ana)
        with pytest.raises(NotNow):
            actions.take(filing, filed_on=timezone.localdate(), reference="C-1", by=rui)

    def test_what_waits_is_not_changed_under_who_checks_it(self, run: TrainingRun, ana: User) -> None:
        actions.prepare(duty(run), by=ana)
        with pytest.raises(NotNow):
            actions.amend(run, replace(TRAINED, location="Elsewhere"), by=ana)

    def test_sent_back_the_clock_runs_on(self, run: TrainingRun, ana: User, rui: User) -> None:
        filing = actions.prepare(duty(run), by=ana)
        with pytest.raises(ReasonMissing):
            actions.decline(filing, reason=" ", by=rui)
        actions.decline(filing, reason="The number is of hours.", by=rui)
        assert duty(run).is_open
        assert actions.prepare(duty(run), by=ana).waits

    def test_that_there_is_nothing_another_confirms(self, run: TrainingRun, ana: User, rui: User) -> None:
        filing = actions.dismiss(duty(run), reason="It is below the threshold.", by=ana)
        assert duty(run).is_open
        actions.take(filing, by=rui)
        assert duty(run).state == "nothing"

    def test_an_answer_and_a_correction_have_clocks_of_their_own(self, run: TrainingRun, ana: User, known_on: date) -> None:
        made = actions.ask(run, kind="follow_up", what="How are the weights kept?", since=timezone.localdate(), by=ana)
        assert made.due_on == timezone.localdate() + timedelta(days=15)
        for wrong in ({"kind": "initial"}, {"what": " "}, {"since": known_on - timedelta(days=1)}):
            with pytest.raises(BadRun):
                actions.ask(run, **{"kind": "correction", "what": "It was less.", "since": timezone.localdate()} | wrong, by=ana)


class TestRemind:
    def test_who_works_at_it_once_and_by_mail_that_names_no_customer(self, run: TrainingRun, ana: User, rui: User) -> None:
        reminding.run()
        assert not Message.objects.exists()
        early = timezone.localdate() - timedelta(days=12)
        late = actions.record(run.organisation, TRAINED, known_on=early, by=ana)
        assert reminding.QUEUE.is_waiting()
        for _ in range(2):
            reminding.run()
        mails = list(Message.objects.all())
        assert sorted(mail.to for mail in mails) == sorted((ana.email, rui.email))
        assert all(late.number in mail.text and run.organisation.name not in mail.text for mail in mails)
        assert not reminding.QUEUE.is_waiting()


class TestTheDatabase:
    @pytest.mark.parametrize(
        ("change", "why"),
        [
            ("UPDATE kyc_trainingrun SET known_on = known_on - 1", "does not change"),
            ("UPDATE kyc_trainingrun SET basis = ''", "training_says_how_it_is_known"),
            ("UPDATE kyc_trainingrun SET operations = -1", "training_operations_are_some"),
            ("UPDATE kyc_trainingrun SET end_customer = 'X'", "training_of_a_resellers_customer"),
            ("UPDATE kyc_trainingduty SET due_on = due_on + 1", "keeps its clock"),
            ("UPDATE kyc_trainingduty SET state = 'filed'", "reported by two"),
            ("UPDATE kyc_trainingduty SET state = 'nothing'", "reported by two"),
            ("UPDATE kyc_trainingfiling SET state = 'taken', filed_on = current_date, reference = 'X'", "a second person"),
            ("UPDATE kyc_trainingfiling SET note = 'Otherwise.'", "does not change"),
            ("DELETE FROM kyc_trainingfiling", "never deleted"),
            ("DELETE FROM kyc_trainingduty", "never deleted"),
            ("DELETE FROM kyc_trainingrun", "never deleted"),
        ],
    )
    def test_refuses(self, run: TrainingRun, ana: User, change: str, why: str) -> None:
        actions.prepare(duty(run), by=ana)
        with pytest.raises(Error, match=why), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)

    def test_no_customer_is_shown_a_row(self, run: TrainingRun, ana: User) -> None:
        actions.prepare(duty(run), by=ana)
        with scope.of(run.organisation_id):
            assert not TrainingRun.objects.exists() and not TrainingDuty.objects.exists() and not TrainingFiling.objects.exists()


class TestPages:
    def test_from_record_to_filed(self, nordlys: Founded, ana: User, rui: User) -> None:
        first, second = cast.signed_in(ana), cast.signed_in(rui)
        today = timezone.localdate()
        told = {name: getattr(TRAINED, name) for name in actions.NAMES} | {"operations": "2e26"}
        answer = first.post("/desk/training/new/", told | {"customer": "Nordlys Modelling AS", "known_on": today.isoformat()})
        made = TrainingRun.objects.get()
        assert answer["Location"] == f"/desk/training/{made.pk}/"
        assert "above the threshold" in first.get(f"/desk/training/{made.pk}/").content.decode()
        assert first.post(f"/desk/training/duties/{duty(made).pk}/prepare/", {"note": ""}).status_code == 302
        filing = TrainingFiling.objects.get()
        wrong = second.post(f"/desk/training/filings/{filing.pk}/take/", {"filed_on": today.isoformat(), "reference": ""})
        assert wrong.status_code == 422 and "Give the reference" in wrong.content.decode()
        second.post(f"/desk/training/filings/{filing.pk}/take/", {"filed_on": today.isoformat(), "reference": "C-77"})
        page = second.get(f"/desk/training/{made.pk}/").content.decode()
        assert "C-77" in page
        assert nordlys.organisation.name in second.get("/desk/training/?tab=over").content.decode()
        assert nordlys.organisation.name not in second.get("/desk/training/").content.decode()

    def test_a_bad_one_keeps_what_was_typed(self, nordlys: Founded, ana: User) -> None:
        typed = {
            "customer": "Nobody Ltd",
            "known_on": "2026-11-01",
            "basis": "Heard it.",
            "deal": "Its order.",
            "operations": "many",
        }
        answer = cast.signed_in(ana).post("/desk/training/new/", typed)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "is no customer of ours" in page and "such as 2e25" in page and "Heard it." in page
        assert not TrainingRun.objects.exists()

    def test_its_clock_stands_among_all_others(self, run: TrainingRun, ana: User) -> None:
        page = cast.signed_in(ana).get("/desk/deadlines/").content.decode()
        assert f"/desk/training/{run.pk}/" in page

    def test_a_stranger_signs_in_first(self) -> None:
        assert Client().get("/desk/training/").status_code == 302
