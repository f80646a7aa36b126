"""Who holds each key, as it was known at the end of any day: the key, who answers for it, the entity, and who owns that, up to
the people behind it (DST-01)."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts import snapshots
from accounts.history import as_of
from accounts.models import Organisation, Snapshot
from accounts.refused import Refused
from kyc.cases.models import Entity
from kyc.keys.models import Key, Link
from kyc.ownership.models import Interest
from kyc.ownership.shares import as_stated
from kyc.parties.models import Party, Profile

# Owners of one entity, of all levels, that are listed; the picture of the ownership shows all.
MOST_OWNERS = 60
# Nobody owns these.
ENDS = frozenset({Party.Kind.PERSON, Party.Kind.STATE})
OVER = frozenset({Key.State.REVOKED, Key.State.FAILED})


@dataclass(frozen=True)
class Line:
    """One key; `gap` says where its chain is broken."""

    key: str
    name: str
    state: str
    responsible: str = ""
    gap: str = ""


@dataclass(frozen=True)
class Owner:
    """`holds` says of which kinds and how much, in `of`; `gap` what is not known of what stands behind."""

    name: str
    of: str
    holds: str
    is_person: bool = False
    gap: str = ""


@dataclass(frozen=True)
class Chain:
    """Keys that are linked to one entity, with its owners, the nearest first; `is_cut` where there are more."""

    entity: str
    keys: tuple[Line, ...]
    owners: tuple[Owner, ...] = ()
    gap: str = ""
    is_cut: bool = False


@dataclass(frozen=True)
class AsOf:
    """What was asked for, what came of it, and a sentence where nothing could. `over` are keys that will not act any more."""

    on: str
    chains: tuple[Chain, ...] = ()
    over: tuple[Line, ...] = ()
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
        moment = min(end, timezone.now())
        snapshot = snapshots.at(moment)
    except snapshots.NothingKnown:
        return AsOf(on.isoformat(), wrong=nothing_yet())
    except Refused as refused:
        return AsOf(on.isoformat(), wrong=str(refused))
    return Known(organisation, snapshot).told(on.isoformat(), moment)


def nothing_yet() -> str:
    first = Snapshot.objects.order_by("taken_at").first()
    if first is None:
        return _("Nothing is recorded yet.")
    day = date_format(first.taken_at.astimezone(UTC), "j F Y")
    return _("Nothing was recorded yet on that day: records begin on %(day)s.") % {"day": day}


class Known:
    """Six queries, however many keys."""

    def __init__(self, organisation: Organisation, snapshot: Any) -> None:
        own = {"organisation": organisation.pk}
        self.links = {row.key_id: row for row in as_of(Link, snapshot).filter(**own, valid_to=None)}
        self.entities = {row.pgh_obj_id: row for row in as_of(Entity, snapshot).filter(**own)}
        self.parties = {row.pgh_obj_id: row for row in as_of(Party, snapshot).filter(**own)}
        self.held: dict[int, list[Any]] = defaultdict(list)
        for row in as_of(Interest, snapshot).filter(**own, valid_to=None).order_by("pgh_obj_id"):
            self.held[row.owned_id].append(row)
        self.keys = list(as_of(Key, snapshot).filter(**own).order_by("-pgh_obj_id"))

        of_states = as_of(Profile, snapshot).filter(**own, customer_class=Profile.CustomerClass.STATE_BODY)
        self.is_state_body = of_states.exists()

    def told(self, on: str, moment: datetime) -> AsOf:
        over, by_entity = [], defaultdict(list)
        for key in self.keys:
            if key.state in OVER or (key.expires_at and key.expires_at <= moment):
                over.append(self.line(key))
            else:
                by_entity[self.entity(key)].append(self.line(key))
        return AsOf(on, tuple(self.chain(*each) for each in by_entity.items()), tuple(over))

    def name(self, party: int | None) -> str:
        return self.parties[party].name if party in self.parties else ""

    def entity(self, key: Any) -> int | None:
        """The live one that it is linked to."""
        link = self.links.get(key.pgh_obj_id)
        found = self.entities.get(link.entity_id) if link else None
        return found.pgh_obj_id if found and not found.ended_at else None

    def line(self, key: Any) -> Line:
        link = self.links.get(key.pgh_obj_id)
        gap = ""
        if key.state not in OVER and self.entity(key) is None:
            gap = _("its entity has ended") if link else waits(key)
        answers = self.name((link or key).responsible_id)
        return Line(f"{key.prefix}…{key.last_four}", key.name, str(Key.State(key.state).label), answers, gap)

    def chain(self, entity: int | None, lines: list[Line]) -> Chain:
        if entity is None:
            return Chain("", tuple(lines))
        row = self.entities[entity]
        owners = list(self.owners(row.party_id))
        return Chain(
            f"{row.reference} {row.name}",
            tuple(lines),
            tuple(owners[:MOST_OWNERS]),
            "" if self.is_state_body else self.gap(row.party_id),
            is_cut=len(owners) > MOST_OWNERS,
        )

    def gap(self, party: int) -> str:
        """What is missing behind whoever should have owners."""
        kind = self.parties[party].kind if party in self.parties else Party.Kind.UNKNOWN
        return "" if kind in ENDS or self.held.get(party) else _("no owner is known")

    def owners(self, subject: int) -> Iterator[Owner]:
        """Level by level up to whom nobody owns; each party's own owners are told once, so that a circle ends."""
        seen, queue = {subject}, [subject]
        for owned in queue:
            by_owner: dict[int, list[Any]] = defaultdict(list)
            for row in self.held.get(owned, ()):
                by_owner[row.owner_id].append(row)
            for owner, rows in by_owner.items():
                kind = self.parties[owner].kind if owner in self.parties else Party.Kind.UNKNOWN
                holds = ", ".join(self.holding(row) for row in rows)
                is_person = kind == Party.Kind.PERSON
                yield Owner(self.name(owner), self.name(owned), holds, is_person, self.gap(owner))
                for behind in (owner, *(row.held_for_id for row in rows if row.held_for_id)):
                    if behind not in seen:
                        seen.add(behind)
                        queue.append(behind)
            if len(queue) > 2 * MOST_OWNERS:
                return

    def holding(self, row: Any) -> str:
        told = str(Interest.Kind(row.kind).label) + (f" {as_stated(row.share)}" if row.share else "")
        if row.held_for_id:
            return _("%(what)s for %(name)s") % {"what": told, "name": self.name(row.held_for_id)}
        return told


def waits(key: Any) -> str:
    return _("not linked yet") if key.state == Key.State.UNLINKED else _("linked to nobody")
