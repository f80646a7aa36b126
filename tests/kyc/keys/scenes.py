"""Keys as they are issued, and what the database says of them now."""

import time
from dataclasses import dataclass

from django.db import connection

from kyc.keys import actions as keys
from kyc.keys import feed
from kyc.keys.models import Hold, Key
from tests.cast import Founded


@dataclass
class Issued:
    key: Key
    secret: str

    @property
    def state(self) -> str:
        return Key.objects.get(pk=self.key.pk).state


def issue(found: Founded, name: str = "prod") -> Issued:
    project = found.organisation.project_set.get()
    return Issued(*keys.issue(found.organisation, project=project, name=name, responsible=found.controller, by=found.by))


def active_though_held() -> list[Key]:
    """What must never be: active keys with a live hold on themselves, their organisation or their entity."""
    found = []
    for key in Key.objects.filter(state=Key.State.ACTIVE):
        live = Hold.objects.live()
        entities = key.link_set.filter(valid_to__isnull=True).values("entity")
        if (live.filter(key=key) | live.filter(on_organisation=key.organisation_id) | live.filter(entity__in=entities)).exists():
            found.append(key)
    return found


def caught_up() -> None:
    """Waits until the feed tells of all that has been committed: transactions of the server's other databases hold it up."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        own = cursor.fetchone()[0]
    deadline = time.monotonic() + 60
    while feed.end().xid <= own:
        assert time.monotonic() < deadline
        time.sleep(0.02)
