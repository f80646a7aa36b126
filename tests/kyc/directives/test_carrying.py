"""What a directive does to keys: whom it reaches, from when on, and whom it lets go."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Message, User
from kyc.directives import acting, appealing, carrying, minutes
from kyc.directives.models import Directive, DirectiveMinute, DirectiveNotice
from kyc.directives.population import FACTS
from kyc.evidence.models import StatusProof
from kyc.keys import appeals, feed, importing, linking, standing_models
from kyc.keys.estate_file import Line
from kyc.keys.introspection import introspect
from kyc.keys.models import Key, KeyChange
from kyc.keys.standing_models import StandingProof, StandingTier
from kyc.parties.models import PersonStatus
from kyc.risk.models import Fact
from tests.cast import Founded
from tests.kyc.directives.scenes import in_force, proposed, shown_us, taken
from tests.kyc.keys.scenes import Issued, issue


def is_good(one: Issued) -> bool:
    return bool(introspect(one.secret)["active"])


class TestInForce:
    def test_whoever_is_not_shown_to_be_outside_is_refused(self, linked: Issued, second: Issued, rui: User, sonia: User) -> None:
        shown_us(second.key.organisation, second.key.responsible, by=rui)
        in_force(by=rui, second=sonia)
        assert (is_good(linked), is_good(second)) == (False, True)
        assert (linked.state, second.state) == ("held", "active")

    def test_whoever_was_looked_at_before_it_was_taken_waits_for_nothing(self, linked: Issued, rui: User, sonia: User) -> None:
        made = proposed(by=rui)
        carrying.run()
        assert is_good(linked)
        assert StandingProof.objects.filter(standing=made.standing, key=linked.key).exists()
        acting.take(made, by=sonia)
        carrying.run()
        assert not is_good(linked)

    def test_a_worker_that_was_at_it_while_it_was_taken_misses_nothing(self, linked: Issued, rui: User, sonia: User) -> None:
        made = taken(by=rui, second=sonia)
        list(carrying.checking.check(made))
        Directive.objects.filter(pk=made.pk).update(work="idle")
        assert carrying.QUEUE.is_waiting()
        carrying.run()
        assert not is_good(linked)

    def test_before_its_time_nobody_is(self, linked: Issued, rui: User, sonia: User) -> None:
        made = in_force(by=rui, second=sonia, effective_at=timezone.now() + timedelta(hours=2))
        assert is_good(linked)
        assert StandingProof.objects.filter(standing=made.standing, key=linked.key).exists()

    def test_it_begins_by_the_clock_though_nobody_works(self, linked: Issued, rui: User, sonia: User) -> None:
        made = taken(by=rui, second=sonia)
        tier = made.standing.tiers.get()
        assert timedelta(0) < tier.begins_at - timezone.now() <= timedelta(seconds=60)
        StandingTier.objects.filter(pk=tier.pk).update(begins_at=timezone.now())
        assert not is_good(linked)

    def test_a_key_that_is_linked_a_moment_later_is_caught_within_it(
        self, linked: Issued, nordlys: Founded, rui: User, sonia: User
    ) -> None:
        in_force(by=rui, second=sonia)
        later = issue(nordlys, "later")
        linking.run()
        assert later.state == "held"
        assert not is_good(later)

    def test_and_one_of_who_is_outside_is_let_go_on(self, linked: Issued, nordlys: Founded, rui: User, sonia: User) -> None:
        shown_us(nordlys.organisation, linked.key.responsible, by=rui)
        in_force(by=rui, second=sonia)
        later = issue(nordlys, "later")
        linking.run()
        carrying.run()
        assert is_good(later)

    def test_only_the_tiers_that_it_names_are_closed(self, linked: Issued, rui: User, sonia: User) -> None:
        Key.objects.filter(pk=linked.key.pk).update(tiers=["standard", "frontier"])
        before = KeyChange.objects.filter(key_id=linked.key.pk).count()
        in_force(by=rui, second=sonia, tiers=["frontier"])
        told = introspect(linked.secret)
        assert (told["active"], told["tiers"]) == (True, ["standard"])
        assert KeyChange.objects.filter(key_id=linked.key.pk).count() > before
        assert feed.states_of([linked.key.pk])[linked.key.pk]["tiers"] == ["standard"]

    def test_two_that_close_all_its_tiers_together_refuse_it(self, linked: Issued, rui: User, sonia: User) -> None:
        Key.objects.filter(pk=linked.key.pk).update(tiers=["standard", "frontier"])
        in_force(by=rui, second=sonia, tiers=["frontier"])
        in_force(by=rui, second=sonia, tiers=["standard"])
        assert not is_good(linked)
        assert linked.state == "held"

    def test_tier_by_tier(self, linked: Issued, rui: User, sonia: User) -> None:
        Key.objects.filter(pk=linked.key.pk).update(tiers=["standard", "frontier"])
        later = timezone.now() + timedelta(days=1)
        in_force(by=rui, second=sonia, tiers=["standard", "frontier"], later={"standard": later})
        assert introspect(linked.secret)["tiers"] == ["standard"]

    def test_who_is_left_out_goes_on_with_keys_to_come(self, linked: Issued, nordlys: Founded, rui: User, sonia: User) -> None:
        in_force(by=rui, second=sonia, left_out={nordlys.organisation: "The annex names it."})
        later = issue(nordlys, "later")
        linking.run()
        assert (is_good(linked), is_good(later)) == (True, True)

    def test_twice_is_once(self, linked: Issued, rui: User, sonia: User) -> None:
        made = in_force(by=rui, second=sonia)
        before = KeyChange.objects.count(), DirectiveMinute.objects.count(), made.standing.proofs.count()
        carrying.run()
        assert (KeyChange.objects.count(), DirectiveMinute.objects.count(), made.standing.proofs.count()) == before
        assert not carrying.QUEUE.is_waiting()


class TestChanges:
    def test_a_status_declared_anew_is_refused_at_once(self, linked: Issued, rui: User, sonia: User) -> None:
        shown_us(linked.key.organisation, linked.key.responsible, by=rui)
        in_force(by=rui, second=sonia)
        assert is_good(linked)
        live = PersonStatus.objects.live().filter(party=linked.key.responsible, axis="ear")
        live.update(valid_to=timezone.localdate())
        assert not is_good(linked)
        carrying.run()
        assert linked.state == "held"

    def test_what_is_proved_lets_go(self, linked: Issued, rui: User, sonia: User) -> None:
        made = in_force(by=rui, second=sonia)
        shown_us(linked.key.organisation, linked.key.responsible, by=rui)
        carrying.run()
        assert is_good(linked)
        assert linked.state == "active"
        proof = made.standing.proofs.get(key=linked.key)
        assert {ground["fact"] for ground in proof.grounds} == {"customer.status", "responsible.status"}
        assert set(StatusProof.objects.values_list("pk", flat=True)) >= {ground["evidence"] for ground in proof.grounds}

    def test_a_proof_that_runs_out_is_looked_at_anew(self, linked: Issued, rui: User, sonia: User) -> None:
        shown_us(linked.key.organisation, linked.key.responsible, by=rui)
        made = in_force(by=rui, second=sonia)
        made.standing.proofs.update(valid_until=timezone.now() - timedelta(seconds=1))
        assert not is_good(linked)
        assert carrying.QUEUE.is_waiting()
        carrying.run()
        assert is_good(linked)

    def test_a_document_that_is_taken_back_proves_nothing(self, linked: Issued, rui: User, sonia: User) -> None:
        proof = shown_us(linked.key.organisation, linked.key.responsible, by=rui)[0]
        in_force(by=rui, second=sonia)
        proof.document.removed_at, proof.document.removed_by = timezone.now(), rui
        proof.document.save(update_fields=["removed_at", "removed_by"])
        assert not is_good(linked)

    def test_nor_one_that_the_scanner_shuts(self, linked: Issued, rui: User, sonia: User) -> None:
        proof = shown_us(linked.key.organisation, linked.key.responsible, by=rui)[0]
        in_force(by=rui, second=sonia)
        assert is_good(linked)
        type(proof.document).objects.filter(pk=proof.document_id).update(intake="infected")
        assert not is_good(linked)

    def test_a_customer_who_is_verified_for_longer_is_looked_at_anew(self, linked: Issued, rui: User, sonia: User) -> None:
        another = linked.key.organisation_id + 1_000
        made = in_force(by=rui, second=sonia, population="named", parameters={"organisations": [another]})
        entity = linked.key.link_set.get().entity
        type(entity).objects.filter(pk=entity.pk).update(valid_until=entity.valid_until + timedelta(days=30))
        assert made.standing.proofs.get(key=linked.key).stale_at
        carrying.run()
        assert is_good(linked)

    def test_after_it_ends_all_go_on(self, linked: Issued, rui: User, sonia: User) -> None:
        made = in_force(by=rui, second=sonia)
        acting.lift(made, reason="Withdrawn.", by=rui)
        carrying.run()
        assert is_good(linked)
        assert linked.state == "active"

    def test_it_expires_by_itself(self, linked: Issued, rui: User, sonia: User) -> None:
        made = in_force(by=rui, second=sonia, expires_at=timezone.now() + timedelta(seconds=2))
        carrying.run()
        assert not is_good(linked)
        time.sleep(max(0.0, (made.expires_at - timezone.now()).total_seconds()) + 0.1)
        assert carrying.QUEUE.is_waiting()
        carrying.run()
        assert is_good(linked)
        assert not made.notices.exclude(state="ended").exists()
        assert not carrying.QUEUE.is_waiting()

    def test_it_lets_go_though_nobody_was_told(self, linked: Issued, rui: User, sonia: User) -> None:
        made = in_force(by=rui, second=sonia, expires_at=timezone.now() + timedelta(seconds=2))
        made.notices.filter(told_at__isnull=True).update(state="failed")
        time.sleep(max(0.0, (made.expires_at - timezone.now()).total_seconds()) + 0.1)
        carrying.run()
        assert is_good(linked)

    def test_a_worker_that_was_killed_between_writing_and_letting_go_has_lost_nothing(
        self, linked: Issued, rui: User, sonia: User
    ) -> None:
        made = in_force(by=rui, second=sonia)
        shown_us(linked.key.organisation, linked.key.responsible, by=rui)
        list(carrying.checking.check(made))
        assert not is_good(linked)
        Directive.objects.filter(pk=made.pk).update(work="waiting", claims=1, claimed_until=timezone.now() - timedelta(seconds=1))
        carrying.run()
        assert is_good(linked)

    def test_another_hold_stays(self, linked: Issued, rui: User, sonia: User) -> None:
        from kyc.keys import holds

        made = in_force(by=rui, second=sonia)
        holds.place(key=linked.key, reason="Asked the customer.", by=rui)
        acting.lift(made, reason="Withdrawn.", by=rui)
        carrying.run()
        assert not is_good(linked)
        assert linked.state == "held"


class TestTold:
    def test_each_customer_is_told_once_with_a_way_to_appeal(
        self, linked: Issued, second: Issued, rui: User, sonia: User
    ) -> None:
        shown_us(second.key.organisation, second.key.responsible, by=rui)
        Message.objects.all().delete()
        in_force(by=rui, second=sonia)
        carrying.run()
        notice = DirectiveNotice.objects.get()
        assert (notice.organisation, notice.state) == (linked.key.organisation, "told")
        assert "closed to your keys" in " ".join(map(str, notice.restriction.sentences))
        assert Message.objects.filter(organisation=linked.key.organisation).count() == 1
        assert not Message.objects.filter(organisation=second.key.organisation).exists()

    def test_of_one_that_was_lifted_meanwhile_nobody_hears(
        self, linked: Issued, rui: User, sonia: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as before:
            before.setattr(carrying.notifying, "run", lambda: None)
            made = in_force(by=rui, second=sonia)
        Message.objects.all().delete()
        acting.lift(made, reason="Withdrawn.", by=rui)
        carrying.notifying.run()
        assert made.notices.get().state == "ended"
        assert not Message.objects.exists()

    def test_who_has_a_later_tier_alone_is_told_and_counted_when_it_begins(
        self, linked: Issued, nordlys: Founded, rui: User, sonia: User
    ) -> None:
        Key.objects.filter(pk=linked.key.pk).update(tiers=["standard"])
        later = timezone.now() + timedelta(days=1)
        made = in_force(by=rui, second=sonia, tiers=["standard", "frontier"], later={"standard": later})
        assert not made.notices.exists()
        assert minutes.now(made) | {"keys": 0, "refused": 0} == minutes.now(made)
        made.standing.tiers.filter(tier="standard").update(begins_at=timezone.now())
        carrying.run()
        assert made.notices.get().state == "told"
        assert minutes.now(made) | {"keys": 1, "refused": 1} == minutes.now(made)

    def test_whose_only_keys_left_have_none_of_its_tiers_is_told_that_it_is_over(
        self, linked: Issued, nordlys: Founded, rui: User, sonia: User
    ) -> None:
        Key.objects.filter(pk=linked.key.pk).update(tiers=["frontier"])
        made = in_force(by=rui, second=sonia, tiers=["frontier"])
        carrying.run()
        assert made.notices.get().state == "told"
        Key.objects.filter(pk=linked.key.pk).update(tiers=["standard"])
        Directive.objects.update(work="waiting")
        carrying.run()
        assert made.notices.get().state == "ended"

    def test_a_won_appeal_leaves_out(self, linked: Issued, nordlys: Founded, rui: User, sonia: User, ana: User) -> None:
        made = in_force(by=rui, second=sonia)
        notice = made.notices.get()
        appeal = appeals.send(notice.restriction, words="We are of the annex.", by=nordlys.by)
        third = type(rui).objects.create(email="helena@keyholder.example", name="Helena", staff_role="senior")
        for one in (rui, sonia):
            with pytest.raises(Exception, match="another person decides"):
                appealing.decide(appeal, outcome="overturned", answer="So it is.", by=one)
        appealing.decide(appeal, outcome="overturned", answer="So it is.", by=third)
        assert is_good(linked)
        assert linked.state == "active"
        carrying.run()
        assert made.exceptions.get().appeal == appeal
        assert made.notices.get().state == "ended"

    def test_who_is_left_out_is_looked_at_again_before_that_runs_out(
        self, linked: Issued, nordlys: Founded, rui: User, sonia: User
    ) -> None:
        made = in_force(by=rui, second=sonia, left_out={nordlys.organisation: "The annex names it."})
        proof = made.standing.proofs.filter(key=None)
        assert proof.get().valid_until - timezone.now() < timedelta(days=366)
        assert not carrying.QUEUE.is_waiting()
        for change in ({"stale_at": timezone.now()}, {"valid_until": timezone.now() + timedelta(hours=3)}):
            proof.update(**change)
            assert carrying.QUEUE.is_waiting()
            carrying.run()
            assert proof.good().get().valid_until - timezone.now() > timedelta(days=300)
            assert is_good(linked)
        assert not carrying.QUEUE.is_waiting()
        assert not made.notices.exists()

    def test_who_was_caught_meanwhile_goes_on_once_it_is(self, linked: Issued, nordlys: Founded, rui: User, sonia: User) -> None:
        made = in_force(by=rui, second=sonia, left_out={nordlys.organisation: "The annex names it."})
        made.standing.proofs.filter(key=None).update(stale_at=timezone.now())
        carrying.settling.settle([linked.key.pk], ["*"])
        assert linked.state == "held"
        carrying.run()
        assert (linked.state, is_good(linked)) == ("active", True)


class TestIssuedElsewhere:
    """Keys of whose reach nobody knows, of accounts that nobody has signed up for."""

    def test_they_are_counted_and_whoever_owns_them_is_told(self, linked: Issued, rui: User, sonia: User) -> None:
        line = Line(2, "acct-7", "Teknik AB", "dev@teknik.example", "SE", "Ada", "sk-abcd1234", "ZZZZ", "0" * 64, "sha256",
                    timezone.localdate(), "")  # fmt: skip
        importing.load([line], apply=True)
        Message.objects.all().delete()
        made = in_force(by=rui, second=sonia, tiers=["frontier"])
        carrying.run()
        assert made.preview | {"imported": 1, "imported_organisations": 1} == made.preview
        assert minutes.now(made) | {"imported": 1, "imported_refused": 1} == minutes.now(made)
        notice = made.notices.get()
        assert notice.organisation.remediation.email == "dev@teknik.example"
        mail = Message.objects.get(organisation=notice.organisation)
        assert mail.to == "dev@teknik.example"
        assert "sign up with dev@teknik.example" in mail.text
        acting.lift(made, reason="Withdrawn.", by=rui)
        carrying.run()
        assert made.notices.get().state == "ended"
        assert Message.objects.filter(to="dev@teknik.example").count() == 2


class TestUnsettled:
    """Only what rests on a fact is looked at anew when it changes."""

    def stale(self, directive: Directive, one: Issued) -> bool:
        return directive.standing.proofs.get(key=one.key).stale_at is not None

    def used_abroad(self, one: Issued) -> None:
        Fact.objects.create(
            organisation_id=one.key.organisation_id, subject=f"key:{one.key.prefix}", name="traffic_country",
            value={"traffic": "CN"}, source="usage", at=timezone.now(), on=timezone.localdate(),
        )  # fmt: skip

    def test_use_abroad_of_one_key_is_of_that_key_and_of_orders_that_ask_for_it(
        self, linked: Issued, nordlys: Founded, rui: User, sonia: User
    ) -> None:
        other = issue(nordlys, "other")
        linking.run()
        located = in_force(by=rui, second=sonia, population="countries", parameters={"countries": ["CN"], "by": ["location"]})
        foreign = in_force(by=rui, second=sonia)
        self.used_abroad(linked)
        assert [self.stale(made, one) for made in (located, foreign) for one in (linked, other)] == [True, False, False, False]

    def test_a_customer_verified_anew_is_none_of_an_order_over_foreign_persons(
        self, linked: Issued, rui: User, sonia: User
    ) -> None:
        made = in_force(by=rui, second=sonia)
        entity = linked.key.link_set.get().entity
        type(entity).objects.filter(pk=entity.pk).update(valid_until=entity.valid_until + timedelta(days=30))
        assert not self.stale(made, linked)

    def test_the_codes_are_those_of_facts(self) -> None:
        assert {*standing_models.OF_COUNTRY, *standing_models.DETERMINED, "customer.who", "responsible.status"} <= {*FACTS}


class TestMinutes:
    def test_they_reconcile(self, linked: Issued, second: Issued, rui: User, sonia: User) -> None:
        shown_us(second.key.organisation, second.key.responsible, by=rui)
        made = in_force(by=rui, second=sonia)
        told = minutes.now(made)
        assert told | {"keys": 2, "outside": 1, "refused": 1, "refused_outside": 0, "unchecked": 0} == told
        assert DirectiveMinute.objects.filter(directive=made).exists()

    def test_each_minute_is_noted_until_shortly_after_a_tier_began_and_else_a_days(
        self, linked: Issued, rui: User, sonia: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As a report of the order says of its series; one that is only proposed is not counted again while nothing changes."""
        began, now = in_force(by=rui, second=sonia), timezone.now()
        carrying.run()
        later = taken(by=rui, second=sonia, effective_at=now + timedelta(days=3))
        only = proposed(by=rui)
        carrying.run()

        def due(directive: Directive, **after: float) -> bool:
            with monkeypatch.context() as clock:
                clock.setattr(timezone, "now", lambda: now + timedelta(**after))
                return minutes.is_due(directive)

        assert [due(began, minutes=2), due(began, minutes=20), due(began, days=1, minutes=2)] == [True, False, True]
        assert [due(later, minutes=2), due(later, days=1, minutes=2)] == [False, True]
        assert only.minutes.exists() and not carrying.is_due(only)
