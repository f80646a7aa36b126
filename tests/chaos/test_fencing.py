"""The negative control of the kill tests: the same double deliveries with the fencing guard taken out do double."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import models
from django.db.models.functions import Now

from accounts import audit
from accounts.models import AuditEvent, Message
from config import jobs

DELIVERIES = 20


class UnguardedClaim(jobs.Claim):
    """Finishes its row whoever holds it now and whatever became of it."""

    def mine(self) -> models.QuerySet[Any]:
        return self.queue.model._base_manager.filter(pk=self.row.pk)


class UnguardedQueue(jobs.Queue):
    def claim(self) -> jobs.Claim | None:
        claim = super().claim()
        return claim and UnguardedClaim(self, claim.row)


def queue(kind: type[jobs.Queue]) -> jobs.Queue:
    return kind(
        name="test", model=Message, field="state", ready="queued", failed="failed", lease=timedelta(seconds=20), since="queued_at"
    )


def delivered(of: jobs.Queue) -> jobs.Claim:
    claim = of.claim()
    assert claim is not None
    return claim


def lease_expires() -> None:
    Message.objects.update(claimed_until=Now() - timedelta(seconds=1))


def finish(claim: jobs.Claim) -> None:
    with claim, claim.finish(state="sent"):
        audit.record("test.done", target=claim.row, by=None)


@pytest.mark.django_db
class TestDoubleDelivery:
    @pytest.mark.parametrize(("kind", "effects"), [(jobs.Queue, 1), (UnguardedQueue, 2)])
    @pytest.mark.parametrize("first", ["the slow one finishes last", "the slow one finishes first"])
    def test_only_the_guard_keeps_the_effect_single(self, kind: type[jobs.Queue], effects: int, first: str) -> None:
        """A worker freezes with the row in its hands, its lease runs out, another takes it: both finish."""
        for _ in range(DELIVERIES):
            message = Message.objects.create(to="alice@example.com", subject="Hello", text="Hello Alice")
            slow = delivered(queue(kind))
            lease_expires()
            quick = delivered(queue(kind))
            for claim in (slow, quick) if first.endswith("first") else (quick, slow):
                finish(claim)
            message.refresh_from_db()
            assert message.state == "sent"
            assert AuditEvent.objects.filter(verb="test.done", target_id=message.pk).count() == effects
        assert AuditEvent.objects.filter(verb="test.done").count() == effects * DELIVERIES
