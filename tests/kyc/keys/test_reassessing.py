"""A verified customer tells of a change: the keys stay on until the checks find what stood against no approval before."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import Message, User
from kyc.cases import actions as cases
from kyc.cases import examining, telling
from kyc.cases.models import Case, Entity, Examination
from kyc.keys import feeding, holds, linking, reassessing
from kyc.keys.introspection import introspect
from kyc.keys.models import Hold, Reassessment
from kyc.ownership import actions as ownership
from kyc.ownership import leaving
from kyc.ownership.models import Interest
from kyc.parties import actions as parties
from kyc.parties.models import Party
from kyc.rules import packs
from kyc.screening import overturning
from kyc.screening.models import Hit
from tests import cast
from tests.cast import Founded
from tests.kyc.cases import scenes
from tests.kyc.keys.scenes import Issued
from tests.stage import scene

pytestmark = pytest.mark.django_db


def run() -> None:
    """Twice, as a second wake-up would."""
    for _ in range(2):
        examining.run()
        linking.run()
        reassessing.run()
    assert not reassessing.QUEUE.is_waiting()


@scene
def change(nordlys: Founded, linked: Issued) -> Case:
    """Told, and nothing of it changed yet."""
    found = telling.tell(nordlys.organisation, changed=["owners"], by=nordlys.by)
    run()
    return found


def sell(nordlys: Founded, share: str, to: str) -> Interest:
    """Alice keeps the rest."""
    own = Interest.objects.live().get(owner=nordlys.controller)
    ownership.change_share(own, share=str(100 - int(share)), by=nordlys.by)
    return scenes.own(nordlys, to, share)


def held(linked: Issued) -> bool:
    is_active: bool = introspect(linked.secret)["active"]
    assert is_active == (linked.state == "active")
    return not is_active


class TestHold:
    def test_telling_of_a_change_stops_nothing(self, linked: Issued, change: Case) -> None:
        assert not held(linked)
        assert Examination.objects.filter(case=change, state="done").exists()

    def test_an_owner_of_whom_nothing_is_known_stops_nothing(self, nordlys: Founded, linked: Issued, change: Case) -> None:
        sell(nordlys, "60", "Kari Moe")
        run()
        assert not held(linked)
        assert Examination.objects.filter(case=change, state="done").count() == 2

    @pytest.mark.parametrize(("share", "is_held"), [("50", True), ("49", False)])
    def test_a_listed_owner_stops_the_keys_at_the_line(
        self, nordlys: Founded, linked: Issued, change: Case, share: str, is_held: bool
    ) -> None:
        sell(nordlys, share, scenes.KARPOV)
        run()
        assert held(linked) is is_held
        if is_held:
            [hold] = Hold.objects.live()
            assert (hold.source, hold.placed_by) == ("policy.ownership", None)
            assert change.number in hold.reason and "50 %" in hold.reason
            told = Message.objects.get(subject="Your keys are on hold while we check what has changed")
            assert told.to == "alice@nordlys.example"
            assert scenes.KARPOV not in told.text
        assert Entity.objects.live().count() == 1

    @pytest.mark.parametrize(("share", "is_held"), [("51", True), ("50", False)])
    def test_so_does_a_company_of_a_region_that_the_terms_exclude(
        self, nordlys: Founded, linked: Issued, change: Case, share: str, is_held: bool
    ) -> None:
        own = Interest.objects.live().get(owner=nordlys.controller)
        ownership.change_share(own, share=str(100 - int(share)), by=nordlys.by)
        holding = scenes.company(nordlys, "Lotus Holdings Ltd", share, owner=("Kari Moe", "100"))
        Party.objects.filter(pk=holding.pk).update(hq_country="HK")
        run()
        assert held(linked) is is_held
        if is_held:
            assert "Lotus Holdings Ltd holds 51 %" in Hold.objects.live().get().reason

    def test_it_is_one_hold_however_often_it_is_examined(self, nordlys: Founded, linked: Issued, change: Case) -> None:
        interest = sell(nordlys, "60", scenes.KARPOV)
        run()
        ownership.change_share(interest, share="55", by=nordlys.by)
        run()
        assert Hold.objects.count() == 1
        assert Reassessment.objects.filter(what="hold", state="done").count() == 2

    def test_one_that_an_officer_lifts_comes_back_only_with_new_checks(
        self, nordlys: Founded, linked: Issued, change: Case, rui: User
    ) -> None:
        interest = sell(nordlys, "60", scenes.KARPOV)
        run()
        holds.lift(Hold.objects.live().get(), reason="They are known to us.", by=rui)
        run()
        assert not held(linked)
        ownership.change_share(interest, share="55", by=nordlys.by)
        run()
        assert held(linked)

    def test_what_was_known_when_it_was_approved_is_no_news(
        self, nordlys: Founded, linked: Issued, change: Case, ana: User, rui: User
    ) -> None:
        interest = sell(nordlys, "60", scenes.KARPOV)
        scenes.send(nordlys)
        run()
        for hit in Hit.objects.filter(ruling=""):
            cast.ruled(hit, ruling="false", reason="different_name", by=ana)
        run()
        scenes.approved(Case.objects.get(pk=change.pk), ana=ana, rui=rui)
        run()
        assert not held(linked), "approved anew: let go"
        telling.tell(nordlys.organisation, changed=["owners"], by=nordlys.by)
        ownership.change_share(interest, share="55", by=nordlys.by)
        run()
        assert not held(linked), "the ruling stands"

    def test_another_customers_keys_are_not_touched(
        self, nordlys: Founded, linked: Issued, change: Case, sorvik: Founded
    ) -> None:
        telling.tell(sorvik.organisation, changed=["owners"], by=sorvik.by)
        own = Interest.objects.live().get(owner=sorvik.controller)
        ownership.change_share(own, share="40", by=sorvik.by)
        scenes.own(sorvik, scenes.KARPOV, "60")
        run()
        assert not held(linked)
        assert [hold.organisation for hold in Hold.objects.live()] == [sorvik.organisation]


class TestLetGo:
    def test_the_next_approval_ends_this_hold_and_no_other(
        self, nordlys: Founded, linked: Issued, change: Case, ana: User, rui: User
    ) -> None:
        interest = sell(nordlys, "60", scenes.KARPOV)
        run()
        other = holds.place(key=linked.key, reason="Asked by the customer.", by=rui)
        leaving.end(interest, by=nordlys.by)
        scenes.send(nordlys)
        run()
        assert held(linked)
        scenes.approved(Case.objects.get(pk=change.pk), ana=ana, rui=rui)
        run()
        [lifted] = Hold.objects.filter(source="policy.ownership")
        assert (lifted.lifted_by, lifted.lift_reason) == (rui, f"Approved anew by the decision of {change.number}")
        assert list(Hold.objects.live()) == [other]

    def test_refused_the_keys_stop_with_the_entity(
        self, nordlys: Founded, linked: Issued, change: Case, ana: User, rui: User
    ) -> None:
        sell(nordlys, "60", scenes.KARPOV)
        scenes.send(nordlys)
        run()
        cases.take(scenes.proposed(Case.objects.get(pk=change.pk), "refuse", by=ana), by=rui)
        run()
        assert held(linked)
        assert not Entity.objects.live().exists()


class TestClear:
    """Officers have ruled that whom the match was with is another."""

    @pytest.fixture
    def sold(self, nordlys: Founded, linked: Issued, change: Case) -> Interest:
        """To one of a listed person's name; held."""
        interest = sell(nordlys, "60", scenes.KARPOV)
        run()
        assert held(linked)
        return interest

    def rule(self, by: User, ruling: str = "false", name: str = "") -> None:
        """On every match that is open, or on those of who is called so."""
        reason = {"false": "different_name", "true": "same_identifier"}[ruling]
        for hit in Hit.objects.filter(ruling="", **({"party__name": name} if name else {})):
            cast.ruled(hit, ruling=ruling, reason=reason, by=by)
        run()

    def test_the_hold_falls_with_the_next_round(self, linked: Issued, change: Case, sold: Interest, ana: User) -> None:
        self.rule(ana)
        assert not held(linked)
        [hold] = Hold.objects.all()
        said = f"Every match that it came from was ruled to be another; checks of {change.number} find nothing new."
        assert (hold.lifted_by, hold.lift_reason) == (ana, said)
        told = Message.objects.get(subject="The hold on your keys is lifted")
        assert told.to == "alice@nordlys.example" and scenes.KARPOV not in told.text
        assert Case.objects.get(pk=change.pk).state == "waiting", "it is looked at all the same"

    def test_nor_is_it_told_twice(self, linked: Issued, change: Case, sold: Interest, ana: User) -> None:
        self.rule(ana)
        examination = Examination.objects.filter(case=change).latest("pk")
        reassessing.clear(examination)
        assert Message.objects.filter(subject="The hold on your keys is lifted").count() == 1
        assert Reassessment.objects.get(what="clear").state == "done"

    def test_not_before_the_last_match_is_ruled_on(
        self, nordlys: Founded, linked: Issued, change: Case, sold: Interest, ana: User
    ) -> None:
        ownership.change_share(Interest.objects.live().get(owner=nordlys.controller), share="30", by=nordlys.by)
        scenes.own(nordlys, "Timur Belkin", "10")
        run()
        self.rule(ana, name=scenes.KARPOV)
        assert held(linked)
        self.rule(ana)
        assert not held(linked)

    def test_nor_by_a_ruling_on_what_the_entry_was_before(
        self, nordlys: Founded, linked: Issued, sold: Interest, ana: User, tmp_path: Path
    ) -> None:
        self.rule(ana)
        assert not held(linked)
        changed = cast.LISTED.replace("DOB 04 Feb 1961", "DOB 05 Feb 1961")
        cast.load_list(tmp_path, changed, published=date(2026, 10, 2))
        run()
        assert held(linked), "the entry has changed, and the match is asked anew"
        ownership.change_share(sold, share="40", by=nordlys.by)
        run()
        assert Hit.objects.current().open().exists()
        assert held(linked)

    def test_not_where_he_is_the_one(self, linked: Issued, sold: Interest, ana: User) -> None:
        self.rule(ana, "true")
        assert held(linked)

    def test_with_a_ruling_overturned_it_is_held_and_let_go(
        self, linked: Issued, change: Case, sold: Interest, ana: User, rui: User
    ) -> None:
        self.rule(ana)
        assert not held(linked)
        rulings = (("true", "same_identifier", True), ("false", "different_name", False), ("undecided", "too_little", True))
        for ruling, reason, is_held in rulings:
            said = {"ruling": ruling, "reason": reason, "note": "That was wrong."}
            doubted = overturning.overturn(Hit.objects.current().get(party__name=scenes.KARPOV), **said, by=ana)
            run()
            assert held(linked) != is_held, "the ruling stands until a second person confirms that it was wrong"
            overturning.confirm(doubted.overturning, by=rui)
            run()
            assert held(linked) == is_held

    def test_not_where_the_customer_only_says_less(
        self, nordlys: Founded, linked: Issued, change: Case, sold: Interest, ana: User
    ) -> None:
        ownership.change_share(sold, share="40", by=nordlys.by)
        run()
        assert held(linked)
        assert not feeding.against().filter(examination_id=Examination.objects.latest("pk").pk).exists()
        self.rule(ana, "true")
        assert held(linked)

    def test_nor_where_he_takes_him_out(self, nordlys: Founded, linked: Issued, sold: Interest, ana: User) -> None:
        leaving.end(sold, by=nordlys.by)
        ownership.change_share(Interest.objects.live().get(owner=nordlys.controller), share="90", by=nordlys.by)
        scenes.own(nordlys, "Timur Belkin", "10")
        run()
        self.rule(ana, name="Timur Belkin")
        assert held(linked), "that was never what it came from"

    def test_not_while_something_else_feeds_it(
        self, nordlys: Founded, linked: Issued, change: Case, sold: Interest, ana: User
    ) -> None:
        """Nor once the customer has taken that back: an approval looks at it."""
        ownership.change_share(sold, share="10", by=nordlys.by)
        holding = scenes.company(nordlys, "Lotus Holdings Ltd", "50", owner=("Kari Moe", "100"))
        ownership.change_share(sold, share="2", by=nordlys.by)
        ownership.change_share(Interest.objects.live().get(owner=holding), share="55", by=nordlys.by)
        Party.objects.filter(pk=holding.pk).update(hq_country="HK")
        run()
        self.rule(ana)
        assert held(linked)
        again = {"name": holding.name, "country": "NO", "hq_country": "NO", "registration_number": "1", "by": nordlys.by}
        parties.correct(holding, **again)
        run()
        assert not feeding.against().filter(examination_id=Examination.objects.latest("pk").pk).exists()
        assert held(linked)

    def test_an_officers_hold_stays(self, linked: Issued, sold: Interest, ana: User, rui: User) -> None:
        other = holds.place(key=linked.key, reason="Asked by the customer.", by=rui)
        self.rule(ana)
        assert list(Hold.objects.live()) == [other]

    def test_what_is_found_later_holds_anew(
        self, nordlys: Founded, linked: Issued, change: Case, sold: Interest, ana: User
    ) -> None:
        self.rule(ana)
        ownership.change_share(sold, share="2", by=nordlys.by)
        scenes.own(nordlys, "Timur Belkin", "50")
        run()
        assert held(linked)
        assert Hold.objects.count() == 2

    def test_without_its_record_it_stays(self, linked: Issued, change: Case, sold: Interest, ana: User) -> None:
        for hit in Hit.objects.filter(ruling=""):
            cast.ruled(hit, ruling="false", reason="different_name", by=ana)
        examining.run()
        with scenes.audit_breaks(), transaction.atomic():
            reassessing.clear(Examination.objects.filter(case=change).latest("pk"))
        assert held(linked)


