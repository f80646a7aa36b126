"""An officer's word on a possible match."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from functools import partial
from unittest.mock import patch

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import AuditEvent, Proposal, User
from accounts.permissions import NotPermitted
from accounts.proposals import AlreadyEnded, SamePerson
from accounts.refused import NoteMissing, ReasonMissing
from config import jobs
from kyc.parties.models import Party
from kyc.screening import actions as screening
from kyc.screening.actions import REASONS, ComparedAgain, RulingReversed, Waits
from kyc.screening.models import Hit, ListVersion
from tests import cast
from tests.cast import customer, founded, staff
from tests.stage import scene

pytestmark = pytest.mark.django_db


@scene
def hit() -> Hit:
    found = founded(customer())
    version = ListVersion.objects.create(source="ofac-sdn", published=date(2024, 5, 2), sha256="0", entries_count=1)
    said = {"entry_name": "Alice OLSSON", "reasons": ["Same words: Alice."]}
    return cast.matched(found.controller, version, entry_id="2676", score="0.912", **said)


@scene
def ana() -> User:
    return staff("analyst", "Ana")


def ruled(hit: Hit, by: User, ruling: str = "false", reason: str = "different_birth_date", note: str = "") -> Hit:
    return screening.rule(hit, ruling=ruling, reason=reason, note=note, by=by)


def events() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(verb="hit.ruled"))


class TestRule:
    @pytest.mark.parametrize(
        ("ruling", "reason"),
        [(ruling, reason) for ruling, those in REASONS.items() for reason in those if reason != "delisted"],
    )
    def test_says_who_what_when_and_why(self, hit: Hit, ana: User, ruling: str, reason: str) -> None:
        ruled(hit, ana, ruling, reason, "Seen the passport.")
        if ruling == "true":
            screening.confirm(Proposal.objects.get(), by=staff("approver", "Rui"))
        row = Hit.objects.get()
        assert (row.ruling, row.ruling_reason, row.ruling_note, row.ruled_by) == (ruling, reason, "Seen the passport.", ana)
        assert row.ruled_at is not None
        assert Hit.objects.open().exists() is (ruling == "undecided")

    def test_leaves_one_audit_row(self, hit: Hit, ana: User) -> None:
        ruled(hit, ana, note="Seen the passport.")
        (event,) = events()
        assert (event.actor_id, event.target_id, event.organisation_id) == (ana.pk, str(hit.pk), hit.organisation_id)
        assert event.reason == "Seen the passport."
        assert event.details == {"ruling": "false", "code": "different_birth_date", "entry": "2676"}

    def test_repeated_it_is_silence_even_from_another(self, hit: Hit, ana: User) -> None:
        ruled(hit, ana)
        again = ruled(hit, staff("approver", "Rui"), reason="different_country")
        assert (again.ruled_by, again.ruling_reason) == (ana, "different_birth_date")
        assert len(events()) == 1

    @pytest.mark.parametrize(("first", "second"), [("false", "true"), ("true", "false")])
    def test_reversed_it_is_refused_by_name(self, hit: Hit, ana: User, first: str, second: str) -> None:
        cast.ruled(hit, ruling=first, by=ana)
        with pytest.raises(RulingReversed, match="Ana"):
            ruled(hit, staff("approver", "Rui"), second, next(iter(REASONS[second])))
        assert Hit.objects.get().ruling == first
        assert Proposal.objects.count() == (first == "true")

    @pytest.mark.parametrize(
        ("ruling", "reason"),
        [("false", ""), ("false", "same_identifier"), ("true", "different_name"), ("", "different_name"), ("maybe", "x")],
    )
    def test_needs_a_reason_of_that_ruling(self, hit: Hit, ana: User, ruling: str, reason: str) -> None:
        with pytest.raises(ReasonMissing):
            ruled(hit, ana, ruling, reason)
        assert Hit.objects.open().get() == hit
        assert events() == []

    @pytest.mark.parametrize("note", ["", "  "])
    def test_other_evidence_is_named_in_the_note(self, hit: Hit, ana: User, note: str) -> None:
        with pytest.raises(NoteMissing, match="Name the other evidence"):
            ruled(hit, ana, "true", "other_evidence", note)
        assert Hit.objects.open().get() == hit
        assert events() == []

    @pytest.mark.parametrize("role", ["investigator", "auditor", "administrator", "support"])
    def test_other_officers_may_not(self, hit: Hit, role: str) -> None:
        with pytest.raises(NotPermitted):
            ruled(hit, staff(role))
        assert Hit.objects.open().exists()

    def test_the_customer_may_not(self, hit: Hit) -> None:
        with pytest.raises(NotPermitted):
            ruled(hit, User.objects.get(email="alice@nordlys.example"))
        assert Hit.objects.open().exists()

    def test_a_failing_audit_undoes_it(self, hit: Hit, ana: User) -> None:
        with patch("accounts.audit.record", side_effect=OSError), pytest.raises(OSError):
            ruled(hit, ana)
        assert Hit.objects.get().ruling == ""
        assert Hit.objects.get().ruled_by is None

    def test_it_wakes_the_stages_above_once(
        self,
        hit: Hit,
        ana: User,
        monkeypatch: pytest.MonkeyPatch,
        django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[object]],
    ) -> None:
        woken: list[str] = []
        monkeypatch.setattr(jobs, "wake", woken.append)
        with django_capture_on_commit_callbacks(execute=True):
            ruled(hit, ana)
            ruled(hit, ana)
            assert woken == [], "nothing leaves before commit"
        assert woken == ["hit.ruled"]


class TestTheDatabaseRefuses:
    @pytest.mark.parametrize(
        "change",
        [
            {"ruling": "false"},
            {"ruling": "false", "ruling_reason": "different_name"},
            {"ruling_reason": "different_name"},
            {"ruled_at": "2026-11-01T00:00Z"},
        ],
    )
    def test_a_ruling_without_reason_or_person(self, hit: Hit, change: dict[str, str]) -> None:
        with pytest.raises(IntegrityError, match="ruling_needs_reason_and_person"), transaction.atomic():
            Hit.objects.filter(pk=hit.pk).update(**change)

    def test_the_same_match_twice(self, hit: Hit) -> None:
        hit.pk = None
        with pytest.raises(IntegrityError, match="a_pair_begins_once"), transaction.atomic():
            hit.save(force_insert=True)


class TestVisibleTo:
    def test_customers_see_their_own_and_strangers_none(self, hit: Hit, ana: User) -> None:
        charlie = customer("charlie@outside.example", "Charlie")
        founded(charlie, name="Other AS", person="Charlie")
        assert list(Hit.objects.visible_to(charlie)) == []
        assert list(Hit.objects.visible_to(User.objects.get(email="alice@nordlys.example"))) == [hit]
        assert list(Hit.objects.visible_to(ana)) == [hit]


class TestUndecided:
    def test_stays_open_and_says_who_and_why(self, hit: Hit, ana: User) -> None:
        ruled(hit, ana, "undecided", "asked", "Waits for the passport.")
        row = Hit.objects.open().get()
        assert (row.ruling, row.ruling_reason, row.ruling_note, row.ruled_by) == (
            "undecided",
            "asked",
            "Waits for the passport.",
            ana,
        )

    def test_can_be_decided_later_by_anybody(self, hit: Hit, ana: User) -> None:
        ruled(hit, ana, "undecided", "asked", "Waits for the passport.")
        rui = staff("approver", "Rui")
        ruled(hit, rui)
        assert (Hit.objects.get().ruling, Hit.objects.get().ruled_by) == ("false", rui)
        assert [event.details["ruling"] for event in events()] == ["undecided", "false"]

    def test_needs_a_note(self, hit: Hit, ana: User) -> None:
        with pytest.raises(NoteMissing, match="what it would take"):
            ruled(hit, ana, "undecided", "asked", " ")
        assert events() == []

    def test_repeated_it_is_silence(self, hit: Hit, ana: User) -> None:
        for _ in range(2):
            ruled(hit, ana, "undecided", "asked", "Waits for the passport.")
        assert len(events()) == 1


def verbs() -> list[str]:
    return list(AuditEvent.objects.filter(verb__startswith="hit.").order_by("pk").values_list("verb", flat=True))


class TestSecondPerson:
    """For what nobody may rule alone."""

    @pytest.fixture
    def strong(self, hit: Hit) -> Hit:
        return cast.matched(hit.party, hit.list_version, entry_id="77", score="0.990", is_strong=True)

    @pytest.fixture
    def rui(self) -> User:
        return staff("approver", "Rui")

    @pytest.mark.parametrize("ruling", ["true", "false"])
    def test_a_strong_match_is_open_until_confirmed(self, strong: Hit, ana: User, rui: User, ruling: str) -> None:
        reason = next(iter(REASONS[ruling]))
        found = ruled(strong, ana, ruling, reason, "Seen.")
        assert found.waits and Hit.objects.open().filter(pk=strong.pk).exists()
        assert (found.proposal.note, found.proposal.reason, found.proposal.proposed_by) == ("Seen.", reason, ana)
        done = screening.confirm(found.proposal, note="Seen too.", by=rui)
        assert (done.ruling, done.ruling_reason, done.ruling_note, done.ruled_by) == (ruling, reason, "Seen.", ana)
        assert not Hit.objects.open().filter(pk=strong.pk).exists()
        assert verbs() == ["hit.ruling_proposed", "hit.ruling_confirmed"]

    def test_a_weak_one_takes_two_only_to_be_the_same(self, hit: Hit, ana: User) -> None:
        assert ruled(hit, ana, "true", "same_identifier").waits
        assert Hit.objects.get().ruling == ""

    def test_nobody_confirms_the_own_ruling(self, strong: Hit, ana: User) -> None:
        found = ruled(strong, ana)
        with pytest.raises(SamePerson):
            screening.confirm(found.proposal, by=ana)
        assert verbs() == ["hit.ruling_proposed"]

    @pytest.mark.parametrize("role", ["investigator", "auditor", "administrator", "support"])
    def test_other_officers_may_not(self, strong: Hit, ana: User, role: str) -> None:
        found = ruled(strong, ana)
        with pytest.raises(NotPermitted):
            screening.confirm(found.proposal, by=staff(role))

    def test_sent_back_it_is_open_with_the_reason_and_may_be_ruled_anew(self, strong: Hit, ana: User, rui: User) -> None:
        found = ruled(strong, ana)
        with pytest.raises(NoteMissing):
            screening.send_back(found.proposal, note=" ", by=rui)
        screening.send_back(found.proposal, note="Read the passport.", by=rui)
        row = Hit.objects.get(pk=strong.pk)
        assert (row.ruling, row.waits, row.proposal.outcome_note) == ("", False, "Read the passport.")
        again = ruled(strong, ana, note="Read.")
        assert again.waits and again.proposal != found.proposal
        assert verbs() == ["hit.ruling_proposed", "hit.ruling_sent_back", "hit.ruling_proposed"]

    def test_only_who_ruled_withdraws(self, strong: Hit, ana: User, rui: User) -> None:
        found = ruled(strong, ana)
        with pytest.raises(NotPermitted):
            screening.withdraw(found.proposal, by=rui)
        screening.withdraw(found.proposal, by=ana)
        assert not Hit.objects.get(pk=strong.pk).waits

    def test_while_it_waits_nobody_rules_otherwise_and_the_same_again_is_silence(self, strong: Hit, ana: User, rui: User) -> None:
        ruled(strong, ana)
        ruled(strong, ana)
        with pytest.raises(Waits, match="Ana"):
            ruled(strong, rui)
        with pytest.raises(Waits, match="Ana"):
            ruled(strong, ana, "undecided", "asked", "Waits.")
        assert verbs() == ["hit.ruling_proposed"]

    def test_confirmed_twice_the_second_is_told(self, strong: Hit, ana: User, rui: User) -> None:
        found = ruled(strong, ana)
        screening.confirm(found.proposal, by=rui)
        with pytest.raises(AlreadyEnded):
            screening.confirm(found.proposal, by=rui)

    def test_what_was_compared_again_meanwhile_is_not_confirmed(self, strong: Hit, ana: User, rui: User) -> None:
        found = ruled(strong, ana)
        cast.matched(strong.party, strong.list_version, entry_id="77", before=strong)
        for act in (partial(screening.confirm, by=rui), partial(screening.send_back, note="No.", by=rui)):
            with pytest.raises(ComparedAgain):
                act(found.proposal)
        with pytest.raises(ComparedAgain):
            ruled(strong, rui)
        assert Hit.objects.get(pk=strong.pk).ruling == ""

    def test_a_failing_audit_undoes_it(self, strong: Hit, ana: User, rui: User) -> None:
        found = ruled(strong, ana)
        with patch("accounts.audit.record", side_effect=OSError), pytest.raises(OSError):
            screening.confirm(found.proposal, by=rui)
        assert Hit.objects.get(pk=strong.pk).waits


class TestTheDatabaseRefusesOne:
    """Whatever code runs."""

    def rewritten(self, hit: Hit, **columns: object) -> None:
        with transaction.atomic():
            Hit.objects.filter(pk=hit.pk).update(**columns)

    def ruling(self, choice: str, by: User) -> dict[str, object]:
        return {"ruling": choice, "ruling_reason": "different_name", "ruled_by": by, "ruled_at": "2026-11-01T00:00Z"}

    def proposal(self, hit: Hit, by: User, second: User | None, **more: object) -> Proposal:
        said = {"organisation": hit.organisation, "kind": "hit.ruling", "choice": "false", "reason": "different_name"} | more
        made = Proposal.objects.create(**said, proposed_by=by)
        if second:
            made.outcome, made.outcome_by, made.outcome_at = "taken", second, timezone.now()
            made.save()
        return made

    def test_a_true_ruling_of_one_person(self, hit: Hit, ana: User) -> None:
        with pytest.raises(IntegrityError, match="second person"):
            self.rewritten(hit, **self.ruling("true", ana))

    def test_any_ruling_of_one_person_on_a_strong_match(self, hit: Hit, ana: User) -> None:
        self.rewritten(hit, **self.ruling("false", ana))
        strong = cast.matched(hit.party, hit.list_version, entry_id="77", is_strong=True)
        with pytest.raises(IntegrityError, match="second person"):
            self.rewritten(strong, **self.ruling("false", ana))

    @pytest.mark.parametrize("wrong", [{"choice": "true"}, {"kind": "case.decision"}, {"reason": "different_kind"}])
    def test_a_proposal_of_something_else(self, hit: Hit, ana: User, wrong: dict[str, str]) -> None:
        strong = cast.matched(hit.party, hit.list_version, entry_id="77", is_strong=True)
        rui = staff("approver", "Rui")
        other = self.proposal(strong, ana, rui, **wrong)
        with pytest.raises(IntegrityError, match="second person"):
            self.rewritten(strong, **self.ruling("false", ana), proposal=other)
        right = self.proposal(strong, ana, rui)
        self.rewritten(strong, **self.ruling("false", ana), proposal=right)

    def test_a_proposal_that_nobody_has_taken_or_of_another(self, hit: Hit, ana: User) -> None:
        strong = cast.matched(hit.party, hit.list_version, entry_id="77", is_strong=True)
        rui = staff("approver", "Rui")
        for wrong in (self.proposal(strong, ana, None), self.proposal(strong, rui, ana)):
            with pytest.raises(IntegrityError, match="second person"):
                self.rewritten(strong, **self.ruling("false", ana), proposal=wrong)

    @pytest.mark.parametrize("change", [{"is_strong": True}, {"score": "0.1"}, {"entry_id": "1"}, {"party_digest": "x"}])
    def test_what_was_compared_to_change(self, hit: Hit, change: dict[str, object]) -> None:
        with pytest.raises(IntegrityError, match="what was compared does not change"):
            self.rewritten(hit, **change)

    @pytest.mark.parametrize("change", [{"ruling": "undecided"}, {"ruling_note": "Another."}])
    def test_a_ruling_that_stands_to_change(self, hit: Hit, ana: User, change: dict[str, object]) -> None:
        ruled(hit, ana)
        with pytest.raises(IntegrityError, match="a ruling that stands"):
            self.rewritten(hit, **change)

    def test_two_that_follow_one(self, hit: Hit) -> None:
        cast.matched(hit.party, hit.list_version, entry_id=hit.entry_id, before=hit)
        with pytest.raises(IntegrityError), transaction.atomic():
            cast.matched(hit.party, hit.list_version, entry_id=hit.entry_id, before=hit)


class TestCurrent:
    def current(self) -> list[Hit]:
        return list(Hit.objects.current())

    def test_is_the_last_of_its_pair(self, hit: Hit) -> None:
        assert self.current() == [hit]
        newer = cast.matched(hit.party, hit.list_version, entry_id=hit.entry_id, before=hit)
        assert self.current() == [newer]
        assert list(Hit.objects.current(by=hit.found_at)) == [hit]

    def test_not_where_they_are_no_longer_alike(self, hit: Hit) -> None:
        cast.matched(hit.party, hit.list_version, entry_id=hit.entry_id, before=hit, is_match=False)
        assert self.current() == []
        assert not Hit.objects.current().open().exists()

    def test_not_of_a_party_that_has_left(self, hit: Hit) -> None:
        Party.objects.filter(pk=hit.party_id).update(removed_on=date(2026, 11, 24))
        assert self.current() == []

    def test_of_one_that_is_called_otherwise_until_it_is_compared_again(self, hit: Hit) -> None:
        Party.objects.filter(pk=hit.party_id).update(name="Alice Berg")
        assert self.current() == [hit]

    def test_also_where_it_has_been_ruled_on(self, hit: Hit, ana: User) -> None:
        ruled(hit, ana)
        assert self.current() == [hit]
