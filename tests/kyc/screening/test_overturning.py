"""A ruling that was wrong is overturned by another row, never rewritten."""

from datetime import date
from functools import partial
from unittest.mock import patch

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import AuditEvent, Proposal, User
from accounts.permissions import NotPermitted
from accounts.proposals import SamePerson
from accounts.refused import NoteMissing, ReasonMissing
from kyc.screening import actions as screening
from kyc.screening import overturning
from kyc.screening.actions import ComparedAgain, Overturned, StillListed, Waits
from kyc.screening.models import Hit, ListVersion
from kyc.screening.overturning import NotRuled, Stands
from tests import cast
from tests.cast import customer, founded, staff
from tests.stage import scene

pytestmark = pytest.mark.django_db


@scene
def hit() -> Hit:
    found = founded(customer())
    version = ListVersion.objects.create(source="ofac-sdn", published=date(2024, 5, 2), sha256="0", entries_count=1)
    return cast.matched(found.controller, version, entry_id="2676", score="0.912", reasons=["Same words: Alice."])


@scene
def ana() -> User:
    return staff("analyst", "Ana")


@scene
def rui() -> User:
    return staff("approver", "Rui")


def overturned(hit: Hit, by: User, ruling: str, *, note: str = "The passport was another's.") -> Hit:
    return overturning.overturn(hit, ruling=ruling, reason=next(iter(screening.REASONS[ruling])), note=note, by=by)


def events() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(verb__startswith="hit.overturn").order_by("pk"))


def columns(hit: Hit) -> dict[str, object]:
    return Hit.objects.filter(pk=hit.pk).values().get()


