"""Each key's chain in one line, as it was known at the end of any day: the key, who answers for it, the entity, and who owns that
(DST-01)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import snapshots
from accounts.history import as_of
from accounts.models import Organisation
from accounts.refused import Refused
from kyc.cases.models import Entity
from kyc.keys.models import Key, Link
from kyc.ownership.models import Interest
from kyc.parties.models import Party


@dataclass(frozen=True)
class Chain:
    """`gap` says where it is broken; what stands before that is known."""

    key: str
    name: str
    state: str
    responsible: str = ""
    entity: str = ""
    owners: tuple[tuple[str, str], ...] = ()
    gap: str = ""


@dataclass(frozen=True)
class AsOf:
    """What was asked for, what came of it, and a sentence where nothing could."""

    on: str
    chains: tuple[Chain, ...] = ()
    wrong: str = ""


def asked(organisation: Organisation, day: str) -> AsOf:
    """`day` as it was typed; empty is today."""
    today = timezone.now().astimezone(UTC).date()
    try:
        on = date.fromisoformat(day) if day else today
        end = datetime.combine(on + timedelta(days=1), time(), UTC)
    except (ValueError, OverflowError):
        return AsOf(day[:20], wrong=_("Write a day such as 2026-11-30."))
    if on > today:
        return AsOf(day[:20], wrong=_("That day has not come yet."))
    try:
        snapshot = snapshots.at(min(end, timezone.now()))
    except Refused as refused:
        return AsOf(on.isoformat(), wrong=str(refused))
    return AsOf(on.isoformat(), tuple(known(organisation, snapshot)))


def known(organisation: Organisation, snapshot: Any) -> Iterable[Chain]:
    """Five queries, however many keys."""
    own = {"organisation": organisation.pk}
    links = {row.key_id: row for row in as_of(Link, snapshot).filter(**own, valid_to=None)}
    entities = {row.pgh_obj_id: row for row in as_of(Entity, snapshot).filter(**own)}
    names = {row.pgh_obj_id: row.name for row in as_of(Party, snapshot).filter(**own)}
    owners: dict[int, list[tuple[str, str]]] = {}
    for row in as_of(Interest, snapshot).filter(**own, valid_to=None).order_by("pgh_obj_id"):
        owners.setdefault(row.owned_id, []).append((names.get(row.owner_id, ""), row.share))
    for key in as_of(Key, snapshot).filter(**own).order_by("-pgh_obj_id"):
        yield chain(key, links.get(key.pgh_obj_id), entities, names, owners)


def chain(
    key: Any, link: Any, entities: dict[int, Any], names: dict[int, str], owners: dict[int, list[tuple[str, str]]]
) -> Chain:
    told = {"key": f"{key.prefix}…{key.last_four}", "name": key.name, "state": str(Key.State(key.state).label)}
    if link is None:
        return Chain(**told, responsible=names.get(key.responsible_id, ""), gap=_("linked to nobody"))
    entity = entities.get(link.entity_id)
    if entity is None or entity.ended_at:
        return Chain(**told, responsible=names.get(link.responsible_id, ""), gap=_("to no live entity"))
    above = tuple(owners.get(entity.party_id, ()))
    about = {"responsible": names.get(link.responsible_id, ""), "entity": f"{entity.reference} {entity.name}", "owners": above}
    return Chain(**told, **about, gap="" if above else _("no owner is known"))
