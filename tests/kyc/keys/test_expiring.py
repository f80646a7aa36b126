"""Evidence expires: the customer is told three times, held, and let go once newer evidence is found good."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEvent, Message, Organisation, User
from kyc.cases.models import Entity
from kyc.evidence import items
from kyc.evidence.item_models import EvidenceItem
from kyc.keys import expiring, holds
from kyc.keys.models import Hold
from kyc.parties.models import Party
from tests.cast import Founded, staff
from tests.kyc.keys.scenes import Issued
from tests.stage import scene

pytestmark = pytest.mark.django_db
LAST = timezone.localdate() + timedelta(days=200)


def good(
    nordlys: Founded, ana: User, *, kind: str = "passport", method: str = "inspected", until: date | None = LAST
) -> EvidenceItem:
    number = "" if kind == "bank_account" else "N1234567"
    item = items.record(nordlys.controller, kind=kind, number=number, issuing_country="NO", expires_on=until, by=ana)
    return items.validate(item, method=method, by=ana)


@scene
def passport(nordlys: Founded, linked: Issued, ana: User) -> EvidenceItem:
    return good(nordlys, ana)


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes today the day so many days after the last on which the passport is good; the day itself is 0."""
    return lambda days: monkeypatch.setattr(timezone, "localdate", lambda *at: LAST + timedelta(days=days))


def run() -> None:
    """Twice, as a second wake-up would."""
    for _time in range(2):
        expiring.run()
    assert not expiring.QUEUE.is_waiting()


def told() -> list[str]:
    return list(Message.objects.filter(subject__contains="document").order_by("pk").values_list("subject", flat=True))


class TestTell:
    def test_sixty_thirty_and_seven_days_before_once_each(self, passport: EvidenceItem, on: Any) -> None:
        on(-61)
        assert not expiring.QUEUE.is_waiting()
        for day in (-60, -59, -31, -30, -8, -7, -1, 0):
            on(day)
            run()
        assert told() == ["A document expires soon"] * 3
        text = Message.objects.latest("pk").text
        assert "The passport of Alice Olsen" in text and f"expires on {LAST:%-d %B %Y}" in text
        assert AuditEvent.objects.filter(verb=expiring.TOLD).count() == 3
        assert not Hold.objects.exists()

    def test_who_is_late_is_told_of_the_nearest_only(self, passport: EvidenceItem, on: Any) -> None:
        on(-5)
        run()
        assert told() == ["A document expires soon"]

    def test_not_of_what_was_found_bad_or_withdrawn_or_has_no_end(
        self, nordlys: Founded, passport: EvidenceItem, ana: User, on: Any
    ) -> None:
        items.validate(passport, method="features", result="failed", note="No watermark.", by=ana)
        good(nordlys, ana, kind="identity_card", until=None)
        items.withdraw(good(nordlys, ana, kind="driving_licence"), reason="Of another.", by=ana)
        on(-7)
        assert not expiring.QUEUE.is_waiting()

    @pytest.mark.parametrize("newer", [{"kind": "passport"}, {"kind": "identity_card"}, {"kind": "passport", "method": "chip"}])
    def test_nor_of_what_newer_evidence_stands_for(
        self, nordlys: Founded, passport: EvidenceItem, ana: User, on: Any, newer: dict[str, str]
    ) -> None:
        good(nordlys, ana, **newer, until=LAST + timedelta(days=900))
        on(-7)
        assert not expiring.QUEUE.is_waiting()

    def test_weaker_evidence_stands_for_nothing(self, nordlys: Founded, passport: EvidenceItem, ana: User, on: Any) -> None:
        good(nordlys, ana, kind="bank_account", method="issuer", until=LAST + timedelta(days=900))
        on(-7)
        assert expiring.QUEUE.is_waiting()

    def test_who_is_not_verified_is_not_told_nor_is_a_sandbox(self, passport: EvidenceItem, on: Any) -> None:
        Organisation.objects.update(sandbox="approved")
        on(-7)
        assert not expiring.QUEUE.is_waiting()
        Organisation.objects.update(sandbox="")
        Entity.objects.update(ended_at=timezone.now())
        assert not expiring.QUEUE.is_waiting()