class TestOverturn:
    def test_by_one_a_row_of_its_own_says_otherwise_and_the_old_one_stays(self, hit: Hit, ana: User, rui: User) -> None:
        cast.ruled(hit, ruling="false", by=ana)
        old = columns(hit)
        row = overturned(hit, rui, "undecided")
        assert columns(hit) == old
        assert (row.before, row.overturns, row.ruling, row.ruled_by, row.ruling_note) == (
            *(hit, hit, "undecided", rui, "The passport was another's."),
        )
        assert all(getattr(row, name) == getattr(hit, name) for name in overturning.COMPARED if name != "score")
        assert list(Hit.objects.current()) == [row] == list(Hit.objects.current().open())
        assert list(Hit.objects.standing()) == [row]
        (event,) = events()
        assert (event.verb, event.target_id, event.actor_id, event.reason) == (
            *("hit.overturned", str(row.pk), rui.pk, "The passport was another's."),
        )
        assert event.details == {"ruling": "undecided", "code": "too_little", "entry": "2676", "was": "false"}

    @pytest.mark.parametrize(("old", "new"), [("false", "true"), ("true", "false"), ("true", "undecided")])
    def test_by_two_where_the_old_or_the_new_one_takes_two(self, hit: Hit, ana: User, rui: User, old: str, new: str) -> None:
        cast.ruled(hit, ruling=old, by=ana, second=rui)
        doubted = overturned(hit, rui, new)
        assert doubted == hit and doubted.is_doubted
        assert list(Hit.objects.current()) == [hit], "the ruling stands until it is confirmed"
        with pytest.raises(SamePerson):
            overturning.confirm(doubted.overturning, by=rui)
        row = overturning.confirm(doubted.overturning, note="Seen too.", by=ana)
        assert (row.ruling, row.ruled_by, row.proposal, row.before) == (new, rui, doubted.overturning, hit)
        assert list(Hit.objects.current()) == [row]
        assert Hit.objects.get(pk=hit.pk).ruling == old
        assert [event.verb for event in events()] == ["hit.overturning_proposed", "hit.overturning_confirmed"]

    def test_a_strong_one_takes_two(self, hit: Hit, ana: User, rui: User) -> None:
        strong = cast.matched(hit.party, hit.list_version, entry_id="77", score="0.990", is_strong=True)
        cast.ruled(strong, ruling="false", by=ana, second=rui)
        assert overturned(strong, ana, "undecided").is_doubted

    def test_what_two_ruled_is_never_turned_by_one_whatever_lies_between(self, hit: Hit, ana: User, rui: User) -> None:
        cast.ruled(hit, ruling="true", by=ana, second=rui)
        opened = overturning.confirm(overturned(hit, rui, "undecided").overturning, by=ana)
        waits = screening.rule(opened, ruling="false", reason="different_name", by=ana)
        assert waits.waits
        done = screening.confirm(waits.proposal, by=rui)
        assert done.ruling == "false"
        assert overturned(done, ana, "undecided").is_doubted, "and so is what is ruled then"

    def test_overturned_again_it_is_about_the_same_match(self, hit: Hit, ana: User, rui: User) -> None:
        cast.ruled(hit, ruling="false", by=ana)
        first = overturning.confirm(overturned(hit, rui, "true").overturning, by=ana)
        second = overturning.confirm(overturned(first, rui, "false").overturning, by=ana)
        assert (second.before, second.overturns) == (first, hit)
        assert list(Hit.objects.standing()) == [second]

    def test_repeated_it_is_silence(self, hit: Hit, ana: User, rui: User) -> None:
        cast.ruled(hit, ruling="false", by=ana)
        overturned(hit, rui, "true")
        proposal = overturned(hit, rui, "true").overturning
        assert len(events()) == 1
        row = overturning.confirm(proposal, by=ana)
        assert overturned(hit, rui, "true") == row
        overturned(row, rui, "false")
        with pytest.raises(Waits, match="Rui"):
            overturned(row, ana, "false")

    def test_needs_a_note_a_reason_a_standing_ruling_and_another_one(self, hit: Hit, ana: User) -> None:
        with pytest.raises(NotRuled):
            overturned(hit, ana, "true")
        cast.ruled(hit, ruling="false", by=ana)
        for note in ("", " \n"):
            with pytest.raises(NoteMissing, match="what was wrong"):
                overturned(hit, ana, "true", note=note)
        with pytest.raises(Stands):
            overturned(hit, ana, "false")
        with pytest.raises(ReasonMissing):
            overturning.overturn(hit, ruling="true", reason="different_name", note="Wrong.", by=ana)
        assert events() == [] and Hit.objects.get() == hit

    def test_gone_from_the_list_only_where_it_is(self, hit: Hit, ana: User, rui: User) -> None:
        lone = cast.matched(hit.party, hit.list_version, entry_id="8")
        cast.ruled(lone, ruling="true", by=ana, second=rui)
        with pytest.raises(StillListed):
            overturning.overturn(lone, ruling="false", reason="delisted", note="Gone.", by=ana)

    def test_what_was_compared_again_or_overturned_meanwhile_is_refused(self, hit: Hit, ana: User, rui: User) -> None:
        cast.ruled(hit, ruling="false", by=ana)
        proposal = overturned(hit, rui, "true").overturning
        cast.matched(hit.party, hit.list_version, entry_id=hit.entry_id, before=hit)
        for act in (partial(overturning.confirm, by=ana), partial(overturning.send_back, note="No.", by=ana)):
            with pytest.raises(ComparedAgain):
                act(proposal)
        other = cast.matched(hit.party, hit.list_version, entry_id="8")
        cast.ruled(other, ruling="false", by=ana)
        overturned(other, rui, "undecided")
        with pytest.raises(Overturned, match="Rui"):
            overturned(other, ana, "true")

    def test_sent_back_or_withdrawn_the_ruling_stands(self, hit: Hit, ana: User, rui: User) -> None:
        cast.ruled(hit, ruling="false", by=ana)
        first = overturned(hit, ana, "true").overturning
        with pytest.raises(NoteMissing):
            overturning.send_back(first, note=" ", by=rui)
        overturning.send_back(first, note="The passport is his.", by=rui)
        second = overturned(hit, ana, "true").overturning
        with pytest.raises(NotPermitted):
            overturning.withdraw(second, by=rui)
        overturning.withdraw(second, by=ana)
        assert list(Hit.objects.current()) == [hit] and not Hit.objects.get().is_doubted
        assert [event.verb.removeprefix("hit.overturning_") for event in events()] == [
            *("proposed", "sent_back", "proposed", "withdrawn"),
        ]

    @pytest.mark.parametrize("role", ["investigator", "auditor", "administrator", "support"])
    def test_other_officers_may_not(self, hit: Hit, ana: User, role: str) -> None:
        cast.ruled(hit, ruling="false", by=ana)
        with pytest.raises(NotPermitted):
            overturned(hit, staff(role), "undecided")
        proposal = overturned(hit, ana, "true").overturning
        with pytest.raises(NotPermitted):
            overturning.confirm(proposal, by=User.objects.get(staff_role=role))

    def test_a_failing_audit_undoes_it(self, hit: Hit, ana: User) -> None:
        cast.ruled(hit, ruling="false", by=ana)
        with patch("accounts.audit.record", side_effect=OSError), pytest.raises(OSError):
            overturned(hit, ana, "undecided")
        assert Hit.objects.get() == hit


