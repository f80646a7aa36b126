"""Sessions whose time is over are taken out of the database, which Django leaves to whoever runs it."""

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.utils import timezone

# They go together once the first is so old, not each by itself.
TOGETHER = timedelta(hours=1)
A_PART = 5000


class ExpiredSessions:
    """For the sweeper: whether any stands there that nobody can use any more."""

    name = "sessions.expired"

    def is_waiting(self) -> bool:
        return Session.objects.filter(expire_date__lt=timezone.now() - TOGETHER).exists()


QUEUE = ExpiredSessions()


def clear() -> int:
    """How many there were. Twice is once; what others take away meanwhile does not matter."""
    expired, cleared = Session.objects.filter(expire_date__lt=timezone.now()).values_list("pk", flat=True), 0
    while part := list(expired[:A_PART]):
        cleared += Session.objects.filter(pk__in=part).delete()[0]
    return cleared
