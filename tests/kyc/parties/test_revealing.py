"""An identifier is shown one by one, to who may, for a purpose, and that is written down."""

import pytest

from accounts.models import AuditEvent
from accounts.permissions import NotPermitted
from accounts.refused import ReasonMissing
from kyc.parties import revealing
from tests import cast


@pytest.mark.django_db
class TestReveal:
    def test_is_written_down_every_time_and_without_the_value(self) -> None:
        alice, ana = cast.founded(cast.customer()).controller, cast.staff("analyst", "Ana")
        for _ in range(2):
            revealing.reveal(alice, field="birth_date", purpose="match", by=ana)
        one, other = AuditEvent.objects.filter(verb="field.revealed")
        assert one.actor == other.actor == "Ana"
        assert (one.target_id, one.reason, one.details["field"]) == (str(alice.pk), "match", "birth_date")
        assert "1984-03-17" not in str(one.details)

    @pytest.mark.parametrize("role", ["auditor", "support", "administrator"])
    def test_is_not_for_who_examines_nothing(self, role: str) -> None:
        alice = cast.founded(cast.customer()).controller
        with pytest.raises(NotPermitted):
            revealing.reveal(alice, field="birth_date", purpose="match", by=cast.staff(role))
        assert not AuditEvent.objects.filter(verb="field.revealed").exists()

    @pytest.mark.parametrize(
        ("field", "purpose"), [("birth_date", ""), ("birth_date", "curiosity"), ("name", "match"), ("id", "match")]
    )
    def test_takes_a_purpose_and_a_sealed_field(self, field: str, purpose: str) -> None:
        alice = cast.founded(cast.customer()).controller
        with pytest.raises(ReasonMissing):
            revealing.reveal(alice, field=field, purpose=purpose, by=cast.staff("analyst"))
