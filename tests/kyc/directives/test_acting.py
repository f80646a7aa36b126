"""Proposing, taking and ending directives, and what the database refuses whatever code runs."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import AuditEvent, User
from accounts.permissions import NotPermitted
from accounts.proposals import SamePerson
from accounts.refused import ReasonMissing
from kyc.directives import acting, carrying, counting, extending
from kyc.directives.acting import BadDirective, NotNow
from kyc.directives.models import Directive, DirectiveException, DirectivePreview
from kyc.keys.introspection import introspect
from kyc.keys.standing_models import StandingHold, StandingProof, StandingTier
from tests.cast import Founded
from tests.kyc.directives.scenes import in_force, order, proposed, shown_us, taken
from tests.kyc.keys.scenes import Issued

Directive_ = Directive
NOW = timezone.now


class TestPropose:
    def test_it_stands_with_its_numbers_and_does_nothing(self, linked: Issued, rui: User) -> None:
        made = proposed(by=rui)
        assert made.state == "proposed"
        assert made.preview | {"keys": 1, "keys_unproven": 0, "organisations": 1} == made.preview
        assert not StandingTier.objects.exists()
        assert linked.state == "active"
        assert AuditEvent.objects.filter(verb="directive.proposed", actor_id=rui.pk).exists()

    def test_an_analyst_may_not(self, linked: Issued, ana: User) -> None:
        with pytest.raises(NotPermitted):
            proposed(by=ana)

    @pytest.mark.parametrize(
        ("said", "field"),
        [
            ({"issuer": " "}, "issuer"),
            ({"received_at": NOW() + timedelta(days=9999)}, "received_at"),
            ({"population": "countries", "parameters": {"countries": [], "by": ["parent"]}}, "population"),
            ({"tiers": ["gigantic"]}, "tiers"),
            ({"expires_at": NOW() - timedelta(days=1)}, "expires_at"),
            ({"kind": "measure"}, "determined_on"),
        ],
    )
    def test_what_is_no_order_is_none(self, rui: User, said: Any, field: str) -> None:
        with pytest.raises(BadDirective) as refused:
            proposed(by=rui, **said)
        assert refused.value.field == field

    def test_who_is_left_out_has_a_ground(self, nordlys: Founded, rui: User) -> None:
        with pytest.raises(ReasonMissing):
            proposed(by=rui, left_out={nordlys.organisation: " "})


class TestMeasure:
    """IAAS-31: not before 180 days after its determination, and for 365 days at most."""

    def said(self, **more: Any) -> dict[str, Any]:
        today = timezone.now()
        known = {
            "kind": "measure",
            "determined_on": today.date() - timedelta(days=180),
            "expires_at": today + timedelta(days=364),
        }
        return known | more

    def test_between_its_days_it_is_taken(self, rui: User, sonia: User) -> None:
        assert taken(by=rui, second=sonia, **self.said()).is_taken

    def test_a_day_too_soon_is_refused(self, rui: User) -> None:
        with pytest.raises(BadDirective) as refused:
            proposed(by=rui, **self.said(determined_on=timezone.now().date() - timedelta(days=179)))
        assert refused.value.field == "effective_at"

    @pytest.mark.parametrize("days", [None, 366])
    def test_without_an_end_in_time_it_is_refused(self, rui: User, days: int | None) -> None:
        ends = None if days is None else timezone.now() + timedelta(days=days)
        with pytest.raises(BadDirective) as refused:
            proposed(by=rui, **self.said(expires_at=ends))
        assert refused.value.field == "expires_at"

    def test_and_by_the_database(self, rui: User) -> None:
        made = proposed(by=rui, **self.said())
        copy = Directive_.objects.get(pk=made.pk)
        copy.pk, copy.not_before = None, copy.effective_at.date() + timedelta(days=1)
        copy.standing = StandingHold.objects.create(source="directive")
        with pytest.raises(IntegrityError, match="measure_applies_between_its_days"), transaction.atomic():
            Directive_.objects.bulk_create([copy])


class TestTake:
    def test_another_takes_it(self, linked: Issued, rui: User, sonia: User) -> None:
        made = taken(by=rui, second=sonia)
        assert made.is_taken
        assert [row.tier for row in made.standing.tiers.all()] == ["*"]

    def test_the_same_person_may_not(self, rui: User) -> None:
        with pytest.raises(SamePerson):
            taken(by=rui, second=rui)

    def test_nor_by_writing_the_state(self, rui: User) -> None:
        made = proposed(by=rui)
        with pytest.raises(IntegrityError, match="a second person takes it"), transaction.atomic():
            Directive_.objects.filter(pk=made.pk).update(state="taken")

    def test_nothing_is_closed_before(self, rui: User) -> None:
        made = proposed(by=rui)
        with pytest.raises(IntegrityError, match="a second person has it begin"), transaction.atomic():
            StandingTier.objects.create(standing=made.standing, tier="*", begins_at=timezone.now())

    def test_nobody_is_left_out_after_it(self, nordlys: Founded, rui: User, sonia: User) -> None:
        made = taken(by=rui, second=sonia)
        with pytest.raises(IntegrityError, match="a second person has seen who is left out"), transaction.atomic():
            DirectiveException.objects.create(directive=made, organisation=nordlys.organisation, ground="A friend.", made_by=rui)

    @pytest.mark.parametrize("said", [{"reference": "X"}, {"population": "concern"}, {"effective_at": NOW()}])
    def test_what_it_says_does_not_change(self, rui: User, said: Any) -> None:
        made = proposed(by=rui)
        with pytest.raises(IntegrityError, match="what was proposed does not change"), transaction.atomic():
            Directive_.objects.filter(pk=made.pk).update(**said)

    def test_twice_is_refused(self, rui: User, sonia: User) -> None:
        made = taken(by=rui, second=sonia)
        with pytest.raises(NotNow):
            acting.take(made, by=sonia)


class TestEnd:
    @pytest.mark.parametrize(("act", "state"), [(acting.lift, "lifted"), (acting.undo, "undone")])
    def test_what_it_closed_goes_on(self, linked: Issued, rui: User, sonia: User, act: Any, state: str) -> None:
        made = in_force(by=rui, second=sonia)
        assert linked.state == "held"
        assert act(made, reason="The letter was withdrawn.", by=rui).state == state
        carrying.run()
        assert introspect(linked.secret)["active"]

    def test_it_needs_a_reason(self, rui: User, sonia: User) -> None:
        made = taken(by=rui, second=sonia)
        with pytest.raises(ReasonMissing):
            acting.lift(made, reason=" ", by=rui)

    def test_declined_it_stays_so(self, rui: User, sonia: User) -> None:
        made = acting.decline(proposed(by=rui), reason="Not for us.", by=sonia)
        with pytest.raises(NotNow):
            acting.take(made, by=sonia)
        with pytest.raises(IntegrityError), transaction.atomic():
            Directive_.objects.filter(pk=made.pk).update(state="proposed")

    def test_taken_it_is_not_declined(self, rui: User, sonia: User) -> None:
        made = taken(by=rui, second=sonia)
        with pytest.raises(IntegrityError, match="does not change"), transaction.atomic():
            Directive_.objects.filter(pk=made.pk).update(state="declined")


class TestProof:
    def test_outside_needs_grounds_and_an_end(self, linked: Issued, rui: User) -> None:
        made = proposed(by=rui)
        said = {
            "standing": made.standing,
            "organisation": linked.key.organisation,
            "key": linked.key,
            "checked_at": timezone.now(),
        }
        with pytest.raises(IntegrityError, match="outside_is_proved_until"), transaction.atomic():
            StandingProof.objects.create(**said, verdict="outside")
        with pytest.raises(IntegrityError, match="unproven_says_what_is_missing"), transaction.atomic():
            StandingProof.objects.create(**said, verdict="unproven")

    def test_it_is_of_a_key_of_its_organisation(self, linked: Issued, second: Issued, rui: User) -> None:
        made = proposed(by=rui)
        with pytest.raises(IntegrityError, match="belongs to the organisation"), transaction.atomic():
            StandingProof.objects.create(
                standing=made.standing, organisation=second.key.organisation, key=linked.key, verdict="inside",
                checked_at=timezone.now(),
            )  # fmt: skip


class TestPreview:
    def test_it_tells_who_is_inside_only_for_lack_of_proof(self, linked: Issued, second: Issued, rui: User) -> None:
        shown_us(linked.key.organisation, linked.key.responsible, by=rui)
        told = proposed(by=rui).preview
        assert (told["keys_outside"], told["keys"], told["organisations"]) == (1, 1, 1)

    def test_and_counts_who_is_left_out(self, linked: Issued, second: Issued, rui: User) -> None:
        told = proposed(by=rui, left_out={linked.key.organisation: "The annex names it."}).preview
        assert (told["left_out"], told["keys_left_out"], told["keys"]) == (1, 1, 1)

    def test_a_key_without_the_tier_is_untouched(self, linked: Issued, rui: User) -> None:
        told = proposed(by=rui, tiers=["frontier"]).preview
        assert (told["keys"], told["keys_untouched"]) == (0, 1)

    def test_what_is_closed_later_alone_is_told_apart(self, linked: Issued, rui: User) -> None:
        later = {"standard": timezone.now() + timedelta(days=1)}
        told = proposed(by=rui, tiers=["standard", "frontier"], later=later).preview
        assert (told["keys"], told["keys_later"]) == (1, 1)

    def test_where_all_are_closed_later_none_is_at_once(self, linked: Issued, rui: User) -> None:
        told = proposed(by=rui, tiers=["standard"], later={"standard": timezone.now() + timedelta(days=1)}).preview
        assert (told["keys"], told["keys_later"]) == (1, 1)


class TestCounting:
    def test_it_is_a_job_whose_row_whoever_asks_again_finds(self, linked: Issued, rui: User) -> None:
        first = acting.preview(order(), left_out=())
        assert (first.state, acting.preview(order(), left_out=()).pk) == ("waiting", first.pk)
        assert counting.QUEUE.is_waiting()
        counting.run()
        again = acting.preview(order(), left_out=())
        assert (again.pk, again.state, again.whole, again.looked, again.told["keys"]) == (first.pk, "done", 1, 1, 1)
        assert again.facts_at <= again.done_at

    def test_another_order_is_another_count(self, linked: Issued, nordlys: Founded) -> None:
        one = acting.preview(order(), left_out=())
        others = [
            acting.preview(order(tiers=["frontier"]), left_out=()),
            acting.preview(order(), left_out=[nordlys.organisation]),
        ]
        assert len({one.pk, *(other.pk for other in others)}) == 3

    def test_what_was_counted_before_it_was_proposed_stands_with_it(self, linked: Issued, rui: User, sonia: User) -> None:
        made = proposed(by=rui)
        # The count that was on its way did not see the order.
        Directive.objects.filter(pk=made.pk).update(preview={})
        assert acting.take(made, by=sonia).preview["keys"] == 1

    def test_it_is_counted_before_it_is_taken_and_again_after_an_hour(self, linked: Issued, rui: User, sonia: User) -> None:
        made = acting.propose(order(), left_out={}, by=rui)
        assert made.preview == {}
        for _time in range(2):
            with pytest.raises(NotNow, match="counted anew"):
                acting.take(made, by=sonia)
            counting.run()
            made.refresh_from_db()
            assert made.preview["keys"] == 1
            ago = timezone.now() - timedelta(minutes=61)
            DirectivePreview.objects.update(facts_at=ago, done_at=ago)
        with pytest.raises(NotNow, match="counted anew"):
            acting.take(made, by=sonia)
        counting.run()
        assert acting.take(made, by=sonia).is_taken

    def test_an_order_does_not_wait_for_a_count_that_cannot_be_made(self, linked: Issued, rui: User, sonia: User) -> None:
        made = acting.propose(order(), left_out={}, by=rui)
        DirectivePreview.objects.update(state="failed")
        assert acting.take(made, by=sonia).is_taken

    def test_after_a_week_it_is_gone(self, linked: Issued) -> None:
        acting.preview(order(), left_out=())
        counting.run()
        DirectivePreview.objects.update(asked_at=timezone.now() - timedelta(days=8))
        counting.run()
        assert not DirectivePreview.objects.exists()


class TestItsEnd:
    """Nobody moves it but by an extension that a second person took, or by lifting."""

    def until(self, **more: Any) -> dict[str, Any]:
        return {"expires_at": timezone.now() + timedelta(days=10)} | more

    def test_no_raw_update_moves_it(self, linked: Issued, rui: User, sonia: User) -> None:
        made = taken(by=rui, second=sonia, **self.until())
        hold, now = StandingHold.objects.filter(pk=made.standing_id), timezone.now()
        for change in ({"ends_at": now}, {"ends_at": now + timedelta(days=20)}, {"ends_at": None}, {"ended_at": now}):
            with pytest.raises(IntegrityError, match=r"moves its end|ends with its directive"), transaction.atomic():
                hold.update(**change)
        with pytest.raises(IntegrityError, match="moves its end"), transaction.atomic():
            Directive.objects.filter(pk=made.pk).update(expires_at=now + timedelta(days=20))

    def test_nor_leaves_one_out(self, linked: Issued, rui: User, sonia: User) -> None:
        made = taken(by=rui, second=sonia)
        with pytest.raises(IntegrityError, match="only an exception"), transaction.atomic():
            StandingProof.objects.create(
                standing=made.standing, organisation=linked.key.organisation, verdict="outside", grounds=[{"fact": "x"}],
                valid_until=timezone.now() + timedelta(days=1), checked_at=timezone.now(),
            )  # fmt: skip

    def test_whoever_ordered_it_extends_it_by_the_word_of_two(self, linked: Issued, rui: User, sonia: User) -> None:
        made = in_force(by=rui, second=sonia, **self.until())
        until = timezone.now() + timedelta(days=30)
        word = extending.propose(made, until=until, reason="IS-2026-9, of 1 December.", by=rui)
        with pytest.raises(NotNow, match="waits for another officer"):
            extending.propose(made, until=until, reason="Again.", by=sonia)
        with pytest.raises(SamePerson):
            extending.take(word, by=rui)
        extending.take(word, by=sonia)
        made.refresh_from_db()
        assert (made.expires_at, made.standing.ends_at) == (until, until)
        word.refresh_from_db()
        assert (word.extended_by, word.state) == (sonia, "taken")
        event = AuditEvent.objects.get(verb="directive.extended")
        assert (event.actor_id, event.reason) == (sonia.pk, "IS-2026-9, of 1 December.")
        with pytest.raises(NotNow, match="decided meanwhile"):
            extending.take(word, by=sonia)

    def test_a_measure_is_extended_for_so_long_as_it_applies_at_most(self, linked: Issued, rui: User, sonia: User) -> None:
        ends = timezone.now() + timedelta(days=364)
        determined = timezone.localdate() - timedelta(days=200)
        made = taken(by=rui, second=sonia, kind="measure", determined_on=determined, expires_at=ends)
        with pytest.raises(BadDirective, match="at most"):
            extending.propose(made, until=ends + timedelta(days=366), reason="The Secretary.", by=rui)
        word = extending.propose(made, until=ends + timedelta(days=365), reason="The Secretary.", by=rui)
        extended = extending.take(word, by=sonia)
        assert extended.not_after == (ends + timedelta(days=365)).date()

    def test_what_may_not_be_extended(self, linked: Issued, rui: User, sonia: User) -> None:
        endless, ends = taken(by=rui, second=sonia), taken(by=rui, second=sonia, **self.until())
        later = timezone.now() + timedelta(days=30)
        with pytest.raises(NotNow, match="until it is lifted"):
            extending.propose(endless, until=later, reason="A letter.", by=rui)
        with pytest.raises(BadDirective, match="lift it"):
            extending.propose(ends, until=timezone.now() + timedelta(days=5), reason="A letter.", by=rui)
        with pytest.raises(ReasonMissing):
            extending.propose(ends, until=later, reason=" ", by=rui)
        word = extending.propose(ends, until=later, reason="A letter.", by=rui)
        extending.decline(word, reason="Not by them.", by=sonia)
        word.proposal.refresh_from_db()
        assert word.proposal.outcome == "declined"
        with pytest.raises(NotNow, match="decided meanwhile"):
            extending.take(word, by=sonia)

    def test_what_has_expired_is_neither_lifted_nor_undone_nor_extended(self, linked: Issued, rui: User, sonia: User) -> None:
        made = taken(by=rui, second=sonia, expires_at=timezone.now() + timedelta(seconds=2))
        time.sleep(max(0.0, (made.expires_at - timezone.now()).total_seconds()) + 0.1)
        for verb in (acting.lift, acting.undo):
            with pytest.raises(NotNow, match="ended by itself"):
                verb(made, reason="Withdrawn.", by=rui)
        with pytest.raises(NotNow, match="ended by itself"):
            extending.propose(made, until=timezone.now() + timedelta(days=3), reason="A letter.", by=rui)
        with pytest.raises(IntegrityError), transaction.atomic():
            Directive.objects.filter(pk=made.pk).update(
                state="lifted", ended_at=timezone.now(), ended_by=rui, end_reason="Withdrawn."
            )
