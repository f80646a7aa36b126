"""An officer's word on a possible match."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from unittest.mock import patch

import pytest
from django.db import IntegrityError, transaction

from accounts.models import AuditEvent, User
from accounts.permissions import NotPermitted
from accounts.refused import ReasonMissing
from config import jobs
from kyc.parties.models import Party
from kyc.screening import actions as screening
from kyc.screening.actions import REASONS, NoteMissing, RulingReversed
from kyc.screening.models import Hit, ListVersion
from tests.cast import customer, founded, staff
from tests.stage import scene

pytestmark = pytest.mark.django_db


@scene
def hit() -> Hit:
    found = founded(customer())
    version = ListVersion.objects.create(source="ofac-sdn", published=date(2024, 5, 2), sha256="0", entries_count=1)
    return Hit.objects.create(
        organisation=found.organisation,
        party=found.controller,
        list_version=version,
        entry_id="2676",
        entry_name="Alice OLSSON",
        party_name="Alice Olsen",
        score="0.912",
        reasons=["Same words: Alice."],
    )


@scene
def ana() -> User:
    return staff("analyst", "Ana")


def ruled(hit: Hit, by: User, ruling: str = "false", reason: str = "different_birth_date", note: str = "") -> Hit:
    return screening.rule(hit, ruling=ruling, reason=reason, note=note, by=by)


def events() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(verb="hit.ruled"))


class TestRule:
    @pytest.mark.parametrize(("ruling", "reason"), [(ruling, reason) for ruling, those in REASONS.items() for reason in those])
    def test_says_who_what_when_and_why(self, hit: Hit, ana: User, ruling: str, reason: str) -> None:
        ruled(hit, ana, ruling, reason, "Seen the passport.")
        row = Hit.objects.get()
        assert (row.ruling, row.ruling_reason, row.ruling_note, row.ruled_by) == (ruling, reason, "Seen the passport.", ana)
        assert row.ruled_at is not None
        assert not Hit.objects.open().exists()

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
        ruled(hit, ana, first, next(iter(REASONS[first])))
        with pytest.raises(RulingReversed, match="Ana"):
            ruled(hit, staff("approver", "Rui"), second, next(iter(REASONS[second])))
        assert Hit.objects.get().ruling == first
        assert len(events()) == 1

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
        with pytest.raises(IntegrityError, match="hit_once_a_party_and_entry"), transaction.atomic():
            hit.save(force_insert=True)


class TestVisibleTo:
    def test_customers_see_their_own_and_strangers_none(self, hit: Hit, ana: User) -> None:
        charlie = customer("charlie@outside.example", "Charlie")
        founded(charlie, name="Other AS", person="Charlie")
        assert list(Hit.objects.visible_to(charlie)) == []
        assert list(Hit.objects.visible_to(User.objects.get(email="alice@nordlys.example"))) == [hit]
        assert list(Hit.objects.visible_to(ana)) == [hit]


class TestCurrent:
    def current(self, hit: Hit) -> list[Hit]:
        return list(Hit.objects.current([hit.list_version_id]))

    def test_of_a_party_so_called_against_a_list_in_use(self, hit: Hit) -> None:
        assert self.current(hit) == [hit]
        assert list(Hit.objects.current(ListVersion.objects.all())) == [hit]

    def test_not_against_another_list(self, hit: Hit) -> None:
        assert list(Hit.objects.current([hit.list_version_id + 1])) == []
        assert list(Hit.objects.current([])) == []

    @pytest.mark.parametrize("change", [{"name": "Alice Berg"}, {"removed_on": date(2026, 11, 24)}])
    def test_not_of_a_party_that_has_left_or_bears_another_name(self, hit: Hit, change: dict[str, object]) -> None:
        Party.objects.filter(pk=hit.party_id).update(**change)
        assert self.current(hit) == []

    def test_also_where_it_has_been_ruled_on(self, hit: Hit, ana: User) -> None:
        ruled(hit, ana)
        assert self.current(hit) == [hit]
