"""What officers read in other sources, the differences that follow from it, and how these end."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEvent, User
from accounts.permissions import NotPermitted
from kyc.ownership import actions as ownership
from kyc.ownership import leaving, observing
from kyc.ownership.models import Discrepancy, Interest, Observation
from kyc.parties.actions import NotHere
from kyc.parties.wording import BadText
from tests.cast import Founded, customer, founded, staff
from tests.stage import scene

pytestmark = pytest.mark.django_db
REGISTER = {"source": "officialRegister", "found_in": "Brønnøysund register", "stated_on": date(2026, 6, 1)}


@scene
def nordlys() -> Founded:
    return founded(customer())


@scene
def ana() -> User:
    return staff("analyst", "Ana Marić")


@pytest.fixture
def alice(nordlys: Founded) -> Interest:
    """Holds 60."""
    return ownership.declare_owner(nordlys.organisation, owned=nordlys.party, owner=nordlys.controller, share="60", by=nordlys.by)


Observe = Callable[..., list[Observation]]


@pytest.fixture
def observe(nordlys: Founded, ana: User) -> Observe:
    return lambda **more: observing.observe(nordlys.organisation, **{"owned": nordlys.party, "by": ana} | REGISTER | more)


def declare(nordlys: Founded, name: str, share: str) -> Interest:
    return ownership.declare_owner(
        nordlys.organisation, owned=nordlys.party, kind="person", name=name, share=share, country="NO", by=nordlys.by
    )


def stands() -> list[tuple[str, str, str, str]]:
    rows = Discrepancy.objects.order_by("pk")
    return [(row.kind, row.declared, row.observed, row.resolution) for row in rows]


def verbs() -> list[str]:
    found = AuditEvent.objects.filter(verb__regex="^(observation|discrepancy)").order_by("pk")
    return list(found.values_list("verb", flat=True))


class TestObserve:
    def test_what_agrees_stands_beside_and_opens_nothing(self, alice: Interest, observe: Observe) -> None:
        [row] = observe(owner=alice.owner, share="3/5")
        assert (row.owner_called, row.share, row.get_source_display()) == ("Alice Olsen", "3/5", "Register")
        alice.refresh_from_db()
        assert (alice.share, stands(), verbs()) == ("60", [], ["observation.recorded"])

    def test_what_differs_opens_a_discrepancy_with_a_clock_of_the_rules(self, alice: Interest, observe: Observe) -> None:
        observe(owner=alice.owner, share="40")
        assert stands() == [("share", "60", "40", "")]
        row = Discrepancy.objects.get()
        assert row.due_on == timezone.now().date() + timedelta(days=14)
        event = AuditEvent.objects.get(verb="discrepancy.opened")
        assert (event.actor, event.details["name"], event.details["difference"]) == ("Ana Marić", "Alice Olsen", "share")

    def test_an_owner_by_the_name_that_the_source_gives(self, alice: Interest, observe: Observe) -> None:
        observe(owner_name="Kari  Moe", owner_country="SE", share="40")
        assert Observation.objects.get().owner_called == "Kari Moe"
        assert stands() == [("not_declared", "", "40", "")]

    def test_that_nobody_else_is_named_goes_with_the_last_owner_or_alone(
        self, nordlys: Founded, alice: Interest, observe: Observe
    ) -> None:
        declare(nordlys, "Kari Moe", "40")
        assert [row.is_all for row in observe(owner=alice.owner, share="60", is_all=True)] == [False, True]
        assert stands() == [("not_in_source", "40", "", "")]
        observe(is_all=True, found_in="Shareholders' list", source="thirdParty")
        assert len(stands()) == 3

    def test_the_same_again_is_silence(self, alice: Interest, observe: Observe) -> None:
        observe(owner=alice.owner, share="40", is_all=True)
        assert observe(owner=alice.owner, share="40", is_all=True) == []
        assert (Observation.objects.count(), len(stands())) == (2, 1)

    def test_a_newer_word_of_the_source_ends_what_the_older_opened(self, alice: Interest, observe: Observe) -> None:
        observe(owner=alice.owner, share="40")
        observe(owner=alice.owner, share="60", stated_on=date(2026, 7, 1))
        assert stands() == [("share", "60", "40", "overtaken")]

    def test_a_role_has_no_share(self, alice: Interest, observe: Observe) -> None:
        [row] = observe(owner=alice.owner, kind="trustee", share="40")
        assert (row.share, stands()) == ("", [("role", "60", "trustee", "")])

    @pytest.mark.parametrize(
        ("more", "field"),
        [
            ({}, "owner"),
            ({"owner_name": "Kari", "share": "lots"}, "share"),
            ({"owner_name": "Kari", "found_in": " "}, "found_in"),
            ({"owner_name": "Kari", "source": "hearsay"}, "source"),
            ({"owner_name": "Kari", "kind": "friend"}, "kind"),
            ({"owner_name": "Kari", "owner_kind": "ghost"}, "owner_kind"),
            ({"owner_name": "Kari", "owner_country": "XX"}, "owner_country"),
            ({"owner_name": "http://kari.example"}, "owner_name"),
            ({"owner_name": "Kari", "stated_on": date(2999, 1, 1)}, "stated_on"),
        ],
    )
    def test_what_is_none_is_refused_beside_its_field(self, observe: Observe, more: dict[str, Any], field: str) -> None:
        with pytest.raises(BadText) as refused:
            observe(**more)
        assert refused.value.field == field
        assert not Observation.objects.exists()

    def test_nobody_is_said_to_own_himself(self, nordlys: Founded, observe: Observe) -> None:
        with pytest.raises(BadText, match="Nobody holds"):
            observe(owner=nordlys.party, share="10")

    def test_of_another_customers_party_nothing_is_recorded(self, observe: Observe) -> None:
        other = founded(customer("charlie@outside.example", "Charlie"), name="Outside GmbH", person="Charlie")
        with pytest.raises(NotHere):
            observe(owner=other.controller)
        with pytest.raises(NotHere):
            observe(owned=other.party, owner_name="Kari")

    def test_is_for_officers_who_judge(self, nordlys: Founded, observe: Observe) -> None:
        for by in (nordlys.by, staff("auditor"), staff("support")):
            with pytest.raises(NotPermitted):
                observe(owner_name="Kari", by=by)

    def test_nothing_is_kept_where_it_can_t_be_recorded(self, observe: Observe, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*args: Any, **more: Any) -> None:
            raise DatabaseError

        monkeypatch.setattr(audit, "record", broken)
        with pytest.raises(DatabaseError):
            observe(owner_name="Kari")
        assert not Observation.objects.exists() and not Discrepancy.objects.exists()


class TestWhatTheCustomerChanges:
    def test_a_corrected_share_ends_it(self, alice: Interest, observe: Observe, nordlys: Founded) -> None:
        observe(owner=alice.owner, share="40")
        ownership.change_share(alice, share="40", by=nordlys.by)
        assert stands() == [("share", "60", "40", "corrected")]
        # Under his own name the member would read of what officers research.
        assert AuditEvent.objects.get(verb="discrepancy.ended").actor == "Keyholder"
        row = Discrepancy.objects.get()
        assert (row.resolved_by, verbs()[-1]) == (nordlys.by, "discrepancy.ended")

    def test_another_wrong_share_keeps_it_open_and_its_clock(self, alice: Interest, observe: Observe, nordlys: Founded) -> None:
        observe(owner=alice.owner, share="40")
        due = Discrepancy.objects.get().due_on
        ownership.change_share(alice, share="50", by=nordlys.by)
        assert stands() == [("share", "50", "40", "")]
        assert Discrepancy.objects.get().due_on == due

    def test_naming_the_owner_that_lacked_ends_it_however_the_name_is_written(
        self, alice: Interest, observe: Observe, nordlys: Founded
    ) -> None:
        observe(owner_name="KARI MOE", share="40")
        declare(nordlys, "Kari Moe", "40")
        assert stands() == [("not_declared", "", "40", "corrected")]

    def test_one_who_is_removed_lacks_and_one_who_is_not_in_the_source_ends(
        self, alice: Interest, observe: Observe, nordlys: Founded
    ) -> None:
        kari = declare(nordlys, "Kari Moe", "40")
        observe(owner=alice.owner, share="60", is_all=True)
        ownership.end(alice, by=nordlys.by)
        leaving.remove(kari.owner, by=nordlys.by)
        assert stands() == [("not_in_source", "40", "", "corrected"), ("not_declared", "", "60", "")]

    def test_one_who_left_and_is_declared_anew_is_the_same(self, alice: Interest, observe: Observe, nordlys: Founded) -> None:
        kari = declare(nordlys, "Kari Moe", "40")
        observe(owner=kari.owner, share="40")
        leaving.remove(kari.owner, by=nordlys.by)
        assert stands() == [("not_declared", "", "40", "")]
        declare(nordlys, "Kari Moe", "40")
        assert stands() == [("not_declared", "", "40", "corrected")]

    def test_taking_a_correction_back_wins_no_time(
        self, alice: Interest, observe: Observe, nordlys: Founded, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        observe(owner=alice.owner, share="40")
        ownership.change_share(alice, share="40", by=nordlys.by)
        for days, left in ((10, 4), (10 + 15, 14)):
            now = Discrepancy.objects.earliest("pk").opened_at + timedelta(days=days)
            monkeypatch.setattr(timezone, "now", lambda now=now: now)
            ownership.change_share(alice, share="60", by=nordlys.by)
            assert Discrepancy.objects.latest("pk").due_on == now.date() + timedelta(days=left)
            ownership.change_share(alice, share="40", by=nordlys.by)
        assert [how for *_, how in stands()] == ["corrected"] * 3

    def test_a_nominee_named_later_ends_it(self, alice: Interest, observe: Observe, nordlys: Founded) -> None:
        observe(owner_name="Kari Moe", share="60")
        kari = ownership.name_principal(nordlys.organisation, name="Kari Moe", country="NO", by=nordlys.by)
        assert [how for *_, how in stands()] == [""]
        ownership.say_held_for(alice, held_for=kari, by=nordlys.by)
        assert [how for *_, how in stands()] == ["corrected"]

    def test_nothing_is_opened_where_no_source_was_read(self, alice: Interest) -> None:
        assert (stands(), verbs()) == ([], [])


class TestWithdraw:
    def test_ends_what_it_opened_and_stays_to_be_read(self, alice: Interest, observe: Observe, ana: User) -> None:
        [row] = observe(owner=alice.owner, share="40")
        observing.withdraw(row, reason="Read the wrong line.", by=ana)
        assert stands() == [("share", "60", "40", "overtaken")]
        row.refresh_from_db()
        assert (row.share, row.withdrawn_because, row.withdrawn_by) == ("40", "Read the wrong line.", ana)

    def test_needs_a_reason_and_is_done_once_by_who_judges(self, observe: Observe, ana: User, nordlys: Founded) -> None:
        [row] = observe(owner_name="Kari", share="40")
        with pytest.raises(BadText):
            observing.withdraw(row, reason=" ", by=ana)
        with pytest.raises(NotPermitted):
            observing.withdraw(row, reason="No.", by=nordlys.by)
        observing.withdraw(row, reason="Read the wrong line.", by=ana)
        with pytest.raises(observing.NotThere):
            observing.withdraw(row, reason="Again.", by=ana)

    def test_recorded_again_it_opens_again_with_the_whole_term(self, observe: Observe, ana: User) -> None:
        [row] = observe(owner_name="Kari", share="40")
        observing.withdraw(row, reason="Read the wrong line.", by=ana)
        observe(owner_name="Kari", share="40")
        assert [how for *_, how in stands()] == ["overtaken", ""]


class TestResolve:
    @pytest.fixture
    def row(self, alice: Interest, observe: Observe) -> Discrepancy:
        observe(owner=alice.owner, share="40")
        return Discrepancy.objects.get()

    def test_says_how_and_why(self, row: Discrepancy, ana: User) -> None:
        row = observing.resolve(row, resolution="source_wrong", reason="Of before the sale.", by=ana)
        assert (row.resolution, row.reason, row.resolved_by) == ("source_wrong", "Of before the sale.", ana)
        event = AuditEvent.objects.get(verb="discrepancy.resolved")
        assert (event.reason, event.details["resolution"]) == ("Of before the sale.", "source_wrong")

    @pytest.mark.parametrize(
        ("share", "is_slip"), [("60.4", True), ("61", True), ("61.1", False), ("40", False), ("62-70", False)]
    )
    def test_rounding_explains_no_other_share(
        self, alice: Interest, observe: Observe, ana: User, share: str, is_slip: bool
    ) -> None:
        observe(owner=alice.owner, share=share)
        row = Discrepancy.objects.get()
        assert ("spelling" in observing.by_hand(row)) == is_slip
        with nullcontext() if is_slip else pytest.raises(observing.NoSlip):
            observing.resolve(row, resolution="spelling", reason="As the register rounds.", by=ana)

    def test_reported_to_the_register_it_has_a_day_and_a_reference(self, row: Discrepancy, ana: User) -> None:
        today = timezone.localdate()
        for lacking in ({"reference": "BR 7"}, {"reported_on": today}, {"reported_on": date(2999, 1, 1), "reference": "BR 7"}):
            with pytest.raises(BadText):
                observing.resolve(row, resolution="reported", reason="They disagree.", by=ana, **lacking)
        row = observing.resolve(row, resolution="reported", reason="They disagree.", reported_on=today, reference="BR 7", by=ana)
        assert (row.reported_on, row.reference) == (today, "BR 7")

    def test_only_a_register_is_reported_to(self, alice: Interest, observe: Observe, ana: User) -> None:
        observe(owner=alice.owner, share="40", source="thirdParty", found_in="List")
        with pytest.raises(observing.NotOfRegister):
            observing.resolve(
                Discrepancy.objects.get(), resolution="reported", reason="x", reported_on=date(2026, 6, 2), reference="1", by=ana
            )

    @pytest.mark.parametrize("resolution", ["corrected", "overtaken", "", "so what"])
    def test_nobody_says_that_it_was_corrected_while_it_was_not(self, row: Discrepancy, ana: User, resolution: str) -> None:
        with pytest.raises(BadText):
            observing.resolve(row, resolution=resolution, reason="x", by=ana)
        assert Discrepancy.objects.open().exists()

    def test_needs_a_reason_and_who_judges_and_is_done_once(self, row: Discrepancy, ana: User, nordlys: Founded) -> None:
        with pytest.raises(BadText):
            observing.resolve(row, resolution="source_wrong", reason=" ", by=ana)
        with pytest.raises(NotPermitted):
            observing.resolve(row, resolution="source_wrong", reason="x", by=nordlys.by)
        observing.resolve(row, resolution="source_wrong", reason="Of before the sale.", by=ana)
        with pytest.raises(observing.NotThere, match="wrong or older"):
            observing.resolve(row, resolution="source_wrong", reason="x", by=ana)

    def test_stays_resolved_until_either_side_says_otherwise(
        self, row: Discrepancy, ana: User, alice: Interest, observe: Observe, nordlys: Founded
    ) -> None:
        observing.resolve(row, resolution="source_wrong", reason="Of before the sale.", by=ana)
        declare(nordlys, "Kari Moe", "30")
        assert [how for *_, how in stands()] == ["source_wrong"]
        ownership.change_share(alice, share="65", by=nordlys.by)
        assert stands()[1:] == [("share", "65", "40", "")]
        observe(owner=alice.owner, share="40", stated_on=date(2026, 8, 1))
        assert stands()[2:] == [("share", "65", "40", "")]


class TestTheDatabaseRefuses:
    @pytest.fixture
    def row(self, observe: Observe) -> Discrepancy:
        observe(owner_name="Kari", share="40")
        return Discrepancy.objects.get()

    def refused(self, row: Discrepancy | Observation, rule: str, **values: Any) -> None:
        with pytest.raises(IntegrityError, match=rule), transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(**values)

    def test_a_resolution_without_a_reason(self, row: Discrepancy, ana: User) -> None:
        ended = {"resolved_at": timezone.now(), "resolved_by": ana}
        for resolution in ("source_wrong", "spelling", "reported"):
            self.refused(row, "discrepancy_", resolution=resolution, **ended)
        self.refused(row, "discrepancy_resolution_says_why", resolution="spelling", **ended)
        self.refused(row, "discrepancy_resolved_at_and_by", reason="x", **ended)
        self.refused(row, "report_has_its_date", resolution="reported", reason="x", reference="7", **ended)

    def test_another_clock_and_another_resolution(self, row: Discrepancy, ana: User) -> None:
        self.refused(row, "keeps its clock", due_on=date(2999, 1, 1))
        observing.resolve(row, resolution="spelling", reason="Ø and oe.", by=ana)
        self.refused(row, "keeps its clock", reason="Something else.")

    def test_another_word_of_the_source(self, row: Discrepancy, ana: User) -> None:
        seen = row.observation
        self.refused(seen, "does not change", share="60")
        self.refused(seen, "observation_withdrawn", withdrawn_at=timezone.now(), withdrawn_by=ana)
        observing.withdraw(seen, reason="Read the wrong line.", by=ana)
        self.refused(seen, "does not change", withdrawn_because="x")

    @pytest.mark.parametrize(
        ("values", "rule"),
        [
            ({"owner_name": "", "owner_kind": ""}, "of_one_owner_or_of_all"),
            ({"is_all": True}, "of_one_owner_or_of_all"),
            ({"found_in": ""}, "says_where"),
            ({"kind": "trustee", "share": "40"}, "is_observed_with_a_size"),
        ],
    )
    def test_half_an_observation(self, row: Discrepancy, values: dict[str, Any], rule: str) -> None:
        whole = {field.attname: getattr(row.observation, field.attname) for field in Observation._meta.concrete_fields}
        with pytest.raises(IntegrityError, match=rule):
            Observation.objects.create(**whole | {"id": None} | values)

    def test_a_party_as_its_own_owner(self, row: Discrepancy) -> None:
        whole = {field.attname: getattr(row.observation, field.attname) for field in Observation._meta.concrete_fields}
        with pytest.raises(IntegrityError, match="of_another"):
            Observation.objects.create(**whole | {"id": None, "owner_id": whole["owned_id"], "owner_name": "", "owner_kind": ""})