class TestHold:
    def test_from_the_day_after_until_newer_evidence_is_found_good(
        self, nordlys: Founded, linked: Issued, passport: EvidenceItem, ana: User, on: Any
    ) -> None:
        on(0)
        run()
        assert linked.state == "active"
        on(1)
        run()
        hold = Hold.objects.get()
        assert (hold.on_organisation, hold.source, hold.placed_by, linked.state) == (
            nordlys.organisation, expiring.SOURCE, None, "held",
        )  # fmt: skip
        assert hold.reason == f"Passport of Alice Olsen expired on {LAST}, and nothing newer was found good"
        assert told()[-1] == "Your keys are on hold until a document is sent anew"
        newer = items.record(
            nordlys.controller, kind="passport", number="N7654321", issuing_country="NO",
            expires_on=LAST + timedelta(days=900), by=ana,
        )  # fmt: skip
        run()
        assert linked.state == "held"
        items.validate(newer, method="inspected", by=ana)
        assert expiring.QUEUE.is_waiting()
        run()
        hold.refresh_from_db()
        assert (linked.state, hold.lifted_by) == ("active", ana)

    def test_a_hold_that_an_officer_lifts_does_not_come_back(self, linked: Issued, passport: EvidenceItem, on: Any) -> None:
        on(1)
        run()
        holds.lift(Hold.objects.get(), reason="The new one is on its way.", by=staff("approver", "Lena"))
        run()
        assert linked.state == "active" and Hold.objects.count() == 1

    def test_what_is_replaced_before_the_worker_comes_holds_nobody(
        self, nordlys: Founded, linked: Issued, passport: EvidenceItem, ana: User, on: Any
    ) -> None:
        on(1)
        row = expiring.Expiry.objects.create(organisation=nordlys.organisation, item=passport, what="hold")
        good(nordlys, ana, until=LAST + timedelta(days=900))
        run()
        row.refresh_from_db()
        assert (row.state, linked.state, Hold.objects.count()) == ("done", "active", 0)

    def test_who_was_verified_by_other_evidence_is_not_held_by_what_had_expired_then(
        self, nordlys: Founded, linked: Issued, ana: User
    ) -> None:
        good(nordlys, ana, until=timezone.localdate() - timedelta(days=1))
        run()
        assert (linked.state, Hold.objects.count()) == ("active", 0)

    def test_nor_by_what_had_expired_before_he_was_verified(self, linked: Issued, passport: EvidenceItem, on: Any) -> None:
        Entity.objects.update(valid_from=timezone.now() + timedelta(days=201))
        on(1)
        run()
        assert not Hold.objects.exists()


class TestLetGo:
    """A hold stands no longer than what it rests on."""

    @pytest.fixture
    def held(self, linked: Issued, passport: EvidenceItem, on: Any) -> Hold:
        on(1)
        run()
        assert linked.state == "held"
        return Hold.objects.get()

    def test_when_the_item_is_withdrawn(self, linked: Issued, passport: EvidenceItem, held: Hold, ana: User) -> None:
        items.withdraw(passport, reason="The day was mistyped.", by=ana)
        run()
        held.refresh_from_db()
        assert (linked.state, held.lifted_by) == ("active", ana)
        assert held.lift_reason == "The evidence that had expired was withdrawn"

    def test_when_it_is_not_found_good_any_more(self, linked: Issued, passport: EvidenceItem, held: Hold, ana: User) -> None:
        items.validate(passport, method="features", result="failed", note="No watermark.", by=ana)
        run()
        assert linked.state == "active"

    def test_when_whom_it_is_about_has_left(self, nordlys: Founded, linked: Issued, held: Hold) -> None:
        audit.record("party.removed", target=nordlys.controller, by=nordlys.by)
        Party.objects.filter(pk=nordlys.controller.pk).update(removed_on=timezone.localdate())
        run()
        held.refresh_from_db()
        assert (linked.state, held.lifted_by) == ("active", nordlys.by)

    def test_not_because_what_has_expired_was_found_good_once_more(
        self, linked: Issued, passport: EvidenceItem, held: Hold, ana: User
    ) -> None:
        EvidenceItem.objects.update(validated_at=timezone.now() + timedelta(days=201))
        run()
        assert linked.state == "held"

    def test_by_whoever_found_that_evidence_good_and_not_another_since(
        self, nordlys: Founded, passport: EvidenceItem, held: Hold, ana: User, rui: User
    ) -> None:
        good(nordlys, ana, until=LAST + timedelta(days=900))
        other = items.record(nordlys.controller, kind="bank_account", number="NO9386011117947", by=rui)
        items.validate(other, method="issuer", by=rui)
        run()
        held.refresh_from_db()
        assert held.lifted_by == ana

    def test_it_is_held_again_when_the_newer_evidence_falls(
        self, nordlys: Founded, linked: Issued, passport: EvidenceItem, held: Hold, ana: User
    ) -> None:
        for _time in range(2):
            newer = good(nordlys, ana, until=LAST + timedelta(days=900))
            run()
            assert linked.state == "active"
            items.withdraw(newer, reason="Of another.", by=ana)
            run()
            assert linked.state == "held"
        assert Hold.objects.count() == 3

    def test_a_release_that_came_too_early_is_found_again(
        self, nordlys: Founded, linked: Issued, passport: EvidenceItem, held: Hold, ana: User
    ) -> None:
        expiring.Expiry.objects.create(organisation=nordlys.organisation, item=passport, what="release", state="done")
        good(nordlys, ana, until=LAST + timedelta(days=900))
        run()
        assert linked.state == "active"
