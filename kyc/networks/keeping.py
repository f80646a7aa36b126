"""What a building found becomes what stands: networks keep their numbers, memberships end and begin, and each change is told.

All of it is written in the transaction that ends the run. Who was attached since its signals were read stays as he is: the run
has not seen why.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import fmean

from django.db import connection

from kyc.networks import changed
from kyc.networks.changed import Moves
from kyc.networks.network_models import ALERT_SIZE, Attachment, Network, NetworkChange, NetworkMembership, NetworkRun
from kyc.networks.persisting import End, Origin, Persisted, persisted

# By less a confidence is the same: it moves a little with every account that comes.
NOTEWORTHY = 0.01
How = NetworkMembership.How


@dataclass(frozen=True)
class Member:
    via: list[str]
    confidence: float


Members = Mapping[int, Member]


def read(file: Path) -> list[Members]:
    """As kyc.networks.building writes them."""
    with file.open() as lines:
        return [{account: Member(via, confidence) for account, via, confidence in json.loads(line)} for line in lines]


def one_at_a_time() -> None:
    """Until the end of the transaction nobody else writes who is in which network."""
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {NetworkMembership._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")


@dataclass
class Keeping:
    """`seen` are the memberships that stood when the signals were read, by their numbers; `ruled` are accounts that an officer
    ruled to be of one hand with another, `apart` pairs that he ruled not to be."""

    run: NetworkRun
    found: Sequence[Members]
    seen: frozenset[int]
    at: datetime
    ruled: frozenset[int] = frozenset()
    apart: Sequence[tuple[int, int]] = ()
    before: dict[int, NetworkMembership] = field(default_factory=dict)
    meanwhile: dict[int, NetworkMembership] = field(default_factory=dict)
    networks: dict[int, Network] = field(default_factory=dict)

    def keep(self) -> dict[int, int]:
        """Writes it. The network of each account that is in one now."""
        one_at_a_time()
        self.look()
        old: dict[int, set[int]] = defaultdict(set)
        for organisation, row in self.before.items():
            old[row.network_id].add(organisation)
        told = persisted(old, [members.keys() for members in self.found])
        places = self.placed(told)
        now = self.settled(told, places)
        self.move(now)
        moves = Moves(self.run, self.at, self.networks, self.was(), now, told, places, self.apart)
        self.end(told, places)
        NetworkChange.objects.bulk_create(changed.told(moves), batch_size=1000)
        self.measure(now)
        self.overtake()
        return now

    def look(self) -> None:
        for row in NetworkMembership.objects.live().order_by("pk"):
            (self.before if row.pk in self.seen else self.meanwhile)[row.organisation_id] = row
        self.networks = Network.objects.live().in_bulk()

    def was(self) -> dict[int, int]:
        return {organisation: row.network_id for organisation, row in (self.before | self.meanwhile).items()}

    def placed(self, told: Persisted) -> list[Network]:
        """The network of each found one, by its place: the one that it is, or a new one."""
        new = {place: self.begun(self.found[place]) for place, one in enumerate(told.known) if one.origin is not Origin.KEPT}
        Network.objects.bulk_create(new.values())
        self.networks |= {network.pk: network for network in new.values()}
        return [new[place] if place in new else self.networks[one.number or 0] for place, one in enumerate(told.known)]

    def begun(self, members: Members) -> Network:
        size = len(members)
        sure = confidence(members)
        return Network(found_in=self.run, found_at=self.at, confidence=sure, size=size, is_alert=size >= ALERT_SIZE)

    def settled(self, told: Persisted, places: Sequence[Network]) -> dict[int, int]:
        """The network of each account from now on."""
        now = {account: places[place].pk for place, members in enumerate(self.found) for account in members}
        for organisation, row in self.meanwhile.items():
            ended = told.ended.get(row.network_id)
            if ended is None:
                now.setdefault(organisation, row.network_id)
            elif ended.why is End.MERGED and ended.found is not None:
                now.setdefault(organisation, places[ended.found].pk)
        return now

    def move(self, now: Mapping[int, int]) -> None:
        rows = self.before | self.meanwhile
        ended = [row.pk for organisation, row in rows.items() if now.get(organisation) != row.network_id]
        NetworkMembership.objects.filter(pk__in=ended).update(until=self.at)
        members = {account: member for those in self.found for account, member in those.items()}
        begun = [
            self.membership(organisation, network, members)
            for organisation, network in now.items()
            if organisation not in rows or rows[organisation].network_id != network
        ]
        NetworkMembership.objects.bulk_create(begun, batch_size=2000)
        staying = (row for organisation, row in rows.items() if now.get(organisation) == row.network_id)
        NetworkMembership.objects.bulk_update(refreshed(staying, members), ["via", "confidence"], batch_size=1000)

    def membership(self, organisation: int, network: int, members: Members) -> NetworkMembership:
        made = NetworkMembership(network_id=network, organisation_id=organisation, since=self.at, run=self.run)
        if organisation in members:
            made.via, made.confidence = members[organisation].via, members[organisation].confidence
            made.how = How.RULED if organisation in self.ruled else How.RUN
        else:
            attached = self.meanwhile[organisation]
            made.via, made.confidence, made.how = attached.via, attached.confidence, How.ATTACHED
        return made

    def end(self, told: Persisted, places: Sequence[Network]) -> None:
        for number, one in told.ended.items():
            network = self.networks[number]
            network.ended_at, network.end_reason = self.at, one.why.value
            if one.why is End.MERGED and one.found is not None:
                network.merged_into = places[one.found]
            network.save(update_fields=["ended_at", "end_reason", "merged_into"])

    def measure(self, now: Mapping[int, int]) -> None:
        """Sizes and confidence of those that are there."""
        sizes: dict[int, int] = defaultdict(int)
        for network in now.values():
            sizes[network] += 1
        sure = {now[next(iter(members))]: confidence(members) for members in self.found}
        for number, size in sizes.items():
            network = self.networks[number]
            is_surer = abs(sure.get(number, network.confidence) - network.confidence) >= NOTEWORTHY
            if size != network.size or is_surer:
                network.size, network.is_alert = size, size >= ALERT_SIZE
                network.confidence = sure.get(number, network.confidence)
                network.save(update_fields=["size", "is_alert", "confidence"])

    def overtake(self) -> None:
        """Proposals that stood when the signals were read have their answer: who was not found to be in a network is in none."""
        answered = Attachment.objects.open().filter(proposed_at__lte=self.run.begun_at)
        answered.update(outcome=Attachment.Outcome.OVERTAKEN, outcome_at=self.at)


def confidence(members: Members) -> float:
    return round(fmean(member.confidence for member in members.values()), 4)


def refreshed(rows: Iterable[NetworkMembership], members: Members) -> Iterator[NetworkMembership]:
    """Those of which the families or the confidence have changed."""
    for row in rows:
        member = members.get(row.organisation_id)
        if member and (row.via != member.via or abs(row.confidence - member.confidence) >= NOTEWORTHY):
            row.via, row.confidence = member.via, member.confidence
            yield row