class TestTheDatabaseRefuses:
    """Whatever code runs."""

    def put(self, hit: Hit, by: User, **said: object) -> Hit:
        row = {name: getattr(hit, name) for name in overturning.COMPARED}
        row |= {"ruling": "undecided", "ruling_reason": "asked", "ruling_note": "Wrong.", "ruled_by": by}
        row |= {"ruled_at": timezone.now(), "before": hit, "overturns": hit} | said
        with transaction.atomic():
            return Hit.objects.create(**row)

    @pytest.mark.parametrize(
        "wrong",
        [{"ruling_note": ""}, {"ruling": "false", "ruling_reason": "different_name"}, {"score": "0.5"}, {"party_digest": "x"}],
    )
    def test_a_row_that_overturns_nothing_or_something_else(self, hit: Hit, ana: User, wrong: dict[str, str]) -> None:
        with pytest.raises(IntegrityError, match="only a ruling that stands"):
            self.put(hit, ana)
        cast.ruled(hit, ruling="false", by=ana)
        with pytest.raises(IntegrityError, match="only a ruling that stands"):
            self.put(hit, ana, **wrong)
        assert self.put(hit, ana).overturns == hit

    def test_one_person_to_overturn_what_two_ruled(self, hit: Hit, ana: User, rui: User) -> None:
        cast.ruled(hit, ruling="true", by=ana, second=rui)
        for wrong in ({}, {"ruling": "false", "ruling_reason": "different_name"}):
            with pytest.raises(IntegrityError, match="second person"):
                self.put(hit, ana, **wrong)
        proposal = overturned(hit, rui, "undecided").overturning
        with pytest.raises(IntegrityError, match="second person"):
            self.put(hit, rui, proposal=proposal, ruling_reason="too_little")
        overturning.confirm(proposal, by=ana)

    def test_a_proposal_that_says_the_same_or_something_else(self, hit: Hit, ana: User) -> None:
        said = {"organisation": hit.organisation, "kind": "hit.ruling", "reason": "different_name", "proposed_by": ana}
        other = Proposal.objects.create(**said, choice="true")
        with pytest.raises(IntegrityError, match="only_a_ruling_is_overturned"), transaction.atomic():
            Hit.objects.filter(pk=hit.pk).update(overturning=other)
        cast.ruled(hit, ruling="false", by=ana)
        for wrong in ({"choice": "false"}, {"choice": "true", "kind": "case.decision"}):
            made = Proposal.objects.create(**said | wrong)
            with pytest.raises(IntegrityError, match="to rule otherwise"), transaction.atomic():
                Hit.objects.filter(pk=hit.pk).update(overturning=made)