class TestTell:
    @pytest.fixture
    def ends_in(self, linked: Issued) -> Any:
        """So many days from now."""

        def at(days: int) -> None:
            until = timezone.now() + timedelta(days=days, minutes=1)
            Entity.objects.update(valid_from=until - timedelta(days=300), valid_until=until)

        return at

    def mails(self) -> list[str]:
        subject = "Confirm what you told us, so that you stay verified"
        return list(Message.objects.filter(subject=subject).values_list("to", flat=True))

    def test_the_owner_is_asked_once_so_many_days_before(self, ends_in: Any) -> None:
        days = packs.current().days("renewal")
        ends_in(days + 1)
        assert not reassessing.QUEUE.is_waiting()
        ends_in(days - 1)
        assert reassessing.QUEUE.is_waiting()
        run()
        assert self.mails() == ["alice@nordlys.example"]
        assert f"is verified until {Entity.objects.get().valid_until:%-d %B %Y}" in Message.objects.latest("pk").text

    def test_not_while_something_is_open(self, nordlys: Founded, ends_in: Any) -> None:
        telling.confirm(nordlys.organisation, declared_true=True, by=nordlys.by)
        ends_in(3)
        run()
        assert self.mails() == []

    def test_a_change_that_is_told_and_not_sent_verifies_nobody_anew(self, nordlys: Founded, ends_in: Any) -> None:
        telling.tell(nordlys.organisation, changed=["owners"], by=nordlys.by)
        ends_in(3)
        run()
        assert self.mails() == ["alice@nordlys.example"]

    def test_and_not_once_it_has_ended(self, ends_in: Any) -> None:
        ends_in(-1)
        assert not reassessing.QUEUE.is_waiting()
