"""Keys as they are issued, and what the database says of them now."""

from dataclasses import dataclass

from kyc.keys import actions as keys
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
