"""Measures are carried out account by account, undone by lifting their own, and ended by appeals that are counted."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit, scope
from accounts.models import AuditEvent, Organisation, User
from accounts.permissions import NotPermitted
from accounts.proposals import SamePerson
from accounts.refused import ReasonMissing
from kyc.cases import demanding, telling
from kyc.cases.models import Case, Entity, Requirement
from kyc.evidence import actions as evidence
from kyc.keys import appeals, holds, introspection, limits, pools
from kyc.keys.appeal_models import Appeal, Restriction
from kyc.keys.models import Hold, Key
from kyc.keys.pool_models import LimitPool, PoolMember
from kyc.networks import appealing, assessing, carrying, controlling, lifting, measuring, spreading, tasks
from kyc.networks.actions import Impossible
from kyc.networks.controller_models import Controller, ControllerMember
from kyc.networks.measure_models import Measure, MeasureMember, RuleMiss
from kyc.networks.network_models import Network, NetworkChange
from tests import cast
from tests.kyc.keys.scenes import Issued
from tests.kyc.networks.acting import two as hands
from tests.kyc.networks.used import network_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def whole() -> Iterator[None]:
    """As workers see it."""
    with scope.whole():
        yield


def carried() -> None:
    lifting.run()
    carrying.run()


def reason(one: Issued) -> str:
    return introspection.judged(one.secret, for_test=False).reason


def states(measure: Measure) -> list[str]:
    return list(measure.members.order_by("organisation").values_list("state", flat=True))


@pytest.mark.usefixtures("whole")
class TestHolding:
    def test_nothing_happens_before_a_second_officer_takes_it(
        self,
        linked: Issued,
        controller: Controller,
        ines: User,
        vasco: User,
    ) -> None:
        measure = hands.measured(controller, by=ines)
        carried()
        assert states(measure) == ["planned", "planned"] and reason(linked) == ""
        with pytest.raises(SamePerson):
            measuring.take(measure, by=ines)
        with pytest.raises(IntegrityError, match="a second person takes it"), transaction.atomic():
            Measure.objects.update(state="taken")

    def test_then_each_account_is_held_with_what_it_is_told(
        self,
        linked: Issued,
        second: Issued,
        controller: Controller,
        ines: User,
        vasco: User,
    ) -> None:
        measure = hands.measured(controller, by=ines, second=vasco)
        carried(), carried()
        assert states(measure) == ["placed", "placed"] and (reason(linked), reason(second)) == ("key_held", "key_held")
        assert {hold.reason for hold in Hold.objects.live()} == {"We are looking through your account."}
        assert Hold.objects.count() == Restriction.objects.count() == 2
        assert AuditEvent.objects.filter(verb="measure.placed").count() == 2

    def test_an_officer_outside_sees_the_hold_and_what_it_is_told_alone(
        self, controller: Controller, ines: User, vasco: User
    ) -> None:
        hands.measured(controller, by=ines, second=vasco)
        carried()
        with scope.everything():
            assert Hold.objects.live().count() == 2
            assert not MeasureMember.objects.exists() and not Measure.objects.exists()
            told = AuditEvent.objects.filter(verb__in=["measure.placed", "measure.taken", "measure.proposed"])
            assert not told.exists()

    def test_whoever_is_left_out_is_untouched(
        self,
        linked: Issued,
        second: Issued,
        controller: Controller,
        ines: User,
        vasco: User,
    ) -> None:
        left = {second.key.organisation_id: "A school, by its papers."}
        measure = hands.measured(controller, by=ines, second=vasco, left_out=left)
        carried()
        assert (reason(linked), reason(second)) == ("key_held", "")
        assert measure.members.get(stage=0).left_out_because == "A school, by its papers."
        assert measure.radius["accounts"] == 1

    @pytest.mark.parametrize(
        ("more", "error"),
        [
            ({"kind": "exile"}, Impossible), ({"told": "network"}, Impossible), ({"why": " "}, ReasonMissing),
            ({"reason": "hunch"}, ReasonMissing), ({"kind": "verification", "items": ["everything"]}, Impossible),
        ],
    )  # fmt: skip
    def test_is_whole(self, controller: Controller, ines: User, more: dict[str, Any], error: type[Exception]) -> None:
        with pytest.raises(error):
            hands.measured(controller, by=ines, **more)
        assert not Measure.objects.exists()

    def test_not_over_nobody_nor_left_out_without_a_reason(self, controller: Controller, ines: User) -> None:
        numbers = list(controller.members.values_list("organisation", flat=True))
        for left in (dict.fromkeys(numbers, "A school."), {numbers[0]: " "}):
            with pytest.raises(Impossible):
                hands.measured(controller, by=ines, left_out=left)

    def test_takes_investigators(self, controller: Controller, ines: User, rui: User) -> None:
        with pytest.raises(NotPermitted):
            hands.measured(controller, by=rui)
        measure = hands.measured(controller, by=ines)
        with pytest.raises(NotPermitted):
            measuring.take(measure, by=rui)

    def test_nothing_happens_to_an_account_if_its_audit_fails(
        self,
        linked: Issued,
        controller: Controller,
        ines: User,
        vasco: User,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        measure, record = hands.measured(controller, by=ines, second=vasco), audit.record

        def fail(verb: str, **more: Any) -> Any:
            if verb == "measure.placed" and more["target"].organisation_id == linked.key.organisation_id:
                raise RuntimeError
            return record(verb, **more)

        monkeypatch.setattr(audit, "record", fail)
        carried()
        assert sorted(states(measure)) == ["placed", "waiting"] and reason(linked) == ""
        assert Hold.objects.count() == Restriction.objects.count() == 1


@pytest.mark.usefixtures("whole")
class TestWhatIsReadOutside:
    """Nothing by which somebody sees that one officer did the same to several customers."""

    @pytest.mark.parametrize("kind", ["hold", "limit", "verification"])
    def test_names_no_officer(self, linked: Issued, controller: Controller, ines: User, vasco: User, kind: str) -> None:
        before = AuditEvent.objects.order_by("-pk").values_list("pk", flat=True)[0]
        asked = {"limit": TestLimiting.ASKED, "verification": TestVerifying.ASKED}.get(kind, {})
        measure = hands.measured(controller, by=ines, second=vasco, **asked)
        carried()
        measuring.undo(measure, reason="It was a school.", by=ines)
        carried()
        events = AuditEvent.objects.outside_compartment().filter(pk__gt=before).exclude(verb__startswith="key.")
        assert {(event.actor, event.actor_id) for event in events} == {("An officer", None)}
        assert {"restriction.placed", "restriction.ended"} <= set(events.values_list("verb", flat=True))
        assert "restriction" not in str(list(events.values_list("details", flat=True)))
        inside = AuditEvent.objects.filter(verb__in=["measure.placed", "measure.lifted"]).order_by("pk")
        assert [event.actor for event in inside] == ["Vasco Reis"] * 2 + ["Ines Caldeira"] * 2

    def test_each_has_its_own_time_within_the_minute(
        self, controller: Controller, ines: User, vasco: User, as_spread: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        measure = hands.measured(controller, by=ines, second=vasco)
        began = timezone.now()
        monkeypatch.setattr(carrying, "place", lambda _claim: None)
        carrying.run()
        times = list(measure.members.values_list("claimed_until", flat=True))
        assert len(set(times)) == 2 and max(times) - began < timedelta(seconds=60)

    @pytest.mark.usefixtures("as_spread")
    def test_who_is_alone_need_not_wait(
        self, linked: Issued, second: Issued, controller: Controller, ines: User, vasco: User
    ) -> None:
        left = {second.key.organisation_id: "It is a school."}
        measure = hands.measured(controller, by=ines, second=vasco, left_out=left)
        carrying.run()
        assert reason(linked) == "key_held"
        measuring.undo(measure, reason="It was a school.", by=ines)
        lifting.run()
        assert reason(linked) == ""

    @pytest.mark.usefixtures("as_spread")
    def test_nor_a_part_of_one(self, linked: Issued, controller: Controller, ines: User, vasco: User) -> None:
        measure = hands.measured(controller, by=ines, second=vasco, first=[linked.key.organisation_id])
        carrying.run()
        assert states(measure) == ["placed", "planned"]
        measuring.release(measure, by=ines)
        carrying.run()
        assert states(measure) == ["placed", "placed"]

    def test_their_order_is_drawn(self, controller: Controller, ines: User, vasco: User) -> None:
        rows = hands.measured(controller, by=ines, second=vasco).members.all()
        orders = set()
        for _draw in range(40):
            rows.update(claimed_until=spreading.drawn(timedelta()))
            orders.add(tuple(rows.order_by("claimed_until").values_list("pk", flat=True)))
        assert len(orders) == 2

    def test_the_desk_says_an_officer(self, linked: Issued, controller: Controller, ines: User, vasco: User) -> None:
        measure = hands.measured(controller, by=ines, second=vasco)
        carried()
        case = Case.objects.get(organisation=linked.key.organisation)
        page = f"/desk/cases/{case.pk}/?tab=keys"
        rosa = cast.signed_in(cast.staff("approver", "Rosa Lima"))
        held = rosa.get(page).content.decode()
        measuring.undo(measure, reason="It was a school.", by=ines)
        carried()
        for text in (held, rosa.get(page).content.decode()):
            assert "an officer" in text and "Vasco" not in text and "Ines" not in text


@pytest.mark.usefixtures("whole")
class TestStages:
    def test_the_rest_follows_when_somebody_lets_it(
        self,
        linked: Issued,
        second: Issued,
        controller: Controller,
        ines: User,
        vasco: User,
    ) -> None:
        measure = hands.measured(controller, by=ines, second=vasco, first=[linked.key.organisation_id])
        carried()
        assert (reason(linked), reason(second)) == ("key_held", "") and not carrying.due().exists()
        measuring.release(measure, by=ines), measuring.release(measure, by=ines)
        carried()
        assert reason(second) == "key_held" and AuditEvent.objects.filter(verb="measure.released").count() == 1

    def test_or_at_its_time(self, linked: Issued, second: Issued, controller: Controller, ines: User, vasco: User) -> None:
        now = timezone.now()
        times = {"starts_at": now + timedelta(seconds=2), "rest_at": now + timedelta(seconds=4)}
        measure = hands.measured(controller, by=ines, second=vasco, first=[linked.key.organisation_id], **times)
        carried()
        assert states(measure) == ["planned"] * 2 and not carrying.QUEUE.is_waiting()
        waited(times["starts_at"])
        assert carrying.QUEUE.is_waiting()
        carried()
        assert (reason(linked), reason(second)) == ("key_held", "")
        waited(times["rest_at"])
        carried()
        assert reason(second) == "key_held"

    def test_whoever_is_of_the_controller_no_more_is_spared(
        self,
        linked: Issued,
        controller: Controller,
        ines: User,
        vasco: User,
    ) -> None:
        measure = hands.measured(controller, by=ines, second=vasco)
        member = controller.members.get(organisation=linked.key.organisation)
        controlling.end_member(member, reason="A lender of cards.", by=ines)
        carried()
        assert sorted(states(measure)) == ["placed", "spared"] and reason(linked) == ""


def waited(until: datetime) -> None:
    time.sleep(max(0.0, (until - timezone.now()).total_seconds()) + 0.05)


@pytest.mark.usefixtures("whole")
class TestUndo:
    def test_lifts_its_own_and_nothing_else(
        self,
        linked: Issued,
        second: Issued,
        controller: Controller,
        ines: User,
        vasco: User,
    ) -> None:
        measure = hands.measured(controller, by=ines, second=vasco)
        carried()
        holds.place(organisation=linked.key.organisation, reason="Another matter", by=ines)
        measuring.undo(measure, reason="It was a school.", by=ines)
        carried(), carried()
        assert states(measure) == ["undone"] * 2
        assert (reason(linked), reason(second)) == ("key_held", "") and Hold.objects.live().get().reason == "Another matter"
        with pytest.raises(controlling.NotNow):
            measuring.undo(measure, reason="It was a school.", by=ines)

    def test_what_was_not_placed_yet_never_is(self, linked: Issued, controller: Controller, ines: User, vasco: User) -> None:
        measure = hands.measured(controller, by=ines, second=vasco)
        measuring.undo(measure, reason="It was a school.", by=ines)
        carried()
        assert states(measure) == ["spared"] * 2 and reason(linked) == "" and not Hold.objects.exists()
        assert "before anything was done" in measure.members.first().spare_reason

    def test_what_an_officer_lifted_on_the_case_says_so(
        self, linked: Issued, second: Issued, controller: Controller, ines: User, vasco: User
    ) -> None:
        measure = hands.measured(controller, by=ines, second=vasco)
        carried()
        own = Restriction.objects.get(organisation=linked.key.organisation)
        case = Case.objects.get(organisation=linked.key.organisation)
        appeals.send(own, words="We are a school.", by=linked.key.issued_by)
        rosa = cast.staff("approver", "Rosa Lima")
        as_rosa = cast.signed_in(rosa)
        assert "A-" in as_rosa.get(f"/desk/cases/{case.pk}/?tab=keys").content.decode()
        lift = f"/desk/cases/{case.pk}/holds/{own.hold.pk}/lift/"
        assert as_rosa.post(lift, {"reason": "It is a school."}).status_code in {200, 302}
        own.refresh_from_db()
        assert own.ended_by == rosa and (reason(linked), reason(second)) == ("", "key_held")
        assert lifting.QUEUE.is_waiting()
        carried(), carried()
        of_it = dict(measure.members.values_list("organisation", "state"))
        assert of_it == {linked.key.organisation_id: "lifted", second.key.organisation_id: "placed"}
        page = cast.signed_in(ines).get(f"/desk/controllers/measures/{measure.pk}/").content.decode()
        assert "in force for 1 of 2" in page and "Lifted on the case" in page
        measuring.undo(measure, reason="It was a school.", by=ines)
        carried()
        assert sorted(states(measure)) == ["lifted", "undone"]

    def test_one_account_alone(self, linked: Issued, second: Issued, controller: Controller, ines: User, vasco: User) -> None:
        measure = hands.measured(controller, by=ines, second=vasco)
        carried()
        row = measure.members.get(organisation=linked.key.organisation)
        measuring.spare(row, reason="A school.", by=ines), measuring.spare(row, reason="A school.", by=ines)
        carried()
        assert (reason(linked), reason(second)) == ("", "key_held")
        assert AuditEvent.objects.filter(verb="measure.spared").count() == 1
        row.refresh_from_db()
        assert (row.spared_by, row.spare_reason) == (ines, "A school.")
        lifted = AuditEvent.objects.get(verb="measure.lifted")
        assert (lifted.actor, lifted.reason, row.restriction.ended_by) == ("Ines Caldeira", "A school.", ines)


def broken(monkeypatch: pytest.MonkeyPatch, verb: str) -> Callable[[], None]:
    """While it lasts nobody is able to write that verb; gives what mends it."""
    record = audit.record

    def fail(said: str, **more: Any) -> Any:
        if said == verb:
            raise RuntimeError
        return record(said, **more)

    monkeypatch.setattr(audit, "record", fail)
    return lambda: monkeypatch.setattr(audit, "record", record)


@pytest.mark.usefixtures("whole")
class TestWhatCouldNotBeDone:
    def test_is_tried_again(
        self, linked: Issued, controller: Controller, ines: User, vasco: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        measure = hands.measured(controller, by=ines, second=vasco)
        MeasureMember.objects.update(state="waiting", errors=9)
        mend = broken(monkeypatch, "measure.placed")
        carried()
        assert states(measure) == ["failed"] * 2 and reason(linked) == ""
        mend()
        measuring.retry(measure, by=ines), measuring.retry(measure, by=ines)
        carried()
        assert states(measure) == ["placed"] * 2 and reason(linked) == "key_held"
        assert AuditEvent.objects.filter(verb="measure.retried").count() == 1

    @pytest.mark.parametrize("state", ["failed", "stuck"])
    def test_each_account_has_its_own_turn_again(self, controller: Controller, ines: User, vasco: User, state: str) -> None:
        measure = hands.measured(controller, by=ines, second=vasco)
        MeasureMember.objects.update(state=state)
        measuring.retry(measure, by=ines)
        turns = list(measure.members.values_list("claimed_until", flat=True))
        assert None not in turns and len(set(turns)) == 2

    @pytest.mark.parametrize("verb", ["retry", "spare", "undo"])
    def test_nor_undone(
        self, linked: Issued, controller: Controller, ines: User, vasco: User, monkeypatch: pytest.MonkeyPatch, verb: str
    ) -> None:
        measure = hands.measured(controller, by=ines, second=vasco)
        carried()
        row = measure.members.get(organisation=linked.key.organisation)
        measuring.spare(row, reason="A school.", by=ines)
        MeasureMember.objects.filter(pk=row.pk).update(errors=9)
        mend = broken(monkeypatch, "measure.lifted")
        carried()
        assert sorted(states(measure)) == ["placed", "stuck"] and reason(linked) == "key_held"
        mend()
        tries: dict[str, Callable[[], Any]] = {
            "retry": lambda: measuring.retry(measure, by=ines),
            "spare": lambda: measuring.spare(row, reason="A school.", by=ines),
            "undo": lambda: measuring.undo(measure, reason="A school.", by=ines),
        }
        tries[verb]()
        carried()
        row.refresh_from_db()
        assert (row.state, reason(linked)) == ("undone", "")

    def test_takes_investigators(self, controller: Controller, ines: User, vasco: User, rui: User) -> None:
        with pytest.raises(NotPermitted):
            measuring.retry(hands.measured(controller, by=ines, second=vasco), by=rui)

    @pytest.mark.parametrize("kind", ["hold", "limit", "verification"])
    def test_is_not_so_because_who_took_it_may_no_more(self, controller: Controller, ines: User, vasco: User, kind: str) -> None:
        asked = {"limit": TestLimiting.ASKED, "verification": TestVerifying.ASKED}.get(kind, {})
        measure = hands.measured(controller, by=ines, second=vasco, **asked)
        User.objects.filter(pk=vasco.pk).update(staff_role="analyst")
        carried()
        assert states(measure) == ["placed"] * 2
        measuring.undo(measure, reason="A school.", by=ines)
        User.objects.filter(pk=ines.pk).update(staff_role="analyst")
        carried()
        assert states(measure) == ["undone"] * 2 and not Restriction.objects.live().exists()


@pytest.mark.usefixtures("whole")
class TestTheDatabase:
    """Refuses what no page offers."""

    def refused(self, words: str) -> Any:
        return pytest.raises(IntegrityError, match=words)

    def test_a_member_of_what_is_ruled_without_a_ruling(self, controller: Controller, ines: User) -> None:
        other = Organisation.objects.create(name="Other")
        with self.refused("two rule again"), transaction.atomic():
            ControllerMember.objects.create(controller=controller, organisation=other, why="One card.", added_by=ines)

    def test_an_account_of_a_measure_that_is_taken(self, controller: Controller, ines: User, vasco: User) -> None:
        measure, other = hands.measured(controller, by=ines, second=vasco), Organisation.objects.create(name="Other")
        with self.refused("was shown"), transaction.atomic():
            MeasureMember.objects.create(measure=measure, organisation=other, stage=1)

    @pytest.mark.parametrize("change", [{"stage": 2}, {"organisation": None}, {"families": ["owner"]}])
    def test_another_account_or_stage_of_it(
        self, controller: Controller, ines: User, vasco: User, change: dict[str, Any]
    ) -> None:
        measure = hands.measured(controller, by=ines, second=vasco)
        if "organisation" in change:
            change = {"organisation": Organisation.objects.create(name="Other")}
        with self.refused("does not change"), transaction.atomic():
            MeasureMember.objects.filter(pk=measure.members.earliest("pk").pk).update(**change)

    def test_that_it_goes_away_or_stands_in_no_known_state(self, controller: Controller, ines: User, vasco: User) -> None:
        rows = hands.measured(controller, by=ines, second=vasco).members
        with self.refused("never deleted"), transaction.atomic():
            rows.all().delete()
        with self.refused("measuremember_known_words"), transaction.atomic():
            rows.update(state="gone")

    def test_that_who_proposed_a_measure_decides_the_appeal(
        self, linked: Issued, controller: Controller, ines: User, vasco: User
    ) -> None:
        hands.measured(controller, by=ines, second=vasco)
        carried()
        restriction = Restriction.objects.get(organisation=linked.key.organisation)
        sent = appeals.send(restriction, words="We are a school.", by=linked.key.issued_by)
        with self.refused("did not propose it"), transaction.atomic():
            Appeal.objects.filter(pk=sent.pk).update(outcome="upheld", answer="No.", decided_at=timezone.now(), decided_by=ines)


@pytest.mark.usefixtures("whole")
class TestLimiting:
    ASKED = {"kind": "limit", "told": "terms", "unit": "requests", "period": "day", "limit": 10, "reason": "limits"}
    ASKED_OF = {"unit": "requests", "period": "day", "currency": "", "limit": 10}

    def test_all_draw_on_one_pool_until_it_is_undone(
        self,
        linked: Issued,
        second: Issued,
        controller: Controller,
        ines: User,
        vasco: User,
    ) -> None:
        measure = hands.measured(controller, by=ines, second=vasco, **self.ASKED)
        carried()
        used(second.key, 10)
        assert (reason(linked), reason(second)) == ("limit_reached",) * 2
        measuring.undo(measure, reason="It was a school.", by=ines)
        carried()
        assert (reason(linked), reason(second)) == ("", "") and not PoolMember.objects.live().exists()
        assert not LimitPool.objects.exclude(restriction=None).exists()

    @pytest.mark.parametrize(("share", "each"), [(None, 5), (3, 3)])
    def test_each_has_a_part_of_its_own_which_it_is_told(
        self, linked: Issued, second: Issued, controller: Controller, ines: User, vasco: User, share: int | None, each: int
    ) -> None:
        limits.set_limit(linked.key.organisation, unit="requests", period="day", limit=100, reason="Agreed.", by=vasco)
        hands.measured(controller, by=ines, second=vasco, **self.ASKED | {"share": share})
        carried()
        for one in (linked, second):
            assert [left.limit for left in pools.left_of(one.key.pk) if left.restricts] == [each]
        used(second.key, each)
        assert (reason(linked), reason(second)) == ("", "limit_reached")

    @pytest.mark.parametrize("share", [6, 11])
    def test_the_parts_together_are_no_more_than_the_whole(self, controller: Controller, ines: User, share: int) -> None:
        with pytest.raises(limits.BadLimit, match="of 2 accounts each has at most 5"):
            hands.measured(controller, by=ines, **self.ASKED | {"share": share})
        with pytest.raises(limits.BadLimit, match="not one for each of 2 accounts"):
            hands.measured(controller, by=ines, **self.ASKED | {"limit": 1})

    def test_more_may_be_given_to_fewer(self, linked: Issued, second: Issued, controller: Controller, ines: User) -> None:
        left = {second.key.organisation_id: "It is a school."}
        assert hands.measured(controller, by=ines, **self.ASKED | {"share": 8, "left_out": left}).share == 8

    def test_nor_does_the_database_take_more(
        self, controller: Controller, ines: User, vasco: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(measuring, "checked", lambda *_args, **_of: self.ASKED_OF | {"share": 6})
        measure = hands.measured(controller, by=ines, **self.ASKED)
        with pytest.raises(IntegrityError, match="together no more than the whole"), transaction.atomic():
            measuring.take(measure, by=vasco)

    def test_whoever_keeps_to_his_own_is_not_refused_for_another(
        self, linked: Issued, second: Issued, controller: Controller, ines: User, vasco: User
    ) -> None:
        """To the last of it: the other has used all of his."""
        hands.measured(controller, by=ines, second=vasco, **self.ASKED)
        carried()
        used(second.key, 5)
        for _call in range(5):
            pools.reserve(linked.key, {"requests": 1}, ttl=timedelta(minutes=1), number=uuid4())
        with pytest.raises(pools.LimitReached):
            pools.reserve(linked.key, {"requests": 1}, ttl=timedelta(minutes=1), number=uuid4())

    def test_what_the_customer_was_told_no_officer_takes_away_alone(
        self, linked: Issued, controller: Controller, ines: User, vasco: User, rui: User
    ) -> None:
        hands.measured(controller, by=ines, second=vasco, **self.ASKED)
        carried()
        own = LimitPool.objects.get(organisation=linked.key.organisation)
        with pytest.raises(limits.BadLimit, match="ends with that"):
            limits.remove_limit(own, reason="He asked.", by=rui)
        limits.set_limit(linked.key.organisation, unit="requests", period="day", limit=100, reason="Agreed.", by=rui)
        assert LimitPool.objects.get(restriction__isnull=False, organisation=linked.key.organisation).limit == 5

    def test_not_of_who_spends_in_another_currency(self, linked: Issued, controller: Controller, ines: User) -> None:
        with transaction.atomic():
            key = linked.key
            pools.charge([pools.Charge(key.organisation_id, key.pk, timezone.now().date(), "money", "EUR", used=3)])
        money = self.ASKED | {"unit": "money", "currency": "USD"}
        with pytest.raises(limits.BadLimit, match=r"Leave out .* Nordlys"):
            hands.measured(controller, by=ines, **money)
        left = {linked.key.organisation_id: "It pays in another currency."}
        assert hands.measured(controller, by=ines, **money | {"left_out": left}).is_proposed


def used(key: Key, amount: int) -> None:
    with transaction.atomic():
        pools.charge([pools.Charge(key.organisation_id, key.pk, timezone.now().date(), "requests", "", used=amount)])


@pytest.mark.usefixtures("whole")
class TestVerifying:
    ASKED = {"kind": "verification", "told": "details", "items": ["use", "register_extract", "identity"], "reason": "doubt"}

    def test_asks_each_in_a_case_of_its_own_and_takes_it_back(
        self,
        linked: Issued,
        controller: Controller,
        ines: User,
        vasco: User,
    ) -> None:
        measure = hands.measured(controller, by=ines, second=vasco, **self.ASKED)
        carried(), carried()
        opened = Case.objects.get(organisation=linked.key.organisation, trigger="asked")
        asked = list(opened.requirements.values_list("what", flat=True))
        assert opened.state == "waiting" and asked.count("use") == 1 and "identity" in asked and reason(linked) == ""
        assert not any("network" in row.sentence.lower() for row in Requirement.objects.all())
        measuring.undo(measure, reason="It was a school.", by=ines)
        carried()
        assert not opened.requirements.open().exists()
        opened.refresh_from_db()
        assert opened.state == "withdrawn" and not Case.objects.open().filter(organisation=linked.key.organisation).exists()
        page = cast.signed_in(linked.key.issued_by).get("/verification/").content.decode()
        assert "once more" not in page and "You are verified" in page
        demanding.demand(linked.key.organisation, what=["use"], by=vasco)
        assert Case.objects.open().get(organisation=linked.key.organisation).pk != opened.pk

    def test_what_the_customer_gave_meanwhile_he_still_sends(
        self, linked: Issued, controller: Controller, ines: User, vasco: User
    ) -> None:
        measure = hands.measured(controller, by=ines, second=vasco, **self.ASKED)
        carried()
        case = Case.objects.get(organisation=linked.key.organisation, trigger="asked")
        evidence.upload(case.organisation, kind="register_extract", file=cast.pdf(width=99), by=linked.key.issued_by)
        measuring.undo(measure, reason="It was a school.", by=ines)
        carried()
        case.refresh_from_db()
        assert case.state == "waiting" and not case.requirements.open().exists()

    def test_who_is_not_verified_is_told_nothing(self, linked: Issued, controller: Controller, ines: User, vasco: User) -> None:
        Entity.objects.filter(organisation=linked.key.organisation).update(ended_at=timezone.now(), end_reason="It ended.")
        measure = hands.measured(controller, by=ines, second=vasco, **self.ASKED)
        carried()
        row = measure.members.get(organisation=linked.key.organisation)
        assert row.state == "spared" and "not verified" in row.spare_reason
        assert not Restriction.objects.filter(organisation=linked.key.organisation).exists()

    def test_who_is_being_examined_is_asked_when_that_is_over(
        self, linked: Issued, controller: Controller, ines: User, vasco: User
    ) -> None:
        examined = telling.opened(linked.key.organisation, Case.State.WAITING, Case.Trigger.CHANGE, days="change")
        Case.objects.filter(pk=examined.pk).update(
            state="review",
            declared_true_at=timezone.now(),
            declared_true_by=linked.key.issued_by,
            submitted_at=timezone.now(),
            submitted_by=linked.key.issued_by,
        )
        measure = hands.measured(controller, by=ines, second=vasco, **self.ASKED)
        carried(), carried()
        row = measure.members.get(organisation=linked.key.organisation)
        assert row.state == "waiting" and "being examined" in row.failure and not row.errors
        assert not Restriction.objects.filter(organisation=linked.key.organisation).exists()
        Case.objects.filter(pk=examined.pk).update(state="waiting")
        MeasureMember.objects.filter(pk=row.pk).update(claimed_until=None)
        carried()
        row.refresh_from_db()
        assert row.state == "placed" and examined.requirements.open().filter(what="use").exists()


@pytest.mark.usefixtures("whole")
class TestAppeals:
    @pytest.fixture
    def appeal(self, linked: Issued, controller: Controller, ines: User, vasco: User) -> Appeal:
        hands.measured(controller, by=ines, second=vasco)
        carried()
        restriction = Restriction.objects.get(organisation=linked.key.organisation)
        return appeals.send(restriction, words="We are a school.", by=linked.key.issued_by)

    def test_neither_who_proposed_nor_who_took_it_decides(self, appeal: Appeal, ines: User, vasco: User) -> None:
        for officer in (ines, vasco):
            with pytest.raises(NotPermitted, match="another person"):
                appealing.decide(appeal, outcome="overturned", answer="You are right.", by=officer)

    def test_overturned_ends_that_accounts_part_and_is_counted_once(
        self,
        linked: Issued,
        second: Issued,
        appeal: Appeal,
        rui: User,
    ) -> None:
        appealing.decide(appeal, outcome="overturned", answer="You are right.", by=rui)
        assert (reason(linked), reason(second)) == ("", "key_held") and lifting.QUEUE.is_waiting()
        carried(), carried()
        miss = RuleMiss.objects.get()
        assert (miss.families, miss.types) == (["device", "payment"], ["device", "payment"])
        assert sorted(MeasureMember.objects.values_list("state", flat=True)) == ["overturned", "placed"]

    def test_overturned_frees_it_where_the_use_of_that_network_is_assessed(
        self, linked: Issued, controller: Controller, appeal: Appeal, rui: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        appealing.decide(appeal, outcome="overturned", answer="You are right.", by=rui)
        carried()
        monkeypatch.setattr(assessing.heads, "whose", lambda _indication: [linked.key.organisation])
        day = timezone.localdate()

        def is_freed(network: int | None) -> bool:
            shown: Any = SimpleNamespace(since=day, indication=SimpleNamespace(network_id=network, day=day))
            return assessing.concerned(shown)[0].freed_at is not None

        assert controller.network is not None
        other, own = network_of([Organisation.objects.create(name="Other")]), controller.network_id
        assert (is_freed(own), is_freed(other.pk), is_freed(None)) == (True, False, False)
        now = timezone.now()
        NetworkChange.objects.create(network=controller.network, other=other, kind="merged", at=now, reason="One card.")
        Network.objects.filter(pk=own).update(ended_at=now, end_reason="merged", merged_into=other)
        assert is_freed(other.pk)

    def test_upheld_counts_nothing(self, linked: Issued, appeal: Appeal, rui: User) -> None:
        appealing.decide(appeal, outcome="upheld", answer="It shows nothing.", by=rui)
        carried()
        assert reason(linked) == "key_held" and not RuleMiss.objects.exists()

    def test_a_limit_ends_with_its_appeal_too(
        self,
        linked: Issued,
        second: Issued,
        controller: Controller,
        ines: User,
        vasco: User,
        rui: User,
    ) -> None:
        hands.measured(controller, by=ines, second=vasco, **TestLimiting.ASKED)
        carried()
        used(second.key, 10)
        restriction = Restriction.objects.get(organisation=linked.key.organisation, kind="limit")
        sent = appeals.send(restriction, words="We are a school.", by=linked.key.issued_by)
        appealing.decide(sent, outcome="overturned", answer="You are right.", by=rui)
        carried()
        assert (reason(linked), reason(second)) == ("", "limit_reached") and RuleMiss.objects.count() == 1


class TestAWorker:
    """Whose connection is shown every customer, and nothing of the compartment."""

    def test_carries_out_and_lifts_what_it_is_not_shown(
        self, linked: Issued, second: Issued, controller: Controller, ines: User, vasco: User
    ) -> None:
        with scope.whole():
            measure = hands.measured(controller, by=ines, second=vasco)
        with scope.everything():
            assert carrying.QUEUE.is_waiting()
            tasks.carry_measures()
            assert not MeasureMember.objects.exists() and not carrying.QUEUE.is_waiting()
        assert (reason(linked), reason(second)) == ("key_held", "key_held")
        with scope.whole():
            measuring.undo(measure, reason="A school.", by=ines)
        with scope.everything():
            assert lifting.QUEUE.is_waiting()
            tasks.carry_measures()
        assert (reason(linked), reason(second)) == ("", "")
