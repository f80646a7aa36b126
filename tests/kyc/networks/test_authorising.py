"""Authorised training: declared with reason and days, ended with a reason, and never changed."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.models import AuditEvent, User
from accounts.permissions import ROLES, NotPermitted
from accounts.refused import ReasonMissing
from kyc.networks import authorising, heads
from kyc.networks.actions import Impossible
from kyc.networks.indication_models import Authorisation
from tests import cast
from tests.cast import Founded
from tests.kyc.cases.scenes import audit_breaks

SAID: dict[str, Any] = {"reference": "Contract 7", "reason": "They train a model of ours.", "since": date(2026, 1, 1)}
pytestmark = pytest.mark.usefixtures("opened")


@pytest.fixture
def standing(opened: None, nordlys: Founded, ines: User) -> Authorisation:
    return authorising.declare(nordlys.organisation, **SAID, by=ines)


ACTIONS: dict[str, Callable[[Authorisation, User], object]] = {
    "declare": lambda row, by: authorising.declare(row.organisation, **SAID | {"reference": "Another"}, by=by),
    "end": lambda row, by: authorising.end(row, reason="It ran out.", by=by),
}


@pytest.mark.parametrize("act", ACTIONS.values(), ids=ACTIONS)
class TestEach:
    @pytest.mark.parametrize("role", sorted({"", *ROLES} - {"investigator"}))
    def test_is_an_investigators_alone(self, standing: Authorisation, act: Any, role: str) -> None:
        by = cast.staff(role) if role else cast.customer("bob@example.com")
        with pytest.raises(NotPermitted):
            act(standing, by)

    def test_leaves_its_audit_row(self, standing: Authorisation, ines: User, act: Any) -> None:
        before = AuditEvent.objects.count()
        act(standing, ines)
        assert AuditEvent.objects.count() == before + 1

    def test_does_nothing_where_that_fails(self, standing: Authorisation, ines: User, act: Any) -> None:
        with audit_breaks():
            act(standing, ines)
        assert list(Authorisation.objects.values_list("reference", "ended_at")) == [("Contract 7", None)]


class TestDeclare:
    def test_again_is_silence_and_for_other_days_another(self, standing: Authorisation, nordlys: Founded, ines: User) -> None:
        again = authorising.declare(nordlys.organisation, **SAID, by=ines)
        other = authorising.declare(nordlys.organisation, **SAID, until=date(2027, 1, 1), by=ines)
        assert again == standing != other
        assert AuditEvent.objects.filter(verb="authorisation.declared").count() == 2

    @pytest.mark.parametrize(
        ("wrong", "error"),
        [
            ({"reference": " "}, Impossible), ({"reason": " "}, ReasonMissing), ({"since": date(1999, 1, 1)}, Impossible),
            ({"until": date(2025, 12, 31)}, Impossible),
        ],
    )  # fmt: skip
    def test_what_cannot_be_so_is_refused(self, nordlys: Founded, ines: User, wrong: Any, error: type[Exception]) -> None:
        with pytest.raises(error):
            authorising.declare(nordlys.organisation, **SAID | wrong, by=ines)


class TestEnd:
    def test_again_is_silence(self, standing: Authorisation, ines: User) -> None:
        first = authorising.end(standing, reason="It ran out.", by=ines)
        assert authorising.end(standing, reason="Another.", by=ines).end_reason == "It ran out."
        assert first.ended_by == ines and AuditEvent.objects.filter(verb="authorisation.ended").count() == 1

    def test_needs_a_reason(self, standing: Authorisation, ines: User) -> None:
        with pytest.raises(ReasonMissing):
            authorising.end(standing, reason=" ", by=ines)


class TestTheDatabase:
    @pytest.mark.parametrize("change", [{"reference": "x"}, {"since": date(2025, 1, 1)}, {"until": date(2030, 1, 1)}])
    def test_keeps_what_was_authorised(self, standing: Authorisation, change: Any) -> None:
        with pytest.raises(DatabaseError), transaction.atomic():
            Authorisation.objects.filter(pk=standing.pk).update(**change)

    def test_ends_it_once_and_deletes_it_never(self, standing: Authorisation, ines: User) -> None:
        with pytest.raises(DatabaseError), transaction.atomic():
            standing.delete()
        authorising.end(standing, reason="It ran out.", by=ines)
        with pytest.raises(DatabaseError), transaction.atomic():
            Authorisation.objects.filter(pk=standing.pk).update(ended_at=None, ended_by=None, end_reason="")


class TestAuthorised:
    @pytest.mark.parametrize(
        ("days", "is_so"), [((-9, None), True), ((0, 0), True), ((-9, -1), False), ((1, None), False), ((-9, 9), True)]
    )
    def test_holds_from_its_first_day_to_its_last(self, nordlys: Founded, ines: User, days: Any, is_so: bool) -> None:
        today = timezone.localdate()
        since, until = (None if day is None else today + timedelta(days=day) for day in days)
        row = authorising.declare(nordlys.organisation, **SAID | {"since": since, "until": until}, by=ines)
        assert list(heads.authorised([nordlys.organisation.pk], today)) == [row] * is_so
        authorising.end(row, reason="It ran out.", by=ines)
        assert not heads.authorised([nordlys.organisation.pk], today)
